// Lines from a descriptor: whole, in order, and no longer than was asked for. What is written to one arrives,
// whole and in order, and the loop does not wait for it.
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <termios.h>

#include <climits>
#include <csignal>
#include <cstdlib>

#include <parlance/io/descriptor.hpp>
#include <parlance/io/detail/backend.hpp>
#include <parlance/io/waits.hpp>

#include "io/limit_of_descriptors.hpp"
#include "io/support.hpp"
#include "io/without_standard_input.hpp"

namespace parlance::io::test {
namespace {

class lines_of_a_descriptor : public on_every_backend {
 protected:
  lines_of_a_descriptor() { EXPECT_EQ(pipe2(ends_, O_CLOEXEC | O_NONBLOCK), 0); }
  ~lines_of_a_descriptor() override {
    close(ends_[0]);
    end();
  }
  void write_all(std::string_view text) {
    EXPECT_EQ(write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void end() {
    if (ends_[1] >= 0) close(std::exchange(ends_[1], -1));
  }
  int reading() const { return ends_[0]; }

 private:
  int ends_[2];
};
PARLANCE_ON_EVERY_BACKEND(lines_of_a_descriptor);

TEST_P(lines_of_a_descriptor, come_whole_and_the_last_may_lack_its_end) {
  wait([](auto& test) -> task<void> {
    input from(test.reading());
    std::string line, all;
    test.write_all("one\n\nthr");
    EXPECT_TRUE(co_await from.read_line(line));
    EXPECT_EQ(line, "one");
    EXPECT_TRUE(co_await from.read_line(line));
    EXPECT_EQ(line, "");
    test.write_all("ee\nfour");
    EXPECT_TRUE(co_await from.read_line(line));
    EXPECT_EQ(line, "three");
    test.end();
    EXPECT_TRUE(co_await from.read_line(line));
    EXPECT_EQ(line, "four");
    EXPECT_FALSE(co_await from.read_line(line));
  }(*this));
}

TEST_P(lines_of_a_descriptor, are_no_longer_than_the_limit_whether_their_end_is_there_or_not) {
  wait([](auto& test) -> task<void> {
    input from(test.reading());
    std::string line;
    const auto failure = [&](std::size_t limit) {
      return failure_of([](input& of, std::string& into, std::size_t l) -> task<void> {
        co_await of.read_line(into, l);
      }(from, line, limit));
    };
    test.write_all("12345\n123456\n1234567");
    EXPECT_FALSE(co_await failure(5));
    EXPECT_EQ(line, "12345");
    EXPECT_EQ(co_await failure(5), std::errc::message_size);
    EXPECT_EQ(co_await failure(5), std::errc::message_size);
    EXPECT_FALSE(co_await failure(6));  // it stays for a call that takes more
    EXPECT_EQ(line, "123456");
    EXPECT_EQ(co_await failure(6), std::errc::message_size);
    test.end();
    EXPECT_EQ(co_await failure(6), std::errc::message_size);
    EXPECT_FALSE(co_await failure(7));
    EXPECT_EQ(line, "1234567");
  }(*this));
}

TEST_P(lines_of_a_descriptor, leave_what_is_behind_them_to_other_reads) {
  wait([](auto& test) -> task<void> {
    input from(test.reading());
    std::string line;
    test.write_all("head\nbody\n");
    EXPECT_TRUE(co_await from.read_line(line));
    EXPECT_EQ(co_await from.read(), "body\n");
    test.write_all("0123456789\n");
    EXPECT_EQ(co_await failure_of(from.read_line(line, 4)), std::errc::message_size);
    EXPECT_EQ(co_await from.read(), "0123456789\n");
    test.write_all("half");
    EXPECT_TRUE(co_await failure_of(timeout(5ms, from.read_line(line))));
    EXPECT_EQ(co_await from.read(), "half");
    test.write_all(" whole\nlast");
    EXPECT_TRUE(co_await from.read_line(line));
    EXPECT_EQ(line, " whole");
    test.end();
    EXPECT_EQ(co_await from.read(), "last");
    EXPECT_EQ(co_await from.read(), "");
    EXPECT_FALSE(co_await from.read_line(line));
  }(*this));
}

// Taken out of the front one by one, so many would cost some gigabytes of copying.
TEST_P(lines_of_a_descriptor, may_be_many_and_short) {
  wait([](auto& test) -> task<void> {
    EXPECT_GT(fcntl(test.reading(), F_SETPIPE_SZ, 1 << 20), 0);
    std::string text;
    for (int i = 0; i < 200'000; ++i) text += i % 7 ? "\n" : "x\n";
    test.write_all(text);
    test.end();
    input from(test.reading());
    std::string line, all;
    while (co_await from.read_line(line)) all += line + "\n";
    EXPECT_EQ(all, text);
  }(*this));
}

class descriptors : public on_every_backend {};
INSTANTIATE_TEST_SUITE_P(on, descriptors, testing::ValuesIn(real_backends()), name_of_backend);

/// The two ends of something, closed with it.
struct descriptor_pair {
  descriptor_pair() { EXPECT_EQ(::pipe2(fd, O_CLOEXEC), 0); }
  descriptor_pair(int a, int b) : fd{a, b} {}
  ~descriptor_pair() { close_first(), ::close(fd[1]); }
  descriptor_pair(const descriptor_pair&) = delete;
  descriptor_pair& operator=(const descriptor_pair&) = delete;
  void close_first() {
    if (fd[0] >= 0) ::close(std::exchange(fd[0], -1));
  }
  int fd[2];
};

/// What `what` throws says; empty when it does not.
task<std::string> words_of(task<void> what) {
  try {
    co_await std::move(what);
  } catch (const error& e) {
    co_return e.what();
  }
  co_return std::string();
}

task<void> read_once(input& from) { co_await from.read(); }
task<void> read_a_line(input& from) {
  std::string line;
  co_await from.read_line(line);
}

TEST_P(descriptors, are_read_by_one_at_a_time_and_say_what_was_waited_for) {
  wait([]() -> task<void> {
    const descriptor_pair pipe;
    input from(pipe.fd[0]);
    std::string text;
    scope reading;
    reading.spawn([&]() -> task<void> { text = co_await from.read(); });
    EXPECT_EQ(co_await failure_of(read_once(from)), std::errc::connection_already_in_progress);
    EXPECT_EQ(co_await failure_of(read_a_line(from)), std::errc::connection_already_in_progress);
    EXPECT_EQ(::write(pipe.fd[1], "x", 1), 1);
    co_await reading.join();
    EXPECT_EQ(text, "x");
    const std::string late = "read descriptor " + std::to_string(pipe.fd[0]) + ": timed out";
    EXPECT_EQ(co_await words_of(timeout(5ms, read_once(from))), late);
    EXPECT_EQ(co_await words_of(timeout(5ms, read_a_line(from))), late);
    output to(pipe.fd[1]);
    EXPECT_EQ(co_await words_of(timeout(5ms, to.write(pattern(1'000'000)))),
              "write to descriptor " + std::to_string(pipe.fd[1]) + ": timed out");
    const auto polled = [&]() -> task<void> { co_await poll_operation(pipe.fd[1], POLLOUT); };
    EXPECT_EQ(co_await words_of(timeout(5ms, polled())),
              "wait until descriptor " + std::to_string(pipe.fd[1]) + " can be written: timed out");
  }());
}

// One that always has something, or always takes something, keeps neither deadlines nor others waiting.
TEST_P(descriptors, that_never_make_anybody_wait_let_others_go_on) {
  const auto read_for_ever = [](const char* name) -> task<void> {
    const descriptor_pair file(-1, ::open(name, O_RDONLY | O_CLOEXEC));
    input from(file.fd[1]);
    for (;;)
      if ((co_await from.read()).empty()) ::lseek(file.fd[1], 0, SEEK_SET);
  };
  const auto write_for_ever = []() -> task<void> {
    const descriptor_pair nowhere(-1, ::open("/dev/null", O_WRONLY | O_CLOEXEC));
    output to(nowhere.fd[1]);
    for (;;) co_await to.write("x");
  };
  const auto poll_for_ever = []() -> task<void> {
    const descriptor_pair file(-1, ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    for (;;) co_await poll_operation(file.fd[1], POLLIN);
  };
  EXPECT_EQ(wait(failure_of(timeout(5ms, read_for_ever("/dev/zero")))), errc::timed_out);
  EXPECT_EQ(wait(failure_of(timeout(5ms, read_for_ever("/proc/self/exe")))), errc::timed_out);
  EXPECT_EQ(wait(failure_of(timeout(5ms, write_for_ever()))), errc::timed_out);
  EXPECT_EQ(wait(failure_of(timeout(5ms, poll_for_ever()))), errc::timed_out);
}

TEST_P(descriptors, that_two_read_keep_neither_from_its_deadline) {
  io::wait([]() -> task<void> {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    input one(ends[0]), other(ends[0]);
    std::string got;
    scope reading;
    for (input* each : {&one, &other})
      reading.spawn([&, each]() -> task<void> {
        got +=
            co_await failure_of([&, each]() -> task<void> { got += co_await timeout(50ms, each->read()); }())
                ? "late "
                : "read ";
      });
    co_await yield();
    EXPECT_EQ(::write(ends[1], "x", 1), 1);
    co_await reading.join();
    EXPECT_EQ(got, "xread late ");
    for (const int fd : ends) ::close(fd);
  }());
}

TEST_P(descriptors, that_fail_have_not_ended) {
  io::wait([]() -> task<void> {
    const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);  // whose first page is nobody's
    input from(memory);
    EXPECT_EQ(co_await failure_of([](input& it) -> task<void> { co_await it.read(); }(from)),
              std::errc::io_error);
    ::close(memory);
  }());
}

TEST_P(descriptors, of_the_wrong_end_are_neither_read_nor_written) {
  io::wait([]() -> task<void> {
    const descriptor_pair pipe;
    input from(pipe.fd[1]);
    EXPECT_EQ(co_await failure_of(timeout(30s, read_once(from))), std::errc::bad_file_descriptor);
    EXPECT_EQ(co_await failure_of(timeout(30s, read_a_line(from))), std::errc::bad_file_descriptor);
    const auto write = [&]() -> task<void> {
      output to(pipe.fd[0]);
      co_await to.write("x");
    };
    EXPECT_EQ(co_await failure_of(write()), std::errc::bad_file_descriptor);
    EXPECT_EQ(::fcntl(pipe.fd[0], F_SETFL, O_NONBLOCK), 0);
    char nothing;
    EXPECT_EQ(::read(pipe.fd[0], &nothing, 1), -1);
  }());
}

TEST_P(descriptors, are_written_by_one_after_the_other) {
  wait([]() -> task<void> {
    descriptor_pair pipe;
    std::swap(pipe.fd[0], pipe.fd[1]);
    input from(pipe.fd[1]);
    output to(pipe.fd[0]);
    constexpr std::size_t size = 300'000;
    const auto write_all = [&](char c) -> task<void> { co_await to.write(std::string(size, c)); };
    scope writing;
    for (const char c : {'a', 'b', 'c'}) writing.spawn(write_all(c));
    std::string all;
    while (all.size() < 3 * size) all += co_await from.read();
    EXPECT_TRUE(all == std::string(size, 'a') + std::string(size, 'b') + std::string(size, 'c'));
    co_await writing.join();
  }());
}

TEST_P(descriptors, are_written_nothing_behind_a_write_that_was_destroyed_half_way) {
  wait([]() -> task<void> {
    descriptor_pair pipe;
    input from(pipe.fd[0]);
    output to(pipe.fd[1]);
    const std::string much = pattern(300'000);
    EXPECT_EQ(co_await failure_of(timeout(5ms, to.write(much))), errc::timed_out);
    co_await from.read();
    co_await to.write("who was told how much went, goes on");
    {
      scope destroyed;
      destroyed.spawn([&]() -> task<void> { co_await to.write(much); });
      co_await sleep(5ms);
    }
    EXPECT_EQ(co_await failure_of(to.write("z")), std::errc::broken_pipe);
    EXPECT_EQ(co_await failure_of(to.write("z")), std::errc::broken_pipe);
  }());
}

// Were a SIGPIPE raised, it would end this process.
TEST_P(descriptors, that_nobody_reads_make_a_write_fail_and_tell_how_much_went) {
  std::signal(SIGPIPE, SIG_DFL);
  wait([]() -> task<void> {
    descriptor_pair pipe;
    output to(pipe.fd[1]);
    std::size_t sent = 0;
    try {
      co_await timeout(5ms, to.write(pattern(1'000'000)));
    } catch (const error& e) {
      sent = e.bytes_sent();
    }
    EXPECT_GE(sent, 4096U);
    EXPECT_LT(sent, 1'000'000U);
    pipe.close_first();
    EXPECT_EQ(co_await failure_of(to.write("x")), std::errc::broken_pipe);
  }());
}

/// A terminal: the end of who shows it, and that of the programs in it, which passes bytes on as they are.
descriptor_pair terminal() {
  const int shown = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  EXPECT_EQ(::grantpt(shown) | ::unlockpt(shown), 0);
  const int inside = ::open(::ptsname(shown), O_RDWR | O_NOCTTY | O_CLOEXEC);
  termios raw{};
  EXPECT_EQ(::tcgetattr(inside, &raw), 0);
  ::cfmakeraw(&raw);
  EXPECT_EQ(::tcsetattr(inside, TCSANOW, &raw), 0);
  return {shown, inside};
}

// A file name of the one end, opened again, would be another terminal.
TEST_P(descriptors, of_a_terminal_pass_what_is_written_to_either_end_and_do_not_block_the_loop) {
  wait([]() -> task<void> {
    const descriptor_pair both = terminal();
    for (const int writing : {0, 1}) {
      input from(both.fd[1 - writing]);
      output to(both.fd[writing]);
      co_await to.write("hello");
      EXPECT_EQ(co_await timeout(30s, from.read()), "hello");
      EXPECT_EQ(co_await failure_of(timeout(20ms, to.write(pattern(1'000'000)))), errc::timed_out);
      EXPECT_EQ(::fcntl(both.fd[writing], F_GETFL) & O_NONBLOCK, 0);
      co_await from.read();
    }
  }());
}

// What polled readable may be gone: another has it, or the terminal threw it away for a Ctrl-C.
TEST_P(descriptors, of_a_terminal_do_not_block_the_loop_when_what_was_typed_is_gone) {
  wait([]() -> task<void> {
    for (const int reading : {0, 1}) {
      const descriptor_pair both = terminal();
      std::string got;
      {
        scope readers;
        input one(both.fd[reading]), other(both.fd[reading]);
        for (input* from : {&one, &other})
          readers.spawn(
              [](input& typed, std::string& all) -> task<void> { all += co_await typed.read(); }(*from, got));
        EXPECT_EQ(::write(both.fd[1 - reading], "x", 1), 1);
        while (got.empty()) co_await sleep(1ms);
        co_await sleep(20ms);
        EXPECT_EQ(got, "x");
        EXPECT_EQ(::write(both.fd[1 - reading], "y", 1), 1);
        co_await timeout(30s, readers.join());
      }
      EXPECT_EQ(got, "xy");
      EXPECT_EQ(::fcntl(both.fd[reading], F_GETFL) & O_NONBLOCK, 0);
    }
  }());
}

// What is opened on the way may have the number 0, then, and is no less another terminal.
TEST_P(descriptors, of_a_terminal_pass_what_is_written_without_a_standard_input) {
  wait([]() -> task<void> {
    const descriptor_pair both = terminal();
    const without_standard_input closed;
    for (const int writing : {0, 1}) {
      input from(both.fd[1 - writing]);
      output to(both.fd[writing]);
      co_await to.write("hello");
      EXPECT_EQ(co_await timeout(30s, from.read()), "hello");
    }
  }());
}

// Linux fails a read by who shows a terminal with EIO when nobody has it open any more.
TEST_P(descriptors, of_a_terminal_end_when_its_other_end_is_closed) {
  wait([]() -> task<void> {
    for (const int closing : {0, 1}) {
      descriptor_pair both = terminal();
      input from(both.fd[1 - closing]);
      if (closing == 1) std::swap(both.fd[0], both.fd[1]);
      EXPECT_EQ(::write(both.fd[0], "last", 4), 4);
      EXPECT_EQ(co_await timeout(30s, from.read()), "last");
      both.close_first();
      EXPECT_EQ(co_await timeout(30s, from.read()), "");
    }
  }());
}

// Who is late finds nothing, and waits on.
TEST_P(descriptors, of_a_pipe_may_have_two_readers) {
  wait([]() -> task<void> {
    const descriptor_pair pipe;
    input first(pipe.fd[0]), second(pipe.fd[0]);
    std::string got;
    scope reading;
    for (input* one : {&first, &second})
      reading.spawn([&got, one]() -> task<void> { got += co_await one->read(); });
    for (int i = 0; i < 3; ++i) co_await yield();
    EXPECT_EQ(::write(pipe.fd[1], "x", 1), 1);
    while (got.empty()) co_await yield();
    for (int i = 0; i < 3; ++i) co_await yield();
    EXPECT_EQ(::write(pipe.fd[1], "y", 1), 1);
    co_await timeout(30s, reading.join());
    EXPECT_EQ(got, "xy");
  }());
}

class terminals : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(on, terminals, testing::ValuesIn(real_backends()), name_of_backend);

// Who read it in the background would be stopped (SIGTTIN).
TEST_P(terminals, are_read_by_who_is_in_front_alone) {
  const auto in_a_child = [] {
    ::alarm(60);
    ::setsid();
    const int shown = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if ((::grantpt(shown) | ::unlockpt(shown)) != 0) ::_exit(2);
    const int inside = ::open(::ptsname(shown), O_RDWR | O_CLOEXEC);  // this session's from now on
    const pid_t reader = ::fork();
    if (reader == 0) {
      ::alarm(60);
      ::setpgid(0, 0);
      loop on{{.backend = GetParam()}};
      input from(inside);
      std::string line;
      const bool is_there = wait(from.read_line(line));
      ::_exit(is_there && line == "typed" ? 0 : 3);
    }
    ::setpgid(reader, reader);
    if (::write(shown, "typed\n", 6) != 6) ::_exit(4);
    int status = 0;
    for (int i = 0; i < 20; ++i) {
      ::usleep(10'000);
      if (::waitpid(reader, &status, WNOHANG | WUNTRACED) != 0) ::_exit(5);
    }
    ::tcsetpgrp(inside, reader);
    if (::waitpid(reader, &status, WUNTRACED) != reader || !WIFEXITED(status)) ::_exit(6);
    ::_exit(WEXITSTATUS(status));
  };
  EXPECT_EXIT(in_a_child(), testing::ExitedWithCode(0), "");
}

// It cannot be opened again for itself then.
TEST_P(descriptors, of_a_pipe_do_not_block_the_loop_where_descriptors_have_run_out) {
  wait([]() -> task<void> {
    const descriptor_pair pipe;
    const std::string sent = pattern(1'000'000);
    std::optional<output> to, other;
    {
      const limit_of_descriptors limit;
      to.emplace(pipe.fd[1]);
      other.emplace(pipe.fd[1]);
    }
    std::size_t went = 0;
    try {
      co_await timeout(20ms, to->write(sent));
    } catch (const error& e) {
      EXPECT_EQ(e.code(), errc::timed_out);
      went = e.bytes_sent();
    }
    EXPECT_GE(went, 4096U);
    EXPECT_LT(went, sent.size());
    EXPECT_EQ(::fcntl(pipe.fd[1], F_GETFL) & O_NONBLOCK, 0);
    input from(pipe.fd[0]);
    std::string got;
    while (got.size() < went) got += co_await timeout(30s, from.read());
    EXPECT_TRUE(got == sent.substr(0, went));
    co_await to->write("more");
    EXPECT_EQ(co_await timeout(30s, from.read()), "more");
    // Both see that there is room, and the first fills it.
    EXPECT_GE(::fcntl(pipe.fd[1], F_SETPIPE_SZ, PIPE_BUF), 0);
    constexpr std::size_t each = std::size_t{4} * PIPE_BUF;
    const std::string one(each, 'a'), another(each, 'b');
    scope both;
    both.spawn(to->write(one));
    both.spawn(other->write(another));
    std::size_t heard = 0;
    while (heard < 2 * each) heard += (co_await timeout(30s, from.read())).size();
    co_await both.join();
  }());
}

// A wait needs no descriptor of its own then, but for a second one for the same.
TEST_P(descriptors, are_waited_for_where_descriptors_have_run_out) {
  wait([]() -> task<void> {
    const descriptor_pair pipe;
    descriptor_pair other;
    const auto readable = [&]() -> task<void> { co_await poll_operation(pipe.fd[0], POLLIN); };
    // What an error is made of may need descriptors at its first use.
    EXPECT_EQ(co_await failure_of(timeout(1ms, readable())), errc::timed_out);
    std::optional<limit_of_descriptors> limit(std::in_place);
    scope waiting;
    waiting.spawn(readable());
    co_await yield();
    if (loop::current().kernel().name() == "epoll")
      EXPECT_EQ(co_await failure_of(timeout(30s, readable())), std::errc::too_many_files_open);
    EXPECT_EQ(::write(pipe.fd[1], "x", 1), 1);
    co_await timeout(30s, waiting.join());
    co_await timeout(30s, readable());
    // Closed too early, it is forgotten.
    {
      scope left;
      left.spawn([&]() -> task<void> { co_await poll_operation(other.fd[0], POLLIN); });
      co_await yield();
      other.close_first();
    }
    limit.reset();
    // What failed before does not matter, and the descriptor stays open.
    errno = EMFILE;
    co_await timeout(30s, readable());
    EXPECT_GE(::fcntl(pipe.fd[0], F_GETFD), 0);
  }());
}

TEST_P(descriptors, may_have_the_number_0) {
  wait([]() -> task<void> {
    const descriptor_pair pipe;
    const listening_ptr listener = listening();
    const socket_ptr caller = open_socket(), late = open_socket();
    scope calling;
    calling.spawn(connect_to(*caller, listener->local()));
    const without_standard_input closed;
    const std::size_t before = open_descriptors();
    co_await poll_operation(pipe.fd[1], POLLOUT);
    EXPECT_EQ(open_descriptors(), before);
    {
      input from(pipe.fd[0]);
      output to(pipe.fd[1]);
      co_await to.write("x");
      EXPECT_EQ(co_await timeout(30s, from.read()), "x");
    }
    EXPECT_EQ(open_descriptors(), before);
    {
      EXPECT_EQ(::dup2(pipe.fd[0], 0), 0);
      input from(0);
      EXPECT_EQ(::write(pipe.fd[1], "line\n", 5), 5);
      std::string line;
      EXPECT_TRUE(co_await timeout(30s, from.read_line(line)));
      EXPECT_EQ(line, "line");
      ::close(0);
    }
    {
      const socket_ptr accepted = co_await accept_one(*listener);
      co_await calling.join();
      EXPECT_EQ(accepted->native_handle(), 0);
      {
        scope waiting;
        waiting.spawn([&]() -> task<void> { co_await receive(*accepted); });
        co_await yield();
        EXPECT_TRUE(list_waits().contains(", descriptor 0) ")) << list_waits();
      }
      co_await send_all(*accepted, "x");
      EXPECT_EQ(co_await receive(*caller), "x");
      EXPECT_EQ(accepted->release().descriptor, 0);
      ::close(0);
    }
    EXPECT_EQ(co_await receive(*caller), "");
    {
      // It calls while nobody accepts.
      co_await connect_to(*late, listener->local());
      co_await sleep(1ms);
      const socket_ptr accepted = co_await timeout(30s, accept_one(*listener));
      EXPECT_EQ(accepted->native_handle(), 0);
    }
    EXPECT_EQ(co_await receive(*late), "");
    {
      const datagram_ptr datagrams = open_datagram();
      EXPECT_EQ(datagrams->native_handle(), 0);
      datagrams->bind(loopback());
    }
    {
      const listening_ptr another = listening();
      EXPECT_EQ(another->native_handle(), 0);
      const socket_ptr first = open_socket();
      scope both;
      both.spawn(connect_to(*first, another->local()));
      co_await accept_one(*another);
      co_await both.join();
    }
    const socket_ptr last = open_socket();
    EXPECT_EQ(last->native_handle(), 0);
    EXPECT_EQ(open_descriptors(), before + 1);
  }());
}

TEST_P(descriptors, of_a_socket_that_blocks_do_not_block_the_loop) {
  wait([]() -> task<void> {
    int fd[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
    const descriptor_pair both(fd[0], fd[1]);
    output to(fd[0]);
    EXPECT_EQ(co_await failure_of(timeout(20ms, to.write(pattern(10'000'000)))), errc::timed_out);
    EXPECT_EQ(::fcntl(fd[0], F_GETFL) & O_NONBLOCK, 0);
  }());
}

// What was opened again is its own: it works on when the caller's descriptor stands for something else.
TEST_P(descriptors, of_a_terminal_are_opened_again) {
  wait([]() -> task<void> {
    const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) throw error(from_errno(errno), "open a terminal");
    EXPECT_EQ(::unlockpt(master), 0);
    char name[100];
    EXPECT_EQ(::ptsname_r(master, name, sizeof name), 0);
    const descriptor_pair terminal(master, ::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
    input from(terminal.fd[1]);
    output to(terminal.fd[1]);
    const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    EXPECT_EQ(::dup3(nowhere, terminal.fd[1], O_CLOEXEC), terminal.fd[1]);
    ::close(nowhere);

    EXPECT_EQ(::write(master, "in\n", 3), 3);
    std::string line;
    EXPECT_TRUE(co_await from.read_line(line));
    EXPECT_EQ(line, "in");
    co_await to.write("out\n");
    std::string shown;  // the echo of what was typed, too
    while (!shown.ends_with("out\r\n")) {
      pollfd ready{.fd = master, .events = POLLIN, .revents = 0};
      if (::poll(&ready, 1, 10'000) != 1) break;
      char some[100];
      const ssize_t size = ::read(master, some, sizeof some);
      if (size <= 0) break;
      shown.append(some, static_cast<std::size_t>(size));
    }
    EXPECT_EQ(shown, "in\r\nout\r\n");
  }());
}

}  // namespace
}  // namespace parlance::io::test
