#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/net/datagram.hpp>
#include <parlance/net/in_use.hpp>

namespace parlance::net {
namespace {

constexpr std::size_t room = 65535;

std::unique_ptr<io::socket> open(const endpoint& e) {
  std::unique_ptr<io::socket> socket = io::loop::current().kernel().open(e.family(), SOCK_DGRAM);
  constexpr int off = 0;
  if (e.family() == AF_INET6 && socket->native_handle() >= 0)
    ::setsockopt(socket->native_handle(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  return socket;
}

/// How a socket of both families names an IPv4 address (RFC 4291, section 2.5.5.2).
endpoint map_into_ipv6(const endpoint& v4) {
  std::array<std::uint8_t, 16> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::memcpy(mapped.data() + 12, &reinterpret_cast<const sockaddr_in*>(v4.data())->sin_addr, 4);
  return endpoint::ipv6(mapped, v4.port());
}

}  // namespace

datagram_socket::datagram_socket(std::unique_ptr<io::socket> bound)
    : buffer_(std::make_unique_for_overwrite<char[]>(room)), socket_(std::move(bound)) {}
datagram_socket::datagram_socket(datagram_socket&&) noexcept = default;
datagram_socket& datagram_socket::operator=(datagram_socket&& other) noexcept {
  socket_ = std::move(other.socket_);
  buffer_ = std::move(other.buffer_);
  return *this;
}
datagram_socket::~datagram_socket() = default;

io::task<datagram> datagram_socket::recv_from() {
  io::recv_from_operation receiving(*socket_, std::span(buffer_.get(), room));
  co_await receiving;
  if (receiving.error) throw io::error(receiving.error, "receive at " + local().to_string());
  co_return datagram{{buffer_.get(), receiving.size}, receiving.from, receiving.truncated};
}

io::task<void> datagram_socket::send_to(std::string_view data, endpoint to) {
  const bool mapped = to.family() == AF_INET && socket_->local().family() == AF_INET6;
  io::send_to_operation sending(*socket_, data, mapped ? map_into_ipv6(to) : to);
  co_await sending;
  if (sending.error) throw io::error(sending.error, "send to " + to.to_string());
}

io::task<void> datagram_socket::send(std::string_view data) {
  io::send_to_operation sending(*socket_, data, {});
  co_await sending;
  if (sending.error) throw io::error(sending.error, "send to " + remote().to_string());
}

endpoint datagram_socket::local() const { return socket_->local(); }
endpoint datagram_socket::remote() const { return socket_->remote(); }

namespace {

io::task<datagram_socket> bind_once(const address& where) {
  const std::vector<endpoint> endpoints = co_await resolve(where, true);
  std::unique_ptr<io::socket> socket;
  try {
    socket = open(endpoints.front());
    socket->bind(endpoints.front());
  } catch (const io::error& e) {
    const bool no_ipv6 =
        e.code() == std::errc::address_family_not_supported || e.code() == std::errc::address_not_available;
    if (!where.host.empty() || !no_ipv6) throw;
    socket = open(endpoint::ipv4({}, where.port));
    socket->bind(endpoint::ipv4({}, where.port));
  }
  co_return datagram_socket(std::move(socket));
}

}  // namespace

io::task<datagram_socket> bind_datagram(std::string at, io::duration patience,
                                        std::function<void(std::string_view)> on_wait) {
  const address where = address::parse(at);
  if (!on_wait) on_wait = [](std::string_view) {};
  co_return co_await while_in_use(patience, std::move(on_wait), [&] { return bind_once(where); });
}

io::task<datagram_socket> connect_datagram(std::string to) {
  const std::vector<endpoint> endpoints = co_await resolve(address::parse(to));
  std::error_code failed;
  // Nothing is sent yet, so what fails is a family, or a network, that this machine does not have.
  for (const endpoint& there : endpoints) {
    std::unique_ptr<io::socket> socket;
    try {
      socket = open(there);
    } catch (const io::error& e) {
      failed = e.code();
      continue;
    }
    io::connect_operation connecting(*socket, there);
    co_await connecting;
    if (!connecting.error) co_return datagram_socket(std::move(socket));
    failed = connecting.error;
  }
  throw io::error(failed, "connect " + to);
}

}  // namespace parlance::net
