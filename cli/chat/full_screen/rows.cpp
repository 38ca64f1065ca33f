#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <utility>

#include <cli/chat/full_screen/look.hpp>
#include <cli/chat/full_screen/rows.hpp>
#include <cli/chat/model/text.hpp>
#include <cli/screen/cluster.hpp>

namespace parlance::cli {
namespace {

using screen::span;
using screen::styled_text;

constexpr int name_columns = 12;
constexpr std::size_t most_happenings = 1000;  // that are one
constexpr wall_time day = 86'400'000;

std::tm here(wall_time time) {
  const auto seconds = static_cast<std::time_t>(time / 1000);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  return parts;
}

bool is_same_day(wall_time a, wall_time b) {
  // A zone is whole minutes off; this is asked for each of many that one ignores, in each frame.
  if (a / 60'000 == b / 60'000) return true;
  const std::tm one = here(a), other = here(b);
  return one.tm_year == other.tm_year && one.tm_yday == other.tm_yday;
}

styled_text rule(const std::string& text, int columns, const screen::style& look) {
  const int width = screen::width(text) + 2;
  const int before = std::max(0, std::min(4, columns - width));
  const int behind = std::max(0, columns - before - width);
  std::string line;
  for (int i = 0; i < before; ++i) line += "─";
  line += " " + text + " ";
  for (int i = 0; i < behind; ++i) line += "─";
  return {{line, look, ""}};
}

/// The text with its links, rooms and, where one is meant, a look of its own.
void append_text(styled_text& to, std::string_view text, const screen::style& look) {
  std::size_t at = 0;
  for (const text_link& link : links_in(text)) {
    if (link.at > at) to.push_back({std::string(text.substr(at, link.at - at)), look, ""});
    const std::string shown(text.substr(link.at, link.size));
    screen::style underlined = look;
    underlined.underline = !link.is_room;
    underlined.bold = look.bold || link.is_room;
    to.push_back({shown, underlined, link.is_room ? "" : shown});
    at = link.at + link.size;
  }
  if (at < text.size()) to.push_back({std::string(text.substr(at)), look, ""});
}

/// The columns before the text.
struct margin {
  styled_text head;
  int indent;
};

margin margin_of(const std::string& time, const std::string& name, const screen::style& look,
                 const row_options& how) {
  if (!how.aligned) return {{{time + " ", look::quiet, ""}, {name + ": ", look, ""}}, 2};
  const std::string shown = screen::shortened(name, name_columns);
  const std::string pad(static_cast<std::size_t>(std::max(0, name_columns - screen::width(shown))), ' ');
  return {{{time + " " + pad, look::quiet, ""}, {shown, look, ""}, {"  ", {}, ""}}, 6 + name_columns + 2};
}

std::string pad_of(int columns) { return std::string(static_cast<std::size_t>(std::max(0, columns)), ' '); }

void append(std::vector<styled_text>& to, std::vector<styled_text> more) {
  std::ranges::move(more, std::back_inserter(to));
}

/// A row above a message: what it answers.
styled_text answered(const conversation& where, const std::string& id, int indent, int columns) {
  const chat_entry* const to = where.find(id);
  std::string text = !to ? "an earlier message"
                     : to->is_ignored
                         ? "somebody whom you ignore"
                         : fmt::format("{}: {}", to->nick, to->is_redacted ? "(taken back)" : to->text);
  std::ranges::replace(text, '\n', ' ');
  return {{pad_of(indent) + screen::shortened("↪ " + text, std::max(2, columns - indent)), look::quiet, ""}};
}

std::string joined_names(const std::vector<std::string>& names) {
  std::string text;
  constexpr std::size_t most = 5;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i)
    text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  if (names.size() > most) text += fmt::format(" and {} more", names.size() - most);
  return text;
}

std::vector<styled_text> happened(const conversation& where, std::size_t first, std::size_t last,
                                  const row_options& how) {
  std::vector<std::string> came, went, rest;
  for (std::size_t at = first; at <= last; ++at) {
    const chat_entry& one = *where.entries()[at];
    switch (one.what) {
      case chat_entry::kind::joined:
        if (std::erase(went, one.nick) == 0) came.push_back(one.nick);
        break;
      case chat_entry::kind::parted:
        if (std::erase(came, one.nick) == 0) went.push_back(one.nick);
        break;
      case chat_entry::kind::renamed:
        rest.push_back(fmt::format("{} is {} now", one.nick, one.text));
        break;
      case chat_entry::kind::kicked:
        rest.push_back(fmt::format("{} was put out by {}", one.nick, one.text));
        break;
      default:
        rest.push_back(one.text.empty() ? fmt::format("{} has taken the topic away", one.nick)
                                        : fmt::format("{} has set the topic: {}", one.nick, one.text));
    }
  }
  const auto distinct = [](std::vector<std::string>& names) {
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
  };
  distinct(came), distinct(went);
  std::string text;
  const auto add = [&](const std::string& part) {
    if (!part.empty()) text += (text.empty() ? "" : "; ") + part;
  };
  if (!came.empty()) add(fmt::format("{} came in", joined_names(came)));
  if (!went.empty()) add(fmt::format("{} left", joined_names(went)));
  for (const std::string& one : rest) add(one);
  if (text.empty()) return {};
  std::ranges::replace(text, '\n', ' ');
  margin side = margin_of(clock_of(where.entries()[last]->time), how.aligned ? "·" : "·", look::quiet, how);
  side.head.push_back({text, look::quiet, ""});
  return screen::wrap(side.head, how.columns, side.indent);
}

void append_message(std::vector<styled_text>& rows, const chat_network& in, const conversation& where,
                    const chat_entry& one, const row_options& how) {
  using kind = chat_entry::kind;
  const bool is_own = in.session().is_me(one.nick);
  if (one.what == kind::own) {
    margin side = margin_of(clock_of(one.time), how.aligned ? "--" : "--", look::accent, how);
    append_text(side.head, one.text, {.italic = true});
    return append(rows, screen::wrap(side.head, how.columns, side.indent));
  }
  screen::style named = look::nick(one.nick);
  named.bold = is_own || one.is_mention;
  const bool is_action = one.what == kind::action;
  margin side = margin_of(clock_of(one.time), is_action ? "*" : one.nick, named, how);
  if (one.more && !one.more->reply_to.empty())
    rows.push_back(answered(where, one.more->reply_to, side.indent, how.columns));
  screen::style look = one.is_mention ? look::mention : look::plain;
  look.bold = false;
  if (is_action) {
    side.head.push_back({one.nick + " ", named, ""});
    look.italic = true;
  }
  if (one.what == kind::notice) side.head.push_back({"(notice) ", look::quiet, ""});
  if (one.is_redacted)
    side.head.push_back({"(taken back)", look::quiet, ""});
  else
    append_text(side.head, one.text, look);
  append(rows, screen::wrap(side.head, how.columns, side.indent));
  if (!one.more || one.more->reactions.empty()) return;
  styled_text reactions = {{pad_of(side.indent), {}, ""}};
  for (const auto& [what, who] : one.more->reactions) {
    const bool mine =
        std::ranges::any_of(who, [&](const std::string& nick) { return in.session().is_me(nick); });
    reactions.push_back({fmt::format("{} {}", what, who.size()), mine ? look::accent : look::quiet, ""});
    reactions.push_back({"  ", {}, ""});
  }
  append(rows, screen::wrap(reactions, how.columns, side.indent));
}

}  // namespace

std::string clock_of(wall_time time) { return fmt::format("{:%H:%M}", here(time)); }

std::string day_of(wall_time time) {
  const wall_time now = now_on_the_wall();
  if (is_same_day(time, now)) return "Today";
  if (is_same_day(time, now - day)) return "Yesterday";
  const std::tm parts = here(time);
  return fmt::format("{:%A}, {} {:%B %Y}", parts, parts.tm_mday, parts);
}

std::vector<styled_text> rows_of(const chat_network& in, const conversation& where, std::size_t entry,
                                 std::size_t last_shown, const row_options& how) {
  const auto& entries = where.entries();
  const chat_entry& one = *entries[entry];
  std::vector<styled_text> rows;
  std::size_t first = entry;
  const auto splits = [&](std::size_t at) {
    return at == 0 || !is_same_day(entries[at - 1]->time, entries[at]->time) ||
           (where.new_from != 0 && entries[at - 1]->time <= where.new_from &&
            entries[at]->time > where.new_from);
  };
  if (one.is_event()) {
    if (entry != last_shown && entry + 1 < entries.size() && entries[entry + 1]->is_event() &&
        !splits(entry + 1))
      return rows;
    while (!splits(first) && entries[first - 1]->is_event() && entry - first < most_happenings) --first;
  }
  const wall_time before = first == 0 ? 0 : entries[first - 1]->time;
  if (first == 0 || !is_same_day(before, entries[first]->time))
    rows.push_back(rule(day_of(entries[first]->time), how.columns, look::quiet));
  if (where.new_from != 0 && before <= where.new_from && entries[first]->time > where.new_from)
    rows.push_back(rule("new", how.columns, look::alert));
  if (one.is_event())
    append(rows, happened(where, first, entry, how));
  else if (!one.is_ignored)
    append_message(rows, in, where, one, how);
  return rows;
}

std::vector<styled_text> rows_of(const chat_network& in, const conversation& where,
                                 const pending_message& what, const row_options& how) {
  std::vector<styled_text> rows;
  margin side = margin_of(what.refused   ? "  ✗  "
                          : what.is_sent ? "  …  "
                                         : "  ⏸  ",
                          what.is_action ? "*" : in.nick(), what.refused ? look::alert : look::quiet, how);
  if (!what.reply_to.empty()) rows.push_back(answered(where, what.reply_to, side.indent, how.columns));
  if (what.is_action) side.head.push_back({in.nick() + " ", look::quiet, ""});
  side.head.push_back({shown_text(what.text), look::quiet, ""});
  append(rows, screen::wrap(side.head, how.columns, side.indent));
  if (what.refused)
    append(rows, screen::wrap({{pad_of(side.indent) + "not sent: " + *what.refused, look::alert, ""}},
                              how.columns, side.indent));
  return rows;
}

styled_text summary_of(const chat_entry& entry) {
  std::string text = entry.is_redacted ? "(taken back)" : entry.text;
  std::ranges::replace(text, '\n', ' ');
  return {{day_of(entry.time) + " " + clock_of(entry.time) + " ", look::quiet, ""},
          {entry.nick + " ", look::nick(entry.nick), ""},
          {text, {}, ""}};
}

}  // namespace parlance::cli
