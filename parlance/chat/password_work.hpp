// Work on passwords, of which there is little at a time: an argon2id takes 64 MiB and a processor for a tenth
// of a second, so who asks for many must not take the memory, or the workers, from the others.
//
//   const password_work::turn turn = co_await chat.hashing.wait(network);
//   co_await io::blocking([...] { return verify_password(hash, given); });
//
// Those who wait go in turn by their networks, each network in the order in which it asked: a thousand of one
// address keep somebody of another waiting for one of them. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include <parlance/chat/network.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/list.hpp>
#include <parlance/io/task.hpp>

namespace parlance::chat {

class password_work {
 public:
  static constexpr unsigned at_once = 2;

  /// The right to do one piece of work, until it ends.
  class turn {
   public:
    turn(turn&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    turn& operator=(turn&&) = delete;
    ~turn() {
      if (of_) of_->release();
    }

   private:
    friend password_work;
    explicit turn(password_work& of) noexcept : of_(&of) {}
    password_work* of_;
  };

  /// Waits for one. `from`: nothing for who calls by a Unix socket, and for the console. A wait that is
  /// destroyed takes no turn.
  io::task<turn> wait(std::optional<network> from);

  /// How many work, and how many wait.
  unsigned working() const noexcept { return working_; }
  std::size_t waiting() const noexcept { return waiting_count_; }

 private:
  struct in_line;
  struct waiter final : io::link<in_line> {
    explicit waiter(password_work& to) noexcept : of(to) { ++of.waiting_count_; }
    ~waiter() {
      --of.waiting_count_;
      unlink();
      if (granted.is_set() && !taken) of.release();
    }
    password_work& of;
    std::uint64_t round = 0;  // the waiters of one network are each in a round of their own
    io::event granted;
    bool taken = false;
  };
  struct network_hash {
    std::size_t operator()(const network& one) const noexcept { return one.hash(); }
  };

  void release() noexcept;

  unsigned working_ = 0;
  std::size_t waiting_count_ = 0;
  std::uint64_t round_ = 0;
  io::list<waiter, in_line> line_;
  std::unordered_map<network, std::uint64_t, network_hash> last_rounds_;  // of those who wait
};

}  // namespace parlance::chat
