#include <algorithm>
#include <chrono>
#include <exception>
#include <random>
#include <utility>

#include <parlance/io/combinators.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/connect.hpp>
#include <parlance/net/error.hpp>

#include <cli/chat/model/connection.hpp>

namespace parlance::cli {
namespace {

constexpr io::duration first_pause = std::chrono::milliseconds(500), longest_pause = std::chrono::seconds(60);
/// How long one must have been in, so that the next loss is not taken for more of the same trouble.
constexpr io::duration settled_after = std::chrono::seconds(30);
constexpr io::duration goodbye = std::chrono::seconds(2);
/// Who does not read what it makes us answer is not listened to meanwhile.
constexpr std::size_t most_unsent = std::size_t{256} * 1024;

/// Half as long, or half as long again: a server that comes back is not met by all at once.
io::duration jittered(io::duration pause) {
  static std::minstd_rand random{std::random_device()()};
  return pause * std::uniform_int_distribution(500, 1500)(random) / 1000;
}

}  // namespace

io::task<void> chat_connection::run() {
  io::duration pause = first_pause;
  while (!left_.is_set()) {
    hurried_.reset();
    stopped_.reset();
    network_.connecting();
    const io::time_point began = io::loop::current().now();
    std::string why = "the server has ended the connection";
    try {
      co_await attempt();
      if (!network_.reason().empty()) why = network_.reason();
    } catch (const io::error& e) {
      if (e.code() == io::errc::cancelled && !stopped_.is_set()) throw;
      failure_ = std::current_exception();
      why = e.what();
      if (e.code() == net::errc::certificate)
        why += "; --ca trusts its authority, --fingerprint trusts it alone";
    }
    security_.clear();
    if (left_.is_set()) co_return;
    const bool was_settled = io::loop::current().now() - began > settled_after;
    if (was_settled) pause = first_pause;
    const io::duration wait = std::exchange(at_once_, false) ? io::duration::zero() : jittered(pause);
    network_.lost(why, wait);
    pause = std::min(pause * 2, longest_pause);
    if (network_.status() == chat_network::state::refused) {
      co_await hurried_;
      pause = first_pause;
    } else {
      co_await io::race(io::sleep(wait), hurried_);
    }
  }
}

void chat_connection::disconnect(std::optional<std::uint16_t> tls_port) {
  if (tls_port) {
    how_.to.tls = true;
    how_.to.at.port = *tls_port;
    at_once_ = true;
  }
  stopped_.set();
}

io::task<void> chat_connection::attempt() {
  if (how_.to.tls && !context_) context_ = net::tls_context::client(how_.tls);
  auto made = co_await io::race(
      net::connect(how_.to.at, {.tls = how_.to.tls, .context = context_, .proxy = how_.proxy}), left_);
  if (made.index() != 0) co_return;
  net::stream server = std::move(std::get<0>(made));
  if (server.tls()) security_ = server.tls()->version();
  network_.connected(how_.to.tls || how_.to.is_here(), how_.to.tls);
  io::scope work;
  io::event over;
  work.spawn([&]() -> io::task<void> {
    co_await hear(server);
    over.set();
  });
  work.spawn(speak(server));
  work.spawn(keep_time());
  co_await io::race(work.join(), over, stopped_, left_);
  if (left_.is_set()) co_await io::race(io::sleep(goodbye), over);
  work.cancel();
  try {
    co_await work.join();
  } catch (const io::error& e) {
    if (e.code() != io::errc::cancelled) throw;
  }
  co_await server.close({});
}

io::task<void> chat_connection::hear(net::stream& server) {
  for (std::string_view bytes; !(bytes = co_await server.recv()).empty();) {
    network_.received(bytes);
    ticked_.set();
    while (network_.session().output_size() > most_unsent) {
      spoken_.reset();
      co_await spoken_;
    }
  }
}

io::task<void> chat_connection::speak(net::stream& server) {
  for (;;) {
    woken_.reset();
    ticked_.set();
    while (network_.session().has_output()) {
      const std::string lines = network_.session().take_output();
      spoken_.set();
      co_await server.send(lines);
    }
    co_await woken_;
  }
}

io::task<void> chat_connection::keep_time() {
  for (;;) {
    ticked_.reset();
    const io::time_point next = network_.tick(io::loop::current().now());
    if (network_.is_dead()) throw io::error(io::errc::timed_out, "hear from the server");
    co_await io::race(io::sleep_until(next), ticked_);
  }
}

}  // namespace parlance::cli
