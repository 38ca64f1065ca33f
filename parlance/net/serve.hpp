// A server: accepts until it is told to stop, has a task for each caller, and drains in the end.
//
//   io::task<> greet(net::stream caller) {
//     co_await caller.send("hello\n");
//     co_await caller.close();
//   }
//
//   io::event stop;                                           // whoever sets it stops the server
//   co_await net::serve(co_await net::listen(":8000"), greet, {.stop = &stop});
//
// The handler is called with a `caller`, or its stream alone, once everything before it is done: a PROXY
// header from those who are trusted with one, and TLS. That happens beside the accepting, so whoever is slow
// keeps nobody else waiting. What a handler, or a handshake, throws is told to `on_failure` and ends that
// caller alone. The stream is closed with the handler.
//
// `stop` closes the listener, and every handler is told by `caller::stopping`, which it may wait for beside its peer.
// Those who have not ended after `drain` are cancelled, have a second for last words, and are destroyed where they
// wait then. `serve` returns when nobody is left. It does the same, and throws the reason, when accepting fails for
// good. A caller for whom there is no memory is lost, which `on_failure` is told, without an address. Cancelling or
// destroying `serve` ends everything at once.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <parlance/io/event.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/listener.hpp>
#include <parlance/net/network.hpp>
#include <parlance/net/stream.hpp>
#include <parlance/net/tls_context.hpp>

namespace parlance::net {

/// Whom a handler talks to.
struct caller {
  net::stream stream;
  /// The true ends, as a trusted PROXY header tells them, else those of the connection.
  endpoint remote, local;
  /// Is set when the server stops: then a handler ends as soon as is polite. The server's own. Once it is
  /// set, a race of it with a recv may pass over bytes that are here already, on each backend in other cases:
  /// who owes an answer to all that was asked receives with a short limit of time from then on.
  io::event& stopping;
};

/// What is called for each caller: gives io::task<void> for a `caller` or a `stream`, which it may take by
/// reference: they last as long as the task. Kept until nobody is left, so a lambda may have captures.
class serve_handler {
  template <class F, class Whom>
  static constexpr bool takes = std::is_invocable_r_v<io::task<void>, F&, Whom>;

 public:
  template <class F>
    requires(!std::same_as<F, serve_handler> &&
             (takes<F, caller> || takes<F, stream> || takes<F, caller&> || takes<F, stream&>))
  serve_handler(F handle) {
    if constexpr (takes<F, caller>)
      handle_ = std::move(handle);
    else if constexpr (takes<F, stream>)
      handle_ = [inner = std::move(handle)](caller&& one) mutable { return inner(std::move(one.stream)); };
    else if constexpr (takes<F, caller&>)
      handle_ = [inner = std::move(handle)](caller&& one) mutable { return inner(one); };
    else
      handle_ = [inner = std::move(handle)](caller&& one) mutable { return inner(one.stream); };
  }
  io::task<void> operator()(caller one) const { co_await handle_(std::move(one)); }

 private:
  std::function<io::task<void>(caller&&)> handle_;
};

/// May be read from any thread, at any time.
struct serve_counts {
  /// Callers since the start: all; those of an address that had too many; those whose handshake or handler
  /// threw.
  std::atomic<std::size_t> accepted = 0, refused = 0, failed = 0;
  /// Now: all who are connected, and those of them with whom the handshake is not done.
  std::atomic<std::size_t> open = 0, shaking_hands = 0;
};

/// Prints the caller and what an exception says on stderr, one line.
void log_failure(std::exception_ptr why, const endpoint& remote);

/// A limit of 0 is refused: std::invalid_argument.
struct serve_options {
  /// Gives the context for TLS with the next caller; empty: no TLS. With certificates that are renewed:
  /// `[&] { return certificates.current(); }`, of a reloading_tls_context. What it throws, or null, ends that
  /// caller: never without TLS.
  std::function<std::shared_ptr<tls_context>()> tls = {};

  /// So many callers at a time. Those who come then wait until one has gone, in the kernel's queue
  /// (listen_options::backlog) or, on io_uring, up to 256 of them accepted ahead.
  std::size_t connections = 10'000;
  /// So many of one address, that of IPv6 without its last 64 bits, which are everybody's own to choose. The
  /// next is refused: closed at once. Unix sockets have no address.
  std::size_t connections_per_address = static_cast<std::size_t>(-1);
  /// So many who have said something begin the handshake in one turn of the loop, the others in the next, so
  /// that many who come at once do not keep those waiting who are here already.
  std::size_t handshakes = 256;
  /// For the PROXY header and TLS together, without the wait for others.
  io::duration handshake_time = std::chrono::seconds(15);

  /// Callers from here, and only they, begin with a PROXY header, and must; see proxy_header.hpp.
  std::vector<network> proxies = {};

  /// The server stops when it is set. Null: only when it is cancelled.
  io::event* stop = nullptr;
  /// How long handlers may go on then.
  io::duration drain = std::chrono::seconds(30);

  /// Told of each failure, and whose it is: `caller::remote`. Default: a line on stderr. Empty: nobody is
  /// told. What it throws itself goes to stderr.
  std::function<void(std::exception_ptr why, const endpoint& remote)> on_failure = log_failure;
  /// Kept up to date when it is not null; must outlive the server.
  serve_counts* counts = nullptr;
};

/// Serves those who call at `from`, which is closed in the end.
io::task<void> serve(listener&& from, serve_handler handler, serve_options options = {});
/// The same with a listener that stays the caller's, who may hand it over (handover.hpp) before he stops the
/// server.
io::task<void> serve(listener& from, serve_handler handler, serve_options options = {});

/// `count` listeners at one address (SO_REUSEPORT), among which the kernel shares callers out.
io::task<std::vector<listener>> listen_shared(std::string at, std::size_t count, listen_options options = {});

/// Serves at each listener on a thread of its own, with a loop like this one's. Each thread has copies of the
/// handler, of what is called in `options`, and of the listener's on_pause, which run there; limits are for
/// each thread. A failure of one ends all. Not in the simulation.
///
///   co_await net::serve_on_threads(co_await net::listen_shared(":8000", 4), greet, {.stop = &stop});
io::task<void> serve_on_threads(std::vector<listener> from, serve_handler handler,
                                serve_options options = {});

}  // namespace parlance::net
