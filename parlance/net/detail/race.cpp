#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include <parlance/io/combinators.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/mutex.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/detail/race.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/socket_options.hpp>

namespace parlance::net {
namespace {

/// What the attempts share.
struct course {
  std::vector<attempt>& log;
  io::duration delay;
  preparation prepare;
  const connect_observer* observer;  // or null
  io::mutex starting;                // one at a time
  io::event failed;                  // an attempt has, since the last one started
  std::error_code last_failure;
};

/// Where nobody listens at a port from which this machine's callers get theirs, TCP may give a caller that
/// very port, and connect it to itself (RFC 9293, section 3.5: simultaneous open).
bool is_self_connected(const io::stream_socket& socket, const endpoint& to) {
  return to.family() != AF_UNIX && socket.local() == socket.remote();
}

io::task<std::unique_ptr<io::stream_socket>> connect(const endpoint& to, const preparation& prepare) {
  std::unique_ptr<io::stream_socket> socket = io::loop::current().kernel().open_stream(to.family());
  prepare_stream_socket(*socket, to.family());
  try {
    if (prepare) prepare(*socket, to.family());
  } catch (const io::error& e) {
    throw io::error(e.code(), "connect", e.what());
  } catch (const std::exception& e) {  // of a hook of somebody's own
    throw io::error(io::from_errno(ECONNABORTED), "connect", e.what());
  } catch (...) {
    throw io::error(io::from_errno(ECONNABORTED), "connect", "the socket's hook threw no std::exception");
  }
  io::connect_operation connecting(*socket, to);
  co_await connecting;
  std::error_code failed = connecting.error;
  if (!failed && is_self_connected(*socket, to)) failed = io::from_errno(ECONNREFUSED);
  if (failed) throw io::error(failed, "connect");
  co_return socket;
}

io::task<std::unique_ptr<io::stream_socket>> run(endpoint to, course& with) {
  std::optional<io::mutex::guard> starting(co_await with.starting.lock());
  if (!with.log.empty()) co_await io::race(with.failed, io::sleep(with.delay));
  with.failed.reset();
  attempt& mine = with.log.emplace_back(attempt{to});
  starting.reset();
  if (with.observer && with.observer->trying) with.observer->trying(to);
  try {
    std::unique_ptr<io::stream_socket> socket = co_await connect(to, with.prepare);
    mine.outcome = "connected";
    co_return socket;
  } catch (const io::error& e) {
    if (io::context::current().cancelled()) throw;  // it was not the attempt that failed
    mine.outcome = why(e);
    if (with.observer && with.observer->failed) with.observer->failed(to, mine.outcome);
    with.last_failure = e.code();
    with.failed.set();
    throw;
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

io::task<std::unique_ptr<io::stream_socket>> race(std::vector<endpoint> addresses, io::duration delay,
                                                  std::vector<attempt>& log, preparation prepare,
                                                  const connect_observer* observer) {
  log.clear();
  log.reserve(addresses.size());  // its elements stay where they are
  course with{.log = log,
              .delay = delay,
              .prepare = std::move(prepare),
              .observer = observer,
              .starting = {},
              .failed = {},
              .last_failure = {}};
  std::vector<io::task<std::unique_ptr<io::stream_socket>>> attempts;
  for (const endpoint& to : addresses) attempts.push_back(run(to, with));
  try {
    co_return (co_await io::any(std::move(attempts))).value;
  } catch (const io::error&) {
    if (!with.last_failure || io::context::current().cancelled()) throw;
  }
  throw io::error(with.last_failure, "connect", outcomes(log));
}

}  // namespace parlance::net
