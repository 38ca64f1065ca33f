// Answers each line of a caller, ten in a second and a burst of twenty, and a hundred callers at a time:
// rate_limited_server ADDRESS
#include <algorithm>
#include <iostream>
#include <parlance/io/semaphore.hpp>
#include <parlance/net.hpp>
using namespace parlance;
using namespace std::chrono_literals;

constexpr io::duration pace = 100ms, burst = 20 * pace;

io::task<> answer(net::stream caller, io::semaphore::guard) {
  net::reader lines(caller);
  io::time_point due{};  // its next line
  while (auto line = co_await io::timeout(1min, lines.line(512))) {
    due = std::max(due, io::loop::current().now() - burst) + pace;
    co_await io::sleep_until(due);
    co_await caller.send({*line, "\n"});
  }
}

io::task<> serve(std::string at) {
  auto listener = co_await net::listen(at);
  io::semaphore places(100);
  io::scope callers{io::log_errors};
  for (;;) {
    auto place = co_await places.acquire();
    callers.spawn(answer(co_await listener.accept(), std::move(place)));
  }
}

int main(int argc, char** argv) try {
  if (argc != 2) return std::cerr << "usage: rate_limited_server ADDRESS\n", 2;
  io::wait(serve(argv[1]));
} catch (const io::error& e) {
  return std::cerr << e.what() << '\n', 1;
}
