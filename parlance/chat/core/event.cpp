#include <array>
#include <chrono>

#include <parlance/chat/core/event.hpp>

namespace parlance::chat {
namespace {

// Crockford's base 32: letters and digits that sort like the numbers and cannot be mistaken for each other.
constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t msgid_size = 13;  // 65 bits

void append_padded(std::string& out, unsigned value, int width) {
  std::array<char, 8> text;
  for (int i = width; i-- > 0; value /= 10)
    text[static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 10);
  out.append(text.data(), static_cast<std::size_t>(width));
}

}  // namespace

std::string msgid_of(entry_id id) {
  std::string text(msgid_size, '0');
  for (std::size_t i = msgid_size; i-- > 0; id >>= 5) text[i] = digits[id & 31];
  return text;
}

entry_id parse_msgid(std::string_view text) noexcept {
  if (text.size() != msgid_size) return 0;
  entry_id id = 0;
  for (const char c : text) {
    const std::size_t value = digits.find(c);
    if (value == std::string_view::npos || id >> 59) return 0;
    id = id << 5 | value;
  }
  return id;
}

void append_time(std::string& out, std::uint64_t milliseconds) {
  using namespace std::chrono;
  const sys_time<std::chrono::milliseconds> at{std::chrono::milliseconds(milliseconds)};
  const sys_days day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss clock(at - day);
  append_padded(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_padded(out, static_cast<unsigned>(clock.hours().count()), 2);
  out += ':';
  append_padded(out, static_cast<unsigned>(clock.minutes().count()), 2);
  out += ':';
  append_padded(out, static_cast<unsigned>(clock.seconds().count()), 2);
  out += '.';
  append_padded(out, static_cast<unsigned>(clock.subseconds().count()), 3);
  out += 'Z';
}

std::optional<std::uint64_t> parse_time(std::string_view text) noexcept {
  using namespace std::chrono;
  constexpr std::string_view pattern = "dddd-dd-ddTdd:dd:dd.dddZ";
  if (text.size() != pattern.size()) return {};
  for (std::size_t i = 0; i < pattern.size(); ++i)
    if (pattern[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != pattern[i]) return {};
  const auto number = [&](std::size_t at, std::size_t count) {
    int value = 0;
    for (const char c : text.substr(at, count)) value = value * 10 + (c - '0');
    return value;
  };
  const year_month_day date{year(number(0, 4)), month(static_cast<unsigned>(number(5, 2))),
                            day(static_cast<unsigned>(number(8, 2)))};
  const int hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  // A leap second counts as the first of the next minute.
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return {};
  const auto at = sys_days(date).time_since_epoch() + hours(hour) + minutes(minute) + seconds(second) +
                  std::chrono::milliseconds(number(20, 3));
  return at.count() < 0 ? 0 : static_cast<std::uint64_t>(at.count());
}

}  // namespace parlance::chat
