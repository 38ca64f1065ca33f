#include <fmt/format.h>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/message/field_line.hpp>

namespace parlance::http {
namespace {

bool is_folded(std::string_view line) noexcept { return line.starts_with(' ') || line.starts_with('\t'); }

std::string_view fault_of(std::string_view line, std::string_view name) {
  if (is_folded(line)) return "starts with white space (obsolete line folding)";
  if (name.size() == line.size()) return "has no colon";
  if (name.empty()) return "has no name";
  if (name.ends_with(' ') || name.ends_with('\t')) return "has white space before its colon";
  return is_token(name) ? "has a control character in its value" : "has a name that is not a token";
}

}  // namespace

std::expected<void, protocol_error> parse_field_line(std::string_view line, const head_limits& limits,
                                                     folded_lines folded, field_list& list) {
  if (folded == folded_lines::joined && is_folded(line) && list.try_continue(line)) return {};
  if (list.size() >= limits.fields) {
    return std::unexpected(
        protocol_error{431, fmt::format("more than {} fields (head_limits::fields)", limits.fields)});
  }
  const auto name = line.substr(0, line.find(':'));
  if (name.size() < line.size() && list.try_append(name, line.substr(name.size() + 1))) return {};
  return std::unexpected(protocol_error{
      400, fmt::format("field line {} {}: {}", list.size() + 1, fault_of(line, name), in_quotes(line))});
}

}  // namespace parlance::http
