#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include <parlance/http/base/grammar.hpp>

#include <cli/get/written_date.hpp>

namespace parlance::cli {
namespace {

constexpr std::array<std::string_view, 12> months = {"january",   "february", "march",    "april",
                                                     "may",       "june",     "july",     "august",
                                                     "september", "october",  "november", "december"};
constexpr std::array<std::string_view, 7> days = {"monday", "tuesday",  "wednesday", "thursday",
                                                  "friday", "saturday", "sunday"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Its number from 0, by the whole name or three letters of it.
template <std::size_t Size>
std::optional<unsigned> named(const std::array<std::string_view, Size>& all, std::string_view word) {
  const auto found = std::ranges::find_if(all, [&](std::string_view name) {
    return word == name || (word.size() == 3 && name.starts_with(word));
  });
  if (found == all.end()) return std::nullopt;
  return static_cast<unsigned>(found - all.begin());
}

class date_reader {
 public:
  explicit date_reader(std::string_view text) : rest_(text) {}

  std::optional<std::time_t> read() {
    while (!rest_.empty()) {
      const char c = rest_.front();
      const bool taken = is_letter(c) ? take_word() : is_digit(c) ? take_number() : take_mark();
      if (!taken) return std::nullopt;
    }
    if (!year_ || !month_ || !day_) return std::nullopt;
    const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year_)),
                                           std::chrono::month(*month_), std::chrono::day(*day_));
    if (!date.ok()) return std::nullopt;
    const auto when =
        std::chrono::sys_days(date).time_since_epoch() + time_.value_or(zero) - zone_.value_or(zero);
    return std::chrono::duration_cast<std::chrono::seconds>(when).count();
  }

 private:
  using seconds = std::chrono::seconds;
  static constexpr seconds zero{0};

  static bool set(std::optional<unsigned>& part, unsigned to) { return !part && (part = to, true); }

  std::string_view take_while(bool (*fits)(char)) {
    const auto end = std::ranges::find_if_not(rest_, fits);
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  /// A day of the week, a month, or UTC; the T and the Z of ISO 8601.
  bool take_word() {
    const std::string word = http::lower(take_while(is_letter));
    if (word == "t" || named(days, word)) return true;
    if (const auto month = named(months, word)) return set(month_, *month + 1);
    return (word == "gmt" || word == "utc" || word == "z") && set_zone(zero);
  }

  bool take_number() {
    const std::string_view digits = take_while(is_digit);
    if (rest_.starts_with(':') && !time_) return take_time(digits);
    const auto number = http::parse_decimal(digits);
    constexpr std::size_t whole_date = 8, whole_year = 4;
    if (!number || digits.size() > whole_date) return false;
    const auto value = static_cast<unsigned>(*number);
    if (digits.size() == whole_date)
      return set(year_, value / 10000) && set(month_, value / 100 % 100) && set(day_, value % 100);
    if (digits.size() == whole_year) return set(year_, value) && take_rest_of_iso();
    if (digits.size() > 2) return false;
    if (!day_) return set(day_, value);
    return set(year_, value + (value < 70 ? 2000 : 1900));  // as RFC 6265 reads years of two digits
  }

  /// Behind its year: -11-29.
  bool take_rest_of_iso() {
    const auto two_digits_at = [&](std::size_t at) {
      return rest_.size() >= at + 3 && rest_[at] == '-' && is_digit(rest_[at + 1]) && is_digit(rest_[at + 2]);
    };
    if (!two_digits_at(0) || !two_digits_at(3)) return true;
    const auto month = http::parse_decimal(rest_.substr(1, 2)), day = http::parse_decimal(rest_.substr(4, 2));
    rest_.remove_prefix(6);
    return set(month_, static_cast<unsigned>(*month)) && set(day_, static_cast<unsigned>(*day));
  }

  bool take_time(std::string_view hours) {
    std::array<std::uint64_t, 3> parts = {http::parse_decimal(hours).value_or(99), 0, 0};
    for (std::size_t i = 1; i < parts.size() && rest_.starts_with(':'); ++i) {
      rest_.remove_prefix(1);
      parts[i] = http::parse_decimal(take_while(is_digit)).value_or(99);
    }
    constexpr std::uint64_t last_hour = 23, last_minute = 59, leap_second = 60;
    if (parts[0] > last_hour || parts[1] > last_minute || parts[2] > leap_second) return false;
    time_ = std::chrono::hours(parts[0]) + std::chrono::minutes(parts[1]) + seconds(parts[2]);
    return true;
  }

  /// A zone behind the time, or what stands between the parts.
  bool take_mark() {
    const char mark = rest_.front();
    rest_.remove_prefix(1);
    if (mark == ' ' || mark == ',' || mark == '/') return true;
    if (mark != '-' && mark != '+') return false;
    if (!time_) return mark == '-';
    const std::string_view digits = take_while(is_digit);
    const auto number = http::parse_decimal(digits);
    constexpr std::uint64_t farthest = 1400;
    if (digits.size() != 4 || !number || *number > farthest || *number % 100 >= 60)
      return mark == '-' && digits.empty();
    const seconds ahead = std::chrono::hours(*number / 100) + std::chrono::minutes(*number % 100);
    return set_zone(mark == '-' ? -ahead : ahead);
  }

  bool set_zone(seconds ahead) { return !zone_ && (zone_ = ahead, true); }

  std::string_view rest_;
  std::optional<unsigned> year_, month_, day_;
  std::optional<seconds> time_, zone_;
};

}  // namespace

std::optional<std::time_t> parse_written_date(std::string_view text) { return date_reader(text).read(); }

}  // namespace parlance::cli
