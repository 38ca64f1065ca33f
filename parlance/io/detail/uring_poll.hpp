// A poll_operation of the io_uring backend. For uring*.cpp only.
#pragma once

#include <parlance/io/detail/backend.hpp>
#include <parlance/io/detail/uring_ring.hpp>

namespace parlance::io::uring {

/// A poll_operation under way; deletes itself when the kernel has given it back.
class poll_request final : public request {
 public:
  /// `under_way` counts those that are there.
  poll_request(ring& by, unsigned& under_way, poll_operation& of) noexcept;
  ~poll_request();
  void begin() noexcept;
  /// Ends soon, with `reason` for the operation.
  void interrupt(std::error_code reason) noexcept;
  /// The operation goes away.
  void forget() noexcept;
  /// Has the epoll set `outside` watch the same, until this ends.
  void tell(int outside) noexcept;

 private:
  void completed(int result, std::uint32_t flags) noexcept override;
  void freed() noexcept override;
  void begin_again() noexcept;

  // What ends so soon has not waited. So often in a row, it rests as long before it is asked again: it may be
  // woken for nothing all the time, or be what never wakes anybody.
  static constexpr duration soon = std::chrono::milliseconds(1);
  static constexpr unsigned most_in_a_row = 16;

  ring& ring_;
  unsigned& under_way_;
  poll_operation* op_;  // null once that is gone
  std::error_code why_ = errc::cancelled;
  time_point begun_{};
  unsigned ended_soon_ = 0;
  bool resting_ = false;
  bool reclaimed_ = false;
  int outside_ = -1, copy_ = -1;  // of the descriptor, in that set
};

}  // namespace parlance::io::uring
