#include <algorithm>
#include <string_view>

#include <parlance/http/base/date.hpp>
#include <parlance/http/base/grammar.hpp>
#include <parlance/http/server/validators.hpp>

namespace parlance::http {
namespace {

constexpr std::string_view weak_mark = "W/";

enum class comparison : std::uint8_t { strong, weak };

std::string_view opaque(std::string_view tag) noexcept {
  return tag.starts_with(weak_mark) ? tag.substr(weak_mark.size()) : tag;
}

/// RFC 9110 8.8.3.2.
bool equal(std::string_view a, std::string_view b, comparison how) noexcept {
  if (a.empty() || b.empty()) return false;
  if (how == comparison::strong) return a == b && !a.starts_with(weak_mark);
  return opaque(a) == opaque(b);
}

/// Takes the next entity-tag off a list; empty at its end, and where it is none. In one there may be commas.
std::string_view take_tag(std::string_view& rest) noexcept {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t,"), rest.size()));
  const std::size_t open = rest.starts_with(weak_mark) ? weak_mark.size() : 0;
  const std::size_t close = rest.substr(open).starts_with('"') ? rest.find('"', open + 1) : rest.npos;
  const std::string_view tag = close == rest.npos ? std::string_view() : rest.substr(0, close + 1);
  rest.remove_prefix(tag.size());
  return tag;
}

bool lists(const field_list& fields, std::string_view name, const validators& now, bool exists,
           comparison how) {
  const std::string all = fields.combined(name);
  if (trim(all) == "*") return exists;
  if (!exists) return false;
  for (std::string_view rest = all, tag; !(tag = take_tag(rest)).empty();)
    if (equal(tag, now.entity_tag, how)) return true;
  return false;
}

std::optional<std::int64_t> date_in(const field_list& fields, std::string_view name) {
  if (fields.count(name) != 1) return std::nullopt;
  return parse_date(*fields.get(name));
}

}  // namespace

precondition judge(const request_head& asked, const validators& now, bool exists) {
  const field_list& fields = asked.fields;
  const bool reads = asked.method == "GET" || asked.method == "HEAD";
  if (fields.contains("If-Match")) {
    if (!lists(fields, "If-Match", now, exists, comparison::strong)) return precondition::failed;
  } else if (const auto since = date_in(fields, "If-Unmodified-Since"); since && now.modified) {
    if (*now.modified > *since) return precondition::failed;
  }
  if (fields.contains("If-None-Match")) {
    if (lists(fields, "If-None-Match", now, exists, comparison::weak))
      return reads ? precondition::not_modified : precondition::failed;
  } else if (const auto since = date_in(fields, "If-Modified-Since"); since && now.modified && reads) {
    if (*now.modified <= *since) return precondition::not_modified;
  }
  return precondition::holds;
}

bool range_applies(const request_head& asked, const validators& now) {
  if (!asked.fields.contains("Range") || asked.method != "GET") return false;
  const auto condition = asked.fields.get("If-Range");
  if (!condition) return true;
  if (asked.fields.count("If-Range") != 1) return false;
  if (condition->starts_with('"') || condition->starts_with(weak_mark))
    return equal(*condition, now.entity_tag, comparison::strong);
  const auto date = parse_date(*condition);
  return date && now.modified && *date == *now.modified;
}

}  // namespace parlance::http
