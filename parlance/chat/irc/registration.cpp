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

/// Who has logged in late, and asks for the name of the person that its account is already, becomes one more client of
/// that, and leaves as who it was. False: it is no such case.
bool becomes_its_own(irc_client& by, std::string_view wanted) {
  const person& who = *by.who();
  hub& chat = by.chat();
  person* const own = chat.people().find(wanted);
  if (!own || own == &who || who.account.empty() || !same_name(own->account, who.account) ||
      who.clients().size() > 1)
    return false;
  const std::optional<account> its = chat.accounts().find(who.account);
  if (!its || !(its->multiclient || own->clients().empty())) return false;
  const std::string before = who.prefix();
  for (const person::seat& s : who.seats()) by.answer_as(before, "PART", {s.in->name()});
  chat.attach(by, *own);
  by.answer_as(before, "NICK", {own->nick()});
  show_rooms(by);
  if (by.missed_since != 0) tell_missed(by);
  return true;
}

/// Who is there already.
void change_nick(irc_client& by, std::string_view wanted) {
  if (becomes_its_own(by, wanted)) return;
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
  outcome how = by.chat().may_have(wanted, by.brought().account);
  if (how == outcome::done) how = by.chat().claim(by, wanted);
  by.bring().wanted.clear();
  if (how == outcome::name_reserved && by.chat().people().find(wanted)) how = outcome::name_taken;
  by.bring().waits_for_nick =
      how == outcome::name_reserved || (how == outcome::name_taken && may_become_its_own(by, wanted));
  if (by.brought().waits_for_nick) by.chat().leave(by);
  if (how != outcome::done) by.bring().wanted = wanted;
  if (how != outcome::done && !by.brought().waits_for_nick) return by.explain(how, wanted);
  by.try_to_register();
}

void user(irc_client& by, const message& m) {
  if (by.is_registered() || !by.brought().user.empty())
    return by.reply(numeric::ERR_ALREADYREGISTERED, {"You may not reregister"});
  if (m.param(3).empty()) return by.reply(numeric::ERR_NEEDMOREPARAMS, {"USER", "Not enough parameters"});
  by.bring().user = fit_user(m.param(0));
  by.bring().realname = truncate_utf8(text::sanitize(m.param(3)), by.bounds().realname);
  by.try_to_register();
}

void pass(irc_client& by, const message& m) {
  if (by.is_registered()) return by.reply(numeric::ERR_ALREADYREGISTERED, {"You may not reregister"});
  by.bring().password = m.param(0);
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
  if (const server_ban* ban = to.chat().ban_on(to, to.brought().user, account_of(to))) {
    const std::string why = fmt::format("You are banned from this server: {}", ban->reason);
    to.reply(numeric::ERR_YOUREBANNEDCREEP, {why});
    return to.close_link(why);
  }
  const bool is_new = !who.present();
  if (const std::string why = is_new ? why_locked(to.chat(), !to.brought().account.empty()) : std::string();
      !why.empty()) {
    to.answer("NOTICE", {to.nick(), why});
    return to.close_link(why);
  }
  if (const std::string why = is_new ? why_too_soon(to.chat(), to) : std::string(); !why.empty())
    return to.close_link(why);
  if (const std::string why =
          is_new ? why_listed(to.chat(), to, !to.brought().account.empty()) : std::string();
      !why.empty()) {
    to.reply(numeric::ERR_YOUREBANNEDCREEP, {why});
    return to.close_link(why);
  }
  if (const std::string why =
          is_new ? weigh_newcomer(to.chat(), to, to.brought().realname, !to.brought().account.empty())
                 : std::string();
      !why.empty())
    return to.close_link(why);
  if (is_new) {
    who.realname = to.brought().realname;
    who.account = to.brought().account;
    to.chat().enter(to, to.brought().user);
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
  if (!is_new) show_rooms(to);
  to.chat().collect(to);
  if (to.missed_since != 0) tell_missed(to);
}

}  // namespace parlance::chat::irc
