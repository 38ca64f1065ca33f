// Gives each caller its own task, prints each line that it says and answers, until it says Q or q.
#include <iostream>
#include <parlance/net.hpp>
using namespace parlance;

io::task<> talk(net::stream caller) {
  net::reader lines(caller);
  while (auto said = co_await lines.line()) {
    if (*said == "Q" || *said == "q") break;
    std::cout << caller.remote().to_string() << ": " << *said << std::endl;
    co_await caller.send({"you said: ", *said, "\n"});
  }
  co_await caller.close();
}

io::task<> serve() {
  auto listener = co_await net::listen(":8000");
  io::scope callers{io::log_errors};
  for (;;) callers.spawn(talk(co_await listener.accept()));
}

int main() { io::wait(serve()); }
