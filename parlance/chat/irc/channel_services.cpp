// ChanServ: a room can belong to an account, and then lasts when nobody is in it. It is told by CS, or by a
// message to the nick ChanServ, and answers with notices.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include <parlance/chat/irc/channels.hpp>
#include <parlance/chat/irc/commands.hpp>

namespace parlance::chat::irc {
namespace {

constexpr std::size_t most_rooms = 20;  // of one account
constexpr std::size_t most_words = 5;

using word_list = std::vector<std::string_view>;

std::string prefix_of_service(const irc_client& to) {
  return fmt::format("{0}!{0}@{1}", chanserv_nick, to.chat().configured().server.name);
}

void say(irc_client& to, std::string_view text) {
  to.answer_as(prefix_of_service(to), "NOTICE", {to.nick(), text});
}

/// Tells a room what the service has done there.
void announce(irc_client& by, room& in, std::string_view text) {
  const std::string prefix = prefix_of_service(by);
  by.chat().announce_modes({.prefix = prefix, .nick = chanserv_nick}, in, text);
}

bool is_founder(const irc_client& by, const room& r) {
  return !by.who()->account.empty() && same_name(r.founder_account, by.who()->account);
}

/// A room that is registered and that one may know of. Null: it has been told that there is none.
room* registered_room(irc_client& by, std::string_view name) {
  room* const r = by.chat().find_room(name);
  const bool may_ask = r && (r->is_known_to(*by.who()) || r->lasting_ranks(by.who()->account) != no_rank ||
                             by.who()->may(permission::rooms));
  if (may_ask && !r->founder_account.empty()) return r;
  say(by, fmt::format("There is no registered channel {}", truncate_utf8(name, by.bounds().room_name)));
  return nullptr;
}

/// The same, when it is one's own.
room* owned_room(irc_client& by, std::string_view name) {
  room* const r = registered_room(by, name);
  if (!r || is_founder(by, *r) || by.who()->may(permission::rooms)) return r;
  say(by, fmt::format("{} belongs to {}", r->name(), r->founder_account));
  return nullptr;
}

void give(irc_client& by, room& in, person& whom, unsigned char rank) {
  const unsigned char had = in.ranks_of(whom);
  if (!whom.is_in(in) || (had & rank) == rank) return;
  by.chat().give_ranks(in, whom, had | rank);
  announce(by, in, fmt::format("+{} {}", letters_of(rank), whom.nick()));
}

void register_room(irc_client& by, const word_list& words) {
  const std::string& account = by.who()->account;
  room* const r = by.chat().find_room(words[1]);
  if (account.empty()) return say(by, "Log in to an account first");
  if (!r || !by.who()->is_in(*r) || !r->has_at_least(*by.who(), channel_operator))
    return say(by, "You must be an operator of the channel to register it");
  if (!r->founder_account.empty()) return say(by, fmt::format("{} is registered already", r->name()));
  if (same_name(r->name(), lobby)) return say(by, fmt::format("{} is everybody's", lobby));
  const auto owned = std::ranges::count_if(by.chat().rooms(),
                                           [&](const auto& entry) { return is_founder(by, *entry.second); });
  if (owned >= static_cast<std::ptrdiff_t>(most_rooms))
    return say(by, fmt::format("An account can have {} channels", most_rooms));
  r->founder_account = account;
  by.chat().keep_room_now(*r);
  move_metadata(by.chat().kept(), r->metadata, r->key());
  give(by, *r, *by.who(), founder);
  say(by, fmt::format("{} is registered to {} now", r->name(), account));
}

void unregister_room(irc_client& by, const word_list& words) {
  room* const r = owned_room(by, words[1]);
  if (!r) return;
  const std::string name = r->name();
  const std::string prefix = prefix_of_service(by);
  by.chat().unregister_room({.prefix = prefix, .nick = chanserv_nick}, *r);
  say(by, fmt::format("{} is not registered any more", name));
}

void show_ranks(irc_client& by, const room& r) {
  for (const auto& [account, ranks] : r.ranked_accounts)
    say(by, fmt::format("{} has +{} in {}", account, letters_of(ranks), r.name()));
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
  // One that is no more can still be taken away.
  if (on && !by.chat().accounts().exists(account)) return say(by, "There is no such account");
  const auto found = std::ranges::find_if(r.ranked_accounts,
                                          [&](const auto& entry) { return same_name(entry.first, account); });
  if (on && found == r.ranked_accounts.end()) {
    if (r.ranked_accounts.size() >= by.bounds().list_modes) return say(by, "That list is full");
    r.ranked_accounts.emplace_back(account, given);
  } else if (found != r.ranked_accounts.end()) {
    found->second = static_cast<unsigned char>(on ? found->second | given : found->second & ~given);
    if (found->second == no_rank) r.ranked_accounts.erase(found);
  }
  by.chat().keep_room_now(r);
  if (on)
    for (const room::seat& s : r.seats())
      if (same_name(s.who->account, account)) give(by, r, *s.who, given);
  say(by, fmt::format("{} {} in {}", account, change, r.name()));
}

void rank_account(irc_client& by, const word_list& words) {
  room* const r = owned_room(by, words[1]);
  if (!r) return;
  if (words.size() == 2) return show_ranks(by, *r);
  if (words.size() < 4) return say(by, "AMODE #channel [+o|-o|+h|-h|+v|-v ACCOUNT]");
  change_rank(by, *r, words[2], words[3]);
}

void make_operator(irc_client& by, const word_list& words) {
  room* const r = registered_room(by, words[1]);
  if (!r) return;
  if (r->lasting_ranks(by.who()->account) < channel_operator && !by.who()->may(permission::rooms))
    return say(by, fmt::format("Your account is no operator of {}", r->name()));
  person* const whom = words.size() > 2 ? by.chat().find(words[2]) : by.who();
  if (!whom || !whom->is_in(*r)) return say(by, fmt::format("They aren't on {}", r->name()));
  give(by, *r, *whom, channel_operator);
  say(by, fmt::format("{} is an operator of {}", whom->nick(), r->name()));
}

void tell_about(irc_client& by, const word_list& words) {
  const room* const r = registered_room(by, words[1]);
  if (!r) return;
  std::string since;
  append_time(since, static_cast<std::uint64_t>(r->created) * 1000);
  say(by, fmt::format("{} belongs to {}; it was made at {}", r->name(), r->founder_account, since));
}

struct service_command {
  std::string_view name;
  void (*obey)(irc_client& by, const word_list& words);
  std::string_view usage;
};
constexpr auto commands = std::to_array<service_command>({
    {"REGISTER", register_room, "REGISTER #channel: it belongs to your account, and lasts"},
    {"UNREGISTER", unregister_room, "UNREGISTER #channel: it is like others again"},
    {"AMODE", rank_account, "AMODE #channel [+o|-o|+h|-h|+v|-v ACCOUNT]: who has a rank there on coming in"},
    {"OP", make_operator, "OP #channel [NICK]: makes you, or somebody, an operator there"},
    {"INFO", tell_about, "INFO #channel: to whom it belongs"},
});

/// The words of a text, after those that there are already.
void split(std::string_view text, word_list& into) {
  while (!text.empty() && into.size() < most_words) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (!word.empty()) into.push_back(word);
  }
}

void obey(irc_client& by, const word_list& words) {
  const auto found = words.empty() ? commands.end() : std::ranges::find_if(commands, [&](const auto& c) {
    return same_name(c.name, words.front());
  });
  if (found == commands.end()) {
    for (const service_command& c : commands) say(by, c.usage);
    return;
  }
  if (words.size() < 2) return say(by, found->usage);
  found->obey(by, words);
}

}  // namespace

void chanserv(irc_client& by, const message& m) {
  word_list words;
  for (const std::string_view text : m.params()) split(text, words);
  obey(by, words);
}

void tell_chanserv(irc_client& by, std::string_view text) {
  if (by.echoes) {
    event said{event::kind::message, by.who()->as_source(), chanserv_nick, text};
    said.time = by.chat().clock().milliseconds();
    by.chat().turn().tell(by, said);
  }
  word_list words;
  split(text, words);
  obey(by, words);
}

}  // namespace parlance::chat::irc
