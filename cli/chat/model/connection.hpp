// The connection of a network: made, kept, and made again.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <parlance/io/error.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/task.hpp>
#include <parlance/net/stream.hpp>
#include <parlance/net/tls.hpp>

#include <cli/chat/model/network.hpp>
#include <cli/chat/model/server_address.hpp>

namespace parlance::cli {

struct connection_options {
  server_address to;
  net::tls_client_options tls = {};
  std::string proxy = {};
};

class chat_connection {
 public:
  chat_connection(connection_options how, chat_network& of) : how_(std::move(how)), network_(of) {}

  /// Until one has left the network. Throws only what is an error of the program, or of what it was told.
  io::task<void> run();

  /// Something is to be sent, or the network has something to do.
  void wake() noexcept { woken_.set(); }
  /// Connects now, where it would have waited.
  void hurry() noexcept { hurried_.set(); }
  /// Ends the connection; by TLS at that port from then on, where there is one.
  void disconnect(std::optional<std::uint16_t> tls_port);
  /// Has said goodbye: gives the server a moment to end it.
  void leave() noexcept { left_.set(), woken_.set(), hurried_.set(); }

  const server_address& to() const noexcept { return how_.to; }
  /// TLS's version and cipher; empty without it.
  const std::string& security() const noexcept { return security_; }
  /// Of the last attempt that failed; null: none has.
  const std::exception_ptr& failure() const noexcept { return failure_; }

 private:
  io::task<void> attempt();
  io::task<void> hear(net::stream& server);
  io::task<void> speak(net::stream& server);
  io::task<void> keep_time();

  connection_options how_;
  chat_network& network_;
  std::shared_ptr<net::tls_context> context_;
  io::event woken_, hurried_, stopped_, left_, ticked_, spoken_;
  bool at_once_ = false;  // the next attempt
  std::string security_;
  std::exception_ptr failure_;
};

}  // namespace parlance::cli
