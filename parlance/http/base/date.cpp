#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>

#include <parlance/http/base/date.hpp>
#include <parlance/http/base/grammar.hpp>

namespace parlance::http {
namespace {

using namespace std::chrono;

constexpr auto days = std::to_array<std::string_view>(
    {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"});
constexpr auto months = std::to_array<std::string_view>(
    {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"});
constexpr std::size_t short_day = 3;

constexpr std::int64_t first_second = sys_seconds(sys_days(year(0) / 1 / 1)).time_since_epoch().count();
constexpr std::int64_t last_second =
    sys_seconds(sys_days(year(10000) / 1 / 1)).time_since_epoch().count() - 1;

/// Takes what a date is made of off its text; once something else stands there, it has failed.
class scanner {
 public:
  explicit scanner(std::string_view text) noexcept : rest_(text) {}

  void literal(std::string_view what) noexcept {
    if (!rest_.starts_with(what)) return fail();
    rest_.remove_prefix(what.size());
  }
  int number(std::size_t digits) noexcept {
    const auto value = parse_decimal(rest_.substr(0, digits));
    if (!value || rest_.size() < digits) return fail(), 0;
    rest_.remove_prefix(digits);
    return static_cast<int>(*value);
  }
  /// Of two digits, or a space and one.
  int padded_day() noexcept {
    if (!rest_.starts_with(' ')) return number(2);
    rest_.remove_prefix(1);
    return number(1);
  }
  unsigned month() noexcept {
    const auto found = std::ranges::find(months, rest_.substr(0, short_day));
    if (found == months.end()) return fail(), 1;
    rest_.remove_prefix(short_day);
    return static_cast<unsigned>(found - months.begin()) + 1;
  }
  seconds time() noexcept {
    const int h = number(2);
    literal(":");
    const int m = number(2);
    literal(":");
    const int s = number(2);
    if (h > 23 || m > 59 || s > 60) fail();  // 60: a leap second
    return hours(h) + minutes(m) + seconds(s);
  }
  bool done() const noexcept { return !failed_ && rest_.empty(); }

 private:
  void fail() noexcept { failed_ = true; }
  std::string_view rest_;
  bool failed_ = false;
};

std::optional<std::int64_t> finish(const scanner& text, int y, unsigned m, int d, seconds time) noexcept {
  const year_month_day date{year(y), month(m), day(static_cast<unsigned>(d))};
  if (!text.done() || !date.ok()) return std::nullopt;
  return (sys_days(date) + time).time_since_epoch().count();
}

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<std::int64_t> parse_fixed(scanner text) noexcept {
  text.literal(", ");
  const int d = text.number(2);
  text.literal(" ");
  const unsigned m = text.month();
  text.literal(" ");
  const int y = text.number(4);
  text.literal(" ");
  const seconds time = text.time();
  text.literal(" GMT");
  return finish(text, y, m, d, time);
}

/// "Sunday, 06-Nov-94 08:49:37 GMT": a year that seems to be more than 50 years ahead is of the past.
std::optional<std::int64_t> parse_rfc850(scanner text) noexcept {
  text.literal(", ");
  const int d = text.number(2);
  text.literal("-");
  const unsigned m = text.month();
  text.literal("-");
  const int two_digits = text.number(2);
  text.literal(" ");
  const seconds time = text.time();
  text.literal(" GMT");
  const int now = static_cast<int>(year_month_day(floor<std::chrono::days>(system_clock::now())).year());
  const int y = now - now % 100 + two_digits;
  return finish(text, y > now + 50 ? y - 100 : y, m, d, time);
}

/// "Sun Nov  6 08:49:37 1994", as asctime has it.
std::optional<std::int64_t> parse_asctime(scanner text) noexcept {
  text.literal(" ");
  const unsigned m = text.month();
  text.literal(" ");
  const int d = text.padded_day();
  text.literal(" ");
  const seconds time = text.time();
  text.literal(" ");
  const int y = text.number(4);
  return finish(text, y, m, d, time);
}

}  // namespace

std::string format_date(std::int64_t seconds_since_1970) {
  const sys_seconds when{seconds(std::clamp(seconds_since_1970, first_second, last_second))};
  const sys_days date = floor<std::chrono::days>(when);
  const year_month_day day_of(date);
  const hh_mm_ss time(when - date);
  return fmt::format(
      "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days[weekday(date).c_encoding()].substr(0, short_day),
      static_cast<unsigned>(day_of.day()), months[static_cast<unsigned>(day_of.month()) - 1],
      static_cast<int>(day_of.year()), time.hours().count(), time.minutes().count(), time.seconds().count());
}

std::string_view date_now() {
  thread_local std::time_t when = -1;
  thread_local std::string text;
  if (const std::time_t now = std::time(nullptr); now != when) {
    when = now;
    text = format_date(now);
  }
  return text;
}

std::optional<std::int64_t> parse_date(std::string_view text) noexcept {
  const auto named = std::ranges::find_if(
      days, [&](std::string_view day) { return text.starts_with(day.substr(0, short_day)); });
  if (named == days.end()) return std::nullopt;
  if (text.starts_with(*named)) return parse_rfc850(scanner(text.substr(named->size())));
  const scanner rest(text.substr(short_day));
  return text.substr(short_day).starts_with(",") ? parse_fixed(rest) : parse_asctime(rest);
}

}  // namespace parlance::http
