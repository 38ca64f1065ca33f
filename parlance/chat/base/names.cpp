#include <algorithm>
#include <array>
#include <cstdint>

#include <parlance/chat/base/names.hpp>
#include <parlance/text/sanitizer.hpp>

namespace parlance::chat {
namespace {

constexpr bool is_letter(char c) { return fold(c) >= 'a' && fold(c) <= 'z'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }
constexpr bool may_start(char c) { return is_letter(c) || is_one_of(c, "_[]{}|^`\\"); }

}  // namespace

bool is_name(std::string_view text, std::size_t limit) noexcept {
  return !text.empty() && text.size() <= limit && may_start(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return may_start(c) || is_digit(c) || c == '-'; });
}

bool is_room_name(std::string_view text, std::size_t limit) {
  if (text.size() < 2 || text.size() > limit || text.front() != '#') return false;
  if (std::any_of(text.begin(), text.end(), [](char c) { return is_one_of(c, " ,:*?!@"); })) return false;
  return text::sanitize(text) == text;
}

bool is_relayed_name(std::string_view text, std::size_t limit) {
  if (text.empty() || text.size() > limit || text.find('/') == std::string_view::npos) return false;
  if (is_one_of(text.front(), "#~&@%+$") ||
      std::any_of(text.begin(), text.end(), [](char c) { return is_one_of(c, " ,:*?!@"); }))
    return false;
  return text::sanitize(text) == text;
}

std::string folded(std::string_view name) {
  std::string small(name);
  std::transform(small.begin(), small.end(), small.begin(), fold);
  return small;
}

bool same_name(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return fold(x) == fold(y); });
}

std::size_t hash_name(std::string_view name) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(fold(c))) * 0x100000001b3;
  return hash;
}

bool is_reserved(std::string_view name) noexcept {
  // Whose name is that of a service, or is short for one, would hear what is said to it: passwords.
  constexpr auto taken = std::to_array<std::string_view>(
      {operator_name, "server", "you", "everybody", "nobody", "NickServ", "NS", "ChanServ", "CS", "AuthServ",
       "SaslServ", "OperServ", "MemoServ", "HostServ", "BotServ", "GroupServ", "HistServ"});
  return std::any_of(taken.begin(), taken.end(), [&](std::string_view n) { return same_name(n, name); });
}

}  // namespace parlance::chat
