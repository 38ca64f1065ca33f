// Sends what is typed to a peer and prints what it says, until it ends: netcat HOST:PORT
#include <iostream>
#include <unistd.h>
#include <parlance/net.hpp>
using namespace parlance;

io::task<> send_what_is_typed(net::stream& peer) {
  io::input typed(STDIN_FILENO);
  for (std::string_view text; !(text = co_await typed.read()).empty();) co_await peer.send(text);
  co_await peer.shutdown();
}

io::task<> talk(std::string to) {
  auto peer = co_await net::connect(to);
  io::output shown(STDOUT_FILENO);
  io::scope typing;
  typing.spawn(send_what_is_typed(peer));
  for (std::string_view text; !(text = co_await peer.recv()).empty();) co_await shown.write(text);
}

int main(int argc, char** argv) try {
  if (argc != 2) return std::cerr << "usage: netcat HOST:PORT\n", 2;
  io::wait(talk(argv[1]));
} catch (const io::error& e) {
  return std::cerr << e.what() << '\n', 1;
}
