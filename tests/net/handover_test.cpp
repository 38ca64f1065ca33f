// A listener that goes to another process while callers come, and whatever else may be sent in its place.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>

#include <parlance/io/combinators.hpp>
#include <parlance/net/handover.hpp>
#include <parlance/net/serve.hpp>

#include "io/without_standard_input.hpp"
#include "net/support.hpp"
#include "net/temporary_folder.hpp"

namespace parlance::net::test {
namespace {

class handovers : public on_every_backend {
 protected:
  const temporary_folder folder;
  const std::string door = "unix:" + folder.path("door");
};
INSTANTIATE_TEST_SUITE_P(on, handovers, testing::ValuesIn(every_kernel_backend()), io::test::name_of_backend);

TEST_P(handovers, give_the_listeners_in_their_order) {
  io::wait([&]() -> task<void> {
    const std::size_t before = open_descriptors();
    {
      ends two = co_await connected(door);
      listener a = co_await listen("127.0.0.1:0"), b = co_await listen("localhost:0");
      auto [taken, done] = co_await io::all(take_over(two.a), hand_over(two.b, {&a, &b}));
      EXPECT_EQ(taken.size(), 2U);
      EXPECT_EQ(taken[0].locals(), a.locals());
      EXPECT_EQ(taken[1].locals(), b.locals());
      a.close();
      b.close();
      for (listener& one : taken) {
        EXPECT_EQ(::fcntl(one.native_handles()[0], F_GETFD), FD_CLOEXEC);
        stream caller = co_await connect(one.local().to_string());
        EXPECT_EQ((co_await one.accept()).remote(), caller.local());
      }
    }
    EXPECT_EQ(open_descriptors(), before);
  }());
}

TEST_P(handovers, take_a_unix_socket) {
  io::wait([&]() -> task<void> {
    listener one = co_await listen("127.0.0.1:0");
    stream caller = co_await connect(one.local().to_string());
    EXPECT_EQ(co_await failure(hand_over(caller, {&one})), io::from_errno(EINVAL));
    EXPECT_EQ(co_await failure(take_over(caller)), io::from_errno(EINVAL));
    auto [own, its] = memory_streams();
    EXPECT_EQ(co_await failure(hand_over(own, {&one})), io::from_errno(EINVAL));
  }());
}

// What is handed over has a number of its own on the way.
TEST_P(handovers, may_pass_by_the_descriptor_0) {
  io::wait([&]() -> task<void> {
    ends two = co_await connected(door);
    listener one = co_await listen("127.0.0.1:0");
    const io::test::without_standard_input closed;
    auto [taken, done] = co_await io::all(take_over(two.a), hand_over(two.b, {&one}));
    EXPECT_EQ(taken.at(0).locals(), one.locals());
  }());
}

TEST_P(handovers, go_along_with_a_stream_that_is_moved) {
  io::wait([&]() -> task<void> {
    ends two = co_await connected(door);
    listener one = co_await listen("127.0.0.1:0");
    io::scope taking;
    taking.spawn([&]() -> task<void> { EXPECT_EQ((co_await take_over(two.a)).size(), 1U); });
    co_await sleep(1ms);
    const stream elsewhere(std::move(two.a));
    co_await hand_over(two.b, {&one});
    co_await taking.join();
  }());
}

TEST_P(handovers, end_with_their_stream) {
  io::wait([&]() -> task<void> {
    for (const int how : {0, 1, 2}) {
      ends two = co_await connected(door);
      std::optional<stream> ours(std::move(two.a));
      io::scope taking;
      taking.spawn([&]() -> task<void> {
        const std::error_code why = co_await failure(take_over(*ours));
        EXPECT_EQ(why, how == 1 ? io::from_errno(ECONNABORTED) : io::errc::cancelled);
      });
      co_await sleep(1ms);
      if (how == 0) ours->close_at_once();
      if (how == 1) ours->abort();
      if (how == 2) ours.reset();
      EXPECT_EQ(co_await recv_some(two.b), "");
      co_await taking.join();
    }
  }());
}

TEST_P(handovers, give_nothing_to_who_has_the_number_next) {
  io::wait([&]() -> task<void> {
    ends two = co_await connected(door);
    listener one = co_await listen("127.0.0.1:0");
    const std::string much(1 << 20, 'x');
    const int full = two.b.native_handle();
    while (::send(full, much.data(), much.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
    }
    io::scope giving;
    giving.spawn(
        [&]() -> task<void> { EXPECT_EQ(co_await failure(hand_over(two.b, {&one})), io::errc::cancelled); });
    co_await sleep(1ms);
    EXPECT_EQ(co_await failure([&]() -> task<void> { co_await two.b.send("between"); }()),
              io::from_errno(EBUSY));
    two.b.close_at_once();
    ends next = co_await connected("127.0.0.1:0");
    co_await giving.join();
    co_await next.b.send("ours");
    EXPECT_EQ(co_await recv_until(next.a, 4), "ours");
  }());
}

TEST_P(handovers, come_behind_what_was_sent_before) {
  io::wait([&]() -> task<void> {
    ends two = co_await connected(door);
    listener one = co_await listen("127.0.0.1:0");
    const std::string much = pattern(4'000'000);
    io::scope sending;
    sending.spawn([&]() -> task<void> { co_await two.b.send(much); });
    sending.spawn([&]() -> task<void> { co_await hand_over(two.b, {&one}); });
    const std::string whole = much + "listeners 1\n";
    EXPECT_TRUE(co_await recv_until(two.a, whole.size()) == whole);
    co_await two.a.send("taken\n");
    co_await sending.join();
  }());
}

TEST_P(handovers, tell_why_the_connection_broke_as_the_stream_does) {
  io::wait([&]() -> task<void> {
    for (const bool gives : {true, false}) {
      ends two = co_await connected(door);
      listener one = co_await listen("127.0.0.1:0");
      co_await two.b.send("never read");  // so that the end of the other is a reset
      two.a.close_at_once();
      const std::error_code first =
          gives ? co_await failure(recv_some(two.b)) : co_await failure(take_over(two.b));
      EXPECT_EQ(first, std::errc::connection_reset);
      EXPECT_EQ(gives ? co_await failure(hand_over(two.b, {&one})) : co_await failure(recv_some(two.b)),
                std::errc::connection_reset);
    }
  }());
}

TEST_P(handovers, are_not_waited_for_longer_than_the_stream_is) {
  io::wait([&]() -> task<void> {
    ends two = co_await connected(door);
    two.a.set_recv_timeout(10ms);
    EXPECT_EQ(co_await failure(take_over(two.a)), std::errc::timed_out);
  }());
}

TEST_P(handovers, give_as_many_as_go_into_one_message) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4096);
  setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < 600) GTEST_SKIP() << "too few descriptors allowed: " << files.rlim_cur;
  io::wait([&]() -> task<void> {
    ends two = co_await connected(door);
    std::vector<listener> many;
    for (int i = 0; i < 251; ++i) many.push_back(co_await listen("127.0.0.1:0"));
    std::vector<listener*> all;
    for (listener& one : many) all.push_back(&one);
    EXPECT_EQ(co_await failure(hand_over(two.b, all)), std::errc::invalid_argument);
    all.pop_back();
    auto [taken, done] = co_await io::all(take_over(two.a), hand_over(two.b, all));
    EXPECT_EQ(taken.size(), 250U);
    EXPECT_EQ(taken.back().local(), all.back()->local());
  }());
}

TEST_P(handovers, give_the_file_of_a_unix_socket_too) {
  io::wait([&]() -> task<void> {
    ends two = co_await connected(door);
    const std::string path = folder.path("s");
    listener a = co_await listen("unix:" + path);
    auto [taken, done] = co_await io::all(take_over(two.a), hand_over(two.b, {&a}));
    a.close();
    EXPECT_TRUE(std::filesystem::exists(path));
    stream caller = co_await connect("unix:" + path);
    co_await taken[0].accept();
    taken.clear();
    EXPECT_FALSE(std::filesystem::exists(path));
  }());
}

TEST_P(handovers, leave_everything_as_it_was_when_nobody_takes_it) {
  io::wait([&]() -> task<void> {
    const std::string path = folder.path("s");
    listener a = co_await listen("unix:" + path);
    for (const std::string answer : {"", "taken", "nothing"}) {
      ends two = co_await connected(door);
      co_await two.a.send(answer);
      co_await two.a.shutdown();
      EXPECT_EQ(co_await failure(hand_over(two.b, {&a})), std::errc::protocol_error) << answer;
    }
    ends two = co_await connected(door);
    EXPECT_EQ(co_await cancelled_before(hand_over(two.b, {&a})), io::errc::cancelled);
    EXPECT_EQ(co_await cancelled_meanwhile(hand_over(two.b, {&a})), io::errc::cancelled);
    stream caller = co_await connect("unix:" + path);
    co_await a.accept();
    a.close();
    EXPECT_FALSE(std::filesystem::exists(path));
  }());
}

TEST_P(handovers, need_a_unix_socket_and_a_listener_that_is_open) {
  io::wait([&]() -> task<void> {
    ends tcp = co_await tcp_ends(), two = co_await connected(door);
    listener a = co_await listen("127.0.0.1:0");
    EXPECT_EQ(co_await failure(hand_over(tcp.a, {&a})), std::errc::invalid_argument);
    EXPECT_EQ(co_await failure(take_over(tcp.a)), std::errc::invalid_argument);
    EXPECT_EQ(co_await failure(hand_over(two.a, {})), std::errc::invalid_argument);
    // TLS has no place for them.
    ends below = co_await connected(door);
    ends tls = co_await secured(std::move(below), trusting(), shown_on_the_spot());
    EXPECT_EQ(co_await failure(hand_over(tls.a, {&a})), std::errc::invalid_argument);
    EXPECT_EQ(co_await failure(take_over(tls.b)), std::errc::invalid_argument);
    std::vector<listener*> many(251, &a);
    EXPECT_EQ(co_await failure(hand_over(two.a, many)), std::errc::invalid_argument);
    EXPECT_EQ(co_await cancelled_meanwhile(hand_over(two.b, {&a})), io::errc::cancelled);
    a.close();
    EXPECT_EQ(co_await failure(hand_over(two.a, {&a})), errc::closed);
  }());
}

/// Sends text with descriptors, as nobody of ours does.
void send_raw(stream& over, std::string text, const std::vector<int>& descriptors) {
  EXPECT_EQ(io::test::send_with_descriptors(over.native_handle(), text, descriptors), ssize_t(text.size()));
}

TEST_P(handovers, take_nothing_else_and_close_what_came) {
  io::wait([&]() -> task<void> {
    listener a = co_await listen("127.0.0.1:0");
    const int good = a.native_handles()[0], bad = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct {
      std::string text;
      std::vector<int> with;
    } const wrong[] = {{"hello\n", {good}},
                       {"listeners 1\n", {}},
                       {"listeners 1\n", {good, good}},
                       {"listeners 2\n", {good}},
                       {"listeners 0\n", {}},
                       {"listeners\n", {}},
                       {"listeners\n", {good}},
                       {"listeners 1x\n", {good}},
                       {"listeners1\n", {good}},
                       {"listenersx1\n", {good}},
                       {"listeners 18446744073709551615 2\n", {good}},
                       {"listeners 253\n", std::vector<int>(253, good)},  // there is no room for so many
                       {std::string(5000, 'x'), {good}}};
    const std::size_t before = open_descriptors();
    for (const auto& [text, with] : wrong) {
      ends two = co_await connected(door);
      send_raw(two.b, text, with);
      co_await two.b.shutdown();
      EXPECT_EQ(co_await failure(take_over(two.a)), std::errc::protocol_error) << text.substr(0, 20);
    }
    co_await eventually([&] { return open_descriptors() == before; });  // closed by a worker
    ends two = co_await connected(door);
    send_raw(two.b, "listeners 2\n", {good, bad});
    EXPECT_NE(co_await failure(take_over(two.a)), std::error_code());
    two.a.close_at_once();
    two.b.close_at_once();
    co_await eventually([&] { return open_descriptors() == before; });
    ::close(bad);
  }());
}

TEST_P(handovers, take_no_more_descriptors_than_they_say) {
  io::wait([&]() -> task<void> {
    ends two = co_await connected(door);
    const int one = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const std::size_t before = open_descriptors();
    for (int i = 0; i < 2; ++i) send_raw(two.b, "x", std::vector<int>(200, one));
    EXPECT_EQ(co_await failure(take_over(two.a)), std::errc::protocol_error);
    co_await eventually([&] { return open_descriptors() == before; });
    ::close(one);
  }());
}

TEST_P(handovers, do_not_wait_for_the_rest_of_what_is_something_else) {
  io::wait([&]() -> task<void> {
    for (const std::string text : {"HTTP/1.1 400 Bad Request", "lis tener", "listeners 1\nmore"}) {
      ends two = co_await connected(door);
      send_raw(two.b, text, {});
      EXPECT_EQ(co_await failure(io::timeout(10s, take_over(two.a))), std::errc::protocol_error);
    }
  }());
}

namespace {

/// Closing it waits: it has bytes that nobody takes.
void make_linger(int connection) {
  const linger long_enough{.l_onoff = 1, .l_linger = 20};
  EXPECT_EQ(::setsockopt(connection, SOL_SOCKET, SO_LINGER, &long_enough, sizeof long_enough), 0);
  const std::string much(64 * 1024, 'x');
  while (::send(connection, much.data(), much.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
  }
}

}  // namespace

TEST_P(handovers, stop_nobody_by_what_is_slow_to_close) {
  io::wait([&]() -> task<void> {
    ends two = co_await connected(door), tcp = co_await tcp_ends();
    make_linger(tcp.b.native_handle());
    send_raw(two.b, "listeners 1\n", {tcp.b.native_handle()});
    tcp.b.close_at_once();
    const auto start = std::chrono::steady_clock::now();
    EXPECT_NE(co_await failure(take_over(two.a)), std::error_code());
    EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
    tcp.a.abort();
  }());
}

TEST_P(handovers, leave_what_the_successor_says_next) {
  io::wait([&]() -> task<void> {
    ends two = co_await connected(door);
    listener a = co_await listen("127.0.0.1:0");
    co_await two.a.send("taken\nready\n");
    co_await hand_over(two.b, {&a});
    EXPECT_EQ(co_await two.b.recv(), "ready\n");
  }());
}

TEST_P(handovers, leave_a_file_that_is_not_the_sockets) {
  io::wait([&]() -> task<void> {
    const std::string path = folder.path("s");
    for (const bool other_socket : {false, true}) {
      ends two = co_await connected(door);
      listener a = co_await listen("unix:" + path);
      std::filesystem::remove(path);
      std::optional<listener> other;
      if (other_socket)
        other = co_await listen("unix:" + path);
      else
        std::ofstream(path) << "precious";
      auto [taken, done] = co_await io::all(take_over(two.a), hand_over(two.b, {&a}));
      a.close();
      taken.clear();
      EXPECT_TRUE(std::filesystem::exists(path));
      std::filesystem::remove(path);
    }
  }());
}

TEST_P(handovers, take_what_comes_in_pieces) {
  io::wait([&]() -> task<void> {
    ends two = co_await connected(door);
    listener a = co_await listen("127.0.0.1:0");
    scope sending;
    sending.spawn([&]() -> task<void> {
      send_raw(two.b, "liste", a.native_handles());
      co_await sleep(2ms);
      send_raw(two.b, "ners 1\n", {});
    });
    const std::vector<listener> taken = co_await take_over(two.a);
    EXPECT_EQ(taken[0].local(), a.local());
  }());
}

TEST_P(handovers, that_are_cancelled_take_what_comes_later) {
  io::wait([&]() -> task<void> {
    ends two = co_await connected(door);
    listener a = co_await listen("127.0.0.1:0");
    EXPECT_EQ(co_await cancelled_before(take_over(two.a)), io::errc::cancelled);
    auto waiting = [](stream& from) -> task<void> { co_await take_over(from); };
    EXPECT_EQ(co_await cancelled_meanwhile(waiting(two.a)), io::errc::cancelled);
    auto [taken, done] = co_await io::all(take_over(two.a), hand_over(two.b, {&a}));
    EXPECT_EQ(taken[0].local(), a.local());
  }());
}

TEST_P(handovers, that_were_given_up_leave_the_answer_to_no_other) {
  io::wait([&]() -> task<void> {
    ends two = co_await connected(door);
    listener a = co_await listen("127.0.0.1:0"), b = co_await listen("127.0.0.1:0");
    EXPECT_EQ(co_await cancelled_meanwhile(hand_over(two.b, {&a})), io::errc::cancelled);
    EXPECT_EQ((co_await take_over(two.a))[0].local(), a.local());
    EXPECT_EQ(co_await failure(hand_over(two.b, {&b})), io::from_errno(EPIPE));
  }());
}

TEST_P(handovers, keep_what_came_of_one_who_died_before_he_heard_so) {
  io::wait([&]() -> task<void> {
    ends two = co_await connected(door);
    listener a = co_await listen("127.0.0.1:0");
    const endpoint where = a.local();
    EXPECT_EQ(co_await cancelled_meanwhile(hand_over(two.b, {&a})), io::errc::cancelled);
    two.b.close_at_once();
    a.close();
    std::vector<listener> taken = co_await take_over(two.a);
    EXPECT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken.at(0).local(), where);
    stream caller = co_await connect(where.to_string());
    EXPECT_EQ((co_await taken.at(0).accept()).remote(), caller.local());
  }());
}

TEST_P(handovers, give_each_listener_once) {
  io::wait([&]() -> task<void> {
    ends two = co_await connected(door);
    listener a = co_await listen("unix:" + folder.path("twice"));
    EXPECT_EQ(co_await failure(hand_over(two.b, {&a, &a})), io::from_errno(EINVAL));
    auto [taken, done] = co_await io::all(take_over(two.a), hand_over(two.b, {&a}));
    EXPECT_EQ(taken.size(), 1U);
  }());
}

// --- two processes

/// Answers each caller with who it is.
task<void> say(stream caller, std::string_view who) {
  co_await caller.recv();
  co_await caller.send(who);
  co_await caller.close();
}

/// The successor: takes over, and serves until it is killed.
[[noreturn]] void succeed(const std::string& backend, const std::string& door) {
  try {
    io::loop here({.backend = backend});
    io::wait([](std::string at) -> task<void> {
      stream predecessor = co_await connect(at);
      std::vector<listener> taken = co_await take_over(predecessor);
      co_await serve(taken.front(), [](stream caller) { return say(std::move(caller), "new"); });
    }(door));
  } catch (...) {
  }
  ::_exit(1);
}

task<std::string> call(const endpoint& at) {
  stream s = co_await connect(at.to_string());
  co_await s.send("who?");
  co_return co_await recv_all(s);
}

class successions : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(on, successions, testing::ValuesIn(every_kernel_backend()),
                         io::test::name_of_backend);

TEST_P(successions, lose_no_caller) {
  const temporary_folder folder;
  const std::string door = "unix:" + folder.path("door");
  int go[2];
  ASSERT_EQ(::pipe2(go, O_CLOEXEC), 0);
  const pid_t successor = ::fork();  // before this process has a loop
  if (successor == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // however the test ends
    char byte;
    if (::read(go[0], &byte, 1) != 1) ::_exit(1);
    succeed(GetParam(), door);
  }
  const io::test::watchdog patience;
  io::loop here({.backend = GetParam()});
  io::wait([&]() -> task<void> {
    listener public_one = co_await listen("127.0.0.1:0"), private_one = co_await listen(door);
    const endpoint at = public_one.local();
    io::event stop;
    scope all;
    all.spawn([&]() -> task<void> {
      co_await serve(public_one, [](stream caller) { return say(std::move(caller), "old"); },
                     {.stop = &stop});
      EXPECT_EQ(public_one.locals().size(), 0U);
    });
    all.spawn([&]() -> task<void> {
      stream next = co_await private_one.accept();
      co_await hand_over(next, {&public_one});
      stop.set();
    });
    int old_ones = 0, new_ones = 0, calls = 0;
    const auto keep_calling = [&]() -> task<void> {
      while (new_ones < 200) {
        const std::string answer = co_await call(at);
        EXPECT_TRUE(answer == "old" || answer == "new") << answer;
        ++(answer == "old" ? old_ones : new_ones);
        if (++calls == 50) {
          EXPECT_EQ(::write(go[1], "x", 1), 1);
        }
      }
    };
    for (int i = 0; i < 8; ++i) all.spawn(keep_calling);
    co_await all.join();
    EXPECT_GE(old_ones, 40);
  }());
  ::kill(successor, SIGKILL);
  ::waitpid(successor, nullptr, 0);
  ::close(go[0]);
  ::close(go[1]);
}

}  // namespace
}  // namespace parlance::net::test
