#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/race.hpp>
#include <parlance/net/socket_options.hpp>

namespace parlance::net {
namespace {

constexpr io::duration longest_pause = std::chrono::milliseconds(50);

/// What the attempts share.
struct course {
  std::unique_ptr<io::socket> winner;
  std::error_code last_failure;
  std::size_t running = 0;
  io::event changed;  // an attempt has ended
};

/// Where nobody listens at a port from which this machine's callers get theirs, TCP may give a caller that
/// very port, and connect it to itself (RFC 9293, section 3.5: simultaneous open).
bool is_self_connected(const io::socket& socket, const endpoint& to) {
  return to.family() != AF_UNIX && socket.local() == socket.remote();
}

io::task<void> run(attempt& mine, course& with) {
  std::error_code failed;
  try {
    std::unique_ptr<io::socket> socket = io::loop::current().kernel().open(mine.to.family(), SOCK_STREAM);
    prepare_stream_socket(*socket, mine.to.family());
    for (io::duration pause = std::chrono::milliseconds(1);; pause = std::min(pause * 2, longest_pause)) {
      io::connect_operation connecting(*socket, mine.to);
      co_await connecting;
      failed = connecting.error;
      // A Unix socket whose queue of callers is full, which nobody tells of when there is room.
      if (failed != io::from_errno(EAGAIN) || mine.to.family() != AF_UNIX) break;
      co_await io::sleep(pause);
    }
    if (!failed && is_self_connected(*socket, mine.to)) failed = io::from_errno(ECONNREFUSED);
    if (!failed && !with.winner) with.winner = std::move(socket);
  } catch (const io::error& e) {
    failed = e.code();
  }
  if (failed) with.last_failure = failed;
  mine.outcome = failed ? io::reason(failed) : "connected";
  --with.running;
  with.changed.set();
}

io::task<void> wait_for(io::event& e) { co_await e; }

/// Until the delay is over or an attempt has ended, whichever comes first.
io::task<void> wait_for_turn(course& with, io::duration delay) {
  if (with.changed.is_set()) co_return;
  try {
    co_await io::timeout(delay, wait_for(with.changed));
  } catch (const io::error& e) {
    if (e.code() != io::errc::timed_out || io::context::current().cancelled()) throw;
  }
}

}  // namespace

std::vector<endpoint> interleave(const std::vector<endpoint>& sorted) {
  std::vector<endpoint> first, second;
  for (const endpoint& e : sorted) (e.family() == sorted.front().family() ? first : second).push_back(e);
  std::vector<endpoint> turns;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) turns.push_back(first[i]);
    if (i < second.size()) turns.push_back(second[i]);
  }
  return turns;
}

std::string outcomes(const std::vector<attempt>& all) {
  std::string text;
  for (const attempt& one : all)
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", one.to.to_string(), one.outcome);
  return text;
}

io::task<std::unique_ptr<io::socket>> race(std::vector<endpoint> addresses, io::duration delay,
                                           std::vector<attempt>& log) {
  log.reserve(addresses.size());  // its elements stay where they are
  course with;
  io::scope attempts;
  for (const endpoint& to : addresses) {
    with.changed.reset();
    ++with.running;
    attempts.spawn(run(log.emplace_back(attempt{to}), with));
    if (&to != &addresses.back()) co_await wait_for_turn(with, delay);
    if (with.winner) co_return std::move(with.winner);
  }
  while (!with.winner && with.running != 0) {
    with.changed.reset();
    co_await with.changed;
  }
  if (with.winner) co_return std::move(with.winner);
  throw io::error(with.last_failure, "connect", outcomes(log));
}

}  // namespace parlance::net
