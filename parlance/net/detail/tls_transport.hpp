// TLS over any stream: what tls_connect and tls_accept make a stream stand on.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <parlance/io/context.hpp>
#include <parlance/io/detail/buffer_pool.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/mutex.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/net/detached_stream.hpp>
#include <parlance/net/detail/tls_records.hpp>
#include <parlance/net/stream.hpp>
#include <parlance/net/tls_session.hpp>
#include <parlance/net/transport.hpp>

namespace parlance::net {

class tls_transport final : public transport {
 public:
  /// `host`: as tls_session's. When it throws, `below` is as it was.
  tls_transport(stream&& below, std::shared_ptr<tls_context> context, const std::string& host);

  /// First of all.
  io::task<void> shake_hands();

  io::task<std::string_view> recv() override;
  io::task<void> send(std::span<const std::string_view> pieces, std::shared_ptr<const void> owner) override;
  io::task<void> shutdown() override;
  io::task<void> peer_ended() override { return below_.peer_ended(); }
  io::task<void> close(close_limits limits) override {
    received_ = {};  // it lies where it is listened now
    return below_.close(limits);
  }
  void close_at_once() noexcept override { below_.close_at_once(); }
  void abort() noexcept override;

  endpoint local() const override { return below_.local(); }
  endpoint remote() const override { return below_.remote(); }
  void set_timeout(io::side which, io::duration limit) override;
  std::optional<tcp_info> info() const override { return below_.info(); }
  std::optional<ucred> peer_credentials() const override { return below_.peer_credentials(); }
  tls_session* tls() noexcept override { return &session_; }
  int native_handle() const noexcept override { return below_.native_handle(); }
  stream* below() noexcept override { return &below_; }
  void detach() override;
  void attach() override;

 private:
  /// Sends what the session has encrypted, and what an earlier one left. Only in the turn to send.
  io::task<void> flush();
  /// The same for what the protocol answers by itself, apart from who receives: whoever destroys a recv has
  /// not cut a record. Throws as flush does.
  io::task<void> answer();
  io::task<void> flush_answers();
  /// Gives the session some of what has come; waits for it when there is nothing. False: the end.
  io::task<bool> take_records();
  /// The same, where the end is a failure.
  io::task<void> take_records_of_handshake();
  /// Throws when it was closed while somebody waited in here.
  void expect_open(const char* doing) const;

  tls_session session_;
  stream below_;
  std::optional<detached_stream> away_;  // instead, between two loops
  std::string_view received_;            // from below, and not yet dealt with
  tls_records records_;
  io::buffer_pool::block plain_;  // decrypted bytes, while they are handed out
  io::mutex sending_;             // whose turn it is: records leave in the order in which they were made
  std::string unsent_;            // records that are left, because a send was cut
  io::time_point late_ = io::time_point::min();  // when what was late last began to wait for the peer
  bool cut_ = false;                             // at a place that nobody knows, so nothing can follow
  bool aborted_ = false;
  bool receiving_ = false;
  /// Seldom there. Cancelled with nobody who receives.
  struct answering {
    io::context apart{nullptr};
    std::optional<io::scope> under_way;
    io::event sent;
    std::exception_ptr failure = {};
  };
  std::unique_ptr<answering> answering_;
};

}  // namespace parlance::net
