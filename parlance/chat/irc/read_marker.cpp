// How far somebody has read: MARKREAD (IRCv3 draft/read-marker). An account's markers are kept; those of who
// has none are the connection's own. Each is a place in the history, in milliseconds, as what is said there has its
// times: so that it stays with that when the clock is set back.
#include <fmt/core.h>

#include <charconv>
#include <map>
#include <optional>

#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/read_marker.hpp>
#include <parlance/chat/store/record_kinds.hpp>

namespace parlance::chat::irc {
namespace {

constexpr std::size_t most_markers = 1000;  // of one account, or one connection

/// By folded target.
struct own_markers final : irc_client::extension {
  std::map<std::string, std::uint64_t, std::less<>> all;
};

std::string key_of(const irc_client& by, std::string_view target) {
  return fmt::format("{} {}", identity_of(*by.who()), folded(target));
}

/// 0: nothing has been read.
std::uint64_t read_until(irc_client& by, std::string_view target) {
  if (by.who()->account.empty()) {
    const auto* const own = static_cast<own_markers*>(by.read_marks.get());
    if (!own) return 0;
    const auto found = own->all.find(folded(target));
    return found == own->all.end() ? 0 : found->second;
  }
  std::uint64_t marker = 0;
  if (const std::optional<std::string> kept =
          by.chat().kept().get(record_kinds::read_marker, key_of(by, target)))
    std::from_chars(kept->data(), kept->data() + kept->size(), marker);
  return marker;
}

/// False: there are too many. `is_new`: the target has none yet. Throws store_error: it is as it was.
bool mark(irc_client& by, std::string_view target, std::uint64_t marker, bool is_new) {
  if (by.who()->account.empty()) {
    if (!by.read_marks) by.read_marks = std::make_unique<own_markers>();
    auto& all = static_cast<own_markers&>(*by.read_marks).all;
    if (is_new && all.size() >= most_markers) return false;
    all[folded(target)] = marker;
    return true;
  }
  store& kept = by.chat().kept();
  if (is_new) {
    std::size_t count = 0;
    kept.each(record_kinds::read_marker, identity_of(*by.who()) + ' ',
              [&](std::string_view, std::string_view) { ++count; });
    if (count >= most_markers) return false;
  }
  // Its clients take it for read from then on.
  kept.keep_now([&] { kept.put(record_kinds::read_marker, key_of(by, target), std::to_string(marker)); });
  return true;
}

void tell(irc_client& to, std::string_view target, std::uint64_t marker) {
  std::string text = "*";
  if (marker != 0) {
    text = "timestamp=";
    append_time(text, to.chat().clock().time_of(marker * 1000 + 999));
  }
  to.answer("MARKREAD", {target, text});
}

void set(irc_client& by, std::string_view target, std::uint64_t time) {
  const clock& its = by.chat().clock();
  const std::uint64_t before = read_until(by, target);
  // Nobody has read what is not said yet.
  const entry_id last = std::min(its.places_of(time).last, its.places_of(its.milliseconds()).last);
  const std::uint64_t marker = last / 1000;
  if (marker <= before) return tell(by, target, before);
  if (!mark(by, target, marker, before == 0))
    return by.fail("MARKREAD", "INTERNAL_ERROR", {target}, "There are too many markers");
  tell(by, target, marker);
  for (client* c : by.who()->clients())
    if (auto* const other = dynamic_cast<irc_client*>(c);
        other && other != &by && other->has(capability::read_marker))
      tell(*other, target, marker);
}

}  // namespace

void markread(irc_client& by, const message& m) {
  const std::string_view target = m.param(0), given = m.param(1);
  const limits& bounds = by.bounds();
  if (target.empty()) return by.fail("MARKREAD", "NEED_MORE_PARAMS", {}, "Missing parameters");
  if (!is_room_name(target, bounds.room_name) && !is_name(target, bounds.name))
    return by.fail("MARKREAD", "INVALID_PARAMS", {target}, "Invalid target");
  constexpr std::string_view prefix = "timestamp=";
  std::optional<std::uint64_t> time;
  if (m.param_count() > 1) {
    if (given.starts_with(prefix)) time = parse_time(given.substr(prefix.size()));
    if (!time) return by.fail("MARKREAD", "INVALID_PARAMS", {target, given}, "Invalid timestamp");
  }
  try {
    return time ? set(by, target, *time) : tell(by, target, read_until(by, target));
  } catch (const store_error&) {
    by.fail("MARKREAD", "INTERNAL_ERROR", {target}, "The read timestamp could not be set");
  }
}

void tell_read_marker(irc_client& to, const room& of) {
  if (!to.has(capability::read_marker)) return;
  std::uint64_t marker = 0;
  try {
    marker = read_until(to, of.name());
  } catch (const store_error&) {
    // It is as good as unknown.
  }
  tell(to, of.name(), marker);
}

std::map<std::string, std::uint64_t, std::less<>> read_by(const irc_client& of) {
  if (!of.read_marks) return {};
  return static_cast<const own_markers&>(*of.read_marks).all;
}

void go_on_having_read(irc_client& as, std::map<std::string, std::uint64_t, std::less<>> all) {
  if (all.empty()) return;
  auto own = std::make_unique<own_markers>();
  own->all = std::move(all);
  as.read_marks = std::move(own);
}

void move_own_read_marker(irc_client& of, std::string_view from, std::string_view to) {
  auto* const own = static_cast<own_markers*>(of.read_marks.get());
  if (!own) return;
  auto marker = own->all.extract(folded(from));
  if (!marker) return;
  marker.key() = folded(to);
  own->all.insert(std::move(marker));
}

}  // namespace parlance::chat::irc
