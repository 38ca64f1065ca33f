#include <algorithm>
#include <string>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/server/target.hpp>

namespace parlance::http {
namespace {

std::unexpected<protocol_error> refuse(std::string_view what, std::string_view text, unsigned status = 400) {
  return std::unexpected(protocol_error{status, std::string(what) + ": " + in_quotes(text)});
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// unreserved and sub-delims (RFC 3986 2.2, 2.3).
constexpr bool is_name_byte(char c) noexcept {
  const char small = static_cast<char>(c | 0x20);
  return is_digit(c) || (small >= 'a' && small <= 'z') || std::string_view("-._~!$&'()*+,;=").contains(c);
}

bool is_name(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_name_byte(text[i])) continue;
    if (text[i] != '%' || i + 2 >= text.size() || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0)
      return false;
    i += 2;
  }
  return !text.empty();
}

/// What stands in the brackets: an address, or one of a version to come (IPvFuture).
bool is_literal(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return is_name_byte(c) || c == ':'; });
}

std::expected<void, protocol_error> split(std::string_view text, target_parts& into) {
  if (text.contains('#')) return refuse("request target has a fragment", text);
  const std::size_t mark = text.find('?');
  into.path = text.substr(0, mark);
  if (mark != text.npos) into.query = text.substr(mark + 1);
  return {};
}

}  // namespace

bool is_host_and_port(std::string_view text) noexcept {
  std::string_view host = text.substr(0, text.rfind(':')), port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos || !is_literal(text.substr(1, end - 1))) return false;
    port = text.substr(end + 1);
    if (!port.empty() && port.front() != ':') return false;
  } else {
    if (!is_name(host)) return false;
    port = text.substr(host.size());
  }
  if (!port.empty()) port.remove_prefix(1);
  constexpr std::size_t most_digits = 5;
  return port.size() <= most_digits && std::ranges::all_of(port, is_digit);
}

std::expected<target_parts, protocol_error> take_apart(const request_head& head) {
  target_parts parts;
  if (const auto host = head.fields.get("Host")) {
    // An empty one is for a target that has no host (RFC 9110 7.2).
    if (!host->empty() && !is_host_and_port(*host)) return refuse("Host is no host and port", *host);
    parts.host = *host;
  }
  const std::string_view target = head.target;
  if (head.method == "CONNECT") return refuse("this is no proxy", target, 501);
  if (target.starts_with('/') || target == "*") {
    if (auto done = split(target, parts); !done) return std::unexpected(std::move(done.error()));
    return parts;
  }
  const std::size_t end = target.find("://");
  const std::string_view scheme = target.substr(0, end);
  if (!equals_ignoring_case(scheme, "http") && !equals_ignoring_case(scheme, "https"))
    return refuse("request target has another scheme than http", target);
  std::string_view rest = target.substr(end + 3);
  parts.host = rest.substr(0, rest.find_first_of("/?#"));
  if (!is_host_and_port(parts.host)) return refuse("request target has no host and port", target);
  rest.remove_prefix(parts.host.size());
  if (auto done = split(rest, parts); !done) return std::unexpected(std::move(done.error()));
  // Of an absolute-form without a path, OPTIONS means the server as a whole (RFC 9112 3.2.4).
  if (parts.path.empty()) parts.path = head.method == "OPTIONS" && rest.empty() ? "*" : "/";
  return parts;
}

}  // namespace parlance::http
