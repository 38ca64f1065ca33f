#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/store/record_kinds.hpp>

namespace parlance::chat {
namespace {

constexpr const record_kind& joined = record_kinds::joined;

/// No line has it, and so no object and no real name.
constexpr char behind_object = '\n';

bool is_said(const stored_entry& what) {
  return event{.what = static_cast<event::kind>(what.kind), .who = {}}.is_said();
}

std::string join_key(const room& r, std::string_view identity) {
  return fmt::format("{} {}", r.key(), identity);
}

entry_id parse_id(std::string_view digits) {
  entry_id id = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), id);
  return id;
}

/// Of "FIRST" or "FIRST LAST": where an account has come in for the first time, and for the first time since the
/// room was made anew.
struct first_joins {
  explicit first_joins(std::string_view kept)
      : first(parse_id(kept)), last(parse_id(kept.substr(kept.find(' ') + 1))) {}
  entry_id first, last;
};

/// The place of somebody's first coming into a room that it is in. Who was in an earlier room of that name was not
/// let into a closed one by that.
entry_id first_join(store& in, const room& r, const person& who) {
  const entry_id since = who.seats()[who.find_seat(r)].since;
  if (!who.account.empty())
    if (const std::optional<std::string> kept = in.get(joined, join_key(r, identity_of(who)))) {
      const first_joins its(*kept);
      if (!r.is_closed()) return its.first;
      if (its.last > r.begins_after) return its.last;
    }
  // Who was there already when the server began has come with it.
  return since != 0 ? since : who.serial;
}

bool shows_all(const hub& of, const room& r) {
  if (r.history == room::reading::by_default)
    return of.configured().history.before_join == before_join::members;
  return r.history == room::reading::members;
}

std::optional<readable_history> find_private(hub& of, const person& reader, std::string_view target) {
  const std::string self = identity_of(reader);
  if (const person* const other = of.people().find(target))
    return readable_history{of.conversation_of(reader, *other), other->nick()};
  // Its owner is gone: an account keeps its name, and who has none had a nick.
  if (const std::optional<account> its = of.accounts().find(target)) {
    const std::string talk = conversation_of(self, identity_of(*its));
    if (of.kept().newest(talk) != 0) return readable_history{talk, std::string(target)};
  }
  std::optional<readable_history> found;
  entry_id latest = 0;
  each_talk(of.kept(), self, [&](std::string_view with, std::string_view nick) {
    if (!same_name(nick, target)) return;
    const std::string talk = conversation_of(self, with);
    if (const entry_id last = of.kept().newest(talk); last > latest) {
      latest = last;
      found = readable_history{talk, std::string(nick)};
    }
  });
  return found;
}

}  // namespace

readable_history history_of(hub& of, const person& reader, room& in) {
  const bool is_all = shows_all(of, in) || (reader.is_console && !reader.is_in(in));
  return {in.key(), in.name(), is_all ? 0 : first_join(of.kept(), in, reader), &in};
}

std::optional<readable_history> find_history(hub& of, const person& reader, std::string_view target) {
  if (!target.starts_with('#')) return find_private(of, reader, target);
  room* const in = of.rooms().find(target);
  if (!in || !(reader.is_in(*in) || reader.is_console)) return {};
  return history_of(of, reader, *in);
}

std::vector<readable_history> talks_of(hub& of, const person& reader) {
  std::vector<readable_history> all;
  const std::string self = identity_of(reader);
  each_talk(of.kept(), self, [&](std::string_view with, std::string_view nick) {
    all.push_back({conversation_of(self, with), std::string(nick)});
  });
  return all;
}

std::vector<stored_entry> read_history(hub& of, const readable_history& from, entry_range which) {
  if (from.since != 0) which.after = std::max(which.after, from.since - 1);
  return of.kept().read(from.conversation, which);
}

void remember_first_join(store& in, const room& r, const person& who) {
  const std::string key = join_key(r, identity_of(who));
  std::string places = std::to_string(who.seats()[who.find_seat(r)].since);
  try {
    if (const std::optional<std::string> kept = in.get(joined, key)) {
      const first_joins its(*kept);
      if (its.last > r.begins_after) return;
      places = fmt::format("{} {}", its.first, places);
    }
  } catch (const store_error&) {
    return;
  }
  in.put(joined, key, places);
}

std::string said_by(const person& who, std::string_view to) {
  std::string extra = who.account.empty() ? std::to_string(who.serial) : std::string();
  if (!to.empty()) extra += ' ', extra += to;
  return extra;
}

std::string done_by(const source& who, std::string_view object) {
  std::string extra(object);
  if (who.account.empty() && who.serial != 0) (extra += behind_object) += std::to_string(who.serial);
  return extra;
}

std::string_view author_number(const stored_entry& of) {
  const std::string_view extra = of.extra;
  if (is_said(of)) return extra.substr(0, extra.find(' '));
  const std::size_t end = extra.rfind(behind_object);
  return end == std::string_view::npos ? std::string_view() : extra.substr(end + 1);
}

bool is_of_account(const account& its, const stored_entry& what) {
  if (what.account.empty() || what.id < its.number) return false;
  for (const former_name& one : its.former_names)
    if (what.id <= one.until) return same_name(what.account, one.name);
  return same_name(what.account, its.name);
}

bool is_author(const person& who, const stored_entry& of) {
  if (!of.account.empty()) return same_name(of.account, who.account);
  return author_number(of) == std::to_string(who.serial);
}

std::vector<text_line> lines_of(std::string_view text) {
  std::vector<text_line> lines;
  if (text.find_first_of("\r\n") == std::string_view::npos) return lines;
  for (bool continues = false;;) {
    const std::size_t end = text.find_first_of("\r\n");
    lines.push_back({text.substr(0, end), continues});
    if (end == std::string_view::npos) return lines;
    continues = text[end] == '\r';
    text.remove_prefix(end + 1);
  }
}

replayed::replayed(const stored_entry& e, std::string_view room_name)
    : what_{.what = static_cast<event::kind>(e.kind),
            .who = {.prefix = e.source, .account = e.account},
            .target = room_name,
            .text = e.text,
            .tags = e.tags,
            .id = e.id,
            .time = e.time / 1000} {
  if (const std::size_t end = e.source.find('!'); end != std::string::npos)
    what_.who.nick = std::string_view(e.source).substr(0, end);
  if (what_.is_said()) {
    what_.who.is_bot = e.extra == said_by_hook;
    if (const std::size_t space = e.extra.find(' '); space != std::string::npos)
      what_.target = std::string_view(e.extra).substr(space + 1);
    lines_ = lines_of(e.text);
    what_.lines = lines_;
    return;
  }
  const std::string_view object = std::string_view(e.extra).substr(0, e.extra.rfind(behind_object));
  if (what_.what == event::kind::join) {
    what_.who.realname = object;
  } else if (const std::size_t space = object.find(' ');
             what_.what == event::kind::rename && space != std::string_view::npos) {
    what_.target = object.substr(0, space);
    what_.object = object.substr(space + 1);
  } else {
    what_.object = object;
  }
}

}  // namespace parlance::chat
