// The ring of the io_uring backend, and what the kernel holds by it. For uring*.cpp only.
//
// What the kernel holds is never an operation's own memory but a `request`, apart from the bytes that a send
// points to; and nothing that the kernel holds is destroyed before the kernel has given it back.
#pragma once

#include <liburing.h>
#include <unistd.h>

#include <cstdint>

#include <parlance/io/detail/uring_buffers.hpp>
#include <parlance/io/time.hpp>

namespace parlance::io::uring {

/// What a request's user_data points to. The kernel has it from `ring::hold` to the completion without
/// IORING_CQE_F_MORE. It is asked for back by requests of their own, whose answers name this one, too: until
/// the last of those is here it must stay.
class request {
 public:
  bool held() const noexcept { return held_; }
  bool cancelling() const noexcept { return cancelling_; }
  /// Neither it nor an answer about it is under way.
  bool free() const noexcept { return !held_ && answers_due_ == 0; }

 protected:
  ~request() = default;
  virtual void completed(int result, std::uint32_t flags) noexcept = 0;
  /// The last answer about it is here, and the kernel has given it back.
  virtual void freed() noexcept {}

 private:
  friend class ring;
  bool held_ = false;
  bool cancelling_ = false;
  unsigned char asked_ = 0;  // how often, since it was cancelled
  unsigned char answers_due_ = 0;
};

class ring {
 public:
  /// Throws io::error that says which step was refused, and why that may be.
  ring();
  /// Every request must be free by then, but in a child that was forked.
  ~ring();
  ring(const ring&) = delete;
  ring& operator=(const ring&) = delete;

  /// Fills the next free entry by `prepare`; the kernel holds `r` from here on.
  template <class Prepare> void hold(request& r, Prepare&& prepare) noexcept {
    r.held_ = true;
    r.cancelling_ = false;
    io_uring_sqe* sqe = entry();
    prepare(sqe);
    io_uring_sqe_set_data(sqe, &r);
  }
  /// Asks for `r` back, as often as it takes; its completion comes soon.
  void cancel(request& r) noexcept;
  /// Asks for `r` back and stays until it is.
  void reclaim(request& r) noexcept;

  /// Hands over what is prepared, waits for a completion, at most until `until`, and deals with all there
  /// are. Throws io::error.
  void wait(time_point until);
  /// The same for destructors, until there is one.
  void wait_for_one() noexcept;
  /// Only hands over. Throws io::error: a filter may allow the set-up and forbid this.
  void submit();

  /// Whether something is prepared that the kernel did not take.
  bool has_unsubmitted() const noexcept { return io_uring_sq_ready(&ring_) != 0; }
  /// From now on each completion makes the eventfd readable. False, with errno: it cannot.
  bool ring_bell(int eventfd) noexcept;

  /// Not in a child that was forked: it has neither the ring's memory nor a share in what the kernel holds.
  bool is_ours() const noexcept { return ::getpid() == process_; }

  uring_buffers& buffers() noexcept { return buffers_; }

 private:
  static constexpr unsigned entries = 1024;
  static constexpr unsigned completions = 8192;

  // In the low bits of a user_data, which a pointer has free: what else it may be than the request itself.
  static constexpr std::uint64_t answer = 1;  // to a cancellation of the request
  static constexpr std::uint64_t pause = 2;   // before the next
  static constexpr std::uint64_t tags = answer | pause;
  static constexpr unsigned char asked_at_once = 200;  // so many times; then once a millisecond

  io_uring_sqe* entry() noexcept;
  void reap() noexcept;
  void ask_back(request& r) noexcept;
  void answered(request& r, std::uint64_t tag, int result) noexcept;

  io_uring ring_{};
  uring_buffers buffers_;
  const pid_t process_ = ::getpid();
};

}  // namespace parlance::io::uring
