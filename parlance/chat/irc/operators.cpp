// Operators of the server: how one becomes such (OPER), and what they do: KILL, CHGHOST, WALLOPS,
// REHASH, DIE.
#include <fmt/core.h>

#include <algorithm>

#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/core/mask.hpp>
#include <parlance/chat/irc/authentication.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/people.hpp>

namespace parlance::chat::irc {
namespace {

/// Whether it calls from where the operator may, and shows the certificate that is asked for.
bool may_become(const irc_client& by, const settings::operator_entry& entry) {
  const caller& from = by.from();
  const bool is_host = entry.hosts.empty() || std::ranges::any_of(entry.hosts, [&](const std::string& mask) {
                         const std::optional<network> net = network::parse(mask);
                         const std::optional<network> address = network::parse(from.address);
                         return matches(mask, from.address) || (net && address && net->holds(*address));
                       });
  const bool is_certified = entry.certificate.empty() || same_name(entry.certificate, from.certificate);
  // With neither there would be nothing to prove.
  return is_host && is_certified && !(entry.password.empty() && entry.certificate.empty());
}

void become_operator(irc_client& by, const std::string& name) {
  if (!by.who()) return;
  person& who = *by.who();
  const auto& operators = by.chat().configured().operators;
  const auto entry = operators.find(name);
  if (entry == operators.end()) return by.reply(numeric::ERR_NOOPERHOST, {"No O-lines for your host"});
  who.own().oper = name;
  who.permitted = permissions(entry->second.permissions);
  log_operator(by, "oper", {});
  by.reply(numeric::RPL_YOUREOPER, {"You are now an IRC operator"});
  if (who.is_operator()) return;
  by.chat().people().set_mode(who, 'o', true);
  by.chat().tell_own_modes(who, "+o");
}

/// What may stand behind the @ for others to see.
bool is_shown_host(std::string_view host) {
  constexpr std::size_t longest = 63;
  return !host.empty() && host.size() <= longest && host.front() != ':' &&
         std::ranges::all_of(host, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
                  c == '-' || c == ':' || c == '/' || c == '_';
         });
}

}  // namespace

void oper(irc_client& by, const message& m) {
  const auto& operators = by.chat().configured().operators;
  const auto found = operators.find(m.param(0));
  const bool is_certified = found != operators.end() && found->second.password.empty();
  // The same for a name that is none, so that it tells of none.
  if (m.param(1).empty() && !is_certified)
    return by.reply(numeric::ERR_NEEDMOREPARAMS, {"OPER", "Not enough parameters"});
  const std::string counted_as = fmt::format("oper/{}", m.param(0));  // no account is called so
  if (found == operators.end() || !may_become(by, found->second)) {
    if (by.chat().logins().may_try(by.from(), counted_as))
      by.chat().logins().was_wrong(by.from(), counted_as, "no such operator, or not from there");
    audit_own(by, "oper", fmt::format("failed as {}", truncate_utf8(m.param(0), by.bounds().name)));
    by.reply(numeric::ERR_NOOPERHOST, {"No O-lines for your host"});
    return count_failure(by);
  }
  const std::string name = found->first;
  if (found->second.password.empty()) return become_operator(by, name);
  check_hash(by, counted_as, found->second.password, m.param(1), [&by, name](verdict how) {
    if (how == verdict::right) return become_operator(by, name);
    if (how == verdict::wrong) audit_own(by, "oper", fmt::format("failed as {}", name));
    by.reply(numeric::ERR_PASSWDMISMATCH, {how == verdict::wrong ? "Password incorrect" : explain(how)});
  });
}

void kill(irc_client& by, const message& m) {
  if (!check_permission(by, permission::kill, m.param(0))) return;
  person* const whom = by.chat().people().find(m.param(0));
  if (!whom) return by.explain(outcome::no_such_person, m.param(0));
  if (same_name(whom->nick(), operator_name))
    return by.reply(numeric::ERR_CANTKILLSERVER, {"You can't kill who runs the server"});
  const std::string_view why =
      m.param(1).empty() ? std::string_view("No reason given") : truncate_utf8(m.param(1), by.bounds().kick);
  const std::string reason = fmt::format("Killed ({} ({}))", by.nick(), why);
  const std::string prefix = by.who()->prefix(), nick = whom->nick();
  for (client* c : whom->clients())
    if (auto* victim = dynamic_cast<irc_client*>(c)) victim->answer_as(prefix, "KILL", {nick, why});
  by.chat().remove(*whom, reason);
}

void chghost(irc_client& by, const message& m) {
  if (!check_permission(by, permission::ban, m.param(0))) return;
  person* const whom = by.chat().people().find(m.param(0));
  if (!whom) return by.explain(outcome::no_such_person, m.param(0));
  const std::string_view host = m.param(1);
  if (!is_shown_host(host)) return by.fail("CHGHOST", "INVALID_HOST", {host}, "That cannot be a host name");
  by.chat().change_host(*whom, whom->user(), host);
}

void wallops(irc_client& by, const message& m) {
  if (!check_permission(by, permission::wallops)) return;
  if (m.param(0).empty()) return by.reply(numeric::ERR_NEEDMOREPARAMS, {"WALLOPS", "Not enough parameters"});
  event told{event::kind::wallops, by.who()->as_source(), {}, m.param(0)};
  told.time = by.chat().clock().milliseconds();
  for (const auto& [nick, who] : by.chat().people().all())
    if (who->present() && who->modes.has('w')) by.chat().turn().tell(*who, told);
}

void rehash(irc_client& by, const message&) {
  if (!check_permission(by, permission::rehash)) return;
  if (!by.chat().on_rehash)
    return by.reply(numeric::ERR_UNKNOWNERROR, {"REHASH", "This server has no settings to read again"});
  by.reply(numeric::RPL_REHASHING, {by.chat().configured().server.name, "Rehashing"});
  // It may have gone when that is done.
  by.chat().on_rehash([&chat = by.chat(), number = by.number()](bool, std::string_view what) {
    if (client* const asked = chat.find_client(number)) {
      auto& to = static_cast<irc_client&>(*asked);
      to.answer("NOTICE", {to.nick(), fmt::format("*** {}", what)});
    }
  });
}

void die(irc_client& by, const message&) {
  if (!check_permission(by, permission::stop)) return;
  if (!by.chat().on_stop)
    return by.reply(numeric::ERR_UNKNOWNERROR, {"DIE", "This server cannot be stopped from here"});
  by.chat().on_stop();
}

}  // namespace parlance::chat::irc
