// The inside of the simulation: chance, who is bound where, what is on the way, and what its sockets share.
// For sim*.cpp only.
//
// Nothing here has a clock or a queue of events of its own: what happens later is an io::timer of the loop,
// and the backend's wait() moves the clock to the moment of the next one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <parlance/io/detail/backend.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/sim.hpp>
#include <parlance/io/timer.hpp>

namespace parlance::io::sim {

/// splitmix64: small, quick, and the same on every machine.
class chance {
 public:
  explicit chance(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// What never happens costs no number, so turning a fault off does not change the rest of a run.
  bool happens(double probability) noexcept {
    return probability > 0 && static_cast<double>(next() >> 11) * 0x1p-53 < probability;
  }
  /// Both included.
  std::uint64_t between(std::uint64_t least, std::uint64_t most) noexcept {
    return most <= least ? least : least + next() % (most - least + 1);
  }

 private:
  std::uint64_t state_;
};

class sim_backend;
class address_book;

/// A socket as the others know it: by its address.
class addressed {
 public:
  int family() const noexcept { return family_; }
  int type() const noexcept { return type_; }
  const endpoint& address() const noexcept { return local_; }

 protected:
  /// Throws io::error where there is no such family.
  addressed(sim_backend& network, int family, int type);
  virtual ~addressed() = default;  // it is asked what it is
  void bind_to(const endpoint& to);
  /// A free port for one that nobody bound. 0, or an errno value.
  int bind_anywhere();
  void unbind() noexcept;

  sim_backend& network_;
  endpoint local_;

 private:
  const int family_;
  const int type_;
  bool bound_ = false;
};

/// Who is bound where. IPv6 wildcards are dual stack, as IPV6_V6ONLY=0 makes them; every address is a local
/// one.
class address_book {
 public:
  /// Fills in a free port where `at` has none. 0, or an errno value.
  int add(addressed& who, endpoint& at);
  void remove(addressed& who) noexcept;
  /// The most specific match, or null.
  addressed* find(int type, const endpoint& to) const;

 private:
  bool taken(int type, const endpoint& at) const;

  std::multimap<std::uint16_t, addressed*> ports_;
  std::multimap<std::string, addressed*> paths_;
  std::uint16_t last_port_ = 49151;
};

/// What a peer of `family` sees of a socket that is bound to `local`: loopback instead of a wildcard, and the
/// IPv4 address mapped into IPv6 or back.
endpoint seen_by(int family, const endpoint& local);

class sim_backend final : public backend {
 public:
  sim_backend(loop& owner, const sim_options& options)
      : backend(owner), dice(options.seed), options(options) {}
  ~sim_backend() override { leave_everybody(); }

  std::string_view name() const noexcept override { return "sim"; }
  time_point now() const noexcept override { return now_; }
  void wait(time_point until) override;
  std::unique_ptr<stream_socket> open_stream(int family) override;
  std::unique_ptr<listening_socket> open_listening(int family) override;
  std::unique_ptr<datagram_socket> open_datagram(int family) override;
  std::pair<std::unique_ptr<stream_socket>, std::unique_ptr<stream_socket>> open_pair() override;
  std::unique_ptr<stream_socket> adopt_stream(int descriptor) override;
  std::unique_ptr<listening_socket> adopt_listening(int descriptor) override;
  bool begin(poll_operation& op) noexcept override;
  void interrupt(poll_operation&, std::error_code) noexcept override {}
  void forget(poll_operation&) noexcept override {}
  bool simulated() const noexcept override { return true; }

  /// Counts an operation that starts; true when it is the one that must fail.
  bool next_operation_fails() noexcept { return ++operations_ == options.fail_nth; }
  std::uint64_t operations() const noexcept { return operations_; }
  /// When something sent now arrives.
  time_point arrival() noexcept;

  chance dice;
  address_book addresses;
  const sim_options options;

 private:
  // Work takes time, or code that never waits would stop the clock for those who do.
  static constexpr duration length_of_a_turn = std::chrono::microseconds(1);

  time_point now_{std::chrono::hours(1)};  // so that moments that have passed can be told
  std::uint64_t operations_ = 0;
};

/// What is on the way to a socket, and arrives in the order in which it was sent.
template <class Parcel> class line : private timer {
 public:
  explicit line(timer_heap& in) noexcept : heap_(in) {}
  void post(time_point when, Parcel what) {
    if (!way_.empty()) when = std::max(when, way_.back().first);
    way_.emplace_back(when, std::move(what));
    if (way_.size() == 1) arm(when, heap_);
  }

 protected:
  ~line() = default;
  virtual void arrived(Parcel what) noexcept = 0;

  std::deque<std::pair<time_point, Parcel>> way_;

 private:
  void expire() noexcept final {
    const time_point now = loop::current().now();
    while (!way_.empty() && way_.front().first <= now) {
      Parcel first = std::move(way_.front().second);
      way_.pop_front();
      arrived(std::move(first));
    }
    if (!way_.empty()) arm(way_.front().first, heap_);
  }

  timer_heap& heap_;  // of its own loop, whichever is the current one
};

inline bool fail(socket_operation& op, int number) noexcept {
  op.error = from_errno(number);
  return true;
}

/// A socket of a kind.
template <class Kind> class sim_socket : public Kind, public addressed {
 public:
  sim_socket(sim_backend& network, int family, int type) : Kind(network), addressed(network, family, type) {}
  void bind(const endpoint& to) final {
    this->expect_ours();
    bind_to(to);
  }
  endpoint local() const final { return local_; }

 protected:
  void interrupt(socket_operation& op, std::error_code why) noexcept final {
    this->forget(op);
    this->finish(op, why);
  }
  void forget(socket_operation&) noexcept override {}
  void detach() noexcept override {
    this->release_waiters();
    again_.disarm();
    unbind();
  }

  /// Tries an operation once. True: it is over.
  virtual bool attempt(socket_operation& op) noexcept = 0;

  /// For `begin`: whether it is the one that must fail, as it has then, with `fault`.
  bool must_fail(socket_operation& op, int fault) noexcept {
    return network_.next_operation_fails() && fail(op, fault);
  }
  /// For `begin`.
  bool attempt_first(socket_operation& op) noexcept {
    if (loop::current().may_complete_inline()) return attempt(op);
    // The turn was full: as many operations as it had take about this long.
    try_again(after(network_.now(), std::chrono::milliseconds(1)));
    return false;
  }

  /// Something has changed: tries what waits on that side again.
  void progress(side which) noexcept {
    socket_operation* op = this->active(which);
    bool& trying = trying_[static_cast<std::size_t>(which)];
    // What breaks the connection in the middle of an attempt comes by here again.
    if (!op || std::exchange(trying, true)) return;
    const bool over = attempt(*op);
    trying = false;
    if (over) this->finish(*op);
  }
  void try_again(time_point when) {
    if (!again_.armed() || when < again_.when()) again_.arm(when, network_.owner().timers());
  }

 private:
  struct reminder final : timer {
    explicit reminder(sim_socket& of) noexcept : owner(of) {}
    void expire() noexcept override {
      owner.progress(side::read);
      owner.progress(side::write);
    }
    sim_socket& owner;
  };

  bool trying_[2] = {false, false};  // each side's operation, just now
  reminder again_{*this};
};

}  // namespace parlance::io::sim
