// Runs another program and passes on what it says, line by line, with the time at which it said it:
//
//   build_log make -j4
#include <fmt/core.h>

#include <chrono>

#include <parlance/io/process.hpp>
#include <parlance/io/wait.hpp>

using namespace parlance;

io::task<int> follow(std::vector<std::string> arguments) {
  io::process program(std::move(arguments),
                      {.in = io::stdio::null(), .out = io::stdio::pipe(), .err = io::stdio::same_as_out()});
  const auto begun = std::chrono::steady_clock::now();
  for (std::string line; co_await program.out().read_line(line);) {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun;
    fmt::print("{:8.3f} {}\n", passed.count(), line);
  }
  const io::exit_status end = co_await program.wait();
  fmt::print("it {}\n", end.to_string());
  co_return end.success() ? 0 : 1;
}

int main(int count, char** arguments) {
  if (count < 2) return fmt::print(stderr, "usage: build_log PROGRAM [ARGUMENT]...\n"), 2;
  try {
    return io::wait(follow({arguments + 1, arguments + count}));
  } catch (const io::error& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 2;
  }
}
