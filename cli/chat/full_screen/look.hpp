// How the parts of the client look: colours that can be read on light and dark terminals.
#pragma once

#include <string_view>

#include <cli/screen/style.hpp>

namespace parlance::cli::look {

inline constexpr screen::style plain{};
inline constexpr screen::style quiet{.foreground = screen::color::indexed(8)};
inline constexpr screen::style strong{.bold = true};
inline constexpr screen::style bar{.reverse = true};
inline constexpr screen::style accent{.foreground = screen::color::indexed(4), .bold = true};
inline constexpr screen::style alert{.foreground = screen::color::indexed(1), .bold = true};
inline constexpr screen::style mention{.foreground = screen::color::indexed(3), .bold = true};
inline constexpr screen::style good{.foreground = screen::color::indexed(2)};
inline constexpr screen::style link{.underline = true};
inline constexpr screen::style chosen{.reverse = true};
inline constexpr screen::style edge{.foreground = screen::color::indexed(8)};

/// Always the same for a name; the hues are those of the page.
screen::style nick(std::string_view name);

}  // namespace parlance::cli::look
