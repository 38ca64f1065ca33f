// ChanServ: a room can belong to an account, and then lasts when nobody is in it.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <parlance/chat/core/hook_command.hpp>
#include <parlance/chat/core/hooks.hpp>
#include <parlance/chat/core/invite_links.hpp>
#include <parlance/chat/core/pins.hpp>
#include <parlance/chat/core/server_bans.hpp>
#include <parlance/chat/irc/chanserv.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/people.hpp>
#include <parlance/chat/irc/services.hpp>
#include <parlance/http/base/grammar.hpp>

namespace parlance::chat::irc {
namespace {

using arguments = service_command::words;

void say(irc_client& to, std::string_view text) { notice(to, chan_service, text); }

/// Tells a room what the service has done there.
void announce(irc_client& by, room& in, std::string_view text) {
  const std::string prefix = prefix_of(chan_service, by.chat());
  by.chat().announce_modes({.prefix = prefix, .nick = chan_service.nick}, in, text);
}

void give(irc_client& by, room& in, person& whom, unsigned char rank) {
  const unsigned char had = in.ranks_of(whom);
  if (!whom.is_in(in) || (had & rank) == rank) return;
  by.chat().rooms().try_ranks(in, whom, had | rank);
  announce(by, in, fmt::format("+{} {}", letters_of(rank), whom.nick()));
}

void take(irc_client& by, room& in, person& whom, unsigned char rank) {
  const unsigned char had = in.ranks_of(whom);
  if (!whom.is_in(in) || (had & rank) == 0) return;
  by.chat().rooms().try_ranks(in, whom, static_cast<unsigned char>(had & ~rank));
  announce(by, in, fmt::format("-{} {}", letters_of(rank), whom.nick()));
}

/// As whenever the account comes in from now on: a founder, and for that no operator beside (room::lasting_ranks).
void own(irc_client& by, room& in) {
  give(by, in, *by.who(), founder);
  take(by, in, *by.who(), channel_operator);
}

void register_room(irc_client& by, const arguments& given) {
  const std::string& account = by.who()->account;
  room* const r = by.chat().rooms().find(given[0]);
  if (account.empty()) return say(by, "Log in to an account first");
  if (!r || !by.who()->is_in(*r) || !r->has_at_least(*by.who(), channel_operator))
    return say(by, "You must be an operator of the channel to register it");
  if (!r->founder_account.empty()) return say(by, fmt::format("{} is registered already", r->name()));
  if (same_name(r->name(), lobby)) return say(by, fmt::format("{} is everybody's", lobby));
  const auto its = by.chat().accounts().find(account);
  if (its && count_rooms_of(by.chat(), *its) >= most_registered_rooms)
    return say(by, fmt::format("An account can have {} channels", most_registered_rooms));
  r->founder_account = account;
  r->founder_number = by.who()->account_number;
  by.chat().rooms().keep_now(*r);
  move_metadata(by.chat().kept(), r->metadata, r->key());
  own(by, *r);
  audit_own(by, "room", fmt::format("register {}", r->name()));
  say(by, fmt::format("{} is registered to {} now", r->name(), account));
}

void unregister_room(irc_client& by, const arguments& given) {
  room* const r = owned_room(by, given[0]);
  if (!r) return;
  const std::string name = r->name();
  const std::string prefix = prefix_of(chan_service, by.chat());
  audit_own(by, "room", fmt::format("unregister {}", name));
  by.chat().unregister_room({.prefix = prefix, .nick = chan_service.nick}, *r);
  say(by, fmt::format("{} is not registered any more", name));
}

void show_ranks(irc_client& by, const room& r) {
  for (const room::ranked_account& one : r.ranked_accounts)
    say(by, fmt::format("{} has +{} in {}", one.name, letters_of(one.ranks), r.name()));
  say(by,
      fmt::format("{} accounts have a rank in {}, beside its founder", r.ranked_accounts.size(), r.name()));
}

/// "+o" and an account.
void change_rank(irc_client& by, room& r, std::string_view change, std::string_view account) {
  const rank given = change.size() == 2 ? rank_of(change[1]) : no_rank;
  const bool on = change.starts_with('+');
  const bool is_letter = given != no_rank && given != founder && rank_letters.contains(change[1]);
  if (!is_letter || (!on && !change.starts_with('-')))
    return say(by, "A change is + or - and one of o, h and v");
  const std::optional<chat::account> its = by.chat().accounts().find(account);
  // One that is no more can still be taken away.
  if (on && !its) return say(by, "There is no such account");
  const auto found = std::ranges::find_if(
      r.ranked_accounts, [&](const room::ranked_account& one) { return same_name(one.name, account); });
  if (on && found == r.ranked_accounts.end()) {
    if (r.ranked_accounts.size() >= by.bounds().list_modes) return say(by, "That list is full");
    r.ranked_accounts.push_back({std::string(account), its->number, given});
  } else if (on && found->number != its->number) {
    *found = {std::string(account), its->number, given};  // that was another account
  } else if (found != r.ranked_accounts.end()) {
    found->ranks = static_cast<unsigned char>(on ? found->ranks | given : found->ranks & ~given);
    if (found->ranks == no_rank) r.ranked_accounts.erase(found);
  }
  by.chat().rooms().keep_now(r);
  for (const room::seat& s : r.seats())
    if (same_name(s.who->account, account)) (on ? give : take)(by, r, *s.who, given);
  say(by, fmt::format("{} {} in {}", account, change, r.name()));
}

void rank_account(irc_client& by, const arguments& given) {
  room* const r = owned_room(by, given[0]);
  if (!r) return;
  if (given.size() == 1) return show_ranks(by, *r);
  if (given.size() == 2) return say(by, "A change of a rank is for an account");
  change_rank(by, *r, given[1], given[2]);
}

void make_operator(irc_client& by, const arguments& given) {
  room* const r = registered_room(by, given[0]);
  if (!r) return;
  if (r->lasting_ranks(*by.who()) < channel_operator && !by.who()->may(permission::rooms))
    return say(by, fmt::format("Your account is no operator of {}", r->name()));
  person* const whom = given.size() > 1 ? by.chat().people().find(given[1]) : by.who();
  if (!whom || !whom->is_in(*r)) return say(by, fmt::format("They aren't on {}", r->name()));
  give(by, *r, *whom, channel_operator);
  say(by, fmt::format("{} is an operator of {}", whom->nick(), r->name()));
}

/// Programs read it, too: "Link ADDRESS by alice until 2026-12-01T09:00:00.000Z used 3 of 30".
void tell_link(irc_client& to, const room& into, const invite_link& link) {
  std::string text = address_of(link, into, to.from());
  text = fmt::format("Link {} by {}", text.empty() ? link.token : text, link.by);
  if (link.until != 0) append_time(text += " until ", static_cast<std::uint64_t>(link.until) * 1000);
  text += fmt::format(" used {}", link.used);
  if (link.uses != 0) text += fmt::format(" of {}", link.uses);
  say(to, text);
}

void list_links(irc_client& to, const room& into) {
  const std::vector<invite_link> all = invite_links_of(to.chat(), into);
  for (const invite_link& one : all) tell_link(to, into, one);
  say(to, fmt::format("Links into {}: {}; a client of IRC gives what is behind key= as the key", into.name(),
                      all.size()));
}

/// "ADD 7d 30": for how long, and for how many; both may be left out, or 0.
void add_link(irc_client& by, const room& into, const arguments& given) {
  const std::string lasts = given.size() > 2 ? given[2] : "7d", uses = given.size() > 3 ? given[3] : "0";
  const auto seconds = lasts == "0" ? std::optional<std::int64_t>(0) : parse_ban_length(lasts);
  const auto count = http::parse_decimal(uses);
  if (!seconds || !count || *count > most_invite_link_uses)
    return say(
        by,
        fmt::format("Say for how long, as 12h or 7d, and for how many people, at most {}; 0: without an end",
                    most_invite_link_uses));
  const std::string& account = by.who()->account;
  const auto made = make_invite_link(by.chat(), into, account.empty() ? by.who()->nick() : account,
                                     {.lasts = *seconds, .uses = *count});
  if (!made)
    return say(by, fmt::format("{} has as many links as it may; LINK DEL takes one back", into.name()));
  tell_link(by, into, *made);
}

/// For those who may invite (INVITE).
void links(irc_client& by, const arguments& given) {
  const room* const into = by.chat().rooms().find(given[0]);
  if (!into || !by.who()->is_in(*into)) return say(by, "You are in no such channel");
  if (!into->has_at_least(*by.who(), half_operator))
    return say(by, fmt::format("You're not a channel operator of {}", into->name()));
  if (given.size() == 1 || same_name(given[1], "LIST")) return list_links(by, *into);
  if (same_name(given[1], "ADD")) return add_link(by, *into, given);
  if (!same_name(given[1], "DEL") || given.size() != 3)
    return say(by, "Use: LINK #channel, LINK #channel ADD [time] [uses], or LINK #channel DEL token");
  say(by, take_back_invite_link(by.chat(), *into, given[2]) ? "Nobody comes in by that link any more"
                                                            : "There is no such link");
}

void hooks(irc_client& by, const arguments& given) {
  room* const in = by.chat().rooms().find(given[0]);
  if (!in || !(by.who()->is_in(*in) || by.who()->may(permission::rooms)))
    return say(by, "You are in no such channel");
  const auto words = std::span(given).subspan(1);
  for (std::string& line : obey_hook_command(by.chat(), *in, asker_of_hooks(by, *in), words).lines) {
    if (line.front() >= 'a' && line.front() <= 'z')
      line.front() = static_cast<char>(line.front() - 'a' + 'A');
    say(by, line);
  }
}

void pins(irc_client& by, const arguments& given) {
  room* const in = by.chat().rooms().find(given[0]);
  if (!in || !in->is_known_to(*by.who())) return say(by, "You are in no such channel");
  const std::string words = fmt::format("{}", fmt::join(std::span(given).subspan(1), " "));
  for (std::string& line : obey_pin_command(by.chat(), *by.who(), *in, words).lines) {
    if (line.front() >= 'a' && line.front() <= 'z')
      line.front() = static_cast<char>(line.front() - 'a' + 'A');
    say(by, line);
  }
}

void tell_about(irc_client& by, const arguments& given) {
  const room* const r = registered_room(by, given[0]);
  if (!r) return;
  std::string since;
  append_time(since, static_cast<std::uint64_t>(r->created) * 1000);
  say(by, fmt::format("{} belongs to {}; it was made at {}", r->name(), r->founder_account, since));
}

constexpr auto commands = std::to_array<service_command>({
    {"REGISTER", register_room, 1, 1, "#channel", "it belongs to your account, and lasts"},
    {"UNREGISTER", unregister_room, 1, 1, "#channel", "it is like others again"},
    {"AMODE", rank_account, 1, 3, "#channel [+o|-o|+h|-h|+v|-v account]",
     "who has a rank there on coming in"},
    {"OP", make_operator, 1, 2, "#channel [nick]", "makes you, or somebody, an operator there"},
    {"LINK", links, 1, 4, "#channel [ADD [time] [uses]|DEL token]",
     "links by which others come in, though it is closed: for so long (7d), and for so many"},
    {"HOOK", hooks, 1, 3 + most_hook_words, "#channel [ADD name|OUT url [words]|START id|DEL id]",
     "webhooks: what programs say there, and are told of what is said, by HTTP"},
    {"PIN", pins, 1, 32, "#channel [ADD msgid|words|DEL number]",
     "messages that whoever comes in is shown: what is pinned, one more, or one less"},
    {"TRANSFER", transfer_room, 2, 2, "#channel account|ACCEPT #channel",
     "it belongs to another account, when that accepts"},
    {"CLEAR", clear_room, 2, 32, "#channel USERS|BANS|EXCEPTIONS|INVITATIONS [reason]",
     "puts out everybody but you, or empties a list"},
    {"RETENTION", set_retention, 1, 2, "#channel [time|DEFAULT]",
     "for how long what is said there is kept, if that is shorter than elsewhere here"},
    {"PURGE", purge_room, 0, 32, "[#channel [reason]]",
     "ends it with all that was said there, and nobody comes in any more; which channels are purged",
     permission::rooms},
    {"UNPURGE", unpurge_room, 1, 1, "#channel", "it can be made again", permission::rooms},
    {"INFO", tell_about, 1, 1, "#channel", "to whom it belongs"},
});

}  // namespace

room* registered_room(irc_client& by, std::string_view name) {
  room* const r = by.chat().rooms().find(name);
  const bool may_ask = r && (r->is_known_to(*by.who()) || r->lasting_ranks(*by.who()) != no_rank ||
                             by.who()->may(permission::rooms));
  if (may_ask && !r->founder_account.empty()) return r;
  say(by, fmt::format("There is no registered channel {}", truncate_utf8(name, by.bounds().room_name)));
  return nullptr;
}

room* owned_room(irc_client& by, std::string_view name) {
  room* const r = registered_room(by, name);
  if (!r || r->is_founded_by(*by.who()) || by.who()->may(permission::rooms)) return r;
  say(by, fmt::format("{} belongs to {}", r->name(), r->founder_account));
  return nullptr;
}

std::size_t count_rooms_of(hub& of, const account& its) {
  return static_cast<std::size_t>(std::ranges::count_if(of.rooms().all(), [&](const auto& entry) {
    return entry.second->founder_number == its.number && same_name(entry.second->founder_account, its.name);
  }));
}

constinit const service chan_service{.nick = "ChanServ", .commands = commands, .is_told_passwords = false};

}  // namespace parlance::chat::irc
