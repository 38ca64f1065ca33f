// The services of the server, each a table of commands: NickServ (accounts) and ChanServ (rooms that belong to
// an account) and HistServ (what is kept of what was said), which are told by NS, CS and HS, too, and *playback. They are told by a message to their
// nick, and answer with notices.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/irc/irc_client.hpp>

namespace parlance::chat::irc {

struct service_command {
  /// The words behind its name.
  using words = std::vector<std::string>;

  std::string_view name;
  void (*obey)(irc_client& by, const words& given);
  std::size_t least, most;  // words; with fewer or more it is told how it is used
  std::string_view usage;   // the words: "[account] password"
  std::string_view about;   // for people
  std::optional<permission> needs = {};
};

struct service {
  std::string_view nick;
  std::span<const service_command> commands;
  bool is_told_passwords;  // so what is said to it is never said again (echo-message)
};

/// nickserv.cpp, chanserv.cpp, histserv.cpp, znc_playback.cpp
extern const service nick_service, chan_service, history_service, playback_service;

std::span<const service* const> all_services() noexcept;
/// Null: nobody's, or somebody's who is none.
const service* find_service(std::string_view nick) noexcept;

/// Does what a line asks for: a command and its words, or HELP.
void ask(irc_client& by, const service& whom, std::string_view line);
/// The same of a command of its own: "NS IDENTIFY password".
void ask_by_command(irc_client& by, const service& whom, const message& m);
/// What somebody says to it.
void say_to_service(irc_client& by, const service& whom, std::string_view text);

/// "ChanServ!ChanServ@server"
std::string prefix_of(const service& which, const hub& in);
/// Answers.
void notice(irc_client& to, const service& from, std::string_view text);

}  // namespace parlance::chat::irc
