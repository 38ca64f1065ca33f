#include <algorithm>
#include <array>
#include <cstdint>

#include <parlance/chat/irc/commands.hpp>

namespace parlance::chat::irc {
namespace {

// clang-format off: a row each
/// By name.
constexpr auto table = std::to_array<command>({
    {"ACCEPT", accept, 0, true, 1},
    {"ADMIN", admin, 0},
    {"AUTHENTICATE", authenticate, 1, false},
    {"AWAY", away, 0, false},
    {"BATCH", batch, 1},
    {"CAP", cap, 1, false},
    {"CHANSERV", chanserv, 0},
    {"CHATHISTORY", chathistory, 0},
    {"CHGHOST", chghost, 2},
    {"CS", chanserv, 0},
    {"DIE", die, 0},
    {"DLINE", dline, 1},
    {"EXTJWT", extjwt, 1},
    {"FILTER", filter, 0},
    {"HELP", help, 0},
    {"HELPOP", help, 0},
    {"HISTSERV", histserv, 0},
    {"HS", histserv, 0},
    {"INFO", info, 0},
    {"INVITE", invite, 0},
    {"ISON", ison, 1},
    {"JOIN", join, 1, true, 1},
    {"KICK", kick, 2, true, 2},
    {"KILL", kill, 1},
    {"KLINE", kline, 1},
    {"KNOCK", knock, 1},
    {"LINKS", links, 0},
    {"LIST", list, 0, true, 1},
    {"LUSERS", lusers, 0},
    {"MARKREAD", markread, 0},
    {"METADATA", metadata_command, 2, false},
    {"MODE", mode, 1},
    {"MONITOR", monitor, 1},
    {"MOTD", motd, 0},
    {"NAMES", names, 0, true, 1},
    {"NICK", nick, 0, false},
    {"NICKSERV", nickserv, 0},
    {"NOTICE", notice, 0, true, 1},
    {"NS", nickserv, 0},
    {"OPER", oper, 1},
    {"PART", part, 1, true, 1},
    {"PASS", pass, 1, false},
    {"PING", ping, 1, false},
    {"PONG", pong, 0, false},
    {"PRIVMSG", privmsg, 0, true, 1},
    {"QUIT", quit, 0, false},
    {"REDACT", redact, 2},
    {"REGISTER", register_account, 3, false},
    {"REHASH", rehash, 0},
    {"RELAYMSG", relaymsg, 3},
    {"RENAME", rename, 2},
    {"SEARCH", search, 0},
    {"SETNAME", setname, 1},
    {"SILENCE", silence, 0},
    {"STATS", stats, 1},
    {"SUMMON", summon, 0},
    {"TAGMSG", tagmsg, 1, true, 1},
    {"TBAN", tban, 3},
    {"TIME", time_query, 0},
    {"TOPIC", topic, 1},
    {"UNDLINE", undline, 1},
    {"UNKLINE", unkline, 1},
    {"USER", user, 4, false},
    {"USERHOST", userhost, 1},
    {"USERS", users, 0},
    {"VERIFY", verify_account, 2, false},
    {"VERSION", version_query, 0},
    {"WALLOPS", wallops, 1},
    {"WEBIRC", webirc, 4, false},
    {"WEBPUSH", webpush, 0},
    {"WHO", who, 0},
    {"WHOIS", whois, 0, true, 1},
    {"WHOWAS", whowas, 0},
});
// clang-format on
static_assert(std::ranges::is_sorted(table, {}, &command::name));

/// Where the commands with each letter begin, and the last end.
constexpr auto first_with = [] {
  std::array<std::uint8_t, 27> all{};
  for (std::size_t letter = 0; letter < all.size(); ++letter)
    all[letter] = static_cast<std::uint8_t>(std::ranges::count_if(
        table, [&](const command& c) { return c.name.front() < static_cast<char>('A' + letter); }));
  return all;
}();

}  // namespace

std::span<const command> all_commands() noexcept { return table; }

const command* find_command(std::string_view name) noexcept {
  if (name.empty() || name.front() < 'A' || name.front() > 'Z') return nullptr;
  const auto letter = static_cast<std::size_t>(name.front() - 'A');
  const auto those = all_commands().subspan(first_with[letter], first_with[letter + 1] - first_with[letter]);
  const auto found = std::ranges::find(those, name, &command::name);
  return found == those.end() ? nullptr : &*found;
}

}  // namespace parlance::chat::irc
