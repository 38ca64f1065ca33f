// For what is sent beside `stream::send`, in a part of its own.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include <parlance/net/detail/follower.hpp>

namespace parlance::net {

/// The right to send on a stream, wherever that is moved to, while nobody else has it: others' sends throw EBUSY.
class sending_alone : public follower {
 public:
  explicit sending_alone(stream& to) : follower(to) {
    to.expect_sendable();
    to.sending_alone_ = true;
  }
  ~sending_alone() {
    if (is_there()) where().sending_alone_ = false;
  }
  sending_alone(const sending_alone&) = delete;
  sending_alone& operator=(const sending_alone&) = delete;

  /// Waits for all that was sent before.
  io::task<void> others_sent() {
    if (descriptor() < 0) co_return;
    io::send_operation after_the_others(*where().socket_, std::string_view());
    co_await after_the_others;
    if (after_the_others.error) throw io::error(after_the_others.error, "send");
    where().expect_sendable(true);  // one of them may have been cut meanwhile
  }

  io::task<void> send(std::string_view bytes, std::shared_ptr<const void> owner) {
    stream& to = where();
    stream::send_awaiter sending = to.send(std::span(&bytes, 1), std::move(owner));
    sending.is_alone_ = true;
    // A plain socket knows itself whether any of it had gone; a transport may go on without its waiter.
    struct handed_on {
      ~handed_on() {
        if (!is_told && of.is_there()) cut(of.where());
      }
      sending_alone& of;
      bool is_told;
    } block{*this, !to.over_};
    try {
      co_await sending;
      block.is_told = true;
    } catch (...) {
      block.is_told = true;
      throw;
    }
  }

  /// Nothing can be sent any more.
  static void cut(stream& where) noexcept { where.was_cut_ = true; }
};

}  // namespace parlance::net
