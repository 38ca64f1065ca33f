// What the operator is shown: callers, rooms, and numbers.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

#include <parlance/chat/core/room_modes.hpp>
#include <parlance/chat/plain/plain.hpp>

#include <cli/serve/operator_console.hpp>
#include <cli/serve/operator_words.hpp>
#include <cli/serve/samples.hpp>

namespace parlance::cli {
namespace {

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

std::int64_t count_of(const auto& all) { return static_cast<std::int64_t>(all.size()); }

operator_answer::thing known_of(const chat::caller_info& c) {
  const auto seconds = [](io::duration length) { return std::chrono::duration<double>(length).count(); };
  operator_answer::thing known = {
      {"name", c.name}, {"from", c.from}, {"connected", seconds(c.connected)}, {"idle", seconds(c.idle)}};
  if (c.tcp) {
    known.emplace_back("tcp", std::string(state_name(c.tcp->tcpi_state)));
    known.emplace_back("rtt", c.tcp->tcpi_rtt / 1e6);
    known.emplace_back("retransmissions", static_cast<std::int64_t>(c.tcp->tcpi_total_retrans));
  }
  return known;
}

std::vector<std::string> masks_of(const std::vector<chat::list_entry>& list) {
  std::vector<std::string> masks;
  for (const chat::list_entry& e : list) masks.push_back(e.mask);
  return masks;
}

/// By rank and name.
std::vector<chat::room::seat> seats_of(const chat::room& r) {
  std::vector<chat::room::seat> seats = r.seats();
  std::ranges::sort(seats, [](const auto& a, const auto& b) {
    return a.ranks != b.ranks ? a.ranks > b.ranks : a.who->nick() < b.who->nick();
  });
  return seats;
}

/// Those who are in it, in as many lines as it takes.
std::string people_of(const chat::room& r) {
  constexpr std::size_t width = 72;
  std::string text;
  std::size_t line = width;
  for (const chat::room::seat& s : seats_of(r)) {
    const std::string name = chat::prefixes_of(s.ranks, false) + s.who->nick();
    if (line + name.size() >= width) text += "\n--  ", line = 0;
    text += ' ' + name;
    line += name.size() + 1;
  }
  return text + '\n';
}

std::string lists_of(const chat::room& r) {
  std::string text;
  const auto tell = [&](char letter, const std::vector<chat::list_entry>& list) {
    for (const chat::list_entry& e : list)
      text += fmt::format("-- +{} {}, by {} on {}\n", letter, e.mask, e.set_by, date(e.set_at));
  };
  tell('b', r.bans);
  tell('e', r.exceptions);
  tell('I', r.invitations);
  for (const chat::room::ranked_account& one : r.ranked_accounts)
    text += fmt::format("-- +{} for the account {}\n", chat::letters_of(one.ranks), one.name);
  return text;
}

}  // namespace

void operator_console::show_callers(std::string_view) {
  const std::vector<chat::caller_info> all = server_.callers();
  std::string text =
      fmt::format("-- {:<16} {:<24} {:>9} {:>9} {:>12} {:>9} {:>7}\n",
                  fmt::format("{} connected", all.size()), "from", "since", "idle", "tcp", "rtt", "retrans");
  for (const chat::caller_info& c : all) {
    text += row(c);
    answer_.things.push_back(known_of(c));
  }
  answer_.text += text;
}

void operator_console::show_rooms(std::string_view) {
  std::vector<const chat::room*> all;
  for (const auto& [name, r] : server_.chat().rooms().all()) all.push_back(r.get());
  std::sort(all.begin(), all.end(), [](const auto* a, const auto* b) { return a->name() < b->name(); });
  std::string text = fmt::format("-- {:<24} {:>6}  topic\n", fmt::format("{} rooms", all.size()), "people");
  for (const chat::room* r : all) {
    text += fmt::format("-- {:<24} {:>6}  {}\n", r->name(), r->seats().size(), r->topic.text);
    answer_.things.push_back(
        {{"room", r->name()}, {"people", count_of(r->seats())}, {"topic", r->topic.text}});
  }
  answer_.text += text;
}

void operator_console::tell_about(const chat::room& r) {
  std::string text = fmt::format("-- {} {}, made {}", r.name(), modes_of(r, false), date(r.created));
  text += r.founder_account.empty() ? "\n" : fmt::format(", registered to {}\n", r.founder_account);
  if (!r.topic.text.empty())
    text += fmt::format("-- topic: {} (by {} on {})\n", r.topic.text, r.topic.set_by, date(r.topic.set_at));
  text += lists_of(r);
  text += fmt::format("-- {} there", r.seats().size()) + people_of(r);
  answer_.text += text;
  std::vector<std::string> people;
  for (const chat::room::seat& s : seats_of(r))
    people.push_back(chat::prefixes_of(s.ranks, false) + s.who->nick());
  answer_.things.push_back({{"room", r.name()},
                            {"modes", modes_of(r, false)},
                            {"created", r.created},
                            {"founder", r.founder_account},
                            {"topic", r.topic.text},
                            {"bans", masks_of(r.bans)},
                            {"exceptions", masks_of(r.exceptions)},
                            {"invitations", masks_of(r.invitations)},
                            {"people", std::move(people)}});
}

void operator_console::show_statistics(std::string_view) {
  chat::hub& chat = server_.chat();
  const chat::metrics& m = chat.count;
  const std::uint64_t commits = m.commits.value();
  const double each =
      commits == 0 ? 0
                   : static_cast<double>(m.commit_time.nanoseconds()) / 1e6 / static_cast<double>(commits);
  answer_.text += fmt::format(
      "-- people   {}, by {} connections\n"
      "-- rooms    {}\n"
      "-- messages {}, told {} times\n"
      "-- bytes    {} received, {} sent, {} waiting to be\n"
      "-- memory   {:.1f} MiB\n"
      "-- commits  {}, of {:.3f} ms on average; {} failed\n",
      chat.people().all().size(), server_.callers().size(), chat.rooms().all().size(), m.messages_in.value(),
      m.deliveries.value(), m.bytes_in.value(), m.bytes_out.value(), m.queued_bytes.value(),
      static_cast<double>(resident_bytes()) / 1048576.0, commits, each, m.store_errors.value());
  const auto number = [](std::uint64_t n) { return static_cast<std::int64_t>(n); };
  answer_.things.push_back({{"people", count_of(chat.people().all())},
                            {"connections", count_of(server_.callers())},
                            {"rooms", count_of(chat.rooms().all())},
                            {"messages", number(m.messages_in.value())},
                            {"deliveries", number(m.deliveries.value())},
                            {"bytes_received", number(m.bytes_in.value())},
                            {"bytes_sent", number(m.bytes_out.value())},
                            {"bytes_waiting", number(m.queued_bytes.value())},
                            {"resident_bytes", number(resident_bytes())},
                            {"commits", number(commits)},
                            {"commit_seconds", each / 1e3},
                            {"store_errors", number(m.store_errors.value())}});
}

}  // namespace parlance::cli
