// Tests a protocol in a simulated network: a thousand runs, each cut and delayed in a way of its own, and in
// each an hour of silence, which takes no time.
#include <iostream>
#include <parlance/net.hpp>
using namespace parlance;
using namespace std::chrono_literals;

/// Adds up what a caller says, a number a line, and hangs up after an hour of silence.
io::task<> add_up(net::stream caller) {
  net::reader lines(caller);
  for (int sum = 0; auto line = co_await io::timeout(1h, lines.line(10));)
    co_await caller.send(std::to_string(sum += std::stoi(std::string(*line))) + "\n");
}

io::task<bool> holds() {
  auto listener = co_await net::listen("127.0.0.1:0");
  io::scope server;
  server.spawn(net::serve(listener, add_up, {.on_failure = {}}));
  auto caller = co_await net::connect(listener.local().to_string());
  net::reader answers(caller);
  co_await caller.send("1\n20\n300\n");
  for (const char* sum : {"1", "21", "321"})
    if (co_await answers.line() != sum) co_return false;
  const auto start = io::loop::current().now();
  const bool hung_up = !co_await answers.line();
  const auto silence = io::loop::current().now() - start;
  co_return hung_up&& silence > 59min && silence < 61min;
}

int main() {
  for (unsigned seed = 0; seed != 1000; ++seed) {
    io::loop loop{{.backend = "sim", .sim = {.seed = seed, .short_reads = 0.5, .short_writes = 0.5}}};
    if (!io::wait(holds())) return std::cout << "seed " << seed << " fails\n", 1;
  }
  std::cout << "all hold\n";
}
