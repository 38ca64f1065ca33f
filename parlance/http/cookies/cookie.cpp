#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/cookies/cookie.hpp>
#include <parlance/http/url/host.hpp>

namespace parlance::http {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// What stands before a separator, which is taken off with it.
std::string_view take_to(std::string_view& rest, char separator) noexcept {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}

// --- dates

/// So many digits at the beginning, and then no further one; takes them off.
std::optional<int> take_number(std::string_view& text, std::size_t least, std::size_t most) noexcept {
  std::size_t digits = 0;
  int value = 0;
  for (; digits < text.size() && is_digit(text[digits]); ++digits) {
    if (digits == most) return std::nullopt;
    value = value * 10 + (text[digits] - '0');
  }
  if (digits < least) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

struct clock_time {
  int hour, minute, second;
};

std::optional<clock_time> time_of(std::string_view text) noexcept {
  const auto hour = take_number(text, 1, 2);
  if (!hour || !text.starts_with(':')) return std::nullopt;
  text.remove_prefix(1);
  const auto minute = take_number(text, 1, 2);
  if (!minute || !text.starts_with(':')) return std::nullopt;
  text.remove_prefix(1);
  const auto second = take_number(text, 1, 2);
  if (!second) return std::nullopt;
  return clock_time{*hour, *minute, *second};
}

std::optional<unsigned> month_of(std::string_view text) noexcept {
  constexpr std::array<std::string_view, 12> months = {"jan", "feb", "mar", "apr", "may", "jun",
                                                       "jul", "aug", "sep", "oct", "nov", "dec"};
  const auto at = std::ranges::find_if(
      months, [&](std::string_view month) { return equals_ignoring_case(month, text.substr(0, 3)); });
  if (at == months.end()) return std::nullopt;
  return static_cast<unsigned>(at - months.begin()) + 1;
}

bool is_date_delimiter(unsigned char c) noexcept {
  return c == 0x09 || (c >= 0x20 && c <= 0x2f) || (c >= 0x3b && c <= 0x40) || (c >= 0x5b && c <= 0x60) ||
         (c >= 0x7b && c <= 0x7e);
}

std::string_view take_date_token(std::string_view& rest) noexcept {
  const auto from = std::ranges::find_if_not(rest, is_date_delimiter);
  rest.remove_prefix(static_cast<std::size_t>(from - rest.begin()));
  const auto to = std::ranges::find_if(rest, is_date_delimiter);
  const std::string_view token = rest.substr(0, static_cast<std::size_t>(to - rest.begin()));
  rest.remove_prefix(token.size());
  return token;
}

// --- attributes

/// The end of a session that lasts so many seconds; one that is over for what is not above zero.
std::optional<wall_time> after_max_age(std::string_view text, wall_time now) {
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || !std::ranges::all_of(digits, is_digit)) return std::nullopt;
  const std::uint64_t seconds = parse_decimal(digits).value_or(std::numeric_limits<std::int64_t>::max());
  if (negative || seconds == 0) return wall_time::min();
  const std::chrono::seconds most = max_cookie_age;
  return now + std::min(most, std::chrono::seconds(std::min<std::uint64_t>(seconds, most.count())));
}

same_site same_site_of(std::string_view text) noexcept {
  if (equals_ignoring_case(text, "none")) return same_site::none;
  if (equals_ignoring_case(text, "strict")) return same_site::strict;
  return equals_ignoring_case(text, "lax") ? same_site::lax : same_site::unsaid;
}

}  // namespace

std::optional<wall_time> parse_cookie_date(std::string_view text) {
  std::optional<clock_time> time;
  std::optional<int> day, year;
  std::optional<unsigned> month;
  while (true) {
    const std::string_view token = take_date_token(text);
    if (token.empty()) break;
    std::string_view digits = token;
    if (!time && (time = time_of(token))) continue;
    if (!day && (day = take_number(digits, 1, 2))) continue;
    if (!month && (month = month_of(token))) continue;
    if (!year) year = take_number(digits = token, 2, 4);
  }
  if (!time || !day || !month || !year) return std::nullopt;
  if (*year >= 70 && *year <= 99) *year += 1900;
  if (*year <= 69) *year += 2000;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (*year < 1601 || !date.ok() || time->hour > 23 || time->minute > 59 || time->second > 59)
    return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(time->hour) + std::chrono::minutes(time->minute) +
         std::chrono::seconds(time->second);
}

std::optional<set_cookie> parse_set_cookie(std::string_view field, wall_time now) {
  std::string_view pair = take_to(field, ';');
  set_cookie said;
  if (pair.contains('=')) said.name = trim(take_to(pair, '='));
  said.value = trim(pair);
  if (said.name.size() + said.value.size() > max_cookie || (said.name.empty() && said.value.empty()))
    return std::nullopt;
  // A tab, too: the files that cookies are kept in are separated by them.
  if (has_control(said.name) || has_control(said.value)) return std::nullopt;
  std::optional<wall_time> by_date, by_age;
  while (!field.empty()) {
    std::string_view value = take_to(field, ';');
    const std::string_view name = trim(take_to(value, '='));
    value = trim(value);
    if (value.size() > max_cookie_attribute) continue;
    const auto is = [&](std::string_view known) { return equals_ignoring_case(name, known); };
    if (is("expires")) {
      if (const auto when = parse_cookie_date(value)) by_date = std::min(*when, now + max_cookie_age);
    } else if (is("max-age")) {
      if (const auto when = after_max_age(value, now)) by_age = when;
    } else if (is("domain")) {
      said.domain = lower(value.starts_with('.') ? value.substr(1) : value);
    } else if (is("path")) {
      said.path =
          value.starts_with('/') && !has_control(value) ? std::optional<std::string>(value) : std::nullopt;
    } else if (is("secure")) {
      said.secure = true;
    } else if (is("httponly")) {
      said.http_only = true;
    } else if (is("samesite")) {
      said.same_site = same_site_of(value);
    }
  }
  said.expires = by_age ? by_age : by_date;
  return said;
}

bool domain_matches(std::string_view host, std::string_view domain) {
  if (host == domain) return true;
  return host.size() > domain.size() && host.ends_with(domain) && !domain.empty() &&
         host[host.size() - domain.size() - 1] == '.' && !is_ip_address(host);
}

bool path_matches(std::string_view path, std::string_view cookie_path) {
  if (!path.starts_with(cookie_path)) return false;
  return path.size() == cookie_path.size() || cookie_path.ends_with('/') || path[cookie_path.size()] == '/';
}

std::string default_cookie_path(std::string_view path) {
  const std::size_t last = path.rfind('/');
  return last == path.npos || last == 0 ? "/" : std::string(path.substr(0, last));
}

}  // namespace parlance::http
