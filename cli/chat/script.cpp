#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include <parlance/io/combinators.hpp>
#include <parlance/io/descriptor.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>

#include <cli/base/standard_streams.hpp>
#include <cli/base/stop_signal.hpp>
#include <cli/base/verb.hpp>
#include <cli/chat/script.hpp>

namespace parlance::cli {
namespace {

constexpr io::duration let_in_after = std::chrono::seconds(60);
/// Of messages that are not kept yet; then no more is read from stdin.
constexpr std::size_t most_unsaid = 100;
/// Bytes of a line that has no end yet; then it is said.
constexpr std::size_t longest_unended = std::size_t{64} * 1024;

std::string_view name_of(chat_entry::kind what) {
  switch (what) {
    case chat_entry::kind::action:
      return "action";
    case chat_entry::kind::notice:
      return "notice";
    default:
      return "message";
  }
}

std::string json_of(std::string_view room, const chat_entry& one) {
  nlohmann::ordered_json line;
  line["time"] = stamp_of(one.time);
  line["room"] = room;
  line["kind"] = name_of(one.what);
  line["nick"] = one.nick;
  line["text"] = one.text;
  if (!one.id.empty()) line["id"] = one.id;
  if (one.more && !one.more->reply_to.empty()) line["reply_to"] = one.more->reply_to;
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

/// What a line of IRC cannot have.
void append_sayable(std::string& text, std::string_view bytes) {
  for (const char c : bytes)
    if (c != '\r' && c != '\0') text += c;
}

/// Where the last character of UTF-8 begins, which may not be whole.
std::size_t before_last_character(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) --at;
  return at;
}

}  // namespace

chat_script::chat_script(network_options in, options how)
    : how_(how),
      network_(in.name(), std::move(in.who), in.rooms, *this),
      connection_(std::move(in.connection), network_) {
  for (const std::string& room : in.rooms) places_.push_back({.room = room.substr(0, room.find(' '))});
}

io::task<int> chat_script::run() {
  stop_signal stop;
  io::scope work;
  work.spawn(stop.cancels(work));
  work.spawn([&]() -> io::task<void> {
    co_await connection_.run();
    ended_.set();
  });
  work.spawn([&]() -> io::task<void> {
    co_await come_in();
    if (how_.what == job::say)
      co_await say();
    else
      co_await print();
    network_.quit("done");
    connection_.leave();
    co_await ended_;
    work.cancel();
  });
  co_await work.join();
  co_return stop.came() ? interrupted : was_refused_ ? failure : success;
}

void chat_script::dropped(chat_network&, conversation& which) {
  if (put_out_.empty()) put_out_ = fmt::format("not in {} any more", which.name);
}

void chat_script::kept_out(chat_network&, const std::string& room, const std::string& why) {
  if (put_out_.empty()) put_out_ = fmt::format("{}: {}", room, why);
  changed_.set();
}

/// Throws where it cannot go on.
void chat_script::check() const {
  if (network_.is_refused()) throw complaint(failure, network_.reason());
  if (!network_.was_in() && connection_.failure()) std::rethrow_exception(connection_.failure());
  if (!put_out_.empty()) throw complaint(failure, put_out_);
}

io::task<void> chat_script::come_in() {
  const auto into_all = [this]() -> io::task<void> {
    for (;;) {
      changed_.reset();
      check();
      const bool is_in = std::ranges::all_of(places_, [this](const place& one) {
        const conversation* const there = network_.find(one.room);
        return there && there->is_joined && there->is_current;
      });
      if (is_in) co_return;
      co_await changed_;
    }
  };
  const auto first = co_await io::race(into_all(), io::sleep(let_in_after));
  if (first.index() != 0) throw complaint(timed_out, "the server does not let us into the room");
}

// --- saying

io::task<void> chat_script::say() {
  io::input typed(STDIN_FILENO);
  std::string text;
  for (std::string_view bytes; !(bytes = co_await typed.read()).empty();) {
    append_sayable(text, bytes);
    std::size_t whole = text.rfind('\n') + 1;
    if (whole == 0 && text.size() > longest_unended) whole = before_last_character(text);
    co_await say_all(std::string_view(text).substr(0, whole));
    text.erase(0, whole);
  }
  co_await say_all(text);
  const auto kept = co_await io::race(until_unsaid(0), io::sleep(how_.patience));
  if (kept.index() != 0)
    throw complaint(timed_out,
                    "what was said last may not be kept: the server has not told in time (--wait)");
}

io::task<void> chat_script::say_all(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  if (text.empty()) co_return;
  for (const place& one : places_)
    if (conversation* const there = network_.find(one.room)) network_.say(*there, text);
  co_await until_unsaid(most_unsaid);
}

io::task<void> chat_script::until_unsaid(std::size_t most) {
  for (;;) {
    changed_.reset();
    check();
    tell_refused();
    std::size_t unsaid = 0;
    for (const place& one : places_)
      if (const conversation* const there = network_.find(one.room)) unsaid += there->pending.size();
    if (unsaid <= most) co_return;
    co_await changed_;
  }
}

/// What the server does not take, with the reason; what follows may be taken.
void chat_script::tell_refused() {
  for (const place& in : places_) {
    conversation* const there = network_.find(in.room);
    if (!there) continue;
    for (std::size_t at = 0; at < there->pending.size();) {
      if (!there->pending[at].refused) {
        ++at;
        continue;
      }
      const std::string& text = there->pending[at].text;
      tell(fmt::format("parlance chat: not said in {}: {}: {}", in.room, *there->pending[at].refused,
                       text.substr(0, text.find('\n'))),
           std::chrono::milliseconds(100));
      was_refused_ = true;
      network_.give_up(*there, at);
    }
  }
}

// --- printing

io::task<void> chat_script::print() {
  printer out;
  for (;;) {
    changed_.reset();
    std::string lines;
    for (place& one : places_) lines += new_lines(one);
    if (!lines.empty()) co_await out.print(lines);
    check();
    co_await changed_;
  }
}

std::string chat_script::new_lines(place& in) {
  const conversation* const there = network_.find(in.room);
  if (!there) return {};
  std::vector<std::string> lines;
  std::size_t before = 0;  // of what was said before one came in
  take_new(*there, in.to, [&](const chat_entry& one, const std::string& line) {
    if (one.what == chat_entry::kind::joined && network_.session().is_me(one.nick)) before = lines.size();
    if (one.is_said()) lines.push_back(how_.what == job::print_json ? json_of(there->name, one) : line);
  });
  const std::size_t skipped = std::exchange(in.has_begun, true) ? 0 : before - std::min(before, how_.last);
  std::string text;
  for (std::size_t at = skipped; at < lines.size(); ++at) text += lines[at];
  return text;
}

}  // namespace parlance::cli
