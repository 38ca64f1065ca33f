#include <fmt/core.h>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/store/record_kinds.hpp>

namespace parlance::chat {
namespace {

constexpr const record_kind& kind = record_kinds::talk;

/// Documents are JSON; neither nicks nor identities have what a string must escape, but for the backslash.
std::string in_quotes(std::string_view nick) {
  std::string text = "\"";
  for (const char c : nick) {
    if (c == '\\' || c == '"') text += '\\';
    text += c;
  }
  return text += '"';
}

std::string unquoted(std::string_view json) {
  std::string text;
  for (std::size_t i = 1; i + 1 < json.size(); ++i) {
    if (json[i] == '\\') ++i;
    text += json[i];
  }
  return text;
}

std::string key_of(std::string_view of, std::string_view with) { return fmt::format("{} {}", of, with); }

/// So that nobody makes the list of somebody else long. Their numbers rise, and so the first is the oldest.
void make_room_for_guest(store& in, std::string_view of) {
  const std::string from = key_of(of, "0"), below = key_of(of, ":");
  if (in.count(kind, from, below) < most_talks_with_guests) return;
  const std::optional<std::string> oldest = in.first(kind, from, below);
  if (!oldest) return;
  in.erase(kind, *oldest);
  // What nobody finds any more would outlive the account.
  in.erase(conversation_of(of, std::string_view(*oldest).substr(of.size() + 1)));
}

/// What cannot be read now is swept away later.
void erase_all(store& in, std::string_view prefix) try {
  in.each(kind, prefix, [&](std::string_view key, std::string_view) { in.erase(kind, key); });
} catch (const store_error&) {
}

}  // namespace

std::string identity_of(const person& who) {
  return who.account.empty() ? std::to_string(who.serial)
                             : identity_of_account(who.identity_name(), who.account_number);
}

std::string conversation_of(std::string_view one, std::string_view other) {
  return other < one ? key_of(other, one) : key_of(one, other);
}

void remember_talk(store& in, std::string_view of, std::string_view with, std::string_view nick) {
  const std::string key = key_of(of, with), json = in_quotes(nick);
  try {
    const std::optional<std::string> known = in.get(kind, key);
    if (known == json) return;
    if (!known && !is_account(with)) make_room_for_guest(in, of);
  } catch (const store_error&) {
    // Then the turn will not be kept either, and says so.
  }
  in.put(kind, key, json);
}

void forget_talk(store& in, std::string_view of, std::string_view with) { in.erase(kind, key_of(of, with)); }

void forget_talks(store& in, std::string_view of) { erase_all(in, key_of(of, {})); }

void forget_talk_in(store& in, std::string_view conversation) {
  const std::size_t space = conversation.find(' ');
  if (space == std::string_view::npos) return;
  const std::string_view one = conversation.substr(0, space), other = conversation.substr(space + 1);
  forget_talk(in, one, other);
  forget_talk(in, other, one);
}

void erase_talks(store& in, std::string_view of) {
  each_talk(in, of, [&](std::string_view with, std::string_view) {
    in.erase(conversation_of(of, with));
    const std::string other(with);
    forget_talk(in, of, other);
    forget_talk(in, other, of);
  });
}

void each_talk(store& in, std::string_view of,
               const std::function<void(std::string_view with, std::string_view nick)>& visit) {
  const std::string prefix = key_of(of, {});
  in.each(kind, prefix, [&](std::string_view key, std::string_view json) {
    visit(key.substr(prefix.size()), unquoted(json));
  });
}

}  // namespace parlance::chat
