// Emoji by their names, as GitHub calls them, the same as on the page.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace parlance::cli {

struct emoji_name {
  std::string_view emoji;
  std::string_view name;
};

/// The one of exactly this name; empty: there is none.
std::string_view emoji_called(std::string_view name);
/// Those for what was typed, the best first, at most `most`.
std::vector<emoji_name> emoji_for(std::string_view typed, std::size_t most);

}  // namespace parlance::cli
