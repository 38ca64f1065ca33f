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

class wire::recv_awaiter {
 public:
  explicit recv_awaiter(net::stream::recv_awaiter here) : here_(std::move(here)) {}
  explicit recv_awaiter(io::task<std::string_view> there) : there_(std::move(there)) {}

  bool await_ready() { return here_ && here_->await_ready(); }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter) {
    if (here_) return here_->await_suspend(waiter);
    return std::move(*there_).operator co_await().await_suspend(waiter);
  }
  std::string_view await_resume() {
    if (here_) return here_->await_resume();
    return std::move(*there_).operator co_await().await_resume();
  }

 private:
  std::optional<net::stream::recv_awaiter> here_;
  std::optional<io::task<std::string_view>> there_;
};

class wire::send_awaiter {
 public:
  send_awaiter(wire& to, std::vector<outgoing> batches);
  send_awaiter(send_awaiter&&) noexcept = default;

  bool await_ready() { return here_ && here_->await_ready(); }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter) {
    if (here_) return here_->await_suspend(waiter);
    return std::move(*there_).operator co_await().await_suspend(waiter);
  }
  void await_resume() {
    if (here_) return here_->await_resume();
    std::move(*there_).operator co_await().await_resume();
  }

 private:
  std::vector<outgoing> batches_;         // of a send on this loop
  std::vector<std::string_view> pieces_;  // of them
  std::optional<net::stream::send_awaiter> here_;
  std::optional<io::task<void>> there_;
};

}  // namespace parlance::chat
