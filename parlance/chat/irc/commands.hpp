// The commands of IRC: one function each, in the file of its group; commands.cpp has the table.
#pragma once

#include <span>
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
  /// Which parameter is a list with commas, each entry of which is as much work as the whole command; 0: none.
  unsigned char list = 0;
};

/// `name` in capitals. Null: there is none.
const command* find_command(std::string_view name) noexcept;
/// By name.
std::span<const command> all_commands() noexcept;

// cap.cpp
void cap(irc_client& by, const message& m);
/// After the settings have changed, which were `before`.
void tell_changed_capabilities(irc_client& to, const settings& before);

// registration.cpp
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

// missed.cpp
/// What was said while nobody was connected as whom the client has just become.
void tell_missed(irc_client& to);

// authentication.cpp, account_registration.cpp
void authenticate(irc_client& by, const message& m);
void register_account(irc_client& by, const message& m);
void verify_account(irc_client& by, const message& m);

// webirc.cpp
void webirc(irc_client& by, const message& m);

// metadata.cpp
void metadata_command(irc_client& by, const message& m);

// channel_modes.cpp
void mode(irc_client& by, const message& m);

// silence.cpp
void silence(irc_client& by, const message& m);

// timed_bans.cpp
void tban(irc_client& by, const message& m);

// channel_people.cpp
void kick(irc_client& by, const message& m);
void invite(irc_client& by, const message& m);

// channel_list.cpp
void list(irc_client& by, const message& m);

// channel_rename.cpp
void rename(irc_client& by, const message& m);

// services.cpp
void nickserv(irc_client& by, const message& m);
void chanserv(irc_client& by, const message& m);
void histserv(irc_client& by, const message& m);

// messages.cpp
void privmsg(irc_client& by, const message& m);
void notice(irc_client& by, const message& m);
void tagmsg(irc_client& by, const message& m);

// people.cpp
void away(irc_client& by, const message& m);
void setname(irc_client& by, const message& m);
/// MODE of a nick.
void user_mode(irc_client& by, const message& m);
void ison(irc_client& by, const message& m);
void userhost(irc_client& by, const message& m);
// accept.cpp
void accept(irc_client& by, const message& m);

// who.cpp, whois.cpp, monitor.cpp
void who(irc_client& by, const message& m);
void whois(irc_client& by, const message& m);
void whowas(irc_client& by, const message& m);
void monitor(irc_client& by, const message& m);

// queries.cpp, help.cpp
void version_query(irc_client& by, const message& m);
void admin(irc_client& by, const message& m);
void info(irc_client& by, const message& m);
void time_query(irc_client& by, const message& m);
void links(irc_client& by, const message& m);
void stats(irc_client& by, const message& m);
void users(irc_client& by, const message& m);
void summon(irc_client& by, const message& m);
void help(irc_client& by, const message& m);

// operators.cpp
void oper(irc_client& by, const message& m);
void kill(irc_client& by, const message& m);
void chghost(irc_client& by, const message& m);
void wallops(irc_client& by, const message& m);
void rehash(irc_client& by, const message& m);
void die(irc_client& by, const message& m);

// server_ban_commands.cpp
void kline(irc_client& by, const message& m);
void unkline(irc_client& by, const message& m);
void dline(irc_client& by, const message& m);
void undline(irc_client& by, const message& m);
/// A line for each ban that is in force: RPL_STATSKLINE or RPL_STATSDLINE.
void list_bans(irc_client& to, server_ban::kind what);

// filter_command.cpp
void filter(irc_client& by, const message& m);

// webpush.cpp
void webpush(irc_client& by, const message& m);

// extjwt.cpp
void extjwt(irc_client& by, const message& m);

// knock.cpp, relaying.cpp
void knock(irc_client& by, const message& m);
void relaymsg(irc_client& by, const message& m);

// history.cpp, multiline.cpp, redaction.cpp, read_marker.cpp
void chathistory(irc_client& by, const message& m);
void batch(irc_client& by, const message& m);
void redact(irc_client& by, const message& m);
void markread(irc_client& by, const message& m);
/// After JOIN and before the names, to those who asked for it: how far the room has been read.
void tell_read_marker(irc_client& to, const room& of);
/// When a room gets another name: the marker of a client that has no account goes along.
void move_own_read_marker(irc_client& of, std::string_view from, std::string_view to);

// search.cpp
void search(irc_client& by, const message& m);

// information.cpp
void motd(irc_client& by, const message& m);
void lusers(irc_client& by, const message& m);
/// RPL_MYINFO
void my_info(irc_client& to);
/// RPL_ISUPPORT
void isupport(irc_client& to);

}  // namespace parlance::chat::irc
