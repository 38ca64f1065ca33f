// The connection of one caller: on the hub's loop, or on another thread that does its system calls and TLS.
// For session.cpp, to which both are the same.
#pragma once

#include <netinet/tcp.h>

#include <coroutine>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <parlance/chat/outgoing.hpp>
#include <parlance/io/loop_thread.hpp>
#include <parlance/io/task.hpp>
#include <parlance/net/remote_stream.hpp>
#include <parlance/net/stream.hpp>
#include <parlance/net/tls.hpp>

namespace parlance::chat {

class wire {
 public:
  /// `where`: null for this loop.
  wire(net::stream caller, io::loop_thread* where);

  class [[nodiscard]] recv_awaiter;
  /// As stream::recv and stream::peek.
  recv_awaiter recv();
  recv_awaiter peek();

  /// Sends all of it, which nobody changes any more.
  class [[nodiscard]] send_awaiter;
  send_awaiter send(std::vector<outgoing> batches);

  /// The server's side of the handshake; gives the fingerprint of the caller's certificate, if it showed one.
  io::task<std::string> start_tls(std::shared_ptr<net::tls_context> with);
  bool is_secure() const noexcept { return is_secure_; }

  io::task<void> shutdown();
  io::task<void> close();
  void abort() noexcept;
  bool is_open() const noexcept;

  io::endpoint local() const;
  std::optional<tcp_info> info() const;

 private:
  std::variant<net::stream, std::unique_ptr<net::remote_stream>> stream_;
  bool is_secure_ = false;
};

/// Waits for what is done on this loop, or on another.
template <class Here, class Result> class here_or_there {
 public:
  explicit here_or_there(Here here) : here_(std::move(here)) {}
  explicit here_or_there(io::task<Result> there) : there_(std::move(there)) {}

  bool await_ready() { return here_ && here_->await_ready(); }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter) {
    if (here_) return here_->await_suspend(waiter);
    return std::move(*there_).operator co_await().await_suspend(waiter);
  }
  Result await_resume() {
    if (here_) return here_->await_resume();
    return std::move(*there_).operator co_await().await_resume();
  }

 protected:
  here_or_there() = default;
  std::optional<Here> here_;
  std::optional<io::task<Result>> there_;
};

class wire::recv_awaiter final : public here_or_there<net::stream::recv_awaiter, std::string_view> {
 public:
  using here_or_there::here_or_there;
};

/// What is sent on this loop. A base before the other, for it must outlive the wait.
struct being_sent {
  std::vector<outgoing> batches;
  std::vector<std::string_view> pieces;  // of them
};

class wire::send_awaiter final : private being_sent, public here_or_there<net::stream::send_awaiter, void> {
 public:
  send_awaiter(wire& to, std::vector<outgoing> all);
};

}  // namespace parlance::chat
