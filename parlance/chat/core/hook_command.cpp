#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/client.hpp>
#include <parlance/chat/core/event.hpp>
#include <parlance/chat/core/hook_command.hpp>
#include <parlance/chat/core/hooks.hpp>
#include <parlance/chat/core/person.hpp>

namespace parlance::chat {
namespace {

hook_answer refuse(std::string why) { return {.lines = {std::move(why)}, .done = false}; }
hook_answer tell(std::string what) { return {.lines = {std::move(what)}}; }

bool may(const hook_asker& by, hook_makers who) {
  return who == hook_makers::operators ? by.is_operator : who == hook_makers::room_operators;
}

/// Programs read it, too.
std::string line_of(const hook& one) {
  std::string since;
  append_time(since, static_cast<std::uint64_t>(one.made) * 1000);
  if (!one.is_outgoing())
    return fmt::format("hook {} in as {} by {} at {}", one.id, hook_nick(one.name), one.by, since);
  return fmt::format("hook {} out to {} by {} at {} for {}{}", one.id, one.url, one.by, since,
                     one.words.empty() ? "everything" : fmt::format("{}", fmt::join(one.words, " ")),
                     one.failure.empty() ? "" : fmt::format("; stopped: {}", one.failure));
}

hook_answer list(const room& in) {
  hook_answer answer;
  for (const hook& one : in.hooks) answer.lines.push_back(line_of(one));
  answer.lines.push_back(fmt::format("hooks of {}: {}", in.name(), in.hooks.size()));
  return answer;
}

hook_answer add_incoming(hub& of, room& in, const hook_asker& by, std::span<const std::string> words) {
  const settings& at = of.configured();
  if (!may(by, at.hooks.incoming)) return refuse("you may not make a hook here (hooks.incoming)");
  if (words.size() != 1 || !is_hook_name(words[0], at.limits))
    return refuse(
        fmt::format("a hook has one word as its name, of {} bytes at most, in which nothing means something",
                    at.limits.name));
  const std::string token = make_incoming_hook(of, in, words[0], by.by);
  return {
      .lines = {fmt::format("hook {} says as {} in {} what is posted to {}", token.substr(0, token.find('.')),
                            hook_nick(words[0]), in.name(), address_of_hook(token, by.from)),
                "who knows that address can speak there; it is not shown again"},
      .secret = token};
}

hook_answer add_outgoing(hub& of, room& in, const hook_asker& by, std::span<const std::string> words) {
  const settings& at = of.configured();
  if (!may(by, at.hooks.outgoing)) return refuse("you may not have the server call others (hooks.outgoing)");
  if (words.empty() || words.size() > 1 + most_hook_words || !is_hook_url(words[0]))
    return refuse(
        fmt::format("a hook posts to an address with https://, what begins with one of {} words at most",
                    most_hook_words));
  if (words[0].starts_with("http://") && at.hooks.networks.empty()) return refuse("a hook posts by https");
  std::vector<std::string> those;
  for (const std::string& word : words.subspan(1)) those.push_back(folded(word));
  const std::string secret = make_outgoing_hook(of, in, words[0], std::move(those), by.by);
  return {
      .lines =
          {line_of(in.hooks.back()),
           fmt::format(
               "its secret, which signs what it posts (X-Hub-Signature-256), is {}; it is not shown again",
               secret)},
      .secret = secret};
}

}  // namespace

hook_asker asker_of_hooks(const client& by, const room& in) {
  const person& who = *by.who();
  const bool is_operator = who.may(permission::rooms);
  return {.by = who.account.empty() ? who.nick() : who.account,
          .from = by.from(),
          .is_operator_of_room = is_operator || (who.is_in(in) && in.has_at_least(who, channel_operator)),
          .is_operator = is_operator};
}

hook_answer obey_hook_command(hub& of, room& in, const hook_asker& by, std::span<const std::string> words) {
  if (!by.is_operator_of_room) return refuse(fmt::format("you're not a channel operator of {}", in.name()));
  const std::string_view what = words.empty() ? std::string_view("LIST") : words[0];
  const auto rest = words.empty() ? words : words.subspan(1);
  if (same_name(what, "LIST")) return list(in);
  const bool is_out = same_name(what, "OUT");
  if (is_out || same_name(what, "ADD")) {
    if (in.hooks.size() >= most_hooks)
      return refuse(fmt::format("{} has as many hooks as it may; DEL takes one back", in.name()));
    return (is_out ? add_outgoing : add_incoming)(of, in, by, rest);
  }
  if (rest.size() == 1 && same_name(what, "DEL"))
    return take_back_hook(of, in, rest[0]) ? tell(fmt::format("hook {} is no more", rest[0]))
                                           : refuse("there is no such hook");
  if (rest.size() == 1 && same_name(what, "START")) {
    if (!may(by, of.configured().hooks.outgoing))
      return refuse("you may not have the server call others (hooks.outgoing)");
    return stop_hook(of, in, rest[0], {}) ? tell(fmt::format("hook {} posts again", rest[0]))
                                          : refuse("there is no such hook");
  }
  return refuse("what can be done with hooks is ADD name, OUT url [words], START id and DEL id");
}

}  // namespace parlance::chat
