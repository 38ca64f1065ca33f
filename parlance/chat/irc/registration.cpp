// How a client becomes somebody: CAP, PASS, NICK, USER (modern.ircdocs.horse, "Connection Registration"), and
// PING and QUIT.
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include <parlance/chat/base/version.hpp>
#include <parlance/chat/base/words.hpp>
#include <parlance/chat/irc/authentication.hpp>
#include <parlance/chat/irc/capability_names.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/metadata.hpp>
#include <parlance/chat/irc/people.hpp>
#include <parlance/text/sanitizer.hpp>

namespace parlance::chat::irc {
namespace {

constexpr std::size_t most_words = 400;  // bytes of capabilities in one line
constexpr std::size_t most_user = 18;

/// In as many lines as it takes, each but the last with a star. Before version 302 there is one line, and
/// what does not fit is left out, drafts first.
void list_capabilities(irc_client& to, std::string_view subcommand, std::vector<std::string> words) {
  const bool has_lines = to.cap_version >= 302;
  if (!has_lines)
    std::ranges::sort(words, {},
                      [](const std::string& word) { return std::pair(word.starts_with("draft/"), word); });
  std::string line;
  for (const std::string& word : words) {
    if (line.size() + word.size() > most_words) {
      if (!has_lines) break;
      to.answer("CAP", {to.nick(), subcommand, "*", line});
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  std::string out =
      fmt::format(":{} CAP {} {} :{}\r\n", to.chat().configured().server.name, to.nick(), subcommand, line);
  to.answer_lines(out);
}

void cap_ls(irc_client& by, std::string_view version) {
  unsigned number = 301;
  std::from_chars(version.data(), version.data() + version.size(), number);
  by.cap_version = std::max(by.cap_version, number);
  if (by.cap_version >= 302) by.ask(capability::cap_notify, true);
  std::vector<std::string> words;
  for (const auto& [name, value] : offered(by))
    words.push_back(value.empty() ? std::string(name) : fmt::format("{}={}", name, value));
  list_capabilities(by, "LS", std::move(words));
}

void cap_list(irc_client& by) {
  std::vector<std::string> words;
  for (const auto& [name, value] : offered(by))
    if (const auto c = find_capability(by, name); c && by.has(*c)) words.emplace_back(name);
  list_capabilities(by, "LIST", std::move(words));
}

/// All of it, or nothing.
void cap_req(irc_client& by, std::string_view wanted) {
  std::vector<std::pair<capability, bool>> changes;
  const auto understand = [&](std::string_view word) {
    const bool on = !word.starts_with('-');
    if (!on) word.remove_prefix(1);
    const std::optional<capability> c = find_capability(by, word);
    // Who negotiates by version 302 is always notified.
    const bool is_fixed = c == capability::cap_notify && !on && by.cap_version >= 302;
    if (!c || !is_requestable(*c) || is_fixed) return false;
    changes.emplace_back(*c, on);
    return true;
  };
  std::string line = fmt::format(":{} CAP {} ACK :", by.chat().configured().server.name, by.nick());
  // What cannot be said again in one line is not possible either.
  const std::size_t room = by.bounds().irc_line - line.size() - 2;
  const bool is_possible = wanted.size() <= room && std::ranges::all_of(items_of(wanted, ' '), understand);
  if (!is_possible) line.replace(line.size() - 5, 3, "NAK");
  by.answer_lines(line + std::string(truncate_utf8(wanted, room)) + "\r\n");
  if (!is_possible) return;
  for (const auto& [c, on] : changes) by.ask(c, on);
}

/// What of a user name may stand in "nick!user@host".
std::string fit_user(std::string_view wanted) {
  std::string fit = "~";
  for (const char c : wanted)
    if ((c >= '0' && c <= '9') || (fold(c) >= 'a' && fold(c) <= 'z') || c == '-' || c == '_' || c == '.')
      fit += c;
  fit.resize(std::min(fit.size(), most_user));
  return fit.size() == 1 ? "~u" : fit;
}

}  // namespace

void cap(irc_client& by, const message& m) {
  const std::string_view what = m.param(0);
  const auto is = [&](std::string_view name) { return same_name(what, name); };
  if ((is("LS") || is("REQ")) && !by.is_registered()) by.negotiating = true;
  if (is("LS")) return cap_ls(by, m.param(1));
  if (is("LIST")) return cap_list(by);
  if (is("REQ")) return cap_req(by, m.param(1));
  if (is("END")) {
    by.negotiating = false;
    return by.try_to_register();
  }
  by.reply(numeric::ERR_INVALIDCAPCMD, {what.empty() ? std::string_view("*") : what, "Invalid CAP command"});
}

void nick(irc_client& by, const message& m) {
  const std::string_view wanted = m.param(0);
  if (wanted.empty()) return by.reply(numeric::ERR_NONICKNAMEGIVEN, {"No nickname given"});
  if (by.is_registered()) return by.explain(by.chat().rename(*by.who(), wanted), wanted);
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
  const std::string_view given = truncate_utf8(m.param(0), by.bounds().kick);
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
  if (is_new) {
    who.realname = to.realname;
    who.account = to.account;
    to.chat().enter(to, to.user);
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
}

}  // namespace parlance::chat::irc
