#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <ranges>
#include <utility>

#include <parlance/chat/base/formatting.hpp>
#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/author_record.hpp>
#include <parlance/chat/core/pins.hpp>
#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/store/record_kinds.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

constexpr const record_kind& kind = record_kinds::pins;
/// Bytes of a message that are shown.
constexpr std::size_t longest_shown = 300;
/// Messages among which one is looked for by what it says.
constexpr std::size_t most_looked_at = 1000;

std::vector<pin> from_record(std::string_view text) try {
  std::vector<pin> all;
  for (const json& one : json::parse(text))
    all.push_back({.id = one.at("id").get<entry_id>(),
                   .by = one.at("by").get<std::string>(),
                   .set_at = one.at("at").get<std::int64_t>(),
                   .its = author_in(one)});
  return all;
} catch (const json::exception&) {
  return {};
}

std::string to_record(const std::vector<pin>& all) {
  json list = json::array();
  for (const pin& one : all) {
    list.push_back({{"id", one.id}, {"by", one.by}, {"at", one.set_at}});
    add_author(list.back(), one.its);
  }
  return list.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<pin> kept_pins(store& in, const room& of) {
  const std::optional<std::string> kept = in.get(kind, of.key());
  return kept ? from_record(*kept) : std::vector<pin>();
}

void keep_pins(store& in, const room& of, const std::vector<pin>& all) {
  in.keep_now([&] {
    if (all.empty())
      in.erase(kind, of.key());
    else
      in.put(kind, of.key(), to_record(all));
  });
}

bool is_said(const stored_entry& what) { return (kind_bit(what.kind) & said_kinds) != 0; }

/// Who runs the server reads all that is kept.
entry_id first_for(hub& of, const person& reader, room& in) {
  return reader.is_in(in) ? history_of(of, reader, in).since : 0;
}

/// As it is read, in one line, cut where it is long.
std::string shown(const stored_entry& said) {
  std::string text = without_formatting(action_in(said.text).value_or(said.text));
  std::erase(text, '\r');
  std::ranges::replace(text, '\n', ' ');
  if (text.size() <= longest_shown) return text;
  std::size_t end = longest_shown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::string nick_of(const stored_entry& said) { return said.source.substr(0, said.source.find('!')); }

pin_answer refuse(std::string why) { return {.lines = {std::move(why)}, .done = false}; }

/// Also who does not see its own line is told so.
void tell_room(hub& of, room& in, std::string_view text) {
  event told{event::kind::notice, {.prefix = of.configured().server.name}, in.name(), text};
  told.time = of.clock().milliseconds();
  of.turn().tell(in, told);
}

/// The message that is meant: by its msgid, or the last that has that in it.
std::optional<stored_entry> find_message(hub& of, const person& by, room& in, std::string_view which) {
  const entry_id since = first_for(of, by, in);
  store& kept = of.kept();
  if (const entry_id id = parse_msgid(which); id != 0 && id >= since)
    if (std::optional<stored_entry> one = kept.find(in.key(), id); one && is_said(*one)) return one;
  std::vector<stored_entry> last =
      kept.read(in.key(), {.after = since > 0 ? since - 1 : 0, .limit = most_looked_at, .kinds = said_kinds});
  const std::string wanted = folded(which);
  for (auto& one : std::views::reverse(last))
    if (folded(shown(one)).contains(wanted)) return std::move(one);
  return {};
}

pin_answer add(hub& of, const person& by, room& in, std::string_view which) {
  std::vector<pin> all = kept_pins(of.kept(), in);
  // Those whose messages are gone make room.
  std::erase_if(all, [&](const pin& one) { return !of.kept().find(in.key(), one.id); });
  const std::optional<stored_entry> what = find_message(of, by, in, which);
  if (!what) return refuse(fmt::format("nothing like that was said in {}", in.name()));
  if (std::ranges::find(all, what->id, &pin::id) != all.end()) return refuse("that is pinned already");
  if (all.size() >= most_pins)
    return refuse(fmt::format("{} has {} pins, and no more can be; DEL takes one off", in.name(), most_pins));
  all.push_back({.id = what->id,
                 .by = by.nick(),
                 .set_at = of.clock().seconds(),
                 .its = author_of(by.as_source(), of.clock().next_id())});
  keep_pins(of.kept(), in, all);
  tell_room(of, in, fmt::format("{} has pinned: <{}> {}", by.nick(), nick_of(*what), shown(*what)));
  return {.lines = {fmt::format("that is pinned in {}", in.name())}};
}

pin_answer take_off(hub& of, const person& by, room& in, std::string_view which) {
  std::vector<pin> all = kept_pins(of.kept(), in);
  std::size_t number = 0;
  const auto [end, wrong] = std::from_chars(which.data(), which.data() + which.size(), number);
  const bool is_number = wrong == std::errc() && end == which.data() + which.size();
  const auto found = is_number && number >= 1 && number <= all.size()
                         ? all.begin() + static_cast<std::ptrdiff_t>(number - 1)
                         : std::ranges::find(all, parse_msgid(which), &pin::id);
  if (found == all.end()) return refuse("there is no such pin");
  all.erase(found);
  keep_pins(of.kept(), in, all);
  tell_room(of, in, fmt::format("{} has taken a pin off", by.nick()));
  return {.lines = {fmt::format("that is not pinned in {} any more", in.name())}};
}

pin_answer list(hub& of, const person& by, room& in) {
  pin_answer answer;
  for (const pinned_message& one : pins_of(of, by, in)) answer.lines.push_back(line_of(one));
  if (answer.lines.empty()) answer.lines.push_back(fmt::format("nothing is pinned in {}", in.name()));
  return answer;
}

}  // namespace

std::vector<pinned_message> pins_of(hub& of, const person& reader, room& in) {
  std::vector<pinned_message> all;
  std::size_t number = 0;
  const std::vector<pin> kept = kept_pins(of.kept(), in);
  if (kept.empty()) return all;
  const entry_id since = first_for(of, reader, in);
  for (const pin& one : kept) {
    ++number;
    if (one.id < since) continue;
    if (std::optional<stored_entry> said = of.kept().find(in.key(), one.id); said && is_said(*said))
      all.push_back({.number = number, .its = one, .said = *std::move(said)});
  }
  return all;
}

std::string line_of(const pinned_message& one) {
  return fmt::format("{}: <{}> {}", one.number, nick_of(one.said), shown(one.said));
}

pin_answer obey_pin_command(hub& of, const person& by, room& in, std::string_view text) {
  if (!by.is_in(in) && !by.is_console && !by.may(permission::rooms))
    return refuse(fmt::format("you are not in {}", in.name()));
  const std::string_view what = take_word(text);
  if (what.empty() || (same_name(what, "LIST") && text.empty())) return list(of, by, in);
  if (!by.is_console && !by.may(permission::rooms) && !in.has_at_least(by, half_operator))
    return refuse(fmt::format("only operators of {} pin something", in.name()));
  if (same_name(what, "ADD") && !text.empty()) return add(of, by, in, text);
  if (same_name(what, "DEL") && !text.empty()) return take_off(of, by, in, text);
  return refuse("pins have LIST, ADD MSGID|WORDS, and DEL NUMBER");
}

void rename_pinners(store& in, const std::function<bool(const author&)>& are_meant, std::string_view called) {
  in.each(kind, [&](std::string_view room, std::string_view text) {
    std::vector<pin> all = from_record(text);
    bool is_changed = false;
    for (pin& one : all)
      if (are_meant(one.its)) one.by = called, one.its = {}, is_changed = true;
    if (is_changed) in.put(kind, room, to_record(all));
  });
}

}  // namespace parlance::chat
