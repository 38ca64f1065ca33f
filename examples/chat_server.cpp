// Gives each caller its own task, prints what it says and answers, until it says Q or q.
#include <iostream>
#include <parlance/net.hpp>
using namespace parlance;

io::task<> talk(net::stream caller) {
  for (std::string_view said; !(said = co_await caller.recv()).empty();) {
    if (said == "Q" || said == "q") break;
    std::cout << caller.remote().to_string() << ": " << said << std::endl;
    co_await caller.send("you said: " + std::string(said));
  }
  co_await caller.close();
}

io::task<> serve() {
  auto listener = co_await net::listen(":8000");
  io::scope callers{io::log_errors};
  for (;;) callers.spawn(talk(co_await listener.accept()));
}

int main() { io::wait(serve()); }
