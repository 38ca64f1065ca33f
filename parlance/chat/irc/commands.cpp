#include <algorithm>
#include <array>

#include <parlance/chat/irc/commands.hpp>

namespace parlance::chat::irc {
namespace {

// clang-format off
/// By name.
constexpr auto table = std::to_array<command>({
    {"AUTHENTICATE", authenticate, 1, false},
    {"CAP", cap, 1, false},
    {"CHANSERV", chanserv, 0},
    {"CS", chanserv, 0},
    {"INVITE", invite, 0},
    {"JOIN", join, 1},
    {"KICK", kick, 2},
    {"LIST", list, 0},
    {"LUSERS", lusers, 0},
    {"METADATA", metadata_command, 2},
    {"MODE", mode, 1},
    {"MOTD", motd, 0},
    {"NAMES", names, 0},
    {"NICK", nick, 0, false},
    {"NICKSERV", nickserv, 0},
    {"NOTICE", notice, 0},
    {"NS", nickserv, 0},
    {"PART", part, 1},
    {"PASS", pass, 1, false},
    {"PING", ping, 1, false},
    {"PONG", pong, 0, false},
    {"PRIVMSG", privmsg, 0},
    {"QUIT", quit, 0, false},
    {"REGISTER", register_account, 3, false},
    {"RENAME", rename, 2},
    {"TAGMSG", tagmsg, 1},
    {"TOPIC", topic, 1},
    {"USER", user, 4, false},
    {"VERIFY", verify_account, 2, false},
});
// clang-format on
static_assert(std::ranges::is_sorted(table, {}, &command::name));

}  // namespace

const command* find_command(std::string_view name) noexcept {
  const auto found = std::ranges::lower_bound(table, name, {}, &command::name);
  return found != table.end() && found->name == name ? &*found : nullptr;
}

}  // namespace parlance::chat::irc
