// SILENCE: the server passes on nothing that some people say to somebody in private.
#include <fmt/core.h>

#include <parlance/chat/core/ban.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/silence.hpp>
#include <parlance/chat/irc/commands.hpp>

namespace parlance::chat::irc {
namespace {

void list(irc_client& by) {
  for (const std::string& mask : silenced_of(by.chat().kept(), identity_of(*by.who())))
    by.reply(numeric::RPL_SILELIST, {by.nick(), mask});
  by.reply(numeric::RPL_ENDOFSILELIST, {"End of silence list"});
}

}  // namespace

/// "+mask", "mask", "-mask"; nothing, or one's own nick: which there are.
void silence(irc_client& by, const message& m) {
  std::string_view given = m.param(0);
  if (given.empty() || same_name(given, by.nick())) return list(by);
  const bool on = !given.starts_with('-');
  if (given.starts_with('+') || given.starts_with('-')) given.remove_prefix(1);
  const std::optional<std::string> mask = normalise_ban(given);
  if (!mask || mask->starts_with("m:")) return by.explain(outcome::no_such_person, given);
  store& kept = by.chat().kept();
  const std::string identity = identity_of(*by.who());
  if (on && !add_silence(kept, identity, *mask))
    return by.reply(numeric::ERR_SILELISTFULL, {*mask, "Your silence list is full"});
  if (!on && !remove_silence(kept, identity, *mask)) return by.explain(outcome::no_such_person, *mask);
  by.answer_as(by.who()->prefix(), "SILENCE", {fmt::format("{}{}", on ? '+' : '-', *mask)});
}

}  // namespace parlance::chat::irc
