#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/message/head_parser.hpp>

namespace parlance::http {
namespace {

using parsed = std::expected<void, protocol_error>;

std::unexpected<protocol_error> refuse(std::string_view what, std::string_view line, unsigned status = 400) {
  return std::unexpected(protocol_error{status, fmt::format("{}: {}", what, in_quotes(line))});
}

bool is_version_shape(std::string_view text) noexcept {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return text.size() == 8 && text.starts_with("HTTP/") && digit(text[5]) && text[6] == '.' && digit(text[7]);
}

/// A minor version that is above ours is spoken to as ours (RFC 9110 2.5).
std::optional<version> parse_version(std::string_view text) noexcept {
  if (!is_version_shape(text) || text[5] != '1') return std::nullopt;
  return text[7] == '0' ? version::http_1_0 : version::http_1_1;
}

/// The four forms of RFC 9112 3.2.
bool is_target(std::string_view method, std::string_view target) noexcept {
  const bool visible = std::ranges::all_of(target, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (target.empty() || !visible) return false;
  if (method == "CONNECT")
    return target.find_first_of("/?#@") == target.npos && target.rfind(':') != target.npos;
  if (target == "*") return method == "OPTIONS";
  return target.starts_with('/') || target.find("://") != target.npos;
}

/// RFC 9112 3: method SP request-target SP HTTP-version.
parsed parse_start_line(std::string_view line, request_head& head) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == line.npos || first == last)
    return refuse("request line is not method, target and version", line);
  const auto method = line.substr(0, first);
  const auto target = line.substr(first + 1, last - first - 1);
  const auto version_text = line.substr(last + 1);
  if (!is_token(method)) return refuse("request method is not a token", method);
  if (!is_version_shape(version_text)) return refuse("request line does not end in an HTTP version", line);
  const auto version = parse_version(version_text);
  if (!version) return refuse("HTTP version is not 1.0 or 1.1", version_text, 505);
  if (!is_target(method, target)) return refuse("request target is malformed", target);
  head.method = method;
  head.target = target;
  head.version = *version;
  return {};
}

/// Control characters as spaces, for servers that put anything there; but a CR or a NUL reads as an end to
/// somebody, and is refused.
std::optional<std::string> readable_reason(std::string_view reason) {
  if (reason.find_first_of(std::string_view("\r\0", 2)) != reason.npos) return std::nullopt;
  std::string readable(reason);
  std::ranges::replace_if(readable, [](char c) { return !is_field_value({&c, 1}); }, ' ');
  return readable;
}

/// RFC 9112 4: HTTP-version SP status-code SP [ reason-phrase ].
parsed parse_start_line(std::string_view line, response_head& head) {
  const auto version_text = line.substr(0, line.find(' '));
  if (!is_version_shape(version_text)) return refuse("not an HTTP/1 response", line);
  const auto version = parse_version(version_text);
  if (!version) return refuse("HTTP version is not 1.0 or 1.1", version_text);
  auto rest = line.substr(std::min(version_text.size() + 1, line.size()));
  const auto code = rest.substr(0, rest.find(' '));
  const auto status = parse_decimal(code);
  if (code.size() != 3 || !status || *status < 100)
    return refuse("status is not three digits from 100 on", line);
  rest.remove_prefix(std::min(code.size() + 1, rest.size()));
  auto reason = readable_reason(rest);
  if (!reason) return refuse("reason phrase has a CR or a NUL", rest);
  head.status = static_cast<unsigned>(*status);
  head.reason = *std::move(reason);
  head.version = *version;
  return {};
}

/// RFC 9112 3.2: exactly one Host in a request of HTTP/1.1, never two.
parsed check(const request_head& head) {
  const auto hosts = head.fields.count("Host");
  if (hosts > 1) return std::unexpected(protocol_error{400, "more than one Host field"});
  if (hosts == 0 && head.version == version::http_1_1)
    return std::unexpected(protocol_error{400, "no Host field"});
  return {};
}

parsed check(const response_head&) { return {}; }

constexpr std::string_view kind(const request_head&) { return "request"; }
constexpr std::string_view kind(const response_head&) { return "response"; }

/// RFC 9112 2.2: empty lines before a request line are ignored, for old clients that send one after a body.
constexpr bool skips_empty_lines(const request_head&) { return true; }
constexpr bool skips_empty_lines(const response_head&) { return false; }

constexpr folded_lines folded(const request_head&) { return folded_lines::refused; }
constexpr folded_lines folded(const response_head&) { return folded_lines::joined; }

}  // namespace

template <typename Head>
std::expected<bool, protocol_error> head_parser<Head>::feed(std::string_view& bytes) {
  started_ = started_ || !bytes.empty();
  while (!done()) {
    switch (lines_.next(bytes)) {
      case line_reader::outcome::more:
        return false;
      case line_reader::outcome::too_long:
        return std::unexpected(passed_limit());
      case line_reader::outcome::line:
      case line_reader::outcome::lone_lf:
        if (auto parsed = parse_line(lines_.line()); !parsed)
          return std::unexpected(std::move(parsed.error()));
    }
  }
  return true;
}

template <typename Head>
std::expected<void, protocol_error> head_parser<Head>::parse_line(std::string_view line) {
  if (state_ == state::start_line) {
    if (line.empty() && skips_empty_lines(head_)) return {};
    state_ = state::fields;
    return parse_start_line(line, head_);
  }
  if (!line.empty()) return parse_field_line(line, limits_, folded(head_), head_.fields);
  state_ = state::done;
  return check(head_);
}

template <typename Head> protocol_error head_parser<Head>::passed_limit() const {
  const unsigned status = state_ == state::start_line ? 414 : 431;
  return {status,
          fmt::format("{} head is longer than {} bytes (head_limits::bytes)", kind(head_), limits_.bytes)};
}

template <typename Head> protocol_error head_parser<Head>::cut_short() const {
  if (!started_) return {400, fmt::format("connection closed before a {} began", kind(head_))};
  return {400, fmt::format("connection closed within the {} head, after {} complete fields", kind(head_),
                           head_.fields.size())};
}

template class head_parser<request_head>;
template class head_parser<response_head>;

}  // namespace parlance::http
