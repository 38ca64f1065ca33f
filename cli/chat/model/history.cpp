// What was said before, and meanwhile (IRCv3 draft/chathistory), and what is looked for.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <ranges>
#include <utility>

#include <parlance/chat/irc/message.hpp>
#include <parlance/io/loop.hpp>

#include <cli/chat/model/network.hpp>
#include <cli/chat/model/text.hpp>

namespace parlance::cli {
namespace {

/// A server may give less at once, as its own limits are; only nothing is the end.
constexpr std::size_t page_size = 100;
/// More pages than that are not fetched one by one: the newest is shown, and the rest as one scrolls.
constexpr int most_pages = 50;
constexpr std::size_t most_talks = 100;
/// Whoever asks much is told to wait.
constexpr io::duration first_wait = std::chrono::seconds(2);
constexpr int most_waits = 3;
constexpr wall_time wait_for_older = 3000;
constexpr wall_time day = 86'400'000;

/// The msgid of the last line that has one.
std::string last_id(const std::vector<irc_line>& lines) {
  for (const irc_line& line : std::views::reverse(lines))
    if (line.has_tag("msgid")) return std::string(line.tag("msgid"));
  return {};
}

}  // namespace

void chat_network::ask(std::vector<std::string> words, std::function<void(page)> then) {
  words.push_back(std::to_string(page_size));
  session_.ask_history(std::move(words), [this, then = std::move(then)](const std::vector<irc_line>& answer) {
    page got;
    got.lost = answer.empty() && !session_.is_ready();
    for (const irc_line& line : answer) {
      if (line.command == "FAIL")
        got.failed = true;
      else if (line.command != "ACK")
        got.lines.push_back(line);
    }
    then(std::move(got));
  });
  observer_.has_output();
}

void chat_network::take(conversation& where, const std::vector<irc_line>& lines) {
  for (const irc_line& line : lines) {
    const std::string& command = line.command;
    const std::string_view from = line.nick();
    using kind = chat_entry::kind;
    if (command == "PRIVMSG" || command == "NOTICE") {
      if (auto one = said_in(line)) where.insert(std::move(*one));
    } else if (command == "JOIN") {
      where.insert(event_of(line, kind::joined, from));
    } else if (command == "PART" || command == "QUIT") {
      where.insert(event_of(line, kind::parted, from));
    } else if (command == "NICK") {
      where.insert(event_of(line, kind::renamed, from, line.param(0)));
    } else if (command == "KICK") {
      where.insert(event_of(line, kind::kicked, line.param(1), from));
    } else if (command == "TOPIC") {
      where.insert(event_of(line, kind::topic, from, line.param(1)));
    } else if (command == "TAGMSG") {
      apply_reaction(where, line);
    } else if (command == "REDACT") {
      if (chat_entry* const one = where.find(line.param(1))) where.take_back(*one);
    }
  }
  bound_memory();
  observer_.changed();
}

/// Everything since the connection was lost, in order; or what is newest.
void chat_network::catch_up(const std::string& key) {
  conversation* const where = find(key);
  if (!where) return;
  since_[key] = where->held_to ? where->held_to->second : 0;
  if (!session_.has("draft/chathistory")) {
    where->older = conversation::past::none;
    return caught_up(key);
  }
  if (!where->held_to) return fetch_latest(key);
  fetch_after(key, "msgid=" + where->held_to->first, 0);
}

/// What one sees on coming in for the first time.
void chat_network::fetch_latest(const std::string& key) {
  const conversation* const there = find(key);
  if (!there) return;
  ask({"CHATHISTORY", "LATEST", there->name, "*"}, [this, key](const page& got) {
    conversation* const where = find(key);
    if (!where || got.lost) return;
    take(*where, got.lines);
    if (got.failed && again_later(key)) return;
    where->older = where->first_kept() ? conversation::past::more : conversation::past::none;
    caught_up(key);
  });
}

void chat_network::fetch_after(const std::string& key, const std::string& reference, int pages) {
  const conversation* const there = find(key);
  if (!there) return;
  const bool by_id = reference.starts_with("msgid=");
  ask({"CHATHISTORY", "AFTER", there->name, reference},
      [this, key, pages, by_id, reference](const page& got) {
        conversation* const where = find(key);
        if (!where || got.lost) return;  // the next connection begins at the same place
        // It may have forgotten the message, but what came later is there, from the same millisecond on.
        if (got.failed && by_id && where->held_to)
          return fetch_after(key, "timestamp=" + stamp_of(where->held_to->second - 1), pages);
        if (got.failed && again_later(key)) return;
        if (got.failed) return fetch_latest(key);
        take(*where, got.lines);
        const std::string last = last_id(got.lines);
        if (const chat_entry* const one = where->find(last); one && where->held_to)
          where->held_to = {last, one->time};
        if (last.empty() || !where->held_to || where->held_to->first != last || "msgid=" + last == reference)
          return caught_up(key);
        if (pages + 1 < most_pages) return fetch_after(key, "msgid=" + last, pages + 1);
        where->forget();
        fetch_latest(key);
      });
}

/// Nothing is missing any more; what comes now is told as it happens.
void chat_network::caught_up(const std::string& key) {
  conversation* const where = find(key);
  if (!where) return;
  where->held_to.reset();
  where->is_current = true;
  waits_.erase(key);
  reconsider(*where, std::exchange(since_[key], 0));
  since_.erase(key);
  recount(*where);
  observer_.changed();
}

void chat_network::fetch_older(conversation& where) {
  const chat_entry* const first = where.first_kept();
  if (where.older != conversation::past::more || !first || !session_.is_ready()) return;
  if (now_on_the_wall() < where.older_after) return;
  where.older = conversation::past::loading;
  ask({"CHATHISTORY", "BEFORE", where.name, "msgid=" + first->id}, [this, key = where.key](const page& got) {
    conversation* const there = find(key);
    if (!there) return;
    const std::size_t before = there->entries().size();
    take(*there, got.lines);
    // Who gives again what is there would be asked for ever.
    const bool goes_on = there->entries().size() > before;
    if (got.failed) there->older_after = now_on_the_wall() + wait_for_older;
    there->older = got.lost || got.failed || goes_on ? conversation::past::more : conversation::past::none;
  });
}

/// After a refusal. False: it has refused often enough.
bool chat_network::again_later(const std::string& key) {
  wait& one = waits_[key];
  if (one.count == most_waits) return false;
  one.until = io::loop::current().now() + first_wait * (1 << one.count++);
  observer_.has_output();
  return true;
}

/// When the next one is to be asked for.
io::time_point chat_network::ask_again(io::time_point now) {
  std::vector<std::string> due;
  io::time_point next = io::never;
  for (auto& [key, one] : waits_) {
    if (one.until <= now)
      due.push_back(key), one.until = io::never;
    else
      next = std::min(next, one.until);
  }
  for (const std::string& key : due) key.empty() ? find_new_talks() : catch_up(key);
  return next;
}

/// With whom one talked in private meanwhile, and what was said.
void chat_network::find_talks() {
  std::vector<std::string> known;
  for (const auto& one : all_)
    if (one->what == conversation::kind::talk) known.push_back(one->key);
  for (const std::string& key : known) catch_up(key);
  if (session_.has("draft/chathistory")) find_new_talks();
}

void chat_network::find_new_talks() {
  const wall_time since = lost_at_ != 0 ? lost_at_ - 60'000 : now_on_the_wall() - 14 * day;
  session_.ask_history({"CHATHISTORY", "TARGETS", "timestamp=" + stamp_of(since),
                        "timestamp=2200-01-01T00:00:00.000Z", std::to_string(most_talks)},
                       [this](const std::vector<irc_line>& answer) {
                         for (const irc_line& line : answer) {
                           if (line.command == "FAIL") again_later("");
                           if (line.command != "CHATHISTORY" || line.param(0) != "TARGETS") continue;
                           const std::string_view name = line.param(1);
                           if (name.empty() || session_.is_room(name) || find(name) ||
                               is_ignored({.source = std::string(name)}))
                             continue;
                           if (all_.size() >= most_conversations) break;
                           conversation& talk = get(name);
                           if (session_.has("draft/read-marker")) session_.send({"MARKREAD", talk.name});
                           catch_up(talk.key);
                         }
                         observer_.has_output();
                       });
}

void chat_network::search(conversation& where, std::string_view text,
                          std::function<void(std::vector<chat_entry>)> found) {
  constexpr int most_found = 100;
  session_.ask_history({"SEARCH", fmt::format("in={};text={};limit={}", chat::irc::escape_tag(where.name),
                                              chat::irc::escape_tag(text), most_found)},
                       [this, found = std::move(found)](const std::vector<irc_line>& answer) {
                         std::vector<chat_entry> entries;
                         for (const irc_line& line : answer)
                           if (line.command == "PRIVMSG" || line.command == "NOTICE")
                             if (auto one = said_in(line); one && !one->is_ignored)
                               entries.push_back(std::move(*one));
                         found(std::move(entries));
                       });
  observer_.has_output();
}

}  // namespace parlance::cli
