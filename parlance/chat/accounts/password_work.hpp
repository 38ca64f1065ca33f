// Work on passwords, of which there is little at a time: an argon2id takes 64 MiB and a processor for a tenth
// of a second, so who asks for many must not take the memory, or the workers, from the others.
//
//   const std::optional<password_work::turn> turn = co_await hashing.wait(network, is_known);
//   if (!turn) ...                                           // too many wait already
//   co_await io::blocking([...] { return verify_password(hash, given); });
//
// Those who are known where they call from go before strangers, who have every third turn all the same: one
// who is right again and again does not keep them out. Among each, those who wait go in turn by their
// networks, each network in the order in which it asked: a thousand of one address keep somebody of another
// waiting for one of them. One thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include <parlance/chat/base/network.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

class password_work {
 public:
  static constexpr unsigned at_once = 2;
  /// So long one waits at most, within the time that an IRC client has to register: who would wait longer, as
  /// the last pieces of work lasted, is told at once, and who has waited so long is told, too.
  static constexpr io::duration longest_wait = std::chrono::seconds(45);
  /// Who may wait of the strangers, and of the known.
  static constexpr std::size_t most_waiting = 512;
  /// And of one household: so few that one cannot fill the line, and enough for a school whose clients all come
  /// back after a restart, or a gateway. Where several fill it, the last of the one with most gives way to who
  /// has fewer.
  static constexpr std::size_t most_of_household = most_waiting / 2;

  /// Who asks for work, for the task that does it, which may outlast who asked.
  struct asker {
    bool is_here = true;
    io::event gives_up;  // it does not wait for its turn any more
  };

  /// The right to do one piece of work, until it ends.
  class turn {
   public:
    turn(turn&& other) noexcept : of_(std::exchange(other.of_, nullptr)), since_(other.since_) {}
    turn& operator=(turn&&) = delete;
    ~turn() {
      if (of_) of_->has_worked(since_);
    }

   private:
    friend password_work;
    explicit turn(password_work& of) noexcept : of_(&of), since_(io::loop::current().now()) {}
    password_work* of_;
    io::time_point since_;
  };

  /// Waits for one. Nothing: too many wait already, have come since, or work takes too long. `from`: nothing
  /// for who calls by a Unix socket, and for the console. A wait that is destroyed takes no turn.
  io::task<std::optional<turn>> wait(std::optional<network> from, bool is_known);

  /// How many work, and how many wait.
  unsigned working() const noexcept { return working_; }
  std::size_t waiting() const noexcept { return lines_[0].waiters.size() + lines_[1].waiters.size(); }

 private:
  struct waiter;
  /// What a network has in a line, while it is in it.
  struct share {
    std::size_t waiting = 0;
    std::uint64_t last_round = 0;
  };
  struct network_hash {
    std::size_t operator()(const network& one) const noexcept { return one.hash(); }
  };
  using by_network = std::unordered_map<network, share, network_hash>;
  struct line {
    std::multimap<std::uint64_t, waiter*> waiters;  // each of one network is in a round of its own
    by_network shares;
    std::uint64_t round = 0;  // of who went last
  };

  void has_worked(io::time_point since) noexcept;
  void release() noexcept;
  std::size_t most_in(const line& which) const noexcept;
  void turn_away_late() noexcept;
  static bool make_room(line& in, std::size_t has) noexcept;
  /// Whose turn it is; null when nobody waits.
  line* next_line() noexcept;

  static constexpr unsigned most_in_a_row = 2;

  unsigned working_ = 0;
  double seconds_of_work_ = 0;  // of one piece, as the last ones were
  unsigned in_a_row_ = 0;       // turns of the known while strangers waited
  std::array<line, 2> lines_;   // of the known, and of strangers
};

}  // namespace parlance::chat
