#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <exception>
#include <optional>
#include <string>

#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>

#include "talk.hpp"
#include "verb.hpp"

namespace parlance::cli {
namespace {

/// That we may read: a terminal is others' while we are in its background.
bool has_something(int descriptor) {
  if (io::in_background(descriptor)) return false;
  pollfd asked{.fd = descriptor, .events = POLLIN, .revents = 0};
  return ::poll(&asked, 1, 0) == 1;
}

/// A reader who pauses (`| less`) for an hour is no failure here. A peer that is gone is still noticed, by
/// TCP's keepalive and retransmissions.
void allow_pauses(net::stream& peer) {
  peer.set_send_timeout(io::unlimited);
  const int none = 0;
  ::setsockopt(peer.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &none, sizeof none);
}

bool is_broken_off(const io::error& e) noexcept {
  return e.code() == std::errc::broken_pipe || e.code() == std::errc::connection_reset;
}

class conversation {
 public:
  conversation(net::stream& peer, const talk_options& options)
      : peer_(peer), options_(options), name_(name_of(peer)) {}

  io::task<void> run() {
    allow_pauses(peer_);
    moved();
    try {
      co_await io::run_in(idle_, both());
    } catch (const io::error& e) {
      fail(e);
    }
    co_await peer_.close();
    options_.detail(fmt::format("{}: both sides have ended; {}", name_, tally_.with_rates()));
  }

 private:
  io::task<void> both() {
    io::scope sides;
    sides.spawn(say());
    sides.spawn(hear());
    co_await sides.join();
    if (cut_) std::rethrow_exception(cut_);
  }

  /// stdin to the peer.
  io::task<void> say() {
    waiting_for_stdin_.emplace();
    for (std::string_view text; !(text = co_await next()).empty();) {
      try {
        co_await peer_.send(text);
      } catch (const io::error& e) {
        tally_.sent += e.bytes_sent();
        if (!is_broken_off(e)) throw;
        // Nothing more reaches the peer, but what it said before is still to be had.
        if (!cut_) cut_ = std::current_exception();
        co_return;
      }
      tally_.sent += text.size();
      moved();
    }
    said_all_ = true;
    try {
      co_await peer_.shutdown();
    } catch (const io::error& e) {
      if (!is_broken_off(e)) throw;
      // Who has gone misses nothing where we have said nothing.
      if (tally_.sent != 0 && !cut_) cut_ = std::current_exception();
      co_return;
    }
    options_.detail("our side has ended");
  }

  /// What stdin says next; empty: our side ends.
  io::task<std::string_view> next() {
    try {
      if (!waiting_for_stdin_->cancelled()) co_return co_await io::run_in(*waiting_for_stdin_, typed_.read());
    } catch (const io::error& e) {
      if (e.code() != io::errc::cancelled) {
        abort();
        throw io::error(e.code(), "read stdin");
      }
      if (io::context::current().cancelled()) throw;
    }
    // Nothing more is waited for, but what is there is still said.
    if (!has_something(STDIN_FILENO)) co_return std::string_view();
    co_return co_await typed_.read();
  }

  /// The peer to stdout.
  io::task<void> hear() {
    try {
      co_await print_all();
    } catch (const io::error& e) {
      if (e.code() != net::errc::truncated) throw;
      // What came is in doubt, but not what we have to say (RFC 8446, section 6.1): what is there goes out.
      cut_ = std::current_exception();
      waiting_for_stdin_->cancel();
      co_return;
    }
    if (options_.end_with_peer) waiting_for_stdin_->cancel();
    if (said_all_ || cut_) co_return options_.detail(name_ + " has ended its side");
    // A person who could still type must be told, or the program seems to hang.
    if (::isatty(STDIN_FILENO) && !options_.end_with_peer)
      options_.say(name_ + " has ended its side; Ctrl-D ends yours");
    else
      options_.detail(name_ + " has ended its side");
  }

  io::task<void> print_all() {
    for (std::string_view text; !(text = co_await peer_.recv()).empty();) {
      tally_.received += text.size();
      moved();
      try {
        co_await out_.print(text);
      } catch (...) {
        abort();
        throw;
      }
      moved();
    }
  }

  /// What came is lost, or what we say is not whole: after an orderly end the peer would believe that it is.
  void abort() noexcept { peer_.abort(); }

  void moved() {
    if (options_.wait != io::unlimited)
      idle_.set_deadline(io::after(io::loop::current().now(), options_.wait));
  }

  [[noreturn]] void fail(const io::error& e) const {
    const std::error_code from_outside = io::context::current().cancelled();
    if (from_outside == io::errc::timed_out)
      throw complaint(
          timed_out,
          fmt::format("talk with {}: not done by the deadline of {}, {}; allow more with --deadline", name_,
                      in_words(options_.deadline), tally_.so_far()));
    if (from_outside) {
      options_.detail(fmt::format("{}: {}", name_, tally_.with_rates()));
      throw;
    }
    if (idle_.cancelled())
      throw complaint(timed_out,
                      fmt::format("talk with {}: nothing came or went for {}, {}; allow more with -w", name_,
                                  in_words(options_.wait), tally_.so_far()));
    const std::string_view text = e.what();
    const std::size_t colon = text.find(": ");
    if (colon == std::string_view::npos) throw;
    throw io::error(e.code(), text.substr(0, colon),
                    fmt::format("{}, {}", text.substr(colon + 2), tally_.so_far()));
  }

  net::stream& peer_;
  const talk_options& options_;
  const std::string name_;
  tally tally_;
  io::context idle_;
  std::optional<io::context> waiting_for_stdin_;
  io::input typed_{STDIN_FILENO};
  printer out_;
  bool said_all_ = false;
  std::exception_ptr cut_;  // why the peer takes nothing more, or may not have said all
};

}  // namespace

io::task<void> talk(net::stream& peer, const talk_options& options) {
  conversation between(peer, options);
  co_await between.run();
}

}  // namespace parlance::cli
