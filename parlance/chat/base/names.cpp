#include <algorithm>
#include <array>
#include <cstdint>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/scripts.hpp>
#include <parlance/text/sanitizer.hpp>

namespace parlance::chat {
namespace {

constexpr bool is_letter(char c) { return fold(c) >= 'a' && fold(c) <= 'z'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_beyond_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }
constexpr bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }
constexpr bool may_start(char c) { return is_letter(c) || is_one_of(c, "_[]{}|^`\\"); }

/// Of what is folded, but for 'A' to 'Z'.
std::size_t hash_of(std::string_view name) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(fold(c))) * 0x100000001b3;
  return hash;
}

}  // namespace

bool is_name(std::string_view text, std::size_t limit) noexcept {
  const auto may_start_any = [](char c) { return may_start(c) || is_beyond_ascii(c); };
  return !text.empty() && text.size() <= limit && may_start_any(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return may_start_any(c) || is_digit(c) || c == '-'; }) &&
         (is_ascii(text) || is_written_name(text));
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
  if (!is_ascii(name)) return fold_script(name);
  std::string small(name);
  std::ranges::transform(small, small.begin(), [](char c) { return fold(c); });
  return small;
}

bool same_name(std::string_view a, std::string_view b) noexcept {
  if (!is_ascii(a) || !is_ascii(b)) return folded(a) == folded(b);
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return fold(x) == fold(y); });
}

std::size_t hash_name(std::string_view name) noexcept {
  return is_ascii(name) ? hash_of(name) : hash_of(fold_script(name));
}

bool is_reserved(std::string_view name) noexcept {
  // Whose name is that of a service, looks like it, or is short for one, would hear what is said to it: passwords.
  constexpr auto taken = std::to_array<std::string_view>(
      {operator_name, "server", "you", "everybody", "nobody", "NickServ", "NS", "ChanServ", "CS", "AuthServ",
       "UserServ", "SaslServ", "OperServ", "MemoServ", "HostServ", "BotServ", "GroupServ", "HistServ"});
  const std::string look = skeleton_of(name);
  return std::any_of(taken.begin(), taken.end(), [&](std::string_view n) { return same_name(n, look); });
}

}  // namespace parlance::chat
