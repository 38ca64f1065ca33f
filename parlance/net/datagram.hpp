// Datagrams: UDP, one message at a time, each whole or not at all.
//
//   auto socket = co_await net::bind_datagram(":9000");
//   auto message = co_await socket.recv_from();
//   co_await socket.send_to("pong", message.from);
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <parlance/io/socket.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/address.hpp>

namespace parlance::net {

struct datagram {
  /// Valid until the next receive. Empty is a datagram too, and not an end.
  std::string_view data;
  endpoint from;
  /// It was longer than 65,535 bytes of room: `data` is its beginning.
  bool truncated = false;
};

class datagram_socket {
 public:
  explicit datagram_socket(std::unique_ptr<io::socket> bound);
  datagram_socket(datagram_socket&&) noexcept;
  datagram_socket& operator=(datagram_socket&&) noexcept;
  ~datagram_socket();

  /// Waits for the next. On a connected socket it may throw ECONNREFUSED, because an earlier datagram found
  /// nobody; that is not the end: asking again works.
  io::task<datagram> recv_from();
  /// Throws io::error: EMSGSIZE when it is too long for one datagram.
  io::task<void> send_to(std::string_view data, endpoint to);
  /// To whom it is connected.
  io::task<void> send(std::string_view data);

  endpoint local() const;
  endpoint remote() const;

 private:
  std::unique_ptr<char[]> buffer_;  // outlives the socket, which may be receiving into it
  std::unique_ptr<io::socket> socket_;
};

/// Receives what is sent to "host:port" or ":port" (both families). `patience` and `on_wait` as `patience`
/// and `on_pause` of listen_options; without the latter nothing is told.
io::task<datagram_socket> bind_datagram(std::string at, io::duration patience = io::duration::zero(),
                                        std::function<void(std::string_view)> on_wait = {});
/// Sends to and receives from one peer only. The first address of the name that this machine can send to is
/// taken: there is no answer to race for.
io::task<datagram_socket> connect_datagram(std::string to);

}  // namespace parlance::net
