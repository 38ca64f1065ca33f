// The floor of receiving a body by HTTP: one GET, and recv(2) into the same memory until all of it is there.
//   floor_get http://127.0.0.1:PORT/PATH
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "loopback.hpp"

namespace {

using bench::fail;

constexpr std::string_view usage = "floor_get http://127.0.0.1:PORT/PATH";
constexpr std::string_view before_port = "http://127.0.0.1:";
constexpr std::size_t room = 256 * 1024;

std::size_t receive(int socket, std::vector<char>& into) {
  const ssize_t got = ::recv(socket, into.data(), into.size(), 0);
  if (got < 0) fail("recv");
  if (got == 0) fail("the end came early", EPROTO);
  return static_cast<std::size_t>(got);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view url = argc == 2 ? argv[1] : "";
  const std::size_t slash = url.find('/', before_port.size());
  if (!url.starts_with(before_port) || slash == url.npos) {
    fmt::print(stderr, "usage: {}\n", usage);
    return 2;
  }
  const std::string port(url.substr(before_port.size(), slash - before_port.size()));
  const int socket = bench::connect_to(bench::number<std::uint16_t>(port.c_str(), 1, 65'535, usage), 1);
  const std::string asked = fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", url.substr(slash));
  if (::send(socket, asked.data(), asked.size(), 0) != static_cast<ssize_t>(asked.size())) fail("send");

  std::vector<char> buffer(room);
  std::string head;
  std::size_t end = std::string::npos;
  while ((end = head.find("\r\n\r\n")) == head.npos) head.append(buffer.data(), receive(socket, buffer));
  constexpr std::string_view field = "Content-Length: ";
  const std::size_t at = head.find(field);
  if (!head.starts_with("HTTP/1.1 200 ") || at > end) fail("no answer with a length", EPROTO);
  std::size_t left = std::stoull(head.substr(at + field.size())) - (head.size() - end - 4);
  while (left != 0) left -= std::min(left, receive(socket, buffer));
  ::close(socket);
}
