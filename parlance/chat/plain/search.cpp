#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ctime>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/plain/history.hpp>
#include <parlance/chat/plain/plain.hpp>
#include <parlance/chat/plain/search.hpp>
#include <parlance/text/sanitizer.hpp>

namespace parlance::chat {
namespace {

/// Takes digits and what comes behind them.
bool take_number(std::string_view& from, int& into, char behind) {
  const auto [end, error] = std::from_chars(from.data(), from.data() + from.size(), into);
  if (error != std::errc() || into < 0) return false;
  from.remove_prefix(static_cast<std::size_t>(end - from.data()));
  if (behind == '\0') return from.empty();
  if (!from.starts_with(behind)) return false;
  from.remove_prefix(1);
  return true;
}

/// When a day, "2026-11-01", begins here; in milliseconds since 1970.
std::optional<std::uint64_t> begin_of_day(std::string_view text) {
  constexpr int first_year = 1970, last_year = 9999;
  std::tm day{};
  if (!take_number(text, day.tm_year, '-') || !take_number(text, day.tm_mon, '-') ||
      !take_number(text, day.tm_mday, '\0'))
    return {};
  if (day.tm_year < first_year || day.tm_year > last_year || day.tm_mon < 1 || day.tm_mon > 12 ||
      day.tm_mday < 1 || day.tm_mday > 31)
    return {};
  day.tm_year -= 1900;
  day.tm_mon -= 1;
  day.tm_isdst = -1;
  const std::time_t at = std::mktime(&day);
  return at < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(at) * 1000);
}

/// What stands behind "from:" and its like; nothing when it is not that.
std::optional<std::string_view> behind(std::string_view word, std::string_view name) {
  if (word.size() <= name.size() || !same_name(word.substr(0, name.size()), name)) return {};
  return word.substr(name.size());
}

}  // namespace

std::optional<search_question> plain_search(const hub& of, std::string_view typed, std::string& why) {
  search_question asked;
  bool is_in_phrase = false;
  while (!typed.empty()) {
    const std::string_view word = typed.substr(0, typed.find(' '));
    typed.remove_prefix(std::min(word.size() + 1, typed.size()));
    const bool is_word = is_in_phrase;
    for (const char c : word)
      if (c == '"') is_in_phrase = !is_in_phrase;
    const auto after = behind(word, "after:"), before = behind(word, "before:");
    if (is_word || word.starts_with('"')) {
      asked.text += fmt::format("{} ", word);
    } else if (const auto from = behind(word, "from:")) {
      asked.from = *from;
    } else if (const auto in = behind(word, "in:")) {
      asked.in = *in;
    } else if (after || before) {
      const std::optional<std::uint64_t> day = begin_of_day(after ? *after : *before);
      if (!day) {
        why = fmt::format("{} is no day, as 2026-11-01 is", text::sanitize(after ? *after : *before));
        return {};
      }
      const entry_id at = of.clock().places_of(*day).first;
      if (after)
        asked.first = at;
      else
        asked.last = at > 0 ? at - 1 : 0;
    } else {
      asked.text += fmt::format("{} ", word);
    }
  }
  while (asked.text.ends_with(' ')) asked.text.pop_back();
  asked.limit = of.configured().limits.listed;
  return asked;
}

std::string plain_found(hub& of, const search_answer& answer) {
  std::string all;
  for (const found_message& m : answer.all)
    append_plain_history(all, m.said, m.in.in ? std::string_view(m.in.name) : std::string_view(),
                         of.clock().now());
  return all;
}

std::string plain_not_found(const search_answer& answer) {
  if (answer.how == search_answer::outcome::done) return plain_notice("nothing was found");
  std::string why(explain(answer.how));
  why.front() = static_cast<char>(why.front() - 'A' + 'a');
  return plain_notice(why);
}

}  // namespace parlance::chat
