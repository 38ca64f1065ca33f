// Passes each caller on to another address, and what both say to the other: forwarder FROM TO
#include <iostream>
#include <parlance/net.hpp>
using namespace parlance;

io::task<> pass_on(net::stream caller, std::string to) {
  auto server = co_await net::connect(to);
  co_await net::relay(caller, server, {.idle = std::chrono::minutes(10)});
}

io::task<> serve(std::string from, std::string to) {
  auto listener = co_await net::listen(from);
  io::scope callers{io::log_errors};
  for (;;) callers.spawn(pass_on(co_await listener.accept(), to));
}

int main(int argc, char** argv) try {
  if (argc != 3) return std::cerr << "usage: forwarder FROM TO\n", 2;
  io::wait(serve(argv[1], argv[2]));
} catch (const io::error& e) {
  return std::cerr << e.what() << '\n', 1;
}
