#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <exception>
#include <vector>

#include <parlance/io/error.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/connect.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/socket_options.hpp>

namespace parlance::net {
namespace {

/// RFC 8305, section 4: the families in turn, beginning with that of the first.
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

/// One address of the host, and how it went so far.
struct attempted {
  endpoint to;
  std::string outcome = "no answer yet";
};

std::string outcomes(const std::vector<attempted>& all) {
  std::string text;
  for (const attempted& one : all)
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", one.to.to_string(), one.outcome);
  return text;
}

/// Attempts on several addresses, one beside the other, until one succeeds.
class race {
 public:
  race(std::vector<endpoint> addresses, io::duration delay, std::vector<attempted>& log)
      : addresses_(std::move(addresses)), delay_(delay), log_(log) {
    log_.reserve(addresses_.size());
  }

  io::task<std::unique_ptr<io::socket>> run() {
    io::scope attempts;
    for (const endpoint& to : addresses_) {
      changed_.reset();
      ++running_;
      attempts.spawn(attempt(log_.emplace_back(attempted{to})));
      if (&to != &addresses_.back()) co_await wait_for_turn();
      if (winner_) co_return std::move(winner_);
    }
    while (!winner_ && running_ != 0) {
      changed_.reset();
      co_await changed_;
    }
    if (winner_) co_return std::move(winner_);
    throw io::error(last_failure_, "connect", outcomes(log_));
  }

 private:
  /// Until the delay is over or an attempt has ended, whichever comes first.
  io::task<void> wait_for_turn() {
    if (changed_.is_set()) co_return;
    try {
      co_await io::timeout(delay_, [](io::event& e) -> io::task<void> { co_await e; }(changed_));
    } catch (const io::error& e) {
      if (e.code() != io::errc::timed_out || io::context::current().cancelled()) throw;
    }
  }

  io::task<void> attempt(attempted& mine) {
    std::error_code failed;
    try {
      std::unique_ptr<io::socket> socket = io::loop::current().kernel().open(mine.to.family(), SOCK_STREAM);
      prepare_stream_socket(*socket, mine.to.family());
      io::connect_operation connecting(*socket, mine.to);
      co_await connecting;
      failed = connecting.error;
      if (!failed && !winner_) winner_ = std::move(socket);
    } catch (const io::error& e) {
      failed = e.code();
    }
    if (failed) {
      last_failure_ = failed;
      mine.outcome = io::reason(failed);
    }
    --running_;
    changed_.set();
  }

  const std::vector<endpoint> addresses_;
  const io::duration delay_;
  std::vector<attempted>& log_;  // reserved: its elements stay where they are
  std::unique_ptr<io::socket> winner_;
  std::error_code last_failure_;
  std::size_t running_ = 0;
  io::event changed_;
};

io::task<stream> connect_all(const address& to, const connect_options& options, std::vector<attempted>& log) {
  const io::time_point start = io::loop::current().now();
  const auto since = [&] { return io::loop::current().now() - start; };
  std::vector<endpoint> addresses = interleave(co_await resolve(to));
  if (options.times) options.times->resolved = since();
  race attempts(std::move(addresses), options.attempt_delay, log);
  stream connected(co_await attempts.run());
  if (options.times) options.times->connected = since();
  if (!options.tls && !options.context) co_return connected;
  std::shared_ptr<tls_context> context =
      options.context ? options.context : tls_context::client(options.tls_options);
  stream secured = co_await tls_connect(std::move(connected), std::move(context),
                                        to.host.empty() ? "localhost" : to.host, options.timeout);
  if (options.times) options.times->secured = since();
  co_return secured;
}

}  // namespace

io::task<stream> connect(std::string to, connect_options options) {
  return connect(address::parse(to), std::move(options));
}

io::task<stream> connect(address to, connect_options options) {
  const std::string whom = to.to_string();
  std::vector<attempted> log;
  try {
    co_return co_await io::timeout(options.timeout, connect_all(to, options, log));
  } catch (const io::error& e) {
    if (e.code() == io::errc::timed_out) {
      const std::string limit =
          fmt::format("timed out after {:g} s", std::chrono::duration<double>(options.timeout).count());
      throw io::error(e.code(), "connect " + whom,
                      log.empty() ? limit : fmt::format("{} ({})", limit, outcomes(log)));
    }
    // What it says after its own "connect: ", without the address again where there was only that one.
    std::string_view why = e.what();
    if (why.starts_with("connect: ")) why.remove_prefix(9);
    if (why.starts_with(whom + ": ")) why.remove_prefix(whom.size() + 2);
    throw io::error(e.code(), "connect " + whom, why);
  }
}

}  // namespace parlance::net
