#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <vector>

#include <parlance/chat/base/formatting.hpp>
#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/ban.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/forget_command.hpp>
#include <parlance/chat/core/hook_command.hpp>
#include <parlance/chat/core/invite_links.hpp>
#include <parlance/chat/core/pins.hpp>
#include <parlance/chat/core/server_bans.hpp>
#include <parlance/chat/core/silence.hpp>
#include <parlance/chat/plain/command.hpp>
#include <parlance/chat/plain/history.hpp>
#include <parlance/chat/plain/plain.hpp>
#include <parlance/chat/plain/search.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/text/sanitizer.hpp>

namespace parlance::chat {
namespace {

/// The beginning of a text that may be long, up to the end of a character.
std::string_view beginning(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return text.substr(0, most);
}

/// In front of what is said in any room but the lobby.
std::string room_mark(const event& what) {
  return same_name(what.target, lobby) ? std::string() : fmt::format("{} ", what.target);
}

void append_said(std::string& out, const event& what, std::string_view text) {
  const std::optional<std::string_view> action = action_in(text);
  // Questions from one client program to another (CTCP) are none for people.
  if (!action && text.starts_with('\x01')) return;
  const std::string shown = text::sanitize(without_formatting(action.value_or(text)));
  // A room, perhaps with the prefix of those in it who are meant.
  const bool is_room = what.target.find('#') != std::string_view::npos;
  if (!is_room)
    out += fmt::format("{} -> {}: {}{}\n", what.who.nick, what.target, action ? "* " : "", shown);
  else if (action)
    out += fmt::format("{}* {} {}\n", room_mark(what), what.who.nick, shown);
  else
    out += fmt::format("{}{}: {}\n", room_mark(what), what.who.nick, shown);
}

/// ": because", or nothing
std::string who_did(const event& what) {
  return std::string(what.who.nick.empty() ? "the server" : what.who.nick);
}

std::string because(std::string_view text) {
  return text.empty() ? std::string() : ": " + text::sanitize(text);
}

/// "3 others are here"
std::string others(std::size_t members) {
  if (members < 2) return "nobody else is here yet";
  return members == 2 ? "1 other is here" : fmt::format("{} others are here", members - 1);
}

/// At most as many as one answer may list, sorted, after "-- HEAD: ".
std::string list(std::string_view head, std::vector<std::string> items, std::size_t total) {
  std::sort(items.begin(), items.end());
  std::string text = fmt::format("{}: ", head);
  for (std::size_t i = 0; i < items.size(); ++i) text += (i ? ", " : "") + items[i];
  if (items.size() < total) text += fmt::format(" and {} more", total - items.size());
  return plain_notice(text);
}

std::string who_is_here(const person& who, const limits& bounds) {
  const room* here = who.speaks_in;
  if (!here) return plain_notice("you are in no room; /join #lobby is the way back");
  std::vector<std::string> names;
  for (const room::seat& s : here->seats()) {
    if (names.size() == bounds.listed) break;
    if (!here->shows(*s.who, who)) continue;
    names.push_back(s.who == &who ? s.who->nick() + " (you)" : s.who->nick());
  }
  return list("in " + here->name(), std::move(names), here->seats().size());
}

std::string rooms_there_are(const hub& chat) {
  std::vector<std::string> rooms;
  std::size_t total = 0;
  for (const auto& [key, r] : chat.rooms().all()) {
    if (r->modes.has('s')) continue;
    if (++total <= chat.configured().limits.listed)
      rooms.push_back(fmt::format("{} ({})", r->name(), r->seats().size()));
  }
  return list("rooms", std::move(rooms), total);
}

std::string help() {
  std::string text;
  for (const plain_usage& u : plain_usages())
    text += plain_notice(fmt::format("{:<15} {}", u.usage, u.meaning));
  return text;
}

/// "#dev" or "dev": both mean the room.
std::string as_room(std::string_view text) {
  return text.empty() || text.starts_with('#') ? std::string(text) : fmt::format("#{}", text);
}

/// explain, and by which filter.
std::string why_not(client& by, outcome how, std::string_view what) {
  std::string text = explain(how, what, by.chat().configured());
  if (how == outcome::filtered || how == outcome::name_filtered)
    text += fmt::format(": {}", text::sanitize(by.chat().filters().why));
  return plain_notice(text);
}

/// What is pinned in the room, behind the topic, to who comes in.
std::string pins_on_coming(client& by) {
  std::string text;
  try {
    for (const pinned_message& one : pins_of(by.chat(), *by.who(), *by.who()->speaks_in))
      text += plain_notice(fmt::format("pinned {}", text::sanitize(line_of(one))));
  } catch (const store_error&) {
    // Nobody has asked for it.
  }
  return text;
}

plain_answer join(client& by, std::string_view target, std::string_view key) {
  person& who = *by.who();
  const std::string name = as_room(target);
  const outcome how = by.chat().join(who, name, key, &by);
  if (how != outcome::done && how != outcome::already_so)
    return {plain_notice(explain(how, name, by.chat().configured()))};
  const room& now = *who.speaks_in;
  plain_answer answer{
      plain_notice(fmt::format("you are in {} and speak there; {}", now.name(), others(now.seats().size()))) +
      (how == outcome::done ? pins_on_coming(by) : std::string())};
  if (how == outcome::done && !by.shape().answers_only()) answer.past = plain_replay(by, *who.speaks_in);
  return answer;
}

/// For who may invite.
std::string make_link(client& by, std::string_view lasts) {
  const person& who = *by.who();
  const room* const into = who.speaks_in;
  if (!into) return plain_notice(explain(outcome::in_no_room, {}, by.chat().configured()));
  if (!into->has_at_least(who, half_operator))
    return plain_notice(fmt::format("only operators of {} make links into it", into->name()));
  const auto seconds = parse_ban_length(lasts.empty() ? "7d" : lasts);
  if (!seconds) return plain_notice("say for how long, as in /invite-link 12h");
  const auto made =
      make_invite_link(by.chat(), *into, who.account.empty() ? who.nick() : who.account, {.lasts = *seconds});
  if (!made) return plain_notice(fmt::format("{} has as many links as it may", into->name()));
  const std::string address = address_of(*made, *into, by.from());
  return plain_notice(address.empty() ? fmt::format("/join {} {}", into->name(), made->token)
                                      : fmt::format("{} or /join {} {}", address, into->name(), made->token));
}

std::string hooks(client& by, std::string_view what, std::string_view rest) {
  room* const in = by.who()->speaks_in;
  if (!in) return plain_notice(explain(outcome::in_no_room, {}, by.chat().configured()));
  std::vector<std::string> words;
  if (!what.empty()) words.emplace_back(what);
  for (const std::string_view word : items_of(rest, ' ')) words.emplace_back(word);
  std::string text;
  for (const std::string& line : obey_hook_command(by.chat(), *in, asker_of_hooks(by, *in), words).lines)
    text += plain_notice(line);
  return text;
}

std::string pins(client& by, const std::string& what) {
  room* const in = by.who()->speaks_in;
  if (!in) return plain_notice(explain(outcome::in_no_room, {}, by.chat().configured()));
  std::string text;
  for (const std::string& line : obey_pin_command(by.chat(), *by.who(), *in, what).lines)
    text += plain_notice(text::sanitize(line));
  return text;
}

std::string silence(client& by, std::string_view whom) {
  store& kept = by.chat().kept();
  const std::string identity = identity_of(*by.who());
  if (whom.empty()) {
    std::vector<std::string> all = silenced_of(kept, identity);
    const std::size_t count = all.size();
    return count == 0 ? plain_notice("you hear everybody")
                      : list("you do not hear in private", std::move(all), count);
  }
  const bool ends = whom.starts_with('-');
  const std::string_view given = whom.substr(ends || whom.starts_with('+') ? 1 : 0);
  const std::optional<std::string> mask = normalise_ban(given);
  if (!mask || mask->starts_with("m:"))
    return plain_notice("say whom, as in /silence NAME, or /silence -NAME");
  if (ends)
    return plain_notice(remove_silence(kept, identity, *mask)
                            ? fmt::format("you hear {} again", given)
                            : fmt::format("{} is not among those whom you do not hear", given));
  return plain_notice(add_silence(kept, identity, *mask)
                          ? fmt::format("you hear nothing of {} in private any more", given)
                          : "there are as many whom you do not hear as there may be");
}

std::string leave(client& by, std::string_view target) {
  person& who = *by.who();
  const settings& at = by.chat().configured();
  if (target.empty() && !who.speaks_in) return plain_notice(explain(outcome::in_no_room, {}, at));
  const std::string name = target.empty() ? who.speaks_in->name() : as_room(target);
  room* const from = by.chat().rooms().find(name);
  if (const outcome how = from ? by.chat().part(who, *from, {}, &by) : outcome::no_such_room;
      how != outcome::done)
    return plain_notice(explain(how, name, at));
  if (!who.speaks_in)
    return plain_notice(
        fmt::format("you have left {} and are in no room; /join #lobby is the way back", name));
  return plain_notice(fmt::format("you have left {} and speak in {}", name, who.speaks_in->name()));
}

/// Becomes one more client of whom it is logged in as. False: that is nobody else.
bool join_its_own(client& by, std::string_view wanted) {
  hub& chat = by.chat();
  person* const holder = chat.people().find(wanted);
  const std::string& account = by.who()->account;
  if (!holder || holder == by.who() || account.empty() || !same_name(holder->account, account)) return false;
  const auto its = chat.accounts().find(account);
  if (!its || !(its->multiclient || holder->clients().empty())) return false;
  chat.attach(by, *holder);
  if (!holder->speaks_in) chat.join(*holder, lobby, {}, &by);
  return true;
}

std::string missed(client& by) {
  try {
    return plain_missed(by);
  } catch (const store_error&) {
    return {};  // nobody has asked for it
  }
}

plain_answer rename(client& by, std::string_view wanted) {
  if (std::optional<plain_answer> joined = join_own_person(by, wanted)) return *std::move(joined);
  const bool stayed = by.who()->always_on;
  const outcome how = by.chat().rename(*by.who(), wanted, &by);
  if (stayed && !by.who()->always_on)
    return {plain_notice(fmt::format("you are now {}, and leave with your last connection: only {} stays",
                                     by.who()->nick(), by.who()->account))};
  if (how == outcome::done || how == outcome::already_so)
    return {plain_notice(fmt::format("you are now {}", by.who()->nick()))};
  return {why_not(by, how, wanted)};
}

/// The last messages of the room.
plain_answer history(client& by, std::string_view count) {
  constexpr std::size_t some = 20;
  hub& chat = by.chat();
  const person& who = *by.who();
  const limits& bounds = chat.configured().limits;
  if (!who.speaks_in) return {plain_notice("you are in no room; /join #lobby is the way back")};
  std::size_t most = some;
  if (!count.empty()) {
    const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), most);
    if (error != std::errc() || end != count.data() + count.size() || most == 0 || most > bounds.listed)
      return {plain_notice(fmt::format("/history [N] takes a number from 1 to {}", bounds.listed))};
  }
  std::string said = plain_history(chat, who, *who.speaks_in, most);
  if (said.empty()) return {plain_notice(fmt::format("nothing is kept of {}", who.speaks_in->name()))};
  return {.past = std::move(said)};
}

/// In the room, if no other is named.
plain_answer search(const client& by, std::string_view words) {
  hub& chat = by.chat();
  if (!can_search(chat, chat.configured()))
    return {plain_notice("nothing is searched here; /history tells what was said")};
  plain_answer answer;
  std::string why;
  answer.search = plain_search(chat, words, why);
  if (!answer.search) return {plain_notice(why)};
  if (answer.search->in.empty()) {
    if (!by.who()->speaks_in) return {plain_notice("you are in no room; /join #lobby is the way back")};
    answer.search->in = by.who()->speaks_in->name();
  } else if (answer.search->in == "*") {
    answer.search->in.clear();
  }
  return answer;
}

std::string forget(client& by, std::string_view code) {
  std::string text;
  for (const std::string& line : obey_forget_command(by, code, "/forget")) text += plain_notice(line);
  return text;
}

/// Says it in the room; nothing, or why not.
std::string say(client& by, std::string_view text) {
  const room* in = by.who()->speaks_in;
  const outcome how = in ? by.chat().say(by, in->name(), {.text = text}) : outcome::in_no_room;
  return how == outcome::done ? std::string() : why_not(by, how, in ? in->name() : std::string());
}

std::string whisper(client& by, std::string_view to, std::string_view text) {
  const person* const whom = by.chat().people().find(to);
  // An account of which nobody is here has a name, too; a room is no person.
  const bool is_name = whom || chat::is_name(to, by.chat().configured().limits.name);
  const outcome how = is_name ? by.chat().say(by, whom ? std::string_view(whom->nick()) : to, {.text = text})
                              : outcome::no_such_person;
  if (how != outcome::done) return why_not(by, how, to);
  return !whom || whom->away.empty()
             ? std::string()
             : plain_notice(fmt::format("{} is away: {}", whom->nick(), text::sanitize(whom->away)));
}

}  // namespace

std::string plain_notice(std::string_view text) { return fmt::format("-- {}\n", text); }

void encode_plain(std::string& out, const event& what, form shape) {
  append_plain(out, what, shape.answers_only());
}

void append_plain(std::string& out, const event& what, bool answers_only) {
  using kind = event::kind;
  const auto notice = [&](std::string text) { out += plain_notice(text); };
  if (what.what == kind::message || what.what == kind::notice) {
    if (what.lines.empty()) return append_said(out, what, what.text);
    for (std::size_t i = 0; i < what.lines.size();) {
      std::string line(what.lines[i].text);
      while (++i < what.lines.size() && what.lines[i].continues) line += what.lines[i].text;
      if (!line.empty()) append_said(out, what, line);
    }
    return;
  }
  if (answers_only || what.in_crowd) return;
  switch (what.what) {
    case kind::join:
      return notice(fmt::format("{} has joined {}", what.who.nick, what.target));
    case kind::part:
      return notice(fmt::format("{} has left {}{}", what.who.nick, what.target, because(what.text)));
    case kind::quit:
      return notice(fmt::format("{} is gone{}", what.who.nick, because(what.text)));
    case kind::nick:
      return notice(fmt::format("{} is now {}", what.who.nick, what.object));
    case kind::kick:
      return notice(fmt::format("{} was put out of {} by {}{}", what.object, what.target, who_did(what),
                                because(what.text)));
    case kind::topic:
      return notice(what.text.empty()
                        ? fmt::format("{} has taken the topic of {} away", who_did(what), what.target)
                        : fmt::format("the topic of {} is now: {}", what.target, text::sanitize(what.text)));
    case kind::invite:
      return notice(fmt::format("{} invites you: /join {}", who_did(what), what.target));
    case kind::rename:
      return notice(fmt::format("{} is now {}{}", what.target, what.object, because(what.text)));
    case kind::redact:
      return notice(
          fmt::format("{} has taken a message in {} back{}", who_did(what), what.target, because(what.text)));
    default:
      return;
  }
}

std::string plain_greeting(const person& who, std::string_view obstacle) {
  const std::string where =
      who.speaks_in ? fmt::format("Welcome to {}. You are {}; {}.", lobby, who.nick(),
                                  others(who.speaks_in->seats().size()))
                    : fmt::format("Welcome. You are {}, and in no room: {}.", who.nick(), obstacle);
  return plain_notice(where) +
         plain_notice("Type a line to say it. /nick NAME gives you a name, /help tells the rest.");
}

std::string plain_replay(client& to, room& of) {
  hub& chat = to.chat();
  try {
    return plain_history(chat, *to.who(), of, chat.configured().history.replay_lines);
  } catch (const store_error&) {
    return {};  // nobody has asked for it
  }
}

std::optional<plain_answer> join_own_person(client& by, std::string_view wanted) {
  if (!join_its_own(by, wanted)) return {};
  const room* const in = by.who()->speaks_in;
  return plain_answer{
      .text = plain_notice(fmt::format("you are now {}, as your other clients are, and speak in {}",
                                       by.who()->nick(), in ? in->name() : "no room")),
      .past = missed(by)};
}

plain_answer respond(client& by, std::string_view message) {
  using verb = plain_command::verb;
  const plain_command asked = parse_plain(message);
  switch (asked.what) {
    case verb::quiet:
      return {};  // the handler's
    case verb::say:
      if (begins_like_login(message)) return {plain_not_said()};
      return {say(by, asked.text)};
    case verb::act:
      return {say(by, fmt::format("\x01"
                                  "ACTION {}\x01",
                                  asked.text))};
    case verb::whisper:
      return {whisper(by, asked.target, asked.text)};
    case verb::nick:
      return rename(by, asked.target);
    case verb::join:
      return join(by, asked.target, asked.text);
    case verb::link:
      return {make_link(by, asked.target)};
    case verb::hook:
      return {hooks(by, asked.target, asked.text)};
    case verb::pin:
      return {pins(by, asked.text.empty() ? std::string() : fmt::format("ADD {}", asked.text))};
    case verb::unpin:
      return {pins(by, fmt::format("DEL {}", asked.target))};
    case verb::silence:
      return {silence(by, asked.target)};
    case verb::leave:
      return {leave(by, asked.target)};
    case verb::login:
    case verb::login_name:
      return {plain_notice("nobody can log in here")};
    case verb::rooms:
      return {rooms_there_are(by.chat())};
    case verb::who:
      return {who_is_here(*by.who(), by.chat().configured().limits)};
    case verb::history:
      return history(by, asked.target);
    case verb::search:
      return search(by, asked.text);
    case verb::forget:
      return {forget(by, asked.target)};
    case verb::help:
      return {help()};
    case verb::quit:
      return {.text = plain_notice(fmt::format("Goodbye, {}.", by.who()->nick())), .leaves = true};
    case verb::incomplete:
      return {plain_notice(fmt::format("{} needs more: {}", asked.target, asked.text))};
    case verb::unknown:
      break;
  }
  return {plain_notice(fmt::format("there is no {}; /help tells what there is, and //{} says it",
                                   beginning(asked.target, 32), beginning(asked.target, 32).substr(1)))};
}

std::string plain_too_long(std::size_t limit) {
  return plain_notice(fmt::format("that was longer than {} bytes and was not said", limit));
}

std::string plain_not_said() {
  return plain_notice(
      "that begins like a login of IRC, so it was not said; /login ACCOUNT PASSWORD is how one logs in here, "
      "and with "
      "another word before it, it can be said");
}

std::string plain_nor_the_next() {
  return plain_notice(
      "that is how a login of IRC begins, so it was not said, and neither is the next line, which may be a "
      "password; "
      "/login ACCOUNT PASSWORD is how one logs in here");
}

std::string plain_may_be_secret() {
  return plain_notice(
      "that may be the password that was missing before, so it was not said; if it is none, say it again");
}

std::string plain_unreadable() { return plain_notice("that is not text (UTF-8) and was not said"); }

std::string explain(outcome how, std::string_view what, const settings& at) {
  const limits& bounds = at.limits;
  switch (how) {
    case outcome::done:
    case outcome::already_so:
      return "done";
    case outcome::bad_name:
      return fmt::format(
          "a name is up to {} bytes of {}, 0-9 _ - [ ] {{ }} | ^ ` \\, and starts with no "
          "digit and no -",
          bounds.name, at.server.international_names ? "letters of one script" : "A-Z a-z");
    case outcome::name_taken:
      return fmt::format("the name {} is taken", what);
    case outcome::looks_alike:
      return fmt::format("{} looks like the name of another", what);
    case outcome::bad_room_name:
      return fmt::format("a room is # and then up to {} bytes of text without spaces, commas and : * ? ! @",
                         bounds.room_name - 1);
    case outcome::name_reserved:
      return fmt::format("the name {} belongs to an account; /login ACCOUNT PASSWORD logs in to it", what);
    case outcome::no_such_room:
    case outcome::not_in_room:
      return fmt::format("you are in no room called {}", beginning(what, bounds.room_name));
    case outcome::room_is_full:
      return fmt::format("{} is full", what);
    case outcome::invite_only:
      return fmt::format("{} is for those who are invited", what);
    case outcome::banned:
      return fmt::format("you may not come into {}", what);
    case outcome::wrong_key:
      return fmt::format("{} has a key, which is needed to come in", what);
    case outcome::too_many_keys:
      return fmt::format("too many wrong keys of {}; try again later", what);
    case outcome::registered_only:
      return "that is for those who have an account";
    case outcome::no_requests:
      return fmt::format("{} takes no requests of programs (CTCP)", what);
    case outcome::cannot_speak:
      return fmt::format("you may not speak in {}", what);
    case outcome::too_soon:
      return fmt::format("{} is slow: wait a little before you say more", what);
    case outcome::filtered:
    case outcome::name_filtered:
      return "that is not to be said here";
    case outcome::purged:
      return fmt::format("{} was closed by operators", what);
    case outcome::no_rights:
    case outcome::has_others_history:
      return "you may not do that here";
    case outcome::kept_for_later:
      return fmt::format("{} is not connected; it is kept, and shown when they log in", what);
    case outcome::no_such_person:
      return fmt::format("nobody here is called {}", beginning(what, bounds.name));
    case outcome::in_no_room:
      return "you are in no room, so nobody would hear it; /join #lobby is the way back";
    case outcome::too_many_rooms:
      return fmt::format("you are in {} rooms already; /leave one", bounds.rooms_per_member);
    case outcome::full:
      return "there is no room for more";
  }
  return {};
}

}  // namespace parlance::chat
