#include <fcntl.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <map>
#include <new>
#include <optional>
#include <stdexcept>

#include <parlance/io/combinators.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/detail/owned_fd.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/loop_thread.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/semaphore.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/address.hpp>
#include <parlance/net/adopt.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/proxy_header.hpp>
#include <parlance/net/serve.hpp>

namespace parlance::net {
namespace {

constexpr io::duration last_words = std::chrono::seconds(1);
constexpr io::duration pause_without_memory = std::chrono::milliseconds(10);

/// One more for as long as it lives.
class counted {
 public:
  explicit counted(std::atomic<std::size_t>& what) noexcept : what_(what) { ++what_; }
  ~counted() { --what_; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;

 private:
  std::atomic<std::size_t>& what_;
};

/// How many callers each address has.
class addresses {
 public:
  explicit addresses(std::size_t most) noexcept : most_(most) {}

  /// A caller's share of its address; of none for one that has no address, or does not count.
  class share {
   public:
    share() = default;
    share(const share&) = delete;
    share& operator=(const share&) = delete;
    ~share() {
      if (of_ && --at_->second == 0) of_->counts_.erase(at_);
    }

   private:
    friend addresses;
    addresses* of_ = nullptr;
    std::map<std::array<std::uint8_t, 16>, std::size_t>::iterator at_;
  };

  /// False when the address has too many already.
  bool enter(const endpoint& from, share& into) {
    auto key = ip_bytes(from);
    if (!key || most_ == static_cast<std::size_t>(-1)) return true;
    if (!is_ipv4(*key)) std::fill(key->begin() + 8, key->end(), 0);
    const auto at = counts_.try_emplace(*key).first;
    if (at->second >= most_) {
      if (at->second == 0) counts_.erase(at);
      return false;
    }
    ++at->second;
    into.of_ = this;
    into.at_ = at;
    return true;
  }

 private:
  std::size_t most_;
  std::map<std::array<std::uint8_t, 16>, std::size_t> counts_;
};

class server {
 public:
  server(serve_handler handler, serve_options options)
      : handler_(std::move(handler)),
        options_(std::move(options)),
        counts_(options_.counts ? *options_.counts : own_counts_),
        places_(options_.connections),
        handshakes_(options_.handshakes),
        addresses_(options_.connections_per_address) {
    if (options_.connections == 0 || options_.connections_per_address == 0 || options_.handshakes == 0)
      throw std::invalid_argument("serve: a limit of 0 would let nobody in");
  }

  io::task<void> run(listener& from) {
    const std::exception_ptr failure = co_await accept_until_stopped(from);
    // Nobody who was taken from the queue already is lost.
    try {
      for (stream& one : from.close_and_take()) callers_.spawn(welcome_in_turn(std::move(one)));
    } catch (const std::bad_alloc&) {
      failed(std::current_exception(), {});
      from.close();
    }
    stopping_.set();
    if (!co_await all_end_within(options_.drain)) {
      callers_.cancel();
      co_await all_end_within(last_words);
    }
    if (failure) std::rethrow_exception(failure);
  }

 private:
  using place = std::optional<io::semaphore::guard>;

  /// Why it ended, when it was not told to stop. Throws only when it is cancelled from outside.
  io::task<std::exception_ptr> accept_until_stopped(listener& from) {
    io::context accepting;
    io::scope waiting;
    if (options_.stop)
      waiting.spawn([](io::event& stop, io::context& what) -> io::task<void> {
        co_await stop;
        what.cancel();
      }(*options_.stop, accepting));
    try {
      co_await io::run_in(accepting, accept_all(from));
    } catch (...) {
      if (io::context::current().cancelled()) throw;
      if (!accepting.cancelled()) co_return std::current_exception();
    }
    co_return nullptr;
  }

  io::task<void> accept_all(listener& from) {
    for (;;) {
      try {
        co_await accept_one(from);
        continue;
      } catch (const std::bad_alloc&) {
        failed(std::current_exception(), {});
      }
      co_await io::sleep(pause_without_memory);
    }
  }

  io::task<void> accept_one(listener& from) {
    place one(co_await place_while_open(from));
    stream next = co_await from.accept();
    callers_.spawn(welcome(caller_on(std::move(next)), std::move(one)));
  }

  /// Nobody would hear of the listener's end while all places are taken.
  io::task<io::semaphore::guard> place_while_open(const listener& from) {
    if (places_.free() != 0) co_return co_await places_.acquire();
    auto first = co_await io::race(places_.acquire(), from.closed());
    if (first.index() != 0) throw io::error(errc::closed, "accept");
    co_return std::get<0>(std::move(first));
  }

  io::task<void> welcome_in_turn(stream from) {
    place one(co_await places_.acquire());
    co_await welcome(caller_on(std::move(from)), std::move(one));
  }

  caller caller_on(stream from) {
    const endpoint remote = from.remote(), local = from.local();
    return {.stream = std::move(from), .remote = remote, .local = local, .stopping = stopping_};
  }

  /// Everything with one caller.
  io::task<void> welcome(caller one, place) {
    ++counts_.accepted;
    const counted here(counts_.open);
    try {
      co_await attend_to(one);
    } catch (const io::error& e) {
      const std::error_code called_off = io::context::current().cancelled();
      if (called_off && e.code() == called_off) throw;  // for the scope, which knows that it is no failure
      failed(std::current_exception(), one.remote);
    } catch (...) {
      failed(std::current_exception(), one.remote);
    }
  }

  io::task<void> attend_to(caller& one) {
    const bool is_proxy = std::ranges::any_of(
        options_.proxies, [&](const network& trusted) { return trusted.contains(one.remote); });
    addresses::share share;
    if (!is_proxy && !addresses_.enter(one.remote, share)) co_return refuse();
    if (is_proxy) {
      if (!co_await begin_proxied(one, share)) co_return refuse();
    } else if (options_.tls) {
      co_await begin(one, nullptr);
    }
    co_await handler_(std::move(one));
  }

  void refuse() noexcept { ++counts_.refused; }

  /// False: who calls by that proxy has too many callers. A balancer that speaks for itself, or for nobody it knows, does
  /// not count. (A frame of its own, as the next has, for a caller's lasts as long as its connection.)
  [[gnu::noinline]] io::task<bool> begin_proxied(caller& with, addresses::share& share) {
    endpoint told;
    co_await begin(with, &told);
    co_return addresses_.enter(told, share);
  }

  /// What comes before the handler. `told`: where a proxy's header tells of its caller; null when there is
  /// none.
  [[gnu::noinline]] io::task<void> begin(caller& with, endpoint* told) {
    const counted here(counts_.shaking_hands);
    const io::time_point came = io::loop::current().now();
    co_await io::timeout(options_.handshake_time, with.stream.peek());
    const io::duration left = options_.handshake_time - (io::loop::current().now() - came);
    co_await turn_of(with);
    co_await io::timeout(left, shake_hands(with, told));
  }

  io::task<void> shake_hands(caller& with, endpoint* told) {
    if (told) {
      const proxy_header header = co_await accept_proxied(with.stream);
      *told = header.source;
      if (told->family() != AF_UNSPEC) {
        with.remote = *told;
        with.local = header.destination;
      }
    }
    if (options_.tls) co_await with.stream.start_tls(options_.tls(), {}, io::unlimited);
  }

  /// A place is kept for a turn of the loop, and no peer is waited for meanwhile.
  io::task<void> turn_of(const caller& one) {
    try {
      const io::semaphore::guard place = co_await handshakes_.acquire();
      co_await io::yield();
    } catch (const io::error& e) {
      throw io::error(e.code(), "begin the handshake with " + one.remote.to_string());
    }
  }

  /// False when somebody is left.
  io::task<bool> all_end_within(io::duration limit) {
    try {
      co_await io::timeout(limit, callers_.join());
    } catch (const io::error&) {
      if (io::context::current().cancelled()) throw;
      co_return false;
    }
    co_return true;
  }

  void failed(std::exception_ptr why, const endpoint& remote) noexcept {
    ++counts_.failed;
    try {
      if (options_.on_failure) options_.on_failure(std::move(why), remote);
    } catch (...) {
      io::log_errors(std::current_exception());
    }
  }

  const serve_handler handler_;
  const serve_options options_;
  serve_counts own_counts_;
  serve_counts& counts_;
  io::semaphore places_, handshakes_;
  addresses addresses_;
  io::event stopping_;
  io::scope callers_{io::log_errors};  // ends first
};

io::task<void> serve_own(listener from, serve_handler handler, serve_options options) {
  server one(std::move(handler), std::move(options));
  co_await one.run(from);
}

}  // namespace

/// Copies of a listener's descriptors, for another loop, what it was made with, and what it gives its
/// callers.
class listener_copy {
 public:
  explicit listener_copy(const listener& of)
      : options_(of.options()), for_callers_(of.its_ ? of.its_->for_callers : std::nullopt) {
    for (const int fd : of.native_handles()) {
      io::owned_fd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
      if (!copy) throw io::error(io::from_errno(errno), "serve at " + of.local().to_string());
      all_.push_back(std::move(copy));
    }
  }
  listener_copy(listener_copy&&) noexcept = default;
  listener_copy& operator=(listener_copy&&) = delete;
  listener adopt() {
    std::vector<int> going(all_.size());
    std::ranges::transform(all_, going.begin(), &io::owned_fd::release);
    listener made = adopt_listener(std::move(going), std::move(options_));
    made.its_->for_callers = std::move(for_callers_);
    return made;
  }

 private:
  std::vector<io::owned_fd> all_;
  listen_options options_;
  std::optional<socket_options> for_callers_;
};

namespace {

/// Serves at a listener on another loop, until `stop`, which belongs there, is set.
io::task<void> serve_there(io::loop_thread& there, listener_copy from, serve_handler handler,
                           serve_options options, std::shared_ptr<io::event> stop) {
  co_await io::run_on(there,
                      [from = std::move(from), handler = std::move(handler), options = std::move(options),
                       stop = std::move(stop)]() mutable -> io::task<void> {
                        options.stop = stop.get();
                        co_await serve_own(from.adopt(), std::move(handler), std::move(options));
                      });
}

}  // namespace

void log_failure(std::exception_ptr why, const endpoint& remote) {
  std::string text = "an exception that is no std::exception";
  try {
    std::rethrow_exception(std::move(why));
  } catch (const std::exception& e) {
    text = e.what();
  } catch (...) {
  }
  fmt::print(stderr, "serve {}: {}\n", remote.to_string(), text);
}

io::task<void> serve(listener&& from, serve_handler handler, serve_options options) {
  return serve_own(std::move(from), std::move(handler), std::move(options));
}

io::task<void> serve(listener& from, serve_handler handler, serve_options options) {
  server one(std::move(handler), std::move(options));
  co_await one.run(from);
}

io::task<std::vector<listener>> listen_shared(std::string at, std::size_t count, listen_options options) {
  options.reuse_port = true;
  std::vector<listener> all;
  address where = address::parse(at);
  while (all.size() < count) {
    all.push_back(co_await listen(where.to_string(), options));
    if (!where.is_unix()) where.port = all.front().local().port();
  }
  co_return all;
}

io::task<void> serve_on_threads(std::vector<listener> from, serve_handler handler, serve_options options) {
  if (io::loop::current().kernel().simulated())
    throw io::error(io::from_errno(ENOTSUP), "serve on threads in the simulation");
  struct other_loop {
    std::shared_ptr<io::event> stop = std::make_shared<io::event>();
    io::loop_thread thread{io::loop::current().kernel().name()};
  };
  std::vector<std::unique_ptr<other_loop>> loops;
  io::scope serving, waiting;
  for (const listener& at : from) {
    other_loop& next = *loops.emplace_back(std::make_unique<other_loop>());
    serving.spawn(serve_there(next.thread, listener_copy(at), handler, options, next.stop));
  }
  if (options.stop)
    waiting.spawn([&]() -> io::task<void> {
      co_await *options.stop;
      // Else callers would go on coming to these, whom nobody asks.
      from.clear();
      for (const auto& one : loops) one->thread.post([stop = one->stop] { stop->set(); });
    });
  co_await serving.join();
}

}  // namespace parlance::net
