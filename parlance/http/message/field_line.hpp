// One line of a header or trailer section, by the strict grammar (RFC 9112 5).
#pragma once

#include <cstddef>
#include <expected>
#include <string_view>

#include <parlance/http/base/protocol_error.hpp>
#include <parlance/http/message/message.hpp>

namespace parlance::http {

/// How much of a head (or trailer section) is taken before it is refused.
struct head_limits {
  /// Start line, fields and line ends together.
  std::size_t bytes = 65536;
  std::size_t fields = 200;
};

/// What becomes of a line that starts with white space, and so continues the one before (RFC 9112 5.2): in a
/// response a space stands for the fold, in a request it is somebody's trick.
enum class folded_lines { refused, joined };

/// Appends the field of `line` (without its line end, not empty) to `list`, or continues its last. Refused: a
/// folded line, unless they are joined and there is one before it, white space before the colon, no colon, a
/// name that is no token, a value with control characters (a CR that does not end a line is one), and one
/// field more than `limits.fields`.
std::expected<void, protocol_error> parse_field_line(std::string_view line, const head_limits& limits,
                                                     folded_lines folded, field_list& list);

}  // namespace parlance::http
