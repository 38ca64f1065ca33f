#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/mutex.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/detail/in_recv.hpp>
#include <parlance/net/memory_stream.hpp>

namespace parlance::net {
namespace {

/// One direction.
struct pipe {
  explicit pipe(std::size_t capacity) : room(capacity) {}

  std::string bytes;  // not yet received
  const std::size_t room;
  bool ended = false;        // nothing more will come
  std::error_code broken{};  // for who reads
  bool deaf = false;         // nobody will read any more
  io::event arrived;         // whatever of these has changed, for who reads
  io::event taken;           // the same for who sends
  io::event over;            // set once it has ended

  /// Once: as with TCP, a reset behind the end changes nothing for who reads.
  void end(std::error_code why) noexcept {
    if (ended) return;
    broken = why;
    ended = true;
    over.set();
    arrived.set();
    taken.set();
  }
  void stop_reading() noexcept {
    deaf = true;
    bytes.clear();
    taken.set();
  }
};

class memory_transport final : public transport {
 public:
  memory_transport(std::shared_ptr<pipe> in, std::shared_ptr<pipe> out)
      : in_(std::move(in)), out_(std::move(out)) {}
  ~memory_transport() override { close_at_once(); }

  io::task<std::string_view> recv() override;
  io::task<void> send(std::span<const std::string_view> pieces, std::shared_ptr<const void>) override;
  io::task<void> shutdown() override;
  io::task<void> peer_ended() override { co_await in_->over; }
  io::task<void> close(close_limits limits) override;
  void reset_when_closed() noexcept override { is_to_reset_ = true; }
  void close_at_once() noexcept override;
  void abort() noexcept override;
  void set_timeout(io::side which, io::duration limit) override {
    (which == io::side::read ? recv_limit_ : send_limit_) = limit;
    // Who waits within the one that is gone begins anew.
    if (limit == io::unlimited) (which == io::side::read ? in_->arrived : out_->taken).set();
  }

 private:
  static io::task<void> until(io::event& changed) { co_await changed; }
  /// Waits for it, within the limit of a send.
  io::task<void> room();
  void expect_open(const char* doing) const {
    if (gone_) throw io::error(gone_, doing);
  }

  const std::shared_ptr<pipe> in_, out_;
  std::string handed_out_;
  io::mutex sending_;
  io::time_point late_ = io::time_point::min();  // when the last who was late began to wait for room
  io::duration recv_limit_ = io::unlimited, send_limit_ = std::chrono::seconds(60);
  std::error_code gone_;  // how operations end since it was closed on this side
  bool receiving_ = false;
  bool is_to_reset_ = false;
  bool cut_ = false;  // a part of a send has gone, and its caller does not know yet, or never will, how much
};

constexpr const char* receiving = "receive from nowhere";
constexpr const char* sending = "send to nowhere";

io::task<std::string_view> memory_transport::recv() {
  if (receiving_) throw io::error(io::from_errno(EALREADY), receiving);
  const in_recv only_one(receiving_);
  co_await io::checkpoint(receiving);
  for (;;) {
    expect_open(receiving);
    if (!in_->bytes.empty()) break;
    if (in_->broken) throw io::error(in_->broken, receiving);
    if (in_->ended) co_return std::string_view();
    in_->arrived.reset();
    try {
      co_await io::timeout(recv_limit_, until(in_->arrived));
    } catch (const io::error& e) {
      throw io::error(e.code(), receiving);
    }
  }
  handed_out_.clear();
  handed_out_.swap(in_->bytes);
  in_->taken.set();
  co_return handed_out_;
}

io::task<void> memory_transport::send(std::span<const std::string_view> pieces, std::shared_ptr<const void>) {
  std::size_t sent = 0;
  const io::time_point came = io::loop::current().now();
  try {
    const io::mutex::guard alone = co_await sending_.lock();
    if (came < late_) throw io::error(io::errc::timed_out, sending);
    if (cut_) throw io::error(io::from_errno(EPIPE), sending);
    for (std::string_view piece : pieces) {
      while (!piece.empty()) {
        co_await io::checkpoint(sending);
        expect_open(sending);
        if (in_->broken) throw io::error(in_->broken, sending);
        if (out_->deaf) throw io::error(io::from_errno(EPIPE), sending);
        const std::size_t size = std::min(piece.size(), out_->room - out_->bytes.size());
        if (size == 0) {
          co_await room();
          continue;
        }
        out_->bytes += piece.substr(0, size);
        sent += size;
        cut_ = true;
        piece.remove_prefix(size);
        out_->arrived.set();
      }
    }
    cut_ = false;
  } catch (const io::error& e) {
    io::error told(e.code(), sending);
    if (sent != 0) cut_ = false;
    throw told.sent(sent);
  }
}

io::task<void> memory_transport::room() {
  const io::time_point began = io::loop::current().now();
  out_->taken.reset();
  try {
    co_await io::timeout(send_limit_, until(out_->taken));
  } catch (const io::error& e) {
    if (e.code() == io::errc::timed_out && !io::context::current().cancelled()) late_ = began;
    throw;
  }
}

io::task<void> memory_transport::shutdown() {
  const io::mutex::guard alone = co_await sending_.lock();
  expect_open("shut down nowhere");
  if (cut_) throw io::error(io::from_errno(EPIPE), "shut down");
  out_->end({});
}

io::task<void> memory_transport::close(close_limits limits) {
  for (std::size_t heard = 0; heard <= limits.bytes;) {
    const std::string_view rest = co_await recv();
    if (rest.empty()) co_return;
    heard += rest.size();
  }
}

void memory_transport::close_at_once() noexcept {
  if (gone_) return;
  gone_ = io::errc::cancelled;
  // As TCP does (RFC 1122, section 4.2.2.13), and its sockets here behind what is not whole.
  const bool resets = is_to_reset_ || cut_ || !in_->bytes.empty();
  out_->end(resets ? io::from_errno(ECONNRESET) : std::error_code());
  in_->stop_reading();
  in_->arrived.set();
}

void memory_transport::abort() noexcept {
  if (gone_) return;
  gone_ = io::from_errno(ECONNABORTED);
  out_->end(io::from_errno(ECONNRESET));
  in_->stop_reading();
  in_->arrived.set();
}

}  // namespace

std::pair<stream, stream> memory_streams(std::size_t room) {
  if (room == 0) throw io::error(io::from_errno(EINVAL), "make streams in memory", "they have no room");
  const auto there = std::make_shared<pipe>(room), back = std::make_shared<pipe>(room);
  return {stream(std::make_shared<memory_transport>(back, there)),
          stream(std::make_shared<memory_transport>(there, back))};
}

}  // namespace parlance::net
