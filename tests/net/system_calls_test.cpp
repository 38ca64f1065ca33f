// How many system calls a message costs, counted as a debugger does: what the kernel is asked for is most of
// what an echo costs.
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <csignal>
#include <functional>

#include "net/support.hpp"

namespace parlance::net::test {
namespace {

constexpr int connections = 100, rounds = 50;

/// One end of each connection echoes, the other one sends and waits for the echo, all at the same time.
task<void> echo_on_all(std::vector<ends>& all, int times) {
  const auto echo = [](stream& s, int left) -> task<void> {
    while (left-- != 0) co_await s.send(co_await s.recv());
  };
  const auto call = [](stream& s, int left) -> task<void> {
    while (left-- != 0) {
      co_await s.send("sixteen bytes...");
      co_await s.recv();
    }
  };
  scope talking;
  for (ends& two : all) {
    talking.spawn(echo(two.b, times));
    talking.spawn(call(two.a, times));
  }
  co_await talking.join();
}

// The one system call that nothing else makes, so that its two calls bracket what is counted.
void mark() { ::syscall(SYS_getpgid, 0); }

task<void> echo_between_marks() {
  std::vector<ends> all;
  for (int i = 0; i < connections; ++i) all.push_back(co_await tcp_ends());
  co_await echo_on_all(all, 2);  // what is made on first use is made
  mark();
  co_await echo_on_all(all, rounds);
  mark();
}

/// Runs `what` in a child and counts its system calls between the two marks; -1 when it cannot be traced
/// here.
long count_system_calls(const std::function<void()>& what) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(1);
    ::raise(SIGSTOP);
    what();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFSTOPPED(status)) return -1;
  ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  long calls = 0;
  int marks = 0, pass_on = 0;
  for (bool entering = true;;) {
    ::ptrace(PTRACE_SYSCALL, child, nullptr, static_cast<long>(pass_on));
    ::waitpid(child, &status, 0);
    if (!WIFSTOPPED(status)) break;
    const bool at_call = WSTOPSIG(status) == (SIGTRAP | 0x80);
    pass_on = at_call ? 0 : WSTOPSIG(status);
    if (!at_call) continue;
    __ptrace_syscall_info info{};
    ::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info);
    if (entering && info.entry.nr == SYS_getpgid)
      ++marks;
    else if (entering && marks == 1)
      ++calls;
    entering = !entering;
  }
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(marks, 2);
  return calls;
}

class system_calls : public on_every_backend {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(system_calls);

// Both ends count: under epoll each receives and sends once, and under io_uring they share what a turn asks
// for.
TEST_P(system_calls, of_a_message_are_few_at_100_connections) {
  const std::string backend = GetParam();
  const long calls = count_system_calls([&] {
    io::loop inside({.backend = backend});
    io::wait(echo_between_marks());
  });
  if (calls < 0) GTEST_SKIP() << "nothing may be traced here";
  const double each = static_cast<double>(calls) / (connections * rounds);
  RecordProperty("calls_per_message", std::to_string(each));
  EXPECT_LT(each, backend == "io_uring" ? 0.2 : 4.2);
}

}  // namespace
}  // namespace parlance::net::test
