// The floor of a WebSocket echo server on epoll: one thread, level-triggered; for each message one recv, taking its mask
// off, and one send. No checks, no state, no limits, no fragments; a message comes whole, and has less than 64 KiB.
//   floor_websocket_epoll PORT
#include <openssl/evp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "loopback.hpp"

namespace {

using bench::fail;

void watch(int poll, int socket) {
  epoll_event readable{.events = EPOLLIN, .data = {.fd = socket}};
  if (::epoll_ctl(poll, EPOLL_CTL_ADD, socket, &readable) != 0) fail("epoll_ctl");
}

void accept_one(int poll, int listener) {
  const int socket = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (socket < 0 && errno == EAGAIN) return;
  if (socket < 0) fail("accept4");
  bench::set_no_delay(socket);
  watch(poll, socket);
}

void send(int socket, std::string_view bytes) { ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

/// RFC 6455 4.2.2.
void open(int socket, std::string_view asked) {
  constexpr std::string_view name = "Sec-WebSocket-Key: ";
  const std::size_t at = asked.find(name) + name.size();
  const std::string text =
      std::string(asked.substr(at, asked.find("\r\n", at) - at)) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  std::array<unsigned char, 32> accept{};
  unsigned size = 0;
  ::EVP_Digest(text.data(), text.size(), hash.data(), &size, ::EVP_sha1(), nullptr);
  ::EVP_EncodeBlock(accept.data(), hash.data(), static_cast<int>(size));
  send(socket, fmt::format("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           "Sec-WebSocket-Accept: {}\r\n\r\n",
                           reinterpret_cast<const char*>(accept.data())));
}

/// Where its payload is, an answer's frame is made, whose head is shorter by the mask.
void echo(int socket, std::string_view frame, char* bytes) {
  constexpr unsigned long_size = 126;
  const bool is_long = (static_cast<unsigned char>(bytes[1]) & 0x7fU) == long_size;
  const std::size_t head = is_long ? 4 : 2;
  char* const mask = bytes + head;
  char* const payload = mask + 4;
  const std::size_t size = frame.size() - head - 4;
  std::uint64_t twice = 0;
  std::memcpy(&twice, mask, 4);
  std::memcpy(reinterpret_cast<char*>(&twice) + 4, mask, 4);
  for (std::size_t i = 0; i < size; i += sizeof twice) {
    const std::size_t step = std::min(size - i, sizeof twice);
    std::uint64_t word = 0;
    std::memcpy(&word, payload + i, step);
    word ^= twice;
    std::memcpy(payload + i, &word, step);
  }
  char* const out = payload - head;
  std::memmove(out, bytes, head);
  out[1] = static_cast<char>(out[1] & 0x7f);
  send(socket, {out, head + size});
}

void serve(int socket) {
  static std::array<char, 70'000> buffer;
  const ssize_t received = ::recv(socket, buffer.data(), buffer.size(), 0);
  if (received <= 0) {
    if (received == 0 || errno != EAGAIN) ::close(socket);
    return;
  }
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(received));
  if (bytes.starts_with("GET "))
    open(socket, bytes);
  else
    echo(socket, bytes, buffer.data());
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view usage = "floor_websocket_epoll PORT";
  bench::raise_open_file_limit();
  const int listener = bench::listen_on(
      bench::number<std::uint16_t>(argc == 2 ? argv[1] : "", 1, 65'535, usage), SOCK_NONBLOCK);
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  if (poll < 0) fail("epoll_create1");
  watch(poll, listener);
  for (std::array<epoll_event, 512> events;;) {
    const int ready = ::epoll_wait(poll, events.data(), events.size(), -1);
    if (ready < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < ready; ++i) {
      const int socket = events[i].data.fd;
      if (socket == listener)
        accept_one(poll, listener);
      else
        serve(socket);
    }
  }
}
