// What people say of themselves, AWAY, SETNAME and their modes; and who is here, ISON and USERHOST.
#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/audit.hpp>
#include <parlance/chat/core/filtering.hpp>
#include <parlance/chat/core/mask.hpp>
#include <parlance/chat/irc/authentication.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/people.hpp>
#include <parlance/chat/irc/person_modes.hpp>
#include <parlance/text/sanitizer.hpp>

namespace parlance::chat::irc {
namespace {

constexpr std::size_t most_of_line = 400;  // bytes of words in one line
constexpr std::size_t most_userhosts = 5;  // RFC 2812, section 4.8

}  // namespace

bool share_a_room(const person& a, const person& b) {
  return std::ranges::any_of(a.seats(), [&](const person::seat& s) { return b.is_in(*s.in); });
}

bool is_visible(const irc_client& to, const person& whom) {
  const person& who = *to.who();
  return !whom.modes.has('i') || &whom == &who || who.may(permission::inspect) || share_a_room(who, whom);
}

void log_operator(irc_client& by, std::string_view does, std::string_view to) {
  const std::string& name = by.who()->own().oper;
  if (by.chat().on_operator) by.chat().on_operator(by.from(), name, does, to);
  audit(by.chat(), {.who = by.who()->nick(),
                    .as = name,
                    .from = by.from().from,
                    .does = std::string(does),
                    .to = std::string(to),
                    .is_operators = true});
}

void audit_own(irc_client& by, std::string_view does, std::string_view to) {
  audit(by.chat(), {.who = std::string(by.nick()),
                    .as = std::string(account_of(by)),
                    .from = by.from().from,
                    .does = std::string(does),
                    .to = std::string(to)});
}

bool check_permission(irc_client& by, permission what, std::string_view whom) {
  if (by.who() && by.who()->may(what)) {
    log_operator(by, permissions::name_of(what), whom);
    return true;
  }
  if (by.who() && by.who()->is_operator())
    by.reply(numeric::ERR_NOPRIVS, {permissions::name_of(what), "Insufficient operator privileges"});
  else
    by.reply(numeric::ERR_NOPRIVILEGES, {"Permission Denied- You're not an IRC operator"});
  return false;
}

std::string blocked(const irc_client& by) {
  return fmt::format("That has been blocked: {}", by.chat().filters().why);
}

bool is_this_server(irc_client& by, std::string_view target) {
  if (target.empty() || matches(target, by.chat().configured().server.name) ||
      by.chat().people().find(target))
    return true;
  by.reply(numeric::ERR_NOSUCHSERVER, {target, "No such server"});
  return false;
}

std::string readable_time(std::int64_t seconds) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

void word_list::add(std::string_view word) {
  if (!line_.empty() && line_.size() + word.size() > most_of_line) end();
  if (!line_.empty()) line_ += separator_;
  line_ += word;
}

void word_list::end() {
  if (line_.empty()) return;
  to_.answer_lines(fmt::format(":{} {:03} {}{}{} :{}\r\n", to_.chat().configured().server.name,
                               static_cast<unsigned>(what_), to_.nick(), middle_.empty() ? "" : " ", middle_,
                               line_));
  line_.clear();
}

// --- what they say of themselves

void away(irc_client& by, const message& m) {
  if (!by.is_registered() && !by.has(capability::pre_away))
    return by.reply(numeric::ERR_NOTREGISTERED, {"You have not registered"});
  const std::string why(truncate_utf8(m.param(0), by.bounds().away));
  if (by.is_registered() && weigh(by.chat(), *by.who(), 'a', why) != ruling::passes)
    return by.reply(numeric::ERR_UNKNOWNERROR, {"AWAY", blocked(by)});
  by.chat().set_away(by, why);
  if (why.empty())
    by.reply(numeric::RPL_UNAWAY, {"You are no longer marked as being away"});
  else
    by.reply(numeric::RPL_NOWAWAY, {"You have been marked as being away"});
}

void setname(irc_client& by, const message& m) {
  const std::string_view wanted = m.param(0);
  const bool is_fit =
      !wanted.empty() && wanted.size() <= by.bounds().realname && text::sanitize(wanted) == wanted;
  const bool is_filtered = is_fit && weigh(by.chat(), *by.who(), 'g', wanted) != ruling::passes;
  if (is_fit && !is_filtered) return by.chat().set_realname(*by.who(), wanted);
  // Who has not negotiated it expects no answer (IRCv3 setname).
  if (by.has(capability::setname))
    by.fail("SETNAME", "INVALID_REALNAME", {}, is_filtered ? blocked(by) : "Real name is not valid");
}

void user_mode(irc_client& by, const message& m) {
  person& who = *by.who();
  if (!same_name(m.param(0), who.nick())) {
    if (!by.chat().people().find(m.param(0))) return by.explain(outcome::no_such_person, m.param(0));
    return by.reply(numeric::ERR_USERSDONTMATCH, {"Can't change or view the modes of other users"});
  }
  if (m.param(1).empty()) return by.reply(numeric::RPL_UMODEIS, {"+" + who.modes.letters()});
  std::string added, removed;
  bool on = true, is_unknown = false;
  for (const char letter : m.param(1)) {
    if (letter == '+' || letter == '-') {
      on = letter == '+';
      continue;
    }
    const auto mode = std::ranges::find(person_modes, letter, &person_mode::letter);
    is_unknown |= mode == person_modes.end();
    if (mode == person_modes.end() || (on && !mode->can_be_set) || who.modes.has(letter) == on) continue;
    if (on && mode->is_for_operators && !who.may(permission::inspect)) {
      by.reply(numeric::ERR_NOPRIVILEGES, {"Permission Denied- You may not be told that"});
      continue;
    }
    by.chat().people().set_mode(who, letter, on);
    std::string& changed = on ? added : removed;
    std::string& other = on ? removed : added;
    if (const std::size_t at = other.find(letter); at != std::string::npos)
      other.erase(at, 1);
    else
      changed += letter;
  }
  if (!who.is_operator()) who.own().oper.clear();
  if (is_unknown) by.reply(numeric::ERR_UMODEUNKNOWNFLAG, {"Unknown MODE flag"});
  const std::string changes =
      (added.empty() ? "" : "+" + added) + (removed.empty() ? std::string() : "-" + removed);
  if (changes.empty()) return;
  by.chat().tell_own_modes(who, changes);
}

// --- who is here

void ison(irc_client& by, const message& m) {
  std::string here;
  for (std::string_view names : m.params()) {
    while (!names.empty()) {
      const std::string_view name = take_item(names, ' ');
      const person* who = name.empty() ? nullptr : by.chat().people().find(name);
      if (!who || here.size() + who->nick().size() > most_of_line) continue;
      if (!here.empty()) here += ' ';
      here += who->nick();
    }
  }
  by.answer_lines(fmt::format(":{} 303 {} :{}\r\n", by.chat().configured().server.name, by.nick(), here));
}

void userhost(irc_client& by, const message& m) {
  std::string all;
  for (std::size_t i = 0; i < std::min(m.param_count(), most_userhosts); ++i) {
    const person* who = by.chat().people().find(m.param(i));
    if (!who) continue;
    if (!all.empty()) all += ' ';
    all += fmt::format("{}{}={}{}@{}", who->nick(), who->is_operator() ? "*" : "",
                       who->away.empty() ? '+' : '-', who->user(), who->host());
  }
  by.answer_lines(fmt::format(":{} 302 {} :{}\r\n", by.chat().configured().server.name, by.nick(), all));
}

}  // namespace parlance::chat::irc
