#include <fmt/core.h>

#include <ctime>
#include <utility>

#include <parlance/chat/core/missed.hpp>
#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/plain/history.hpp>
#include <parlance/chat/plain/plain.hpp>

namespace parlance::chat {
namespace {

std::tm local_time(std::uint64_t microseconds) {
  const auto seconds = static_cast<std::time_t>(microseconds / 1'000'000);
  std::tm at{};
  localtime_r(&seconds, &at);
  return at;
}

std::string time_mark(std::uint64_t at, std::uint64_t now) {
  const std::tm then = local_time(at), today = local_time(now);
  if (then.tm_year == today.tm_year && then.tm_yday == today.tm_yday)
    return fmt::format("[{:02}:{:02}] ", then.tm_hour, then.tm_min);
  return fmt::format("[{}-{:02}-{:02} {:02}:{:02}] ", then.tm_year + 1900, then.tm_mon + 1, then.tm_mday,
                     then.tm_hour, then.tm_min);
}

}  // namespace

void append_plain_history(std::string& out, const stored_entry& e, std::string_view room, std::uint64_t now) {
  std::string lines;
  append_plain(lines, replayed(e, room).what());
  const std::string mark = time_mark(e.time, now);
  for (std::string_view rest = lines; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n') + 1);
    rest.remove_prefix(line.size());
    out += mark;
    out += line;
  }
}

std::string plain_missed(client& to) {
  std::string all;
  hub& chat = to.chat();
  if (to.missed_since == 0) return all;
  const std::vector<missed_talk> missed = read_missed(chat, *to.who(), to.missed_since);
  chat.missed_is_shown(to);
  for (const missed_talk& talk : missed) {
    all += plain_notice(talk.from.in ? fmt::format("missed in {}:", talk.from.name)
                                     : fmt::format("missed from {}:", talk.from.name));
    const std::string_view room = talk.from.in ? std::string_view(talk.from.name) : std::string_view();
    for (const stored_entry& e : talk.said) append_plain_history(all, e, room, chat.clock().now());
  }
  return all;
}

std::string plain_history(hub& of, const person& reader, room& in, std::size_t most) {
  std::string all;
  if (most == 0) return all;
  for (const stored_entry& e :
       read_history(of, history_of(of, reader, in), {.limit = most, .kinds = said_kinds}))
    append_plain_history(all, e, in.name(), of.clock().now());
  return all;
}

}  // namespace parlance::chat
