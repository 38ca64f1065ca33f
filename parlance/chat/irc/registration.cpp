// How a client becomes somebody: PASS, NICK, USER (modern.ircdocs.horse, "Connection Registration"), and
// PING and QUIT.
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include <parlance/chat/base/version.hpp>
#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/filtering.hpp>
#include <parlance/chat/core/lockdown.hpp>
#include <parlance/chat/irc/authentication.hpp>
#include <parlance/chat/irc/capability_names.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/metadata.hpp>
#include <parlance/chat/irc/people.hpp>
#include <parlance/chat/irc/services.hpp>
#include <parlance/text/sanitizer.hpp>

namespace parlance::chat::irc {
namespace {

constexpr std::size_t most_user = 18;

/// What of a user name may stand in "nick!user@host".
std::string fit_user(std::string_view wanted) {
  std::string fit = "~";
  for (const char c : wanted)
    if ((c >= '0' && c <= '9') || (fold(c) >= 'a' && fold(c) <= 'z') || c == '-' || c == '_' || c == '.')
      fit += c;
  fit.resize(std::min(fit.size(), most_user));
  return fit.size() == 1 ? "~u" : fit;
}

/// Who is there already.
void change_nick(irc_client& by, std::string_view wanted) {
  person& who = *by.who();
  const bool stayed = who.always_on;
  by.explain(by.chat().rename(who, wanted, &by), wanted);
  if (stayed && !who.always_on)
    notice(
        by, nick_service,
        fmt::format("You are not always on while your nick is {}: you leave with your last client. That is "
                    "for the nick {}",
                    who.nick(), who.account));
}

}  // namespace

void nick(irc_client& by, const message& m) {
  const std::string_view wanted = m.param(0);
  if (wanted.empty()) return by.reply(numeric::ERR_NONICKNAMEGIVEN, {"No nickname given"});
  if (by.is_registered()) return change_nick(by, wanted);
  // A nick that is an account's is taken when it is known who asks, or a stranger could keep it from its
  // owner.
  outcome how = by.chat().may_have(wanted, by.account);
  if (how == outcome::done) how = by.chat().claim(by, wanted);
  by.wanted.clear();
  if (how == outcome::name_reserved && by.chat().people().find(wanted)) how = outcome::name_taken;
  by.waits_for_nick =
      how == outcome::name_reserved || (how == outcome::name_taken && may_become_its_own(by, wanted));
  if (by.waits_for_nick) by.chat().leave(by);
  if (how != outcome::done) by.wanted = wanted;
  if (how != outcome::done && !by.waits_for_nick) return by.explain(how, wanted);
  by.try_to_register();
}

void user(irc_client& by, const message& m) {
  if (by.is_registered() || !by.user.empty())
    return by.reply(numeric::ERR_ALREADYREGISTERED, {"You may not reregister"});
  if (m.param(3).empty()) return by.reply(numeric::ERR_NEEDMOREPARAMS, {"USER", "Not enough parameters"});
  by.user = fit_user(m.param(0));
  by.realname = truncate_utf8(text::sanitize(m.param(3)), by.bounds().realname);
  by.try_to_register();
}

void pass(irc_client& by, const message& m) {
  if (by.is_registered()) return by.reply(numeric::ERR_ALREADYREGISTERED, {"You may not reregister"});
  by.password = m.param(0);
}

void ping(irc_client& by, const message& m) {
  if (m.param(0).empty()) return by.reply(numeric::ERR_NOORIGIN, {"No origin specified"});
  const std::string_view server = by.chat().configured().server.name;
  std::string line = fmt::format(":{} PONG {} :", server, server);
  line += truncate_utf8(m.param(0), by.bounds().irc_line - line.size() - 2);
  by.answer_lines(line + "\r\n");
}

void pong(irc_client&, const message&) {}

void quit(irc_client& by, const message& m) {
  std::string_view given = truncate_utf8(m.param(0), by.bounds().kick);
  if (by.is_registered() && !given.empty() && weigh_reason(by.chat(), by, 'q', given).empty()) given = {};
  const std::string why = given.empty() ? std::string("Quit") : fmt::format("Quit: {}", given);
  // Its own message comes back before ERROR, as the others see it, or would if it has no other clients.
  if (by.is_registered()) {
    event left{event::kind::quit, by.who()->as_source(), {}, why};
    left.time = by.chat().clock().milliseconds();
    by.chat().turn().tell(by, left);
  }
  by.close_link(why);
}

void welcome(irc_client& to) {
  person& who = *to.who();
  if (const server_ban* ban = to.chat().ban_on(to, to.user)) {
    const std::string why = fmt::format("You are banned from this server: {}", ban->reason);
    to.reply(numeric::ERR_YOUREBANNEDCREEP, {why});
    return to.close_link(why);
  }
  const bool is_new = !who.present();
  if (const std::string why = is_new ? why_locked(to.chat(), !to.account.empty()) : std::string();
      !why.empty()) {
    to.answer("NOTICE", {to.nick(), why});
    return to.close_link(why);
  }
  if (const std::string why = is_new ? why_listed(to.chat(), to, !to.account.empty()) : std::string();
      !why.empty()) {
    to.reply(numeric::ERR_YOUREBANNEDCREEP, {why});
    return to.close_link(why);
  }
  if (const std::string why =
          is_new ? weigh_newcomer(to.chat(), to, to.realname, !to.account.empty()) : std::string();
      !why.empty())
    return to.close_link(why);
  if (is_new) {
    who.realname = to.realname;
    who.account = to.account;
    to.chat().enter(to, to.user);
    tell_of_listed(to.chat(), to);
  }
  const settings& all = to.chat().configured();
  to.reply(numeric::RPL_WELCOME,
           {fmt::format("Welcome to the {} network, {}", all.server.network, who.prefix())});
  to.reply(numeric::RPL_YOURHOST,
           {fmt::format("Your host is {}, running version {}", all.server.name, version)});
  to.reply(numeric::RPL_CREATED,
           {fmt::format("This server was created {}", readable_time(to.chat().clock().started()))});
  my_info(to);
  isupport(to);
  lusers(to, {});
  tell_own_metadata(to);
  motd(to, {});
  if (is_new) return;
  show_rooms(to);
  tell_missed(to);
}

}  // namespace parlance::chat::irc
