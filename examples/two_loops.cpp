// Serves on two loops, each on a thread of its own, and prints on a third what was said: two_loops ADDRESS
#include <iostream>
#include <parlance/io/combinators.hpp>
#include <parlance/io/mailbox.hpp>
#include <parlance/net.hpp>
using namespace parlance;

io::task<> print(io::mailbox<std::string>& said) {
  for (;;) std::cout << co_await said.take() << std::endl;
}

io::task<> serve(std::string at) {
  io::mailbox<std::string> said(1000);
  const auto note = [to = said.address()](net::stream caller) -> io::task<> {
    net::reader lines(caller);
    while (auto line = co_await lines.line(512))
      co_await caller.send(to.try_put(std::string(*line)) ? "noted\n" : "busy\n");
  };
  co_await io::race(net::serve_on_threads(co_await net::listen_shared(at, 2), note), print(said));
}

int main(int argc, char** argv) try {
  if (argc != 2) return std::cerr << "usage: two_loops ADDRESS\n", 2;
  io::wait(serve(argv[1]));
} catch (const io::error& e) {
  return std::cerr << e.what() << '\n', 1;
}
