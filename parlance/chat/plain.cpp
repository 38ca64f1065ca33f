#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include <parlance/chat/plain.hpp>
#include <parlance/chat/plain_command.hpp>

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
  return what.where.empty() || same_name(what.where, lobby) ? std::string() : fmt::format("{} ", what.where);
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

std::string who_is_here(const hub& chat, const member& who) {
  const room* here = who.speaks_in();
  if (!here) return plain_notice("you are in no room; /join #lobby is the way back");
  std::vector<std::string> names;
  for (const member* m : here->members()) {
    if (names.size() == chat.bounds().listed) break;
    names.push_back(m == &who ? m->name() + " (you)" : m->name());
  }
  return list("in " + here->name(), std::move(names), here->members().size());
}

std::string rooms_there_are(const hub& chat) {
  std::vector<std::string> rooms;
  for (const auto& [key, r] : chat.rooms()) {
    if (rooms.size() == chat.bounds().listed) break;
    rooms.push_back(fmt::format("{} ({})", r.name(), r.members().size()));
  }
  return list("rooms", std::move(rooms), chat.rooms().size());
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

std::string join(hub& chat, member& who, std::string_view target) {
  const std::string name = as_room(target);
  const outcome how = chat.join(who, name);
  if (how != outcome::done && how != outcome::already_so)
    return plain_notice(explain(how, name, chat.bounds()));
  const room& now = *who.speaks_in();
  return plain_notice(
      fmt::format("you are in {} and speak there; {}", now.name(), others(now.members().size())));
}

std::string leave(hub& chat, member& who, std::string_view target) {
  const std::string name = target.empty() && who.speaks_in() ? who.speaks_in()->name() : as_room(target);
  if (const outcome how = chat.part(who, name); how != outcome::done)
    return plain_notice(explain(how, name, chat.bounds()));
  if (!who.speaks_in())
    return plain_notice(
        fmt::format("you have left {} and are in no room; /join #lobby is the way back", name));
  return plain_notice(fmt::format("you have left {} and speak in {}", name, who.speaks_in()->name()));
}

std::string rename(hub& chat, member& who, std::string_view wanted) {
  const outcome how = chat.rename(who, wanted);
  if (how == outcome::done || how == outcome::already_so)
    return plain_notice(fmt::format("you are now {}", who.name()));
  return plain_notice(explain(how, wanted, chat.bounds()));
}

/// Nothing, or why not.
std::string result(outcome how, std::string_view what, const limits& bounds) {
  return how == outcome::done ? std::string() : plain_notice(explain(how, what, bounds));
}

}  // namespace

std::string plain_notice(std::string_view text) { return fmt::format("-- {}\n", text); }

std::string plain_line(const event& what) {
  switch (what.what) {
    case event::kind::said:
      return fmt::format("{}{}: {}\n", room_mark(what), what.who, what.text);
    case event::kind::acted:
      return fmt::format("{}* {} {}\n", room_mark(what), what.who, what.text);
    case event::kind::whispered:
      return fmt::format("{} -> {}: {}\n", what.who, what.whom, what.text);
    case event::kind::joined:
      return plain_notice(fmt::format("{} has joined {}", what.who, what.where));
    case event::kind::left:
      return plain_notice(fmt::format("{} has left {}", what.who, what.where));
    case event::kind::gone:
      return plain_notice(what.text.empty() ? fmt::format("{} is gone", what.who)
                                            : fmt::format("{} is gone: {}", what.who, what.text));
    case event::kind::renamed:
      return plain_notice(fmt::format("{} is now {}", what.who, what.text));
  }
  return {};
}

std::string plain_greeting(const hub&, const member& who) {
  return plain_notice(fmt::format("Welcome to {}. You are {}; {}.", lobby, who.name(),
                                  others(who.speaks_in() ? who.speaks_in()->members().size() : 0))) +
         plain_notice("Type a line to say it. /nick NAME gives you a name, /help tells the rest.");
}

plain_answer respond(hub& chat, member& who, std::string_view message) {
  using verb = plain_command::verb;
  const plain_command asked = parse_plain(message);
  const limits& bounds = chat.bounds();
  switch (asked.what) {
    case verb::say:
      return {result(chat.say(who, asked.text), {}, bounds)};
    case verb::act:
      return {result(chat.act(who, asked.text), {}, bounds)};
    case verb::whisper:
      return {result(chat.whisper(who, asked.target, asked.text), asked.target, bounds)};
    case verb::nick:
      return {rename(chat, who, asked.target)};
    case verb::join:
      return {join(chat, who, asked.target)};
    case verb::leave:
      return {leave(chat, who, asked.target)};
    case verb::rooms:
      return {rooms_there_are(chat)};
    case verb::who:
      return {who_is_here(chat, who)};
    case verb::help:
      return {help()};
    case verb::quit:
      return {plain_notice(fmt::format("Goodbye, {}.", who.name())), true};
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

std::string plain_unreadable() { return plain_notice("that is not text (UTF-8) and was not said"); }

std::string explain(outcome how, std::string_view what, const limits& bounds) {
  switch (how) {
    case outcome::done:
    case outcome::already_so:
      return "done";
    case outcome::bad_name:
      return fmt::format(
          "a name is 1 to {} of A-Z a-z 0-9 _ - [ ] {{ }} | ^ ` \\ and starts with no digit and no -",
          bounds.name);
    case outcome::name_taken:
      return fmt::format("the name {} is taken", what);
    case outcome::bad_room_name:
      return fmt::format("a room is # and then up to {} of A-Z a-z 0-9 - _ . +", bounds.room_name - 1);
    case outcome::no_such_room:
      return fmt::format("you are in no room called {}", beginning(what, bounds.room_name));
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
