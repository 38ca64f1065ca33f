// What can be asked of the server: VERSION, ADMIN, INFO, TIME, LINKS, STATS; USERS and SUMMON, which no
// server answers any more.
#include <fmt/core.h>

#include <parlance/chat/base/version.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/people.hpp>

namespace parlance::chat::irc {
namespace {

void tell_uptime(irc_client& to) {
  const auto seconds = to.chat().clock().seconds() - to.chat().clock().started();
  constexpr std::int64_t minute = 60, hour = 60 * minute, day = 24 * hour;
  to.reply(numeric::RPL_STATSUPTIME,
           {fmt::format("Server Up {} days {}:{:02}:{:02}", seconds / day, seconds % day / hour,
                        seconds % hour / minute, seconds % minute)});
}

void tell_operators(irc_client& to) {
  for (const auto& [name, allowed] : to.chat().configured().operators) {
    if (allowed.hosts.empty()) to.reply(numeric::RPL_STATSOLINE, {"O", "*", "*", name});
    for (const std::string& host : allowed.hosts) to.reply(numeric::RPL_STATSOLINE, {"O", host, "*", name});
  }
}

}  // namespace

void version_query(irc_client& by, const message& m) {
  if (!is_this_server(by, m.param(0))) return;
  const settings::server_group& server = by.chat().configured().server;
  by.answer_lines(fmt::format(":{} 351 {} {} {} :{}\r\n", server.name, by.nick(), version, server.name,
                              server.description));
  isupport(by);
}

void admin(irc_client& by, const message& m) {
  if (!is_this_server(by, m.param(0))) return;
  const settings::server_group& server = by.chat().configured().server;
  const settings::admin_group& told = server.admin;
  if (told.location1.empty() && told.location2.empty() && told.email.empty())
    return by.reply(numeric::ERR_NOADMININFO, {server.name, "No administrative info available"});
  by.reply(numeric::RPL_ADMINME, {server.name, "Administrative info"});
  if (!told.location1.empty()) by.reply(numeric::RPL_ADMINLOC1, {told.location1});
  if (!told.location2.empty()) by.reply(numeric::RPL_ADMINLOC2, {told.location2});
  if (!told.email.empty()) by.reply(numeric::RPL_ADMINEMAIL, {told.email});
}

void info(irc_client& by, const message& m) {
  if (!is_this_server(by, m.param(0))) return;
  const hub& chat = by.chat();
  for (const std::string& line : {fmt::format("{}, a chat server that speaks IRC and plain text.", version),
                                  chat.configured().server.description,
                                  fmt::format("On-line since {}", readable_time(chat.clock().started()))})
    by.reply(numeric::RPL_INFO, {line});
  by.reply(numeric::RPL_ENDOFINFO, {"End of INFO list"});
}

void time_query(irc_client& by, const message& m) {
  if (!is_this_server(by, m.param(0))) return;
  const auto seconds = by.chat().clock().seconds();
  by.reply(numeric::RPL_TIME,
           {by.chat().configured().server.name, std::to_string(seconds), "0", readable_time(seconds)});
}

void links(irc_client& by, const message&) {
  const settings::server_group& server = by.chat().configured().server;
  by.reply(numeric::RPL_LINKS, {server.name, server.name, fmt::format("0 {}", server.description)});
  by.reply(numeric::RPL_ENDOFLINKS, {"*", "End of /LINKS list"});
}

void stats(irc_client& by, const message& m) {
  if (!is_this_server(by, m.param(1))) return;
  const std::string_view what = m.param(0).substr(0, 1);
  const char letter = what.empty() ? '*' : fold(what.front());
  if (letter == 'u') tell_uptime(by);
  if (letter == 'o' && by.who()->may(permission::inspect)) tell_operators(by);
  const bool lists_bans = letter == 'k' || letter == 'd';
  if (lists_bans && !check_permission(by, permission::ban)) return;
  if (lists_bans) list_bans(by, letter == 'k' ? server_ban::kind::people : server_ban::kind::address);
  by.reply(numeric::RPL_ENDOFSTATS, {what.empty() || !valid_utf8(what) ? "*" : what, "End of /STATS report"});
}

void users(irc_client& by, const message&) {
  by.reply(numeric::ERR_USERSDISABLED, {"USERS has been disabled"});
}

void summon(irc_client& by, const message&) {
  by.reply(numeric::ERR_SUMMONDISABLED, {"SUMMON has been disabled"});
}

}  // namespace parlance::chat::irc
