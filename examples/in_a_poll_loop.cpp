// Our loop inside one that is not: the program waits with poll(2), for us and for what is its own.
#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include <parlance/io/loop.hpp>
#include <parlance/net.hpp>

using namespace parlance;

io::task<void> answer(net::stream caller) {
  for (std::string_view said; !(said = co_await caller.recv()).empty();) co_await caller.send(said);
}

io::task<void> serve() {
  io::scope callers(io::log_errors);
  for (net::listener listener = co_await net::listen("127.0.0.1:8000");;)
    callers.spawn(answer(co_await listener.accept()));
}

/// For poll(2), which takes -1 for never and counts in milliseconds.
int milliseconds_until(io::time_point when) {
  if (when == io::never) return -1;
  const auto now = io::loop::current().now();
  const auto left =
      when <= now ? io::duration::zero() : std::min<io::duration>(when - now, std::chrono::hours(1));
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

int main() {
  io::loop ours;
  io::scope tasks(io::log_errors);
  tasks.spawn(serve());
  for (;;) {
    ours.run_ready();
    pollfd both[] = {{ours.descriptor(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    ::poll(both, 2, milliseconds_until(ours.next()));
    char typed[100];
    if (both[1].revents && ::read(STDIN_FILENO, typed, sizeof typed) <= 0) return 0;
  }
}
