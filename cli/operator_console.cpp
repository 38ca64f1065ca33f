#include "operator_console.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <vector>

#include <parlance/chat/plain.hpp>
#include <parlance/chat/plain_command.hpp>
#include <parlance/chat/text.hpp>

namespace parlance::cli {
namespace {

constexpr std::string_view help =
    "-- anything else          is said to the lobby\n"
    "-- /to NAME TEXT          whisper to one caller\n"
    "-- /me ACTION             act, as in: * operator waves\n"
    "-- /who                   who is connected, from where, for how long, and how the connection fares\n"
    "-- /kick NAME [REASON]    put a caller out\n"
    "-- /rooms                 the rooms, with how many are in each, and their topics\n"
    "-- /topic ROOM [TEXT]     what a room's topic is, or shall be\n"
    "-- /stats                 people, rooms, messages, memory, and how long the disk takes\n"
    "-- /reload                read the configuration and the certificate again\n"
    "-- //TEXT                 say something that starts with a slash\n"
    "-- /help                  this\n"
    "-- /quit                  say goodbye to everybody and end the server\n";

std::string_view take_word(std::string_view& rest) {
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return word;
}

/// What this process has in memory; 0 when the kernel does not tell (proc_pid_statm(5)).
double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t all = 0, resident = 0;
  file >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

/// "7s", "12m", "3h04m", "2d03h"
std::string age(io::duration length) {
  const auto s = std::chrono::duration_cast<std::chrono::seconds>(length).count();
  if (s < 60) return fmt::format("{}s", s);
  if (s < 3600) return fmt::format("{}m{:02}s", s / 60, s % 60);
  if (s < 86400) return fmt::format("{}h{:02}m", s / 3600, s / 60 % 60);
  return fmt::format("{}d{:02}h", s / 86400, s / 3600 % 24);
}

/// tcpi_state, by the names of RFC 9293 and ss(8).
std::string_view state_name(unsigned state) {
  constexpr std::array<std::string_view, 12> names = {"-",          "established", "syn-sent",  "syn-recv",
                                                      "fin-wait-1", "fin-wait-2",  "time-wait", "closed",
                                                      "close-wait", "last-ack",    "listen",    "closing"};
  return state < names.size() ? names[state] : "-";
}

std::string row(const chat::caller_info& c) {
  const std::string name = c.name.empty() ? "(not in)" : c.name;
  if (!c.tcp)
    return fmt::format("-- {:<16} {:<24} {:>9} {:>9} {:>12} {:>9} {:>7}\n", name, c.from, age(c.connected),
                       age(c.idle), "-", "-", "-");
  return fmt::format("-- {:<16} {:<24} {:>9} {:>9} {:>12} {:>6.2f} ms {:>7}\n", name, c.from,
                     age(c.connected), age(c.idle), state_name(c.tcp->tcpi_state), c.tcp->tcpi_rtt / 1000.0,
                     c.tcp->tcpi_total_retrans);
}

}  // namespace

operator_console::operator_console(chat::server& server, console& at)
    : server_(server),
      console_(at),
      window_(server.chat(), *this, {.address = "console", .from = "console"}) {
  window_.hear(false, !console_.edits());
  server_.chat().enter_operator(window_);
}

void operator_console::deliver(chat::outgoing batch) {
  for (const chat::piece& p : batch.pieces()) console_.print(p.view());
}

bool operator_console::obey(std::string_view typed) {
  using verb = chat::plain_command::verb;
  const std::string line = chat::sanitize(typed);
  if (line.find_first_not_of(' ') == std::string::npos) return true;
  if (line.size() > server_.bounds().line) {
    window_.write(chat::plain_too_long(server_.bounds().line));
    return true;
  }
  std::string_view rest = line;
  const std::string_view word = take_word(rest);
  if (word == "/quit") return false;
  if (word == "/who") return show_callers(), true;
  if (word == "/kick") {
    const std::string_view name = take_word(rest);
    return kick(name, rest), true;
  }
  if (word == "/rooms") return show_rooms(), true;
  if (word == "/topic") {
    const std::string_view room = take_word(rest);
    return set_topic(room, rest), true;
  }
  if (word == "/stats") return show_statistics(), true;
  if (word == "/reload") {
    if (server_.chat().on_rehash) server_.chat().on_rehash();
    return true;
  }
  if (word == "/help") return window_.write(help), true;

  const chat::plain_command asked = chat::parse_plain(line);
  switch (asked.what) {
    case verb::say:
    case verb::act:
    case verb::whisper:
    case verb::incomplete:
      if (const std::string text = chat::respond(window_, line).text; !text.empty()) console_.print(text);
      break;
    case verb::quit:  // a lone q ends a caller's visit, but not the server
      server_.chat().say(window_, chat::lobby, {.text = line});
      break;
    default:
      window_.write(chat::plain_notice(fmt::format("there is no {} here; /help tells what there is", word)));
  }
  return true;
}

void operator_console::show_callers() {
  const std::vector<chat::caller_info> all = server_.callers();
  std::string text =
      fmt::format("-- {:<16} {:<24} {:>9} {:>9} {:>12} {:>9} {:>7}\n",
                  fmt::format("{} connected", all.size()), "from", "since", "idle", "tcp", "rtt", "retrans");
  for (const chat::caller_info& c : all) text += row(c);
  window_.write(text);
}

void operator_console::show_rooms() {
  std::vector<const chat::room*> all;
  for (const auto& [name, r] : server_.chat().rooms()) all.push_back(r.get());
  std::sort(all.begin(), all.end(), [](const auto* a, const auto* b) { return a->name() < b->name(); });
  std::string text = fmt::format("-- {:<24} {:>6}  topic\n", fmt::format("{} rooms", all.size()), "people");
  for (const chat::room* r : all)
    text += fmt::format("-- {:<24} {:>6}  {}\n", r->name(), r->seats().size(), r->topic.text);
  window_.write(text);
}

void operator_console::set_topic(std::string_view room_name, std::string_view text) {
  chat::hub& chat = server_.chat();
  if (room_name.empty()) return window_.write(chat::plain_notice("/topic needs more: /topic ROOM [TEXT]"));
  chat::room* const r = chat.find_room(room_name);
  if (!r) return window_.write(chat::plain_notice(fmt::format("there is no room {}", room_name)));
  if (text.size() > server_.bounds().topic)
    return window_.write(
        chat::plain_notice(fmt::format("a topic has {} bytes at most", server_.bounds().topic)));
  if (!text.empty()) chat.set_topic(window_.who()->as_source(), *r, text);
  window_.write(chat::plain_notice(r->topic.text.empty()
                                       ? fmt::format("{} has no topic", r->name())
                                       : fmt::format("the topic of {} is: {}", r->name(), r->topic.text)));
}

void operator_console::show_statistics() {
  chat::hub& chat = server_.chat();
  const chat::metrics& m = chat.count;
  const std::uint64_t commits = m.commits.value();
  const double each =
      commits == 0 ? 0
                   : static_cast<double>(m.commit_time.nanoseconds()) / 1e6 / static_cast<double>(commits);
  window_.write(
      fmt::format("-- people   {}, by {} connections\n"
                  "-- rooms    {}\n"
                  "-- messages {}, told {} times\n"
                  "-- bytes    {} received, {} sent, {} waiting to be\n"
                  "-- memory   {:.1f} MiB\n"
                  "-- commits  {}, of {:.3f} ms on average; {} failed\n",
                  chat.people().size(), server_.callers().size(), chat.rooms().size(), m.messages_in.value(),
                  m.deliveries.value(), m.bytes_in.value(), m.bytes_out.value(), m.queued_bytes.value(),
                  resident_bytes() / 1048576.0, commits, each, m.store_errors.value()));
}

void operator_console::kick(std::string_view name, std::string_view reason) {
  if (name.empty()) return window_.write(chat::plain_notice("/kick needs more: /kick NAME [REASON]"));
  chat::person* const whom = server_.chat().find(name);
  if (!whom || whom == window_.who())
    return window_.write(chat::plain_notice(explain(chat::outcome::no_such_person, name, server_.bounds())));
  const std::string called = whom->nick();
  server_.chat().remove(*whom, reason.empty() ? std::string_view("kicked by the operator") : reason);
  window_.write(chat::plain_notice(fmt::format("{} is put out", called)));
}

}  // namespace parlance::cli
