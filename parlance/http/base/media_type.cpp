#include <algorithm>
#include <array>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/media_type.hpp>

namespace parlance::http {
namespace {

constexpr std::string_view white_space = " \t\r\n";

std::string_view trim_end(std::string_view text) noexcept {
  return text.substr(0, text.find_last_not_of(white_space) + 1);
}

std::string_view trim_start(std::string_view text) noexcept {
  return text.substr(std::min(text.find_first_not_of(white_space), text.size()));
}

}  // namespace

std::optional<media_type> media_type::parse(std::string_view text) {
  text = trim_end(trim_start(text));
  const auto slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  const auto semicolon = std::min(text.find(';', slash), text.size());
  const auto subtype = trim_end(text.substr(slash + 1, semicolon - slash - 1));
  if (!is_token(text.substr(0, slash)) || !is_token(subtype)) return std::nullopt;
  media_type result;
  result.type_ = lower(text.substr(0, slash));
  result.subtype_ = lower(subtype);
  auto rest = text.substr(semicolon);
  while (!rest.empty()) {
    rest = trim_start(rest.substr(1));
    const auto name_end = std::min(rest.find_first_of(";="), rest.size());
    const auto name = lower(rest.substr(0, name_end));
    rest.remove_prefix(name_end);
    if (!rest.starts_with('=')) continue;
    rest.remove_prefix(1);
    const bool is_quoted = rest.starts_with('"');
    std::string value = is_quoted ? take_quoted(rest) : std::string(trim_end(rest.substr(0, rest.find(';'))));
    rest.remove_prefix(std::min(rest.find(';'), rest.size()));
    if (!is_token(name) || !is_field_value(value) || (value.empty() && !is_quoted)) continue;
    if (!result.parameter(name)) result.parameters_.emplace_back(name, std::move(value));
  }
  return result;
}

std::optional<std::string_view> media_type::parameter(std::string_view name) const noexcept {
  for (const auto& [each, value] : parameters_) {
    if (each == name) return value;
  }
  return std::nullopt;
}

bool media_type::is_json() const noexcept {
  return subtype_.ends_with("+json") || (subtype_ == "json" && (type_ == "application" || type_ == "text"));
}

bool media_type::is_text() const noexcept {
  static constexpr auto texts =
      std::to_array<std::string_view>({"xml", "javascript", "ecmascript", "x-javascript",
                                       "x-www-form-urlencoded", "x-ndjson", "yaml", "toml", "sql"});
  if (type_ == "text" || is_json() || subtype_.ends_with("+xml") || subtype_.ends_with("+yaml")) return true;
  return type_ == "application" && std::ranges::find(texts, subtype_) != texts.end();
}

}  // namespace parlance::http
