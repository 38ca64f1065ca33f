// Answers that are typed, or come by a pipe.
#pragma once

#include <optional>
#include <string>

namespace parlance::cli {

inline constexpr std::size_t longest_typed_line = 4096;

/// The next line of stdin, without its end; nothing where stdin has ended. One that is longer than
/// `longest_typed_line` bytes is cut to one byte more, which no answer may have. Blocks. Throws complaint when it is
/// interrupted.
std::optional<std::string> read_typed_line();

/// The same of a line that is not to be seen. At a terminal it asks for it with `prompt`, on stderr.
std::optional<std::string> read_hidden_line(const std::string& prompt);

}  // namespace parlance::cli
