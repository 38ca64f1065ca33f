#include <parlance/http/base/date.hpp>
#include <parlance/http/base/grammar.hpp>

#include <cli/get/file_version.hpp>

namespace parlance::cli {
namespace {

constexpr unsigned ok = 200, partial_content = 206, range_not_satisfiable = 416;

/// Something may have changed twice within the second that Last-Modified tells (RFC 9110 8.8.2.2).
bool is_strong_date(const http::response_head& head, std::string_view modified) {
  const auto changed = http::parse_date(modified);
  const auto now = http::parse_date(head.fields.get("Date").value_or(""));
  return changed && now && *now > *changed;
}

/// Of a part of that version that begins there.
std::optional<content_range> range_of(const http::response_head& head, const file_version& version,
                                      std::uint64_t at) {
  if (head.status != partial_content || head.fields.contains("Content-Encoding")) return std::nullopt;
  const auto range = content_range_of(head);
  if (!range || range->first != at) return std::nullopt;
  if (range->size && version.size && range->size != version.size) return std::nullopt;
  // What a 206 has to say, where 200 would (RFC 9110 15.3.7): If-Range alone is no proof, for some pass it over.
  const bool is_tag = version.validator.starts_with('"');
  const auto its = head.fields.get(is_tag ? "ETag" : "Last-Modified");
  return its == version.validator || (!its && !is_tag) ? range : std::nullopt;
}

}  // namespace

file_version version_of(const http::response_head& head, std::optional<std::uint64_t> announced) {
  if (head.status != ok) return {};
  if (head.fields.contains("Content-Encoding")) return {};
  file_version made{.size = announced};
  if (const auto tag = head.fields.get("ETag")) {
    // One that is weak says that the date is no proof either.
    if (tag->size() >= 2 && tag->starts_with('"') && tag->ends_with('"')) made.validator = *tag;
  } else if (const auto date = head.fields.get("Last-Modified")) {
    if (is_strong_date(head, *date)) made.validator = *date;
  }
  return made;
}

std::optional<content_range> content_range_of(const http::response_head& head) {
  const auto field = head.fields.get("Content-Range");
  constexpr std::string_view unit = "bytes ";
  if (!field || head.fields.count("Content-Range") != 1 || !field->starts_with(unit)) return std::nullopt;
  const std::string_view text = field->substr(unit.size());
  const std::size_t slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  const std::string_view range = text.substr(0, slash), whole = text.substr(slash + 1);
  content_range made;
  if (whole != "*") {
    made.size = http::parse_decimal(whole);
    if (!made.size) return std::nullopt;
  }
  if (range == "*") return made;
  const std::size_t dash = range.find('-');
  if (dash == range.npos) return std::nullopt;
  made.first = http::parse_decimal(range.substr(0, dash));
  made.last = http::parse_decimal(range.substr(dash + 1));
  if (!made.first || !made.last || *made.last < *made.first) return std::nullopt;
  if (made.size && *made.last >= *made.size) return std::nullopt;
  return made;
}

bool goes_on(const http::response_head& head, const file_version& version, std::uint64_t at) {
  const auto range = range_of(head, version, at);
  // All of the rest was asked for.
  return range && (!range->size || *range->last + 1 == *range->size);
}

std::optional<std::uint64_t> part_of(const http::response_head& head, const file_version& version,
                                     std::uint64_t at, std::uint64_t end) {
  const auto range = range_of(head, version, at);
  if (!range || *range->last >= end) return std::nullopt;
  return *range->last + 1;
}

bool ends_at(const http::response_head& head, std::uint64_t at) {
  if (head.status != range_not_satisfiable) return false;
  const auto range = content_range_of(head);
  return range && !range->first && range->size == at;
}

}  // namespace parlance::cli
