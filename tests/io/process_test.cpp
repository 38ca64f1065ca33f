// Other programs: how they start, what goes in and comes out, how they end, and that nothing is left of them.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <parlance/io/process.hpp>

#include "io/support.hpp"
#include "io/without_standard_input.hpp"

namespace parlance::io::test {
namespace {

class processes : public testing::TestWithParam<std::string> {
 protected:
  watchdog patience;
  loop here{{.backend = GetParam()}};
};
INSTANTIATE_TEST_SUITE_P(on, processes, testing::ValuesIn(real_backends()), name_of_backend);

std::vector<std::string> shell(std::string script) { return {"sh", "-c", std::move(script)}; }

/// In a group of its own, so that what the shell starts is ended with it.
task<run_result> shell_run(std::string script, std::string input = {}) {
  return run(shell(std::move(script)), {.input = std::move(input), .own_group = true});
}

/// What `what` throws says; empty when it does not.
template <class F> std::string words_of(F what) {
  try {
    what();
  } catch (const error& e) {
    return e.what();
  }
  return {};
}

/// Whether there is no child, alive or a zombie.
bool childless() { return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD; }
bool is_gone(pid_t id) { return ::kill(id, 0) != 0 && errno == ESRCH; }

TEST_P(processes, give_what_they_write_and_how_they_end) {
  io::wait([]() -> task<void> {
    const run_result r = co_await shell_run("cat; echo oh >&2; exit 3", "in");
    EXPECT_EQ(r.out, "in");
    EXPECT_EQ(r.err, "oh\n");
    EXPECT_EQ(r.status, (exit_status{.code = 3}));
    EXPECT_FALSE(r.status.success());
    EXPECT_EQ(r.status.to_string(), "exited with 3");
    EXPECT_TRUE((co_await run({"true"})).status.success());
    const run_result killed = co_await shell_run("kill -KILL $$");
    EXPECT_EQ(killed.status, (exit_status{.signal = SIGKILL}));
    EXPECT_EQ(killed.status.to_string(), "was killed by SIGKILL");
    EXPECT_FALSE(killed.status.success());
    EXPECT_EQ((exit_status{.signal = 99}).to_string(), "was killed by signal 99");
  }());
}

TEST_P(processes, pass_megabytes_in_both_directions_at_once) {
  io::wait([]() -> task<void> {
    const std::string much = pattern(5'000'000);
    const run_result r = co_await run({"cat"}, {.input = much});
    EXPECT_TRUE(r.out == much);
    EXPECT_EQ((co_await shell_run("exec 0<&-; echo done", much)).out, "done\n");
  }());
}

TEST_P(processes, that_write_more_than_the_limit_are_killed) {
  io::wait([]() -> task<void> {
    std::string said;
    try {
      co_await run({"head", "-c", "1000000000", "/dev/zero"}, {.limit = 1'000'000});
    } catch (const error& e) {
      said = e.what();
      EXPECT_EQ(e.code(), std::errc::message_size);
    }
    EXPECT_EQ(said, "run head: it writes more than 1000000 bytes");
    EXPECT_TRUE(childless());
    EXPECT_EQ(co_await failure_of(run(shell("echo 12345 >&2; sleep 60"), {.limit = 5, .own_group = true})),
              std::errc::message_size);
    EXPECT_EQ((co_await run({"echo", "1234"}, {.limit = 5})).out, "1234\n");
  }());
}

TEST_P(processes, that_are_not_there_are_an_error_that_names_them) {
  const std::size_t before = open_descriptors();
  EXPECT_EQ(words_of([] { process({"no-such-program"}); }),
            "start no-such-program: no such file or directory");
  EXPECT_EQ(words_of([] { process({"/etc/passwd"}); }), "start /etc/passwd: permission denied");
  EXPECT_EQ(words_of([] {
              process({"true"}, {.in = stdio::pipe(), .out = stdio::pipe(), .directory = "/no/such"});
            }),
            "start true in /no/such: no such file or directory");
  EXPECT_EQ(words_of([] { process({"true"}, {.directory = "/bin/sh"}); }),
            "start true in /bin/sh: not a directory");
  EXPECT_EQ(words_of([] { process({"no-such-program"}, {.directory = "/usr"}); }),
            "start no-such-program: no such file or directory");
  EXPECT_EQ(words_of([] { process({"true"}, {.out = stdio::descriptor(999)}); }),
            "start true: bad file descriptor");
  EXPECT_THROW(process({}), std::logic_error);
  EXPECT_THROW(process({"true"}, {.out = stdio::same_as_out()}), std::logic_error);
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(childless());
}

TEST_P(processes, that_have_no_descriptors_left_to_start_with_are_an_error_and_leave_nothing) {
  // UndefinedBehaviorSanitizer needs descriptors at the first use of what an error is made of.
  EXPECT_NE(words_of([] { process({"no-such-program"}); }), "");
  rlimit usual{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &usual), 0);
  const std::size_t before = open_descriptors();
  int free = 0;
  for (rlim_t extra = 0; extra < 12; ++extra) {
    // The lowest number that is free is where the next goes.
    const int lowest = ::dup(0);
    ::close(lowest);
    rlimit few = usual;
    few.rlim_cur = static_cast<rlim_t>(lowest) + extra;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    const std::string said = words_of(
        [] { process({"true"}, {.in = stdio::pipe(), .out = stdio::pipe(), .err = stdio::pipe()}); });
    setrlimit(RLIMIT_NOFILE, &usual);
    if (said.empty())
      ++free;
    else
      EXPECT_EQ(said, "start true: too many open files");
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_TRUE(childless());
  }
  EXPECT_GT(free, 0);
  EXPECT_LT(free, 12);
}

TEST_P(processes, talk_over_pipes_until_their_input_is_closed) {
  io::wait([]() -> task<void> {
    process child({"cat"}, {.in = stdio::pipe(), .out = stdio::pipe()});
    std::string line;
    for (const std::string word : {"one", "two"}) {
      co_await child.write(word + "\n");
      EXPECT_TRUE(co_await child.out().read_line(line));
      EXPECT_EQ(line, word);
    }
    EXPECT_THROW(child.err(), std::logic_error);
    child.close_in();
    child.close_in();
    EXPECT_FALSE(co_await child.out().read_line(line));
    EXPECT_TRUE((co_await child.wait()).success());
    for (const char* text : {"x", ""})
      EXPECT_EQ(co_await failure_of(child.write(text)), std::errc::bad_file_descriptor);
  }());
}

// Were a SIGPIPE raised, it would end this one.
TEST_P(processes, that_read_no_more_make_a_write_fail_and_tell_how_much_went) {
  io::wait([]() -> task<void> {
    process child(shell("exec 0<&-; echo; sleep 60"),
                  {.in = stdio::pipe(), .out = stdio::pipe(), .own_group = true});
    co_await child.out().read();
    EXPECT_EQ(co_await failure_of(child.write("x")), std::errc::broken_pipe);
    sigset_t pending;
    sigpending(&pending);
    EXPECT_FALSE(sigismember(&pending, SIGPIPE));

    process idle({"sleep", "60"}, {.in = stdio::pipe()});
    std::size_t sent = 0;
    try {
      co_await timeout(20ms, idle.write(pattern(1'000'000)));
    } catch (const error& e) {
      EXPECT_EQ(e.code(), io::errc::timed_out);
      sent = e.bytes_sent();
    }
    EXPECT_GE(sent, 4096U);
    EXPECT_LT(sent, 1'000'000U);
  }());
}

TEST_P(processes, whose_output_nobody_reads_any_more_hear_of_it) {
  io::wait([]() -> task<void> {
    process child({"yes"}, {.out = stdio::pipe()});
    co_await child.out().read();
    child.close_out();
    EXPECT_EQ(co_await child.wait(), (exit_status{.signal = SIGPIPE}));
    EXPECT_THROW(child.out(), std::logic_error);
  }());
}

TEST_P(processes, whose_output_is_closed_while_somebody_reads_it_end_the_read) {
  io::wait([]() -> task<void> {
    process child({"cat"}, {.in = stdio::pipe(), .out = stdio::pipe(), .err = stdio::pipe()});
    input& from = child.out();
    std::error_code failed, refused;
    {
      scope reading;
      reading.spawn([&]() -> task<void> {
        failed = co_await failure_of(from.read());
        refused = co_await failure_of(from.read());
      });
      co_await yield();
      child.close_out();
      // What has its number now is none of that read's affair.
      const process another({"echo", "for somebody else"}, {.out = stdio::pipe()});
      co_await reading.join();
    }
    EXPECT_EQ(failed, io::errc::cancelled);
    EXPECT_EQ(refused, std::errc::bad_file_descriptor);
    EXPECT_THROW(child.out(), std::logic_error);
    child.close_out();
    child.close_err();
    child.close_in();
    EXPECT_TRUE((co_await child.wait()).success());
  }());
}

TEST_P(processes, whose_output_is_closed_end_the_read_with_that_reason_alone) {
  io::wait([]() -> task<void> {
    process child({"cat"}, {.in = stdio::pipe(), .out = stdio::pipe()});
    std::error_code failed;
    scope reading;
    reading.spawn([&]() -> task<void> { failed = co_await failure_of(child.out().read()); });
    co_await yield();
    child.close_out();
    reading.cancel(errc::timed_out);
    co_await reading.join();
    EXPECT_EQ(failed, io::errc::cancelled);
  }());
}

TEST_P(processes, hear_of_the_end_of_their_input_behind_a_write_that_was_destroyed) {
  io::wait([]() -> task<void> {
    process child({"wc", "-c"}, {.in = stdio::pipe(), .out = stdio::pipe()});
    const std::string text(1'000'000, 'x');
    {
      scope writing;
      writing.spawn([&]() -> task<void> { co_await child.write(text); });
      co_await yield();
    }
    child.close_in();
    // Not with the help of the loop, which does not turn here.
    siginfo_t ended{};
    EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(child.id()), &ended, WEXITED | WNOWAIT), 0);
    EXPECT_TRUE((co_await child.wait()).success());
  }());
}

TEST_P(processes, are_written_nothing_behind_a_write_that_was_destroyed_half_way) {
  io::wait([]() -> task<void> {
    process child({"cat"}, {.in = stdio::pipe(), .out = stdio::pipe()});
    std::optional<scope> writing(std::in_place);
    writing->spawn([&]() -> task<void> { co_await child.write(std::string(1'000'000, 'x')); });
    co_await yield();
    writing.reset();
    EXPECT_EQ(co_await failure_of(child.write("z")), std::errc::broken_pipe);
    process moved = std::move(child);
    EXPECT_EQ(co_await failure_of(moved.write("z")), std::errc::broken_pipe);
    moved.close_in();
    std::string all;
    for (std::string_view more; !(more = co_await moved.out().read()).empty();) all += more;
    EXPECT_EQ(all.find_first_not_of('x'), std::string::npos);
  }());
}

TEST_P(processes, go_on_from_where_a_write_was_called_off) {
  io::wait([]() -> task<void> {
    process child({"cat"}, {.in = stdio::pipe(), .out = stdio::pipe()});
    const std::string text = pattern(1'000'000);
    std::size_t sent = 0;
    try {
      co_await timeout(10ms, child.write(text));
    } catch (const error& e) {
      sent = e.bytes_sent();
    }
    EXPECT_GT(sent, 0U);
    scope writing;
    writing.spawn([&]() -> task<void> {
      co_await child.write(std::string_view(text).substr(sent));
      child.close_in();
    });
    std::string all;
    for (std::string_view more; !(more = co_await child.out().read()).empty();) all += more;
    EXPECT_TRUE(all == text);
    co_await writing.join();
  }());
}

TEST_P(processes, are_not_waited_for_by_what_they_leave_behind_with_their_input) {
  io::wait([]() -> task<void> {
    // A shell gives what it starts in the background no input, unless told so.
    const run_result r =
        co_await timeout(20s, run(shell("exec 3<&0; sleep 60 <&3 >&- 2>&- & exec 3<&-; echo $!"),
                                  {.input = std::string(300'000, 'x')}));
    EXPECT_TRUE(r.status.success());
    EXPECT_EQ(::kill(static_cast<pid_t>(std::stol(r.out)), SIGKILL), 0);
  }());
}

// Also more than a pipe holds: whoever reads it would wait for its end for ever.
TEST_P(processes, feed_those_who_read_on_when_the_program_has_ended) {
  io::wait([]() -> task<void> {
    const std::string much = pattern(300'000);
    const run_result r = co_await timeout(
        20s, run(shell("exec 3<&0; (sleep 0.1; exec cat <&3) & exit 3"), {.input = much, .own_group = true}));
    EXPECT_TRUE(r.out == much) << r.out.size();
    EXPECT_EQ(r.status.code, 3);
  }());
}

TEST_P(processes, feed_a_program_that_has_closed_its_output) {
  io::wait([]() -> task<void> {
    const run_result r = co_await timeout(
        20s, run(shell("exec >&- 2>&-; exit $(($(wc -c) / 10000))"), {.input = std::string(300'000, 'x')}));
    EXPECT_EQ(r.status.code, 30);
  }());
}

TEST_P(processes, read_all_that_waits_to_be_written_before_the_end) {
  io::wait([]() -> task<void> {
    process child(shell("sleep 0.05; cat"), {.in = stdio::pipe(), .out = stdio::pipe()});
    const std::string much(300'000, 'x');
    std::string all;
    scope writing;
    for (int i = 0; i < 2; ++i) writing.spawn([&]() -> task<void> { co_await child.write(much); });
    co_await yield();
    child.close_in();
    EXPECT_EQ(co_await failure_of(child.write("too late")), std::errc::bad_file_descriptor);
    for (std::string_view more; !(more = co_await child.out().read()).empty();) all += more;
    co_await writing.join();
    EXPECT_EQ(all.size(), 2 * much.size());
    EXPECT_EQ(co_await failure_of(child.write("too late")), std::errc::bad_file_descriptor);
    // Nobody writes any more, so a write that is given up ends it, too.
    process asleep({"sleep", "60"}, {.in = stdio::pipe()});
    EXPECT_EQ(co_await failure_of(timeout(5ms, asleep.write(much))), io::errc::timed_out);
    {
      scope given_up;
      given_up.spawn([&]() -> task<void> { co_await asleep.write(much); });
      co_await yield();
      asleep.close_in();
    }
    EXPECT_EQ(co_await failure_of(asleep.write("too late")), std::errc::bad_file_descriptor);
  }());
}

TEST_P(processes, that_close_their_output_early_go_on) {
  io::wait([]() -> task<void> {
    process child(shell("exec >&-; read line; exit 4"), {.in = stdio::pipe(), .out = stdio::pipe()});
    EXPECT_EQ(co_await child.out().read(), "");
    co_await child.write("go\n");
    EXPECT_EQ((co_await child.wait()).code, 4);
  }());
}

TEST_P(processes, are_awaited_by_several_and_leave_their_status) {
  io::wait([]() -> task<void> {
    process child(shell("read line; exit 5"), {.in = stdio::pipe()});
    scope waiting;
    io::child<exit_status> first = waiting.run(child.wait()), second = waiting.run(child.wait());
    EXPECT_FALSE(first.is_done());
    child.close_in();
    EXPECT_EQ((co_await first).code, 5);
    EXPECT_EQ((co_await second).code, 5);
    EXPECT_EQ((co_await child.wait()).code, 5);
    EXPECT_FALSE(child.kill(SIGTERM));
    EXPECT_TRUE(childless());
  }());
}

TEST_P(processes, are_left_alone_by_a_wait_that_is_cancelled) {
  io::wait([]() -> task<void> {
    process child({"cat"}, {.in = stdio::pipe(), .out = stdio::pipe()});
    EXPECT_EQ(co_await failure_of(timeout(5ms, child.wait())), io::errc::timed_out);
    {
      [[maybe_unused]] const task<exit_status> never = child.wait();
    }
    {
      scope destroyed;
      destroyed.spawn([&]() -> task<void> { co_await child.wait(); });
    }
    co_await child.write("still here\n");
    EXPECT_EQ(co_await child.out().read(), "still here\n");
    child.close_in();
    EXPECT_TRUE((co_await child.wait()).success());
  }());
}

TEST_P(processes, get_signals) {
  io::wait([]() -> task<void> {
    process child({"sleep", "60"});
    EXPECT_TRUE(child.kill(0));
    EXPECT_TRUE(child.kill(SIGUSR1));
    EXPECT_EQ(co_await child.wait(), (exit_status{.signal = SIGUSR1}));
    process other({"sleep", "60"});
    EXPECT_EQ(words_of([&] { other.kill(1000); }), "send signal 1000 to sleep: invalid argument");
  }());
}

TEST_P(processes, that_ignore_a_polite_end_are_killed_after_the_grace) {
  io::wait([]() -> task<void> {
    process deaf(shell("trap '' TERM; echo; while :; do sleep 1; done"),
                 {.out = stdio::pipe(), .err = stdio::null(), .own_group = true});
    co_await deaf.out().read();
    EXPECT_EQ(co_await failure_of(timeout(10ms, deaf.stop(60s))), io::errc::timed_out);
    EXPECT_TRUE(deaf.kill(0));
    EXPECT_EQ(co_await deaf.stop(50ms), (exit_status{.signal = SIGKILL}));

    process polite(shell("trap 'exit 7' TERM; echo; while :; do sleep 0.01; done"), {.out = stdio::pipe()});
    co_await polite.out().read();
    EXPECT_EQ(co_await polite.stop(30s), (exit_status{.code = 7}));
  }());
}

TEST_P(processes, are_killed_and_reaped_with_what_stands_for_them) {
  const std::size_t before = open_descriptors();
  io::wait([]() -> task<void> {
    pid_t id = 0;
    {
      process child(shell("trap '' TERM; echo; sleep 60"), {.out = stdio::pipe(), .own_group = true});
      id = child.id();
      co_await child.out().read();
    }
    EXPECT_TRUE(is_gone(id));
    {
      process child({"sleep", "60"}), other({"sleep", "60"});
      id = child.id();
      const pid_t stays = other.id();
      child = std::move(other);
      EXPECT_TRUE(is_gone(id));
      EXPECT_FALSE(is_gone(stays));
      const process moved = std::move(child);
      EXPECT_FALSE(is_gone(stays));
      EXPECT_FALSE(child.kill(0));  // NOLINT(bugprone-use-after-move)
    }
    EXPECT_TRUE(childless());
    EXPECT_EQ(co_await failure_of(timeout(10ms, run({"sleep", "60"}))), io::errc::timed_out);
    EXPECT_TRUE(childless());
    {
      scope destroyed;
      destroyed.spawn([]() -> task<void> { co_await run({"cat"}, {.input = pattern(1'000'000)}); });
    }
    EXPECT_TRUE(childless());
  }());
  EXPECT_EQ(open_descriptors(), before);
}

/// Whoever inherits a process reaps it, in its own time.
task<void> until_ended(pid_t id) {
  co_await eventually([id] {
    std::ifstream status("/proc/" + std::to_string(id) + "/stat");
    std::string number, name, state;
    return !(status >> number >> name >> state) || state == "Z";
  });
}

// Destroyed, what was moved from signals nobody: its number of none, -1, would mean everybody.
TEST_P(processes, live_on_when_what_they_were_moved_from_is_gone) {
  io::wait([]() -> task<void> {
    for (const bool own_group : {false, true}) {
      std::optional<process> from(
          std::in_place, std::vector<std::string>{"cat"},
          process_options{.in = stdio::pipe(), .out = stdio::pipe(), .own_group = own_group});
      process to = std::move(*from);
      from.reset();
      co_await to.write("x");
      EXPECT_EQ(co_await timeout(30s, to.out().read()), "x");
      to.close_in();
      EXPECT_TRUE((co_await to.wait()).success());
    }
  }());
}

TEST_P(processes, with_a_group_of_their_own_take_those_they_started_along) {
  io::wait([]() -> task<void> {
    for (const bool by_signal : {true, false}) {
      pid_t grandchild = 0;
      {
        process child(shell("sleep 60 & echo $!; wait"), {.out = stdio::pipe(), .own_group = true});
        std::string line;
        co_await child.out().read_line(line);
        grandchild = std::stoi(line);
        EXPECT_EQ(::getpgid(grandchild), child.id());
        if (by_signal) {
          EXPECT_TRUE(child.kill(SIGTERM));
          EXPECT_EQ(co_await child.wait(), (exit_status{.signal = SIGTERM}));
          co_await until_ended(grandchild);
        }
      }
      co_await until_ended(grandchild);
    }
    process same(shell("sleep 60"));
    EXPECT_EQ(::getpgid(same.id()), ::getpgrp());
  }());
}

TEST_P(processes, that_have_ended_take_their_group_along_when_the_run_fails) {
  io::wait([]() -> task<void> {
    // Whoever is left holds the pipe open until it ends.
    for (const bool is_late : {true, false}) {
      int held[2];
      EXPECT_EQ(::pipe2(held, O_CLOEXEC), 0);
      const std::string file = fmt::format("/proc/{}/fd/{}", ::getpid(), held[1]);
      const std::string script = fmt::format("exec 4<&0; {{ sleep 0.2; {}; exec sleep 60; }} <&4 3>{} &",
                                             is_late ? ":" : "echo 123456", file);
      EXPECT_EQ(co_await failure_of(
                    timeout(is_late ? 500ms : 20s,
                            run(shell(script), {.input = pattern(300'000), .limit = 5, .own_group = true}))),
                is_late ? errc::timed_out : from_errno(EMSGSIZE));
      ::close(held[1]);
      input from(held[0]);
      EXPECT_EQ(co_await timeout(20s, from.read()), "");
      EXPECT_TRUE(childless());
      ::close(held[0]);
    }
  }());
}

TEST_P(processes, start_where_they_are_told_and_with_the_variables_they_are_given) {
  io::wait([]() -> task<void> {
    EXPECT_EQ((co_await run({"pwd"}, {.directory = "/usr"})).out, "/usr\n");
    EXPECT_EQ((co_await run({"env"}, {.environment = std::vector<std::string>{"A=1", "B=2"}})).out,
              "A=1\nB=2\n");
    ::setenv("PARLANCE_TEST_VARIABLE", "inherited", 1);
    EXPECT_EQ((co_await shell_run("echo $PARLANCE_TEST_VARIABLE")).out, "inherited\n");
  }());
}

TEST_P(processes, have_no_descriptor_but_the_standard_ones) {
  io::wait([]() -> task<void> {
    const int open = ::open("/dev/null", O_RDONLY);  // without close-on-exec
    const int high = ::fcntl(open, F_DUPFD, 100);
    // The fourth is of ls itself.
    EXPECT_EQ((co_await run({"ls", "/proc/self/fd"})).out, "0\n1\n2\n3\n");
    ::close(open);
    ::close(high);
  }());
}

TEST_P(processes, have_their_signals_as_in_a_fresh_process) {
  io::wait([]() -> task<void> {
    sigset_t some, before;
    sigemptyset(&some);
    sigaddset(&some, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &some, &before);
    ::signal(SIGINT, SIG_IGN);
    const std::string out = (co_await run({"grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"})).out;
    ::signal(SIGINT, SIG_DFL);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    // The two that glibc keeps for its threads may be ignored.
    EXPECT_TRUE(out == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n" ||
                out == "SigBlk:\t0000000000000000\nSigIgn:\t0000000180000000\n")
        << out;
  }());
}

TEST_P(processes, write_to_descriptors_and_nowhere_and_both_to_one_place) {
  io::wait([]() -> task<void> {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    process child(shell("cat; echo out; echo err >&2"),
                  {.in = stdio::null(), .out = stdio::descriptor(ends[1]), .err = stdio::same_as_out()});
    ::close(ends[1]);
    input from(ends[0]);
    std::string all;
    for (std::string_view more; !(more = co_await from.read()).empty();) all += more;
    EXPECT_EQ(all, "out\nerr\n");
    EXPECT_TRUE((co_await child.wait()).success());
    ::close(ends[0]);
    process quiet(shell("echo nothing"), {.out = stdio::null()});
    EXPECT_TRUE((co_await quiet.wait()).success());
  }());
}

// Each standard descriptor of the child is what was asked for, though that overwrites what the next one is
// made of.
TEST_P(processes, get_each_descriptor_whatever_its_number_here) {
  io::wait([]() -> task<void> {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const int in = ::fcntl(0, F_DUPFD_CLOEXEC, 3), out = ::fcntl(1, F_DUPFD_CLOEXEC, 3);
    ::dup3(ends[1], 0, O_CLOEXEC);
    std::optional<process> swapped, inheriting;
    swapped.emplace(shell("echo swapped"), process_options{.in = stdio::null(), .out = stdio::descriptor(0)});
    const exit_status first = co_await swapped->wait();
    ::dup2(ends[1], 1);
    inheriting.emplace(shell("echo inherited"));
    const exit_status second = co_await inheriting->wait();
    ::dup2(in, 0);
    ::dup2(out, 1);
    for (const int fd : {in, out, ends[1]}) ::close(fd);
    EXPECT_TRUE(first.success());
    EXPECT_TRUE(second.success());
    char all[100];
    EXPECT_EQ(std::string(all, static_cast<std::size_t>(::read(ends[0], all, sizeof all))),
              "swapped\ninherited\n");
    ::close(ends[0]);
  }());
}

// The number of one that is closed here goes to whatever is opened next.
TEST_P(processes, have_a_standard_descriptor_closed_that_is_closed_here) {
  const without_standard_input closed;
  const loop inner({.backend = GetParam()});
  EXPECT_GE(::fcntl(0, F_GETFD), 0);
  process child(shell("test -e /proc/self/fd/0 && echo open || echo closed"), {.out = stdio::pipe()});
  EXPECT_EQ(io::wait(child.out().read(), 30s), "closed\n");
}

TEST_P(processes, may_have_pipes_with_the_number_0) {
  const without_standard_input closed;
  const std::size_t before = open_descriptors();
  {
    process child({"echo", "x"}, {.out = stdio::pipe()});
    EXPECT_GE(::fcntl(0, F_GETFD), 0);
    EXPECT_EQ(io::wait(child.out().read(), 30s), "x\n");
    EXPECT_EQ(io::wait(child.out().read(), 30s), "");
    EXPECT_TRUE(io::wait(child.wait()).success());
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST_P(processes, get_no_part_of_what_has_a_nul_byte_in_it) {
  const std::string odd("a\0b", 3);
  EXPECT_EQ(words_of([&] { process({"echo", odd}); }), "start echo: an argument has a NUL byte in it");
  EXPECT_EQ(words_of([&] { process({"echo"}, {.environment = std::vector{odd}}); }),
            "start echo: a variable has a NUL byte in it");
  EXPECT_EQ(words_of([&] { process({"echo"}, {.directory = "/tmp" + odd}); }),
            "start echo: the directory has a NUL byte in it");
  EXPECT_TRUE(childless());
}

TEST_P(processes, are_written_to_by_one_after_the_other) {
  io::wait([]() -> task<void> {
    process child({"cat"}, {.in = stdio::pipe(), .out = stdio::pipe()});
    constexpr std::size_t size = 300'000;
    const auto write_all = [&](char c) -> task<void> { co_await child.write(std::string(size, c)); };
    scope writing;
    for (const char c : {'a', 'b', 'c'}) writing.spawn(write_all(c));
    std::string all;
    while (all.size() < 3 * size) all += co_await child.out().read();
    EXPECT_TRUE(all == std::string(size, 'a') + std::string(size, 'b') + std::string(size, 'c'));
    co_await writing.join();
  }());
}

TEST_P(processes, say_what_was_waited_for) {
  process child({"sleep", "60"}, {.in = stdio::pipe(), .out = stdio::pipe(), .err = stdio::pipe()});
  EXPECT_EQ(words_of([&] { io::wait(child.wait(), 5ms); }), "wait for sleep: timed out");
  EXPECT_EQ(words_of([&] { io::wait(child.out().read(), 5ms); }),
            "read the standard output of sleep: timed out");
  EXPECT_EQ(words_of([&] { io::wait(child.err().read(), 5ms); }),
            "read the standard error of sleep: timed out");
  EXPECT_EQ(words_of([&] { io::wait(child.write(pattern(1'000'000)), 5ms); }), "write to sleep: timed out");
}

TEST_P(processes, that_somebody_else_reaped_have_no_status) {
  io::wait([]() -> task<void> {
    process child({"true"});
    EXPECT_EQ(::waitpid(child.id(), nullptr, 0), child.id());
    EXPECT_FALSE(child.kill(SIGTERM));
    {
      const process destroyed({"true"});
      EXPECT_EQ(::waitpid(destroyed.id(), nullptr, 0), destroyed.id());
    }
    EXPECT_EQ(co_await failure_of(child.wait()), std::errc::no_child_process);
    EXPECT_EQ(co_await failure_of(child.wait()), std::errc::no_child_process);
    EXPECT_FALSE(child.kill(SIGTERM));
  }());
}

TEST_P(processes, of_a_parent_are_left_alone_by_a_child_that_was_forked) {
  io::wait([]() -> task<void> {
    std::optional<process> child;
    child.emplace(std::vector<std::string>{"cat"},
                  process_options{.in = stdio::pipe(), .out = stdio::pipe()});
    const pid_t forked = ::fork();
    if (forked == 0) {
      const bool has_killed = child->kill(SIGKILL);
      child.reset();
      ::_exit(has_killed ? 1 : 0);
    }
    int status = -1;
    EXPECT_EQ(::waitpid(forked, &status, 0), forked);
    EXPECT_EQ(status, 0);
    co_await child->write("x");
    EXPECT_EQ(co_await child->out().read(), "x");
  }());
}

// As sudo(8) does. It ends with its input, which it would not see were it waited for on the spot.
TEST_P(processes, that_cannot_be_killed_are_reaped_when_they_end) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can start somebody else";
  const pid_t forked = ::fork();
  if (forked == 0) {
    ::alarm(30);
    loop own{{.backend = GetParam()}};
    bool was_alive = false;
    pid_t id = -1;
    {
      process child({"cat"}, {.in = stdio::pipe(), .out = stdio::pipe()});
      id = child.id();
      if (::setresuid(65534, 65534, 65534) != 0) ::_exit(2);
      try {
        child.kill(SIGTERM);
      } catch (const error& e) {
        was_alive = e.code() == std::errc::operation_not_permitted;
      }
    }
    while (!is_gone(id)) ::usleep(1000);
    ::_exit(was_alive ? 0 : 1);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(forked, &status, 0), forked);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace parlance::io::test
