// ChanServ, and what is done with a whole room: it changes hands, is cleared, forgets sooner, or is ended for good.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include <parlance/chat/core/room_control.hpp>
#include <parlance/chat/core/server_bans.hpp>
#include <parlance/chat/irc/chanserv.hpp>
#include <parlance/chat/irc/people.hpp>

namespace parlance::chat::irc {
namespace {

using arguments = service_command::words;

void say(irc_client& to, std::string_view text) { notice(to, chan_service, text); }

/// For as long as `prefix` lives.
source as_service(const std::string& prefix) { return {.prefix = prefix, .nick = chan_service.nick}; }

void hand_over(irc_client& by, room& r, const account& to) {
  const std::string prefix = prefix_of(chan_service, by.chat());
  transfer_room(by.chat(), as_service(prefix), r, to);
  say(by, fmt::format("{} belongs to {} now", r.name(), to.name));
}

void accept(irc_client& by, std::string_view name) {
  const auto its = by.who()->account.empty() ? std::nullopt : by.chat().accounts().find(by.who()->account);
  room* const r = by.chat().rooms().find(name);
  const bool is_offered =
      its && r && r->offered_to.number == its->number && same_name(r->offered_to.account, its->name);
  if (!is_offered) return say(by, "Nobody offers you that channel");
  if (count_rooms_of(by.chat(), *its) >= most_registered_rooms)
    return say(by, fmt::format("An account can have {} channels", most_registered_rooms));
  audit_own(by, "room", fmt::format("accept {} of {}", r->name(), r->founder_account));
  hand_over(by, *r, *its);
}

/// The end of somebody's time for it, "7d"; nothing: it is none.
std::optional<std::int64_t> retention_of(std::string_view text) {
  if (same_name(text, "DEFAULT")) return 0;
  const auto seconds = parse_ban_length(text);
  return seconds && *seconds > 0 ? seconds : std::nullopt;
}

}  // namespace

/// "#dev bob" of its founder, and then "ACCEPT #dev" of bob. An operator of the server needs nobody's consent.
void transfer_room(irc_client& by, const arguments& given) {
  if (same_name(given[0], "ACCEPT")) return accept(by, given[1]);
  room* const r = owned_room(by, given[0]);
  if (!r) return;
  const auto to = by.chat().accounts().find(given[1]);
  if (!to) return say(by, "There is no such account");
  if (!r->is_founded_by(*by.who())) {
    log_operator(by, "rooms", fmt::format("transfer {} to {}", r->name(), to->name));
    return hand_over(by, *r, *to);
  }
  audit_own(by, "room", fmt::format("offer {} to {}", r->name(), to->name));
  r->offered_to = {to->name, to->number};
  by.chat().rooms().keep_now(*r);
  say(by,
      fmt::format("{} is offered to {}, who says: CS TRANSFER ACCEPT {}", r->name(), to->name, r->name()));
  for (person* who : by.chat().people().of_account(to->name))
    for (client* c : who->clients())
      if (auto* const irc = dynamic_cast<irc_client*>(c))
        say(*irc, fmt::format("{} offers you the channel {}; to take it, say: CS TRANSFER ACCEPT {}",
                              by.who()->nick(), r->name(), r->name()));
}

void clear_room(irc_client& by, const arguments& given) {
  room* const r = owned_room(by, given[0]);
  if (!r) return;
  struct known {
    std::string_view name;
    char letter;  // 0: people
  };
  constexpr auto all =
      std::to_array<known>({{"USERS", 0}, {"BANS", 'b'}, {"EXCEPTIONS", 'e'}, {"INVITATIONS", 'I'}});
  const auto* const what =
      std::ranges::find_if(all, [&](const known& k) { return same_name(k.name, given[1]); });
  if (what == all.end()) return say(by, "What can be cleared is USERS, BANS, EXCEPTIONS and INVITATIONS");
  const std::string deed = fmt::format("clear {} of {}", folded(what->name), r->name());
  r->is_founded_by(*by.who()) ? audit_own(by, "room", deed) : log_operator(by, "rooms", deed);
  const std::string prefix = prefix_of(chan_service, by.chat());
  const std::string why = fmt::format("{}", fmt::join(std::span(given).subspan(2), " "));
  const std::size_t gone = what->letter == 0
                               ? clear_users(by.chat(), as_service(prefix), *r, by.who(),
                                             why.empty() ? std::string_view("The channel is cleared")
                                                         : truncate_utf8(why, by.bounds().kick))
                               : clear_list(by.chat(), as_service(prefix), *r, what->letter);
  say(by, fmt::format("{}: {} cleared, {}", r->name(), folded(what->name), gone));
}

/// "#spam why", or nothing: which there are.
void purge_room(irc_client& by, const arguments& given) {
  if (given.empty()) {
    std::size_t count = 0;
    each_purged_room(by.chat().kept(), [&](const purged_room& one) {
      ++count;
      say(by, fmt::format("{} (by {}){}{}", one.name, one.by, one.reason.empty() ? "" : ": ", one.reason));
    });
    return say(by, fmt::format("Channels that are purged: {}", count));
  }
  const std::string reason = fmt::format("{}", fmt::join(std::span(given).subspan(1), " "));
  log_operator(by, "rooms", fmt::format("purge {}", fmt::join(given, " ")));
  const std::string prefix = prefix_of(chan_service, by.chat());
  const bool is_done = chat::purge_room(
      by.chat(), as_service(prefix), given[0],
      {.by = by.who()->own().oper, .reason = std::string(truncate_utf8(reason, by.bounds().kick))});
  say(by, is_done ? fmt::format("{} is ended, and nobody comes in any more", given[0])
                  : "That is no channel that can be purged");
}

void unpurge_room(irc_client& by, const arguments& given) {
  log_operator(by, "rooms", fmt::format("unpurge {}", given[0]));
  say(by, chat::unpurge_room(by.chat(), given[0]) ? "It can be made again" : "That channel is not purged");
}

void set_retention(irc_client& by, const arguments& given) {
  room* const r = owned_room(by, given[0]);
  if (!r) return;
  if (given.size() > 1) {
    const auto seconds = retention_of(given[1]);
    if (!seconds) return say(by, "Say for how long, as 12h or 7d, or DEFAULT");
    const std::int64_t before = std::exchange(r->retention, *seconds);
    try {
      by.chat().rooms().keep_now(*r);
    } catch (const store_error&) {
      r->retention = before;
      throw;
    }
    audit_own(by, "room", fmt::format("retention of {}: {}", r->name(), given[1]));
  }
  say(by, r->retention == 0
              ? fmt::format("What is said in {} is kept as long as elsewhere here", r->name())
              : fmt::format("What is said in {} is kept for {} s, or as long as elsewhere here, if that "
                            "is shorter",
                            r->name(), r->retention));
}

}  // namespace parlance::chat::irc
