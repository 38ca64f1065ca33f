#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/message/message.hpp>

namespace parlance::http {
namespace {

constexpr std::string_view separator = ": ";
constexpr std::string_view line_end = "\r\n";

[[noreturn]] void refuse(std::string_view name, std::string_view value) {
  if (!is_token(name)) {
    throw std::invalid_argument(fmt::format("field name {} is not a token", in_quotes(name)));
  }
  throw std::invalid_argument(
      fmt::format("value of field {} has a control character: {}", name, in_quotes(value)));
}

bool is_target(std::string_view target) noexcept {
  return !target.empty() && std::ranges::all_of(target, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

std::string_view name_of(version v) noexcept {
  switch (v) {
    case version::http_1_0:
      return "HTTP/1.0";
    case version::http_1_1:
      return "HTTP/1.1";
    case version::http_2:
      return "HTTP/2";
  }
  return {};
}

bool field_list::try_append(std::string_view name, std::string_view value) {
  value = trim(value);
  if (!is_token(name) || !is_field_value(value)) return false;
  if (lines_.empty()) {  // enough for most heads, in one allocation each
    constexpr std::size_t usual_fields = 8, usual_bytes = 256;
    lines_.reserve(usual_fields);
    text_.reserve(usual_bytes);
  }
  lines_.push_back({text_.size(), name.size(), value.size()});
  text_.append(name).append(separator).append(value).append(line_end);
  return true;
}

bool field_list::try_continue(std::string_view value) {
  value = trim(value);
  if (lines_.empty() || !is_field_value(value)) return false;
  if (value.empty()) return true;
  std::size_t& size = lines_.back().value_size;
  text_.resize(text_.size() - line_end.size());
  if (size != 0) text_ += ' ';
  size += value.size() + (size != 0 ? 1 : 0);
  text_.append(value).append(line_end);
  return true;
}

void field_list::append(std::string_view name, std::string_view value) {
  if (!try_append(name, value)) refuse(name, value);
}

void field_list::set(std::string_view name, std::string_view value) {
  // The new line is built first: the name and the value may point into a line that is about to go.
  field_list changed;
  for (const field each : *this) {
    if (!equals_ignoring_case(each.name, name)) changed.append(each.name, each.value);
  }
  changed.append(name, value);
  *this = std::move(changed);
}

std::size_t field_list::remove(std::string_view name) {
  field_list changed;
  for (const field each : *this) {
    if (!equals_ignoring_case(each.name, name)) changed.append(each.name, each.value);
  }
  const std::size_t removed = size() - changed.size();
  *this = std::move(changed);
  return removed;
}

std::optional<std::string_view> field_list::get(std::string_view name) const noexcept {
  for (const field each : *this) {
    if (equals_ignoring_case(each.name, name)) return each.value;
  }
  return std::nullopt;
}

std::string field_list::combined(std::string_view name) const {
  std::string result;
  bool first = true;
  for (const field each : *this) {
    if (!equals_ignoring_case(each.name, name)) continue;
    if (!std::exchange(first, false)) result += ", ";
    result += each.value;
  }
  return result;
}

std::size_t field_list::count(std::string_view name) const noexcept {
  std::size_t result = 0;
  for (const field each : *this) result += equals_ignoring_case(each.name, name);
  return result;
}

bool field_list::has_token(std::string_view name, std::string_view token) const noexcept {
  for (const field each : *this) {
    if (!equals_ignoring_case(each.name, name)) continue;
    for (auto rest = each.value; auto element = next_element(rest);) {
      if (equals_ignoring_case(*element, token)) return true;
    }
  }
  return false;
}

field field_list::operator[](std::size_t index) const noexcept {
  const line& at = lines_[index];
  const std::string_view text = text_;
  return {text.substr(at.begin, at.name_size),
          text.substr(at.begin + at.name_size + separator.size(), at.value_size)};
}

std::string serialise(const request_head& head) {
  if (!is_token(head.method)) {
    throw std::invalid_argument(fmt::format("request method {} is not a token", in_quotes(head.method)));
  }
  if (!is_target(head.target)) {
    throw std::invalid_argument(fmt::format(
        "request target {} is empty or has a space, control or non-ASCII character", in_quotes(head.target)));
  }
  return fmt::format("{} {} {}\r\n{}\r\n", head.method, head.target, name_of(head.version),
                     head.fields.wire());
}

std::string serialise(const response_head& head) {
  if (head.status < 100 || head.status > 999) {
    throw std::invalid_argument(fmt::format("response status {} is not three digits", head.status));
  }
  if (!is_field_value(head.reason)) {
    throw std::invalid_argument(
        fmt::format("reason phrase has a control character: {}", in_quotes(head.reason)));
  }
  return fmt::format("{} {} {}\r\n{}\r\n", name_of(head.version), head.status, head.reason,
                     head.fields.wire());
}

std::string_view reason_phrase(unsigned status) noexcept {
  using entry = std::pair<unsigned, std::string_view>;
  static constexpr auto phrases = std::to_array<entry>({
      {100, "Continue"},
      {101, "Switching Protocols"},
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {203, "Non-Authoritative Information"},
      {204, "No Content"},
      {205, "Reset Content"},
      {206, "Partial Content"},
      {300, "Multiple Choices"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {305, "Use Proxy"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {402, "Payment Required"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {407, "Proxy Authentication Required"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {411, "Length Required"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {416, "Range Not Satisfiable"},
      {417, "Expectation Failed"},
      {421, "Misdirected Request"},
      {422, "Unprocessable Content"},
      {426, "Upgrade Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
  });
  const auto found = std::ranges::find(phrases, status, &entry::first);
  return found == phrases.end() ? std::string_view() : found->second;
}

}  // namespace parlance::http
