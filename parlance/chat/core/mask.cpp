#include <algorithm>

#include <parlance/chat/base/scripts.hpp>
#include <parlance/chat/core/mask.hpp>

namespace parlance::chat {
namespace {

/// What stands at one place of a mask.
struct element {
  enum class kind : unsigned char { literal, one, many };
  kind what;
  char32_t literal;  // folded
  std::size_t size;  // bytes of the mask
};
using kind = element::kind;

element element_at(std::string_view mask, std::size_t at) noexcept {
  const char c = mask[at];
  if (c == '*') return {kind::many, 0, 1};
  if (c == '?') return {kind::one, 0, 1};
  if (c == '\\' && at + 1 < mask.size() && (mask[at + 1] == '*' || mask[at + 1] == '?'))
    return {kind::literal, static_cast<unsigned char>(mask[at + 1]), 2};
  const character next = first_character(mask.substr(at));
  return {kind::literal, fold_character(next.code), next.size};
}

bool is_unfit(char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; }

void append_part(std::string& out, std::string_view part) {
  if (part.empty()) part = "*";
  bool after_star = false;
  for (std::size_t at = 0; at < part.size();) {
    const element next = element_at(part, at);
    const bool star = next.what == kind::many;
    if (!star || !after_star) out += part.substr(at, next.size);
    after_star = star;
    at += next.size;
  }
}

struct parts {
  std::string_view nick, user, host;
};

parts split(std::string_view text) {
  parts all;
  const std::size_t bang = text.find('!');
  const std::size_t at = text.find('@', bang == std::string_view::npos ? 0 : bang);
  const auto before = [&](std::size_t end, std::size_t start = 0) { return text.substr(start, end - start); };
  if (bang != std::string_view::npos) {
    all.nick = before(bang);
    all.user = before(std::min(at, text.size()), bang + 1);
  } else if (at != std::string_view::npos) {
    all.user = before(at);
  }
  if (at != std::string_view::npos) all.host = text.substr(at + 1);
  if (bang != std::string_view::npos || at != std::string_view::npos) return all;
  // Nicknames have neither.
  (text.find_first_of(".:") == std::string_view::npos ? all.nick : all.host) = text;
  return all;
}

}  // namespace

bool matches(std::string_view mask, std::string_view text) noexcept {
  // When something does not fit, the last star takes one character more. No star before it need ever be tried
  // again: it has matched as little as it can.
  constexpr std::size_t none = std::string_view::npos;
  std::size_t at = 0, position = 0, after_star = none, star_end = 0;
  while (position < text.size()) {
    if (at < mask.size()) {
      const element next = element_at(mask, at);
      if (next.what == kind::many) {
        after_star = ++at;
        star_end = position;
        continue;
      }
      const character its = first_character(text.substr(position));
      if (next.what == kind::one || next.literal == fold_character(its.code)) {
        at += next.size;
        position += its.size;
        continue;
      }
    }
    if (after_star == none) return false;
    at = after_star;
    position = star_end += first_character(text.substr(star_end)).size;
  }
  return mask.find_first_not_of('*', at) == none;
}

bool has_wildcards(std::string_view mask) noexcept {
  for (std::size_t at = 0; at < mask.size();) {
    const element next = element_at(mask, at);
    if (next.what != kind::literal) return true;
    at += next.size;
  }
  return false;
}

std::optional<std::string> normalise_mask(std::string_view text, std::size_t limit) {
  if (text.empty() || text.size() > limit || std::ranges::any_of(text, is_unfit)) return {};
  const std::string whole = composed(text);
  const parts all = split(whole);
  std::string out;
  append_part(out, all.nick);
  out += '!';
  append_part(out, all.user);
  out += '@';
  append_part(out, all.host);
  if (out.size() > limit) return {};
  return out;
}

}  // namespace parlance::chat
