// Who else runs this in the same network? Each says its name to a group, and those who hear it say theirs:
//
//   neighbours NAME [INTERFACE]
#include <fmt/core.h>

#include <chrono>
#include <set>

#include <parlance/net.hpp>

using namespace parlance;
using namespace std::chrono_literals;

io::task<void> meet(std::string name, std::string interface) {
  const net::endpoint everybody = *net::endpoint::parse_ip("239.195.7.7", 7007);
  net::datagram_socket group = co_await net::bind_group(everybody.to_string(), interface);
  co_await group.send_to(name, everybody);
  for (std::set<std::string> known{name};;) {
    const net::datagram heard = co_await group.recv_from();
    if (!known.emplace(heard.data).second) continue;
    fmt::print("{} at {}\n", heard.data, heard.from.address());
    std::fflush(stdout);
    co_await group.send_to(name, everybody);
  }
}

int main(int count, char** arguments) {
  if (count < 2) return fmt::print(stderr, "usage: neighbours NAME [INTERFACE]\n"), 2;
  try {
    io::wait(meet(arguments[1], count > 2 ? arguments[2] : ""), 10s);
  } catch (const io::error& e) {
    if (e.code() == std::errc::timed_out) return 0;
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}
