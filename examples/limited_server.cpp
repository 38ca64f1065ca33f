// Echoes over TLS: 100 callers at a time, 4 of one address, ten messages a second each. Ends on SIGTERM or
// Control-C once they have had their last echo, or after five seconds.
#include <csignal>
#include <iostream>
#include <parlance/io/combinators.hpp>
#include <parlance/io/signals.hpp>
#include <parlance/net.hpp>
using namespace parlance;
using namespace std::chrono_literals;

io::task<> echo(net::caller one) {
  for (;;) {
    auto said = co_await io::race(one.stream.recv(), one.stopping);
    if (said.index() == 1 || std::get<0>(said).empty()) break;
    co_await one.stream.send(std::get<0>(said));
    co_await io::sleep(100ms);
  }
  co_await one.stream.send("goodbye\n");
  co_await one.stream.close();
}

io::task<> serve() {
  io::signals ends{SIGTERM, SIGINT};
  io::event stop;
  io::scope waiting;
  waiting.spawn([&]() -> io::task<> {
    co_await ends.next();
    stop.set();
  });
  auto context = net::tls_context::server();  // with a certificate made on the spot
  std::cout << "certificate " << context->fingerprint() << std::endl;
  co_await net::serve(co_await net::listen(":8000"), echo,
                      {.tls = [=] { return context; },
                       .connections = 100,
                       .connections_per_address = 4,
                       .stop = &stop,
                       .drain = 5s});
}

int main() { io::wait(serve()); }
