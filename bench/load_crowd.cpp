// Everybody comes at once: CLIENTS connect to an IRC server as fast as it takes them, register, and each
// joins one of ROOMS rooms in turn. Holds them, idle, until its input ends, and answers the server's PINGs.
// Prints one line of KEY=VALUE:
//
//   $ load_crowd 6667 10000 100 $(pidof inspircd) < /dev/null
//   clients=10000 rooms=100 seconds=17.562 user_seconds=1.08 system_seconds=1.63 before_kib=1036
//   after_kib=33428 bytes_per_client=3316
//
// seconds is the time from the first connect to the last 366, which ends the answer to a JOIN. With the
// server's PID, user_seconds and system_seconds are the CPU time that it used meanwhile, and bytes_per_client
// how its own memory (RssAnon) grew from before the first connect to SETTLE seconds (3 unless told) after the
// last 366; what the kernel keeps for a socket is not in it.
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "irc_crowd.hpp"
#include "loopback.hpp"
#include "process.hpp"

namespace {

using bench::irc_crowd;
using bench::steady;
using std::chrono::milliseconds;
using seconds = std::chrono::duration<double>;

constexpr std::string_view usage = "load_crowd PORT CLIENTS ROOMS [PID [SETTLE]]";

struct options {
  std::uint16_t port = 0;
  std::size_t clients = 0;
  std::size_t rooms = 0;
  int pid = 0;
  seconds settle{3};
};

options parse(int argc, char** argv) {
  if (argc < 4 || argc > 6) {
    fmt::print(stderr, "usage: {}\n", usage);
    std::exit(2);
  }
  options o;
  o.port = bench::number<std::uint16_t>(argv[1], 1, 65'535, usage);
  o.clients = bench::number<std::size_t>(argv[2], 1, 1'000'000, usage);
  o.rooms = bench::number<std::size_t>(argv[3], 1, o.clients, usage);
  if (argc > 4) o.pid = bench::number<int>(argv[4], 1, 1 << 30, usage);
  if (argc > 5) o.settle = seconds(bench::number<double>(argv[5], 0, 3600, usage));
  return o;
}

void hold(irc_crowd& crowd, seconds length) {
  const steady::time_point begin = steady::now();
  while (steady::now() - begin < length) crowd.turn(milliseconds(50), [](auto&&...) {});
}

bool input_has_ended() {
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  char skipped[512];
  return ::poll(&input, 1, 0) > 0 && ::read(STDIN_FILENO, skipped, sizeof skipped) <= 0;
}

}  // namespace

int main(int argc, char** argv) {
  const options o = parse(argc, argv);
  bench::raise_open_file_limit();

  const long memory_before = o.pid ? bench::anonymous_memory_of(o.pid) : 0;
  const bench::cpu_time cpu_before = o.pid ? bench::cpu_time_of(o.pid) : bench::cpu_time{};
  const steady::time_point begin = steady::now();
  irc_crowd crowd(o.port);
  while (crowd.size() < o.clients) crowd.add(fmt::format("#bench{}", crowd.size() % o.rooms));
  crowd.wait_until_joined();
  const seconds elapsed = steady::now() - begin;
  fmt::print("clients={} rooms={} seconds={:.3f}", o.clients, o.rooms, elapsed.count());
  if (o.pid) {
    const bench::cpu_time cpu = bench::cpu_time_of(o.pid);
    hold(crowd, o.settle);
    const long memory = bench::anonymous_memory_of(o.pid);
    fmt::print(" user_seconds={:.2f} system_seconds={:.2f} before_kib={} after_kib={} bytes_per_client={}",
               (cpu.user - cpu_before.user) / 1e6, (cpu.system - cpu_before.system) / 1e6, memory_before,
               memory, (memory - memory_before) * 1024 / static_cast<long>(o.clients));
  }
  fmt::print("\n");
  std::fflush(stdout);
  while (!input_has_ended()) hold(crowd, seconds(0.1));
}
