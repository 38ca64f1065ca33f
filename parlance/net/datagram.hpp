// Datagrams: UDP, one message at a time, each whole or not at all.
//
//   auto socket = co_await net::bind_datagram(":9000");
//   auto message = co_await socket.recv_from();
//   co_await socket.send_to("pong", message.from);
//
// To and from a group of those who want to hear it (multicast):
//
//   auto socket = co_await net::bind_group("239.1.2.3:5000", "eth0");
//   auto message = co_await socket.recv_from();
//
// Many at once, in one call of the system: see `send_many` and `coalesce`.
//
// The options take effect at once, and may be set at any time. Each throws io::error saying what was to be
// set, and of which socket, with what setsockopt(2) says; in the simulation, which has none of them, that is
// ENOTSUP. On a socket of both families each is for both. See ip(7), ipv6(7), udp(7).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <parlance/io/datagram_socket.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/address.hpp>

namespace parlance::net {

struct datagram {
  /// Valid until the next receive, or the end of the socket. Empty is a datagram too, and not an end.
  std::string_view data;
  endpoint from;
  /// It was longer than 65,535 bytes of room: `data` is its beginning.
  bool truncated = false;
  /// To what it was sent, an address of this machine or a group; of no family unless `report_destination`.
  endpoint to = {};
  /// With that, the index of the interface that it came by (if_indextoname(3)).
  unsigned interface_index = 0;
  /// After `coalesce`, `data` may be several from one sender, of so many bytes each but for the last, which
  /// may be shorter. 0: it is one.
  std::size_t segment_size = 0;
};

/// What becomes of a datagram that is longer than the path to its receiver takes.
enum class fragmentation : unsigned char {
  /// It goes in parts where this machine knows that it must (IP_PMTUDISC_WANT, what the kernel begins with).
  usual,
  /// None goes in parts (DF is set): longer ones than the path is known to take are refused with EMSGSIZE.
  never,
  /// Likewise, but what is known of the path is not asked, so that longer ones may try it (RFC 8899).
  probe,
};

class datagram_socket {
 public:
  explicit datagram_socket(std::unique_ptr<io::datagram_socket> bound);
  /// What waits goes along. The one that was moved from is closed: all but `local` and `remote`, which are of
  /// no family then, throw errc::closed.
  datagram_socket(datagram_socket&&) noexcept;
  datagram_socket& operator=(datagram_socket&&) noexcept;
  /// Closes it: what waits ends with errc::cancelled.
  ~datagram_socket();

  /// Waits for the next. On a connected socket it may throw ECONNREFUSED, because an earlier datagram found
  /// nobody; that is not the end: asking again works.
  io::task<datagram> recv_from();
  /// Throws io::error: EMSGSIZE when it is too long for one datagram.
  io::task<void> send_to(std::string_view data, endpoint to);
  /// To whom it is connected.
  io::task<void> send(std::string_view data);
  /// Sends `data` as datagrams of `size` bytes each, the last with the rest, as if by send_to one after the
  /// other: nothing at all when it is empty. `to` of no family: to whom it is connected. Where the kernel
  /// takes them so (UDP_SEGMENT), up to 64 of them go with one call, which costs about as much as one
  /// datagram; otherwise they go one by one. `data` stays the caller's, until it is over. Throws io::error,
  /// `bytes_sent` of which says how much went: EMSGSIZE when `size` is too long, EINVAL when it is 0.
  io::task<void> send_many(std::string_view data, std::size_t size, endpoint to = {});

  /// How many bytes may wait to be received, or to leave. The kernel takes no more than net.core.rmem_max and
  /// wmem_max, silently (socket(7)), and what it keeps beside the bytes of each counts too.
  void set_receive_buffer(std::size_t bytes);
  void set_send_buffer(std::size_t bytes);
  std::size_t receive_buffer() const;
  std::size_t send_buffer() const;

  /// Whether it may send to broadcast addresses (SO_BROADCAST), which is EACCES otherwise.
  void allow_broadcast(bool allowed);
  /// How many routers may pass on what it sends, 1 to 255 (IP_TTL, IPV6_UNICAST_HOPS). Not for groups.
  void set_hops(int most);
  /// The DSCP, in the upper six bits, and ECN (RFC 2474, 3168; IP_TOS, IPV6_TCLASS).
  void set_traffic_class(int octet);
  void set_fragmentation(fragmentation what);
  /// The longest packet that the path to whom it is connected takes, as far as it is known, headers
  /// included, in bytes. Throws io::error: ENOTCONN when it is not.
  std::size_t path_mtu() const;

  /// Hears what is sent to a group and the socket's port, on one interface; empty: the one that the group's
  /// scope ("ff02::1%eth0") or the routes name. It hears groups that it has joined and no others. Throws
  /// io::error: ENODEV when there is no such interface, EADDRINUSE when it has joined already.
  void join(const endpoint& group, std::string_view interface = {});
  void leave(const endpoint& group, std::string_view interface = {});
  /// The same for what one sender sends to it (source-specific multicast, RFC 4607).
  void join_source(const endpoint& group, const endpoint& source, std::string_view interface = {});
  void leave_source(const endpoint& group, const endpoint& source, std::string_view interface = {});
  /// By which interface what it sends to groups leaves; empty: as the routes say.
  void set_multicast_interface(std::string_view interface);
  /// How many routers may pass that on. 1 at first: it stays in this network. 0: on this machine.
  void set_multicast_hops(int most);
  /// Whether those on this machine who have joined hear it too, which they do at first.
  void set_multicast_loop(bool heard);

  /// Whether each datagram says to what it was sent. For servers on every address, which cannot tell
  /// otherwise.
  void report_destination(bool wanted);
  /// Whether the kernel may hand over several datagrams of one sender as one (UDP_GRO), see
  /// `datagram::segment_size`: fewer calls for a socket that receives very many.
  void coalesce(bool allowed);

  endpoint local() const;
  endpoint remote() const;

 private:
  /// Of those who wait, too, so that they find it wherever this is moved to, and closed once this is gone.
  struct open_socket {
    explicit open_socket(std::unique_ptr<io::datagram_socket> bound);
    endpoint remote() const;
    /// For errors.
    std::string receiving() const;
    endpoint seen_from_here(const endpoint& to) const;

    std::unique_ptr<char[]> buffer;  // outlives the socket, which may be receiving into it
    std::unique_ptr<io::datagram_socket> socket;
    const bool with_details;  // also for who waits when they are asked for
  };
  /// Throws io::error once it was moved from.
  const std::shared_ptr<open_socket>& opened() const;
  std::shared_ptr<open_socket> its_;
};

/// Receives what is sent to "host:port" or ":port" (both families). `patience` and `on_wait` as `patience`
/// and `on_pause` of listen_options; without the latter nothing is told.
io::task<datagram_socket> bind_datagram(std::string at, io::duration patience = io::duration::zero(),
                                        std::function<void(std::string_view)> on_wait = {});
/// Receives what is sent to a group, "239.1.2.3:5000" or "[ff02::fb%eth0]:5353", and joins it on `interface`,
/// as `join` does. Others on this machine may do the same at the same time (SO_REUSEADDR): each gets its
/// copy. What it sends to groups leaves by `interface`, too. Throws io::error: EINVAL when that is no group.
io::task<datagram_socket> bind_group(std::string group, std::string interface = {});
/// Sends to and receives from one peer only. The first address of the name that this machine can send to is
/// taken: there is no answer to race for.
io::task<datagram_socket> connect_datagram(std::string to);

}  // namespace parlance::net
