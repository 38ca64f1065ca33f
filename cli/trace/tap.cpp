// What passes between a connection and who speaks through it.
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/socket_options.hpp>

#include <cli/trace/recorder.hpp>

namespace parlance::cli {
namespace {

/// A copy of a descriptor: the kernel knows what the end of the last one will do, once the stream has gone and has
/// said how.
class last_descriptor {
 public:
  explicit last_descriptor(int of) noexcept : fd_(::fcntl(of, F_DUPFD_CLOEXEC, 0)) {}
  ~last_descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  last_descriptor(const last_descriptor&) = delete;
  last_descriptor& operator=(const last_descriptor&) = delete;

  /// Nothing is sent any more.
  bool is_over() const noexcept {
    const auto info = net::tcp_info_of(fd_);
    return info && info->tcpi_state == TCP_CLOSE;
  }
  /// As behind what is not whole, or with bytes that nobody received (RFC 1122, section 4.2.2.13).
  bool resets() const noexcept {
    linger how{};
    socklen_t size = sizeof how;
    int unread = 0;
    return (::getsockopt(fd_, SOL_SOCKET, SO_LINGER, &how, &size) == 0 && how.l_onoff != 0 &&
            how.l_linger == 0) ||
           (::ioctl(fd_, FIONREAD, &unread) == 0 && unread > 0);
  }

 private:
  int fd_;
};

class tap final : public net::transport {
 public:
  tap(net::stream s, std::shared_ptr<trace::recorder> into, std::shared_ptr<traced_connection> on)
      : below_(std::move(s)), into_(std::move(into)), on_(std::move(on)) {}
  ~tap() override { close_at_once(); }

  io::task<std::string_view> recv() override {
    std::string_view bytes;
    try {
      bytes = co_await below_.recv();
    } catch (const io::error& e) {
      if (e.code() == std::errc::connection_reset) tell({.rst = true});
      throw;
    }
    if (!bytes.empty())
      tell({.ack = true, .psh = true, .size = bytes.size()}, bytes);
    else if (!std::exchange(peer_ended_, true))
      peer_has_ended();
    co_return bytes;
  }

  io::task<void> send(std::span<const std::string_view> pieces, std::shared_ptr<const void> owner) override {
    std::string all;
    for (const std::string_view piece : pieces) all += piece;
    // Drawn when it is handed to the kernel: the answer may be there before this goes on.
    tell({.outgoing = true, .ack = true, .psh = true, .size = all.size()}, all);
    co_await below_.send(pieces, std::move(owner));
  }

  io::task<void> shutdown() override {
    co_await below_.shutdown();
    end();
  }
  io::task<void> peer_ended() override { return below_.peer_ended(); }

  io::task<void> close(net::close_limits limits) override {
    // Heard here, so that the peer's end is seen. The stream above sees to what is left.
    std::size_t heard = 0;
    try {
      while (!peer_ended_ && heard <= limits.bytes) {
        const std::string_view words = co_await io::timeout(limits.time, recv());
        heard += words.size();
        if (words.empty()) break;
      }
    } catch (const io::error&) {
      if (io::context::current().cancelled()) throw;
    }
  }

  void reset_when_closed() noexcept override { below_.reset_when_closed(); }
  void close_at_once() noexcept override {
    if (!below_.is_open()) return;
    {
      const last_descriptor last(below_.native_handle());
      try {
        diagnose();
        below_.close_at_once();
        if (!last.is_over()) last.resets() ? reset() : end();
      } catch (...) {  // it is only not drawn
        below_.close_at_once();
      }
    }
    into_->drain();
  }
  void abort() noexcept override {
    if (!below_.is_open()) return;
    try {
      diagnose();
      reset();
    } catch (...) {
    }
    below_.abort();
    into_->drain();
  }

  io::endpoint local() const override { return below_.local(); }
  io::endpoint remote() const override { return below_.remote(); }
  void set_timeout(io::side which, io::duration limit) override {
    which == io::side::read ? below_.set_recv_timeout(limit) : below_.set_send_timeout(limit);
  }
  std::optional<tcp_info> info() const override { return below_.info(); }
  int native_handle() const noexcept override { return below_.native_handle(); }

 private:
  void tell(tcp_segment one, std::string_view bytes = {}) { into_->infer(on_, one, bytes); }

  void reset() { tell({.outgoing = true, .ack = true, .rst = true}); }
  void end() {
    if (std::exchange(ended_, true)) return;
    tell({.outgoing = true, .ack = true, .fin = true});
    // The kernel knows whether the peer has acknowledged it already.
    const auto info = below_.info();
    if (info && (info->tcpi_state == TCP_FIN_WAIT2 || info->tcpi_state == TCP_CLOSE)) tell({.ack = true});
  }
  void peer_has_ended() {
    tell({.ack = true, .fin = true});
    tell({.outgoing = true, .ack = true});
  }
  void diagnose() {
    if (!std::exchange(diagnosed_, true)) into_->diagnose(on_, below_);
  }

  net::stream below_;
  const std::shared_ptr<trace::recorder> into_;
  const std::shared_ptr<traced_connection> on_;
  bool ended_ = false, peer_ended_ = false, diagnosed_ = false;
};

}  // namespace

net::stream tapped(net::stream s, std::shared_ptr<trace::recorder> into,
                   std::shared_ptr<traced_connection> on) {
  return net::stream(std::make_shared<tap>(std::move(s), std::move(into), std::move(on)));
}

}  // namespace parlance::cli
