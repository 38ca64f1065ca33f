// Saying something: PRIVMSG, NOTICE and TAGMSG.
#include <fmt/core.h>

#include <algorithm>

#include <parlance/chat/base/formatting.hpp>
#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/words.hpp>
#include <parlance/chat/irc/channels.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/line_builder.hpp>
#include <parlance/chat/irc/multiline.hpp>
#include <parlance/chat/irc/services.hpp>

namespace parlance::chat::irc {

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

namespace {

/// How many bytes too long a text is for the line in which others get it, with who says it in front. Where the configuration
/// lets clients send longer lines, what is said in those goes in several (encode.cpp), save questions to clients (CTCP).
std::size_t excess(const irc_client& by, std::string_view command, std::string_view target,
                   std::string_view text) {
  const bool goes_in_several =
      by.bounds().irc_line > max_line && (!text.starts_with('\x01') || action_in(text));
  const std::size_t whole = by.who()->prefix().size() + command.size() + target.size() +
                            std::string_view(":   :\r\n").size() + text.size();
  return goes_in_several || whole <= max_line ? 0 : whole - max_line;
}

void say_to(irc_client& by, const service& whom, const utterance& what) {
  if (what.what != event::kind::message) return;
  const auto say = [&](std::string_view line) {
    if (by.is_working())
      by.in_order([&by, &whom, text = std::string(line)] { say_to_service(by, whom, text); });
    else
      by.in_order([&by, &whom, line] { say_to_service(by, whom, line); });
  };
  if (what.lines.empty()) say(what.text);
  for (const text_line& line : what.lines) say(line.text);
}

}  // namespace

void say_to(irc_client& by, std::string_view target, std::string_view command, const utterance& what) {
  if (const service* const whom = find_service(target)) return say_to(by, *whom, what);
  if (const std::size_t more = what.lines.empty() ? excess(by, command, target, what.text) : 0; more != 0)
    return by.reply(
        numeric::ERR_INPUTTOOLONG,
        {fmt::format("With who says it in front, that is {} bytes too long for a line: say it in two",
                     more)});
  const outcome how = by.chat().say(by, target, what);
  // A notice is never answered by a program (RFC 2812, section 3.3.2).
  if (how != outcome::done) return what.what == event::kind::notice ? void() : by.explain(how, target);
  if (what.what != event::kind::message) return;
  if (const person* to = by.chat().people().find(target); to && !to->away.empty())
    by.reply(numeric::RPL_AWAY, {to->nick(), to->away});
}

namespace {

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
  std::vector<std::string_view> before;  // whoever is named twice hears it once
  while (!targets.empty()) {
    const std::string_view target = take_item(targets, ',');
    if (target.empty() ||
        std::ranges::any_of(before, [&](std::string_view other) { return same_name(target, other); }))
      continue;
    before.push_back(target);
    // Behind a password that is being checked, for this one may be for who is logged in.
    if (by.is_working())
      by.in_order([&by, to = std::string(target), command, what, text = std::string(m.param(1)), tags] {
        say_to(by, to, command, {.what = what, .text = text, .tags = tags});
      });
    else
      by.in_order([&] { say_to(by, target, command, {.what = what, .text = m.param(1), .tags = tags}); });
  }
}

}  // namespace

void privmsg(irc_client& by, const message& m) {
  if (!take_line(by, m, event::kind::message)) say(by, m, event::kind::message, "PRIVMSG");
}

void notice(irc_client& by, const message& m) {
  if (!take_line(by, m, event::kind::notice)) say(by, m, event::kind::notice, "NOTICE");
}

void tagmsg(irc_client& by, const message& m) {
  if (!by.has(capability::message_tags))
    return by.reply(numeric::ERR_UNKNOWNCOMMAND, {"TAGMSG", "Unknown command"});
  say(by, m, event::kind::tags, "TAGMSG");
}

}  // namespace parlance::chat::irc
