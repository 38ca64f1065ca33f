// TBAN: a ban of a room that ends by itself.
#include <fmt/core.h>

#include <algorithm>

#include <parlance/chat/core/ban.hpp>
#include <parlance/chat/core/server_bans.hpp>
#include <parlance/chat/irc/channels.hpp>
#include <parlance/chat/irc/commands.hpp>

namespace parlance::chat::irc {

void tban(irc_client& by, const message& m) {
  room* const in = own_room(by, m.param(0));
  if (!in) return;
  if (!in->has_at_least(*by.who(), channel_operator)) return by.explain(outcome::no_rights, in->name());
  const auto refuse = [&](std::string_view what, std::string_view why) {
    const bool is_fit = !what.empty() && !what.starts_with(':') && !what.contains(' ');
    by.reply(numeric::ERR_INVALIDMODEPARAM, {in->name(), "b", is_fit ? what : std::string_view("*"), why});
  };
  const auto length = parse_ban_length(m.param(1));
  if (!length || *length == 0) return refuse(m.param(1), "Say for how long, as 30m, 12h or 7d");
  const std::optional<std::string> mask = normalise_ban(m.param(2));
  if (!mask) return refuse(m.param(2), "Invalid mask");
  std::erase_if(in->bans, [&](const list_entry& e) { return e.expires != 0 && same_name(e.mask, *mask); });
  if (std::ranges::any_of(in->bans, [&](const list_entry& e) { return same_name(e.mask, *mask); }))
    return refuse(*mask, "That is banned already, without an end");
  if (in->bans.size() >= by.bounds().list_modes)
    return by.reply(numeric::ERR_BANLISTFULL, {in->name(), "b", "Channel list is full"});
  hub& chat = by.chat();
  const entry_id id = chat.clock().next_id();
  in->bans.push_back({.mask = *mask,
                      .set_by = by.who()->prefix(),
                      .set_at = chat.clock().seconds(),
                      .id = id,
                      .expires = chat.clock().seconds() + *length,
                      .its = author_of(by.who()->as_source(), id)});
  chat.announce_modes(by.who()->as_source(), *in, fmt::format("+b {}", *mask));
}

}  // namespace parlance::chat::irc
