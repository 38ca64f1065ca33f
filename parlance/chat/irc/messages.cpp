// Saying something: PRIVMSG, NOTICE and TAGMSG.
#include <fmt/core.h>

#include <algorithm>

#include <parlance/chat/irc/channels.hpp>
#include <parlance/chat/irc/commands.hpp>

namespace parlance::chat::irc {
namespace {

/// What of a text still fits when it is passed on: ":prefix PRIVMSG target :text" CR LF.
std::string_view fit(const irc_client& by, std::string_view command, std::string_view target,
                     std::string_view text) {
  const std::size_t frame = by.who()->prefix().size() + command.size() + target.size() + 7;
  return truncate_utf8(text, by.bounds().irc_line - std::min(frame, by.bounds().irc_line));
}

/// The client-only tags, as they are passed on.
std::string client_tags_of(const message& m) {
  std::string all;
  for (const tag& t : m.tags) {
    if (!is_client_tag(t.key)) continue;
    if (!all.empty()) all += ';';
    all += t.key;
    if (!t.escaped.empty()) all += '=', all += t.escaped;
  }
  return all;
}

void say_to(irc_client& by, std::string_view target, event::kind what, std::string_view command,
            std::string_view text, std::string_view tags) {
  if (same_name(target, nickserv_name)) return what == event::kind::message ? ask_nickserv(by, text) : void();
  if (same_name(target, chanserv_nick))
    return what == event::kind::message ? tell_chanserv(by, text) : void();
  const outcome how =
      by.chat().say(by, target, {.what = what, .text = fit(by, command, target, text), .tags = tags});
  // A notice is never answered by a program (RFC 2812, section 3.3.2).
  if (how != outcome::done) return what == event::kind::notice ? void() : by.explain(how, target);
  if (what != event::kind::message) return;
  if (const person* to = by.chat().find(target); to && !to->away.empty())
    by.reply(numeric::RPL_AWAY, {to->nick(), to->away});
}

void say(irc_client& by, const message& m, event::kind what, std::string_view command) {
  std::string_view targets = m.param(0);
  if (targets.empty())
    return by.reply(numeric::ERR_NORECIPIENT, {fmt::format("No recipient given ({})", command)});
  if (what != event::kind::tags && m.param(1).empty())
    return by.reply(numeric::ERR_NOTEXTTOSEND, {"No text to send"});
  const std::string tags = by.has(capability::message_tags) ? client_tags_of(m) : std::string();
  if (what == event::kind::tags && tags.empty()) return;
  const auto count = static_cast<std::size_t>(std::ranges::count(targets, ',')) + 1;
  if (count > by.bounds().targets)
    return by.reply(numeric::ERR_TOOMANYTARGETS, {targets, "Too many recipients"});
  while (!targets.empty()) {
    const std::string_view target = targets.substr(0, targets.find(','));
    targets.remove_prefix(std::min(target.size() + 1, targets.size()));
    if (!target.empty()) say_to(by, target, what, command, m.param(1), tags);
  }
}

}  // namespace

void privmsg(irc_client& by, const message& m) { say(by, m, event::kind::message, "PRIVMSG"); }
void notice(irc_client& by, const message& m) { say(by, m, event::kind::notice, "NOTICE"); }

void tagmsg(irc_client& by, const message& m) {
  if (!by.has(capability::message_tags))
    return by.reply(numeric::ERR_UNKNOWNCOMMAND, {"TAGMSG", "Unknown command"});
  say(by, m, event::kind::tags, "TAGMSG");
}

}  // namespace parlance::chat::irc
