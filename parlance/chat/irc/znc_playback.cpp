// What was said, for clients of ZNC's playback (znc.in/playback; https://wiki.znc.in/Playback): they tell *playback
// until when they have everything.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/irc/history_reading.hpp>
#include <parlance/chat/irc/services.hpp>

namespace parlance::chat::irc {
namespace {

using arguments = service_command::words;

/// Seconds since 1970, with a fraction; as milliseconds.
std::optional<std::uint64_t> parse_seconds(std::string_view text) {
  double seconds = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, seconds, std::chars_format::fixed);
  if (error != std::errc() || at != end || !(seconds >= 0) || seconds > 1e11) return {};
  return static_cast<std::uint64_t>(std::floor(seconds * 1000 + 0.0005));
}

std::string as_seconds(std::uint64_t milliseconds) {
  return fmt::format("{}.{:03}", milliseconds / 1000, milliseconds % 1000);
}

/// The rooms one is in and the private talks, or those of them that a list names. Throws store_error.
std::vector<readable_history> find_all(irc_client& by, std::string_view list) {
  hub& chat = by.chat();
  std::vector<readable_history> all;
  if (list != "*") {
    for (const std::string_view name : items_of(list, ','))
      if (all.size() < by.bounds().targets)
        if (std::optional<readable_history> one = find_history(chat, *by.who(), name))
          all.push_back(*std::move(one));
    return all;
  }
  for (const person::seat& s : by.who()->seats()) all.push_back(history_of(chat, *by.who(), *s.in));
  std::ranges::move(talks_of(chat, *by.who()), std::back_inserter(all));
  return all;
}

void play(irc_client& by, const arguments& given) {
  hub& chat = by.chat();
  const auto from = given.size() > 1 ? parse_seconds(given[1]) : std::optional<std::uint64_t>(0);
  const auto to = given.size() > 2 ? parse_seconds(given[2]) : std::optional<std::uint64_t>(0);
  if (!from || !to) return notice(by, playback_service, "A time is seconds since 1970, as 1700000000.5");
  entry_range which{.limit = chat.configured().history.max_answer, .kinds = said_kinds};
  if (*from != 0) which.after = chat.clock().places_of(*from).last;
  if (*to != 0) which.before = chat.clock().places_of(*to).first;
  std::size_t room_left = by.bounds().sendq / 2;
  for (const readable_history& one : find_all(by, given[0])) {
    const std::vector<stored_entry> said = read_history(chat, one, which);
    if (said.empty()) continue;
    const std::string batch = by.open_batch("znc.in/playback", {one.name});
    const std::string lines = history_lines(by, said, one, batch);
    by.answer_past(lines, {});
    by.close_batch(batch);
    if (lines.size() >= room_left) break;
    room_left -= lines.size();
  }
}

/// What there is, and from when to when.
void list(irc_client& by, const arguments& given) {
  using end = entry_range::end;
  hub& chat = by.chat();
  const std::string source = prefix_of(playback_service, chat);
  for (const readable_history& one : find_all(by, given.empty() ? "*" : std::string_view(given[0]))) {
    const std::vector<stored_entry> first =
        read_history(chat, one, {.limit = 1, .from = end::oldest, .kinds = said_kinds});
    const std::vector<stored_entry> last = read_history(chat, one, {.limit = 1, .kinds = said_kinds});
    if (first.empty() || last.empty()) continue;
    by.answer_as(source, "PRIVMSG",
                 {by.nick(), fmt::format("{} {} {}", one.name, as_seconds(first[0].time / 1000),
                                         as_seconds(last[0].time / 1000))});
  }
}

/// At the cost of who asks.
template <void (*read)(irc_client&, const arguments&)> void paid(irc_client& by, const arguments& given) {
  if (!by.chat().configured().history.enabled) return notice(by, playback_service, "Nothing is kept here");
  if (!may_read_history(by)) return notice(by, playback_service, "Please wait a while and try again");
  const paid_history_reading work(by);
  by.chat().count.history_queries.add();
  try {
    read(by, given);
  } catch (const store_error&) {
    notice(by, playback_service, "Messages could not be retrieved");
  }
}

constexpr auto commands = std::to_array<service_command>({
    {"PLAY", paid<play>, 1, 3, "*|#channel,nick... [after [before]]",
     "shows what was said there, between two times in seconds since 1970"},
    {"LIST", paid<list>, 0, 1, "[*|#channel,nick...]",
     "shows where something was said, and the times of the first and the last of it"},
});

}  // namespace

constinit const service playback_service{
    .nick = "*playback", .commands = commands, .is_told_passwords = false};

}  // namespace parlance::chat::irc
