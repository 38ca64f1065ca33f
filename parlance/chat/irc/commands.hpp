// The commands of IRC: one function each, in the file of its group; commands.cpp has the table.
#pragma once

#include <string_view>

#include <parlance/chat/irc/irc_client.hpp>
#include <parlance/chat/irc/message.hpp>

namespace parlance::chat::irc {

struct command {
  std::string_view name;
  void (*obey)(irc_client& by, const message& m);
  /// ERR_NEEDMOREPARAMS with fewer.
  std::size_t least_parameters;
  /// ERR_NOTREGISTERED before that.
  bool needs_registration = true;
};

/// `name` in capitals. Null: there is none.
const command* find_command(std::string_view name) noexcept;

// registration.cpp
void cap(irc_client& by, const message& m);
void nick(irc_client& by, const message& m);
void user(irc_client& by, const message& m);
void pass(irc_client& by, const message& m);
void ping(irc_client& by, const message& m);
void pong(irc_client& by, const message& m);
void quit(irc_client& by, const message& m);
/// After registration: what a client is told first.
void welcome(irc_client& to);

// channels.cpp
void join(irc_client& by, const message& m);
void part(irc_client& by, const message& m);
void names(irc_client& by, const message& m);
void topic(irc_client& by, const message& m);

/// Has a client come into the rooms that its person is in already.
void show_rooms(irc_client& to);

// authentication.cpp, account_registration.cpp, nickserv.cpp
void authenticate(irc_client& by, const message& m);
void register_account(irc_client& by, const message& m);
void verify_account(irc_client& by, const message& m);
void nickserv(irc_client& by, const message& m);
/// What was said to NickServ.
void ask_nickserv(irc_client& by, std::string_view text);
inline constexpr std::string_view nickserv_name = "NickServ";

// metadata.cpp
void metadata_command(irc_client& by, const message& m);
// channel_modes.cpp
void mode(irc_client& by, const message& m);

// people.cpp
/// MODE for somebody.
void user_mode(irc_client& by, const message& m);

// channel_people.cpp
void kick(irc_client& by, const message& m);
void invite(irc_client& by, const message& m);

// channel_list.cpp
void list(irc_client& by, const message& m);

// channel_rename.cpp
void rename(irc_client& by, const message& m);

// channel_services.cpp
void chanserv(irc_client& by, const message& m);
/// What somebody says to ChanServ.
void tell_chanserv(irc_client& by, std::string_view text);

// messages.cpp
void privmsg(irc_client& by, const message& m);
void notice(irc_client& by, const message& m);
void tagmsg(irc_client& by, const message& m);

// information.cpp
void motd(irc_client& by, const message& m);
void lusers(irc_client& by, const message& m);
/// RPL_ISUPPORT
void isupport(irc_client& to);

}  // namespace parlance::chat::irc
