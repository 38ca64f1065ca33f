// The inside of the simulation: chance, who is bound where, what is on the way, and what its sockets share.
// For sim.cpp, sim_stream.cpp and sim_datagram.cpp only.
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

#include <parlance/io/backend.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/sim.hpp>
#include <parlance/io/socket.hpp>
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

class sim_socket;

/// Who is bound where. IPv6 wildcards are dual stack, as IPV6_V6ONLY=0 makes them; every address is a local
/// one.
class address_book {
 public:
  /// Fills in a free port where `at` has none. 0, or an errno value.
  int add(sim_socket& who, endpoint& at);
  void remove(sim_socket& who) noexcept;
  /// The most specific match, or null.
  sim_socket* find(int type, const endpoint& to) const;

 private:
  bool taken(int type, const endpoint& at) const;

  std::multimap<std::uint16_t, sim_socket*> ports_;
  std::multimap<std::string, sim_socket*> paths_;
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
  std::unique_ptr<socket> open(int family, int type) override;
  std::unique_ptr<socket> adopt(int descriptor) override;
  std::pair<std::unique_ptr<socket>, std::unique_ptr<socket>> open_pair() override;
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
  void post(time_point when, Parcel what) {
    if (!way_.empty()) when = std::max(when, way_.back().first);
    way_.emplace_back(when, std::move(what));
    if (way_.size() == 1) arm(when);
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
    if (!way_.empty()) arm(way_.front().first);
  }
};

/// What streams and datagram sockets have in common.
class sim_socket : public socket {
 public:
  sim_socket(sim_backend& network, int family, int type) noexcept;
  void bind(const endpoint& to) final;
  endpoint local() const final { return local_; }
  int family() const noexcept { return family_; }
  int type() const noexcept { return type_; }

 protected:
  ~sim_socket() override;
  bool begin(socket_operation& op) noexcept final;
  void interrupt(socket_operation& op, std::error_code why) noexcept final {
    forget(op);
    finish(op, why);
  }
  void forget(socket_operation& op) noexcept final {
    if (op.what() == socket_operation::kind::connect) call_off();
  }
  void detach() noexcept override;

  /// Connects. True: at once, or refused at once with op.error.
  virtual bool connect(connect_operation& op) noexcept = 0;
  /// Nobody waits for the connection any more.
  virtual void call_off() noexcept {}
  /// Tries any other operation once. True: it is over.
  virtual bool attempt(socket_operation& op) noexcept = 0;
  /// It is the operation that must fail, with ECONNRESET.
  virtual void broken_by_fault() noexcept {}

  /// Something has changed: tries what waits on that side again.
  void progress(side which) noexcept;
  void try_again(time_point when);
  /// A free port for one that nobody bound. 0, or an errno value.
  int bind_anywhere();

  sim_backend& network_;
  endpoint local_;

 private:
  struct reminder final : timer {
    explicit reminder(sim_socket& of) noexcept : owner(of) {}
    void expire() noexcept override {
      owner.progress(side::read);
      owner.progress(side::write);
    }
    sim_socket& owner;
  };

  const int family_;
  const int type_;
  bool bound_ = false;
  bool trying_[2] = {false, false};  // each side's operation, just now
  reminder again_{*this};
};

inline bool fail(socket_operation& op, int number) noexcept {
  op.error = from_errno(number);
  return true;
}

}  // namespace parlance::io::sim
