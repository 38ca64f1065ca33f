// What passes between a connection and who speaks through it.
#include <netinet/tcp.h>

#include <utility>

#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/wait.hpp>

#include <cli/trace/recorder.hpp>

namespace parlance::cli {
namespace {

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
    // Heard here, so that the peer's end is seen.
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
    diagnose();
    co_await below_.close(limits);
  }

  void close_at_once() noexcept override {
    if (!below_.is_open()) return;
    try {
      diagnose();
      end();
    } catch (...) {  // it is only not drawn
    }
    below_.close_at_once();
    into_->drain();
  }
  void abort() noexcept override {
    if (!below_.is_open()) return;
    try {
      diagnose();
      tell({.outgoing = true, .ack = true, .rst = true});
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
