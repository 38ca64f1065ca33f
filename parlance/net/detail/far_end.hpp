// What a remote_stream has on the other loop: the stream, and what is done with it there. Everything here
// belongs to the thread of that loop, unless it says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/mutex.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/detached_stream.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::net {

/// What somebody on another thread waits for, until he calls it off. Here, where it is waited for, is all
/// that is done with it.
class wish {
 public:
  void call_off(std::error_code why) noexcept {
    why_not_ = why;
    if (its_) its_->cancel(why);
  }
  /// Its waiter has gone, and nobody hears how it ends.
  void abandon() noexcept { call_off(io::errc::cancelled); }

  /// Awaits `what`, which is called off with it.
  template <class T> static io::task<T> grant(std::shared_ptr<wish> wanted, io::task<T> what) {
    io::context its;
    const granting granted(*wanted, its);
    co_return co_await io::run_in(its, std::move(what));
  }

 private:
  class granting {
   public:
    granting(wish& of, io::context& its) noexcept : of_(of) {
      of_.its_ = &its;
      if (of_.why_not_) its.cancel(of_.why_not_);
    }
    ~granting() { of_.its_ = nullptr; }
    granting(const granting&) = delete;
    granting& operator=(const granting&) = delete;

   private:
    wish& of_;
  };

  io::context* its_ = nullptr;
  std::error_code why_not_;
};

struct far_end {
  explicit far_end(int fd) : descriptor(fd) {}
  ~far_end() { forget_descriptor(); }

  /// Of any stream; what that throws is what using it says.
  void adopt(detached_stream come);
  /// Once it has been adopted.
  stream& open();
  void know_descriptor();
  /// Before it is closed, for the number will be another's then.
  void forget_descriptor() noexcept;
  void close_at_once() noexcept;
  void abort() noexcept;

  /// The right to send, once all that was asked for before is over. Throws where nothing may be sent any
  /// more: it would be read as the rest of a send whose waiter has gone.
  io::task<io::mutex::guard> turn_to_send();

  /// What comes next; `seen`: so many arrivals have come to who asks. One that has not, because its waiter
  /// had gone, is for the next who asks.
  io::task<std::shared_ptr<const std::string>> recv(std::uint64_t seen);
  /// The same arrival, for who takes it in another way.
  std::string take_unseen(std::uint64_t seen) { return arrived == seen ? std::string() : *last; }

  std::optional<stream> there;
  std::error_code failure;
  io::mutex receiving, sending;
  io::time_point late = io::time_point::min();  // when the send began that last took too long
  std::size_t unheard = 0;  // sends that have begun, of whose end their waiters have not heard
  bool cut = false;         // a waiter has gone when a part of what he sent had: closed, it resets
  std::optional<io::mutex::guard> held_up;  // `sending`, until the waiter of one that went in part knows that
  std::error_code gone;                     // why, once this side has closed it
  std::shared_ptr<const std::string> last;
  std::uint64_t arrived = 0;
  // For both threads:
  std::mutex guard;
  int descriptor;
};

/// A send. When its waiter goes, nobody hears how much of it went, which must not be without consequences.
/// Made, and destroyed, on whichever thread.
class promise : public wish {
 public:
  explicit promise(const std::shared_ptr<far_end>& of) : of_(of) {}

  /// Sends, and gives how it failed.
  io::task<std::exception_ptr> keep(std::shared_ptr<far_end> there, std::span<const std::string_view> pieces);
  /// Its waiter knows how it failed.
  void heard() noexcept;
  void abandon() noexcept;

 private:
  enum class state : unsigned char { asked, begun, half_done, done };

  const std::weak_ptr<far_end> of_;  // whoever needs this last is not to end that, too
  state state_ = state::asked;
  bool abandoned_ = false;
};

}  // namespace parlance::net
