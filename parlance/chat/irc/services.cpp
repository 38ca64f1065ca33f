#include <fmt/core.h>

#include <algorithm>
#include <array>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/words.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/services.hpp>

namespace parlance::chat::irc {
namespace {

constexpr std::array all = {&nick_service, &chan_service, &history_service, &playback_service};

const service_command* find_command(const service& of, std::string_view name) noexcept {
  const auto found =
      std::ranges::find_if(of.commands, [&](const service_command& c) { return same_name(c.name, name); });
  return found == of.commands.end() ? nullptr : &*found;
}

std::string usage_of(const service_command& c) {
  return c.usage.empty() ? std::string(c.name) : fmt::format("{} {}", c.name, c.usage);
}

bool may_use(const irc_client& by, const service_command& c) { return !c.needs || by.who()->may(*c.needs); }

void tell_about(irc_client& to, const service& whom, const service_command& c) {
  notice(to, whom, fmt::format("{}: {}", usage_of(c), c.about));
}

void help_with(irc_client& by, const service& whom, const service_command::words& words) {
  if (words.size() < 2) {
    for (const service_command& c : whom.commands)
      if (may_use(by, c)) tell_about(by, whom, c);
    return;
  }
  if (const service_command* const c = find_command(whom, words[1])) return tell_about(by, whom, *c);
  notice(by, whom, "There is no such command; HELP tells which there are");
}

/// All may be one parameter, as in "NS :IDENTIFY password".
std::string joined(const message& m) {
  std::string line;
  for (const std::string_view part : m.params()) line += line.empty() ? "" : " ", line += part;
  return line;
}

}  // namespace

std::span<const service* const> all_services() noexcept { return all; }

const service* find_service(std::string_view nick) noexcept {
  const auto* const found =
      std::ranges::find_if(all, [&](const service* one) { return same_name(one->nick, nick); });
  return found == all.end() ? nullptr : *found;
}

std::string prefix_of(const service& which, const hub& in) {
  return fmt::format("{0}!{0}@{1}", which.nick, in.configured().server.name);
}

void notice(irc_client& to, const service& from, std::string_view text) {
  to.answer_as(prefix_of(from, to.chat()), "NOTICE", {to.nick(), text});
}

void ask(irc_client& by, const service& whom, std::string_view line) {
  service_command::words words;
  for (const std::string_view word : items_of(line, ' ')) words.emplace_back(word);
  if (words.empty() || same_name(words[0], "HELP")) return help_with(by, whom, words);
  const service_command* const c = find_command(whom, words[0]);
  // What it was is not repeated: it may be a password.
  if (!c) return notice(by, whom, "Unknown command; HELP tells what there is");
  if (!may_use(by, *c)) return notice(by, whom, "That is for operators of the server");
  words.erase(words.begin());
  if (words.size() < c->least || words.size() > c->most)
    return notice(by, whom, fmt::format("Use: {}", usage_of(*c)));
  c->obey(by, words);
}

void say_to_service(irc_client& by, const service& whom, std::string_view text) {
  if (by.echoes && !whom.is_told_passwords) {
    event said{event::kind::message, by.who()->as_source(), whom.nick, text};
    said.time = by.chat().clock().milliseconds();
    by.chat().turn().tell(by, said);
  }
  ask(by, whom, text);
}

void ask_by_command(irc_client& by, const service& whom, const message& m) { ask(by, whom, joined(m)); }
void nickserv(irc_client& by, const message& m) { ask_by_command(by, nick_service, m); }
void chanserv(irc_client& by, const message& m) { ask_by_command(by, chan_service, m); }

}  // namespace parlance::chat::irc
