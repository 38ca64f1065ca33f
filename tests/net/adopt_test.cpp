// Listeners that somebody else opened: descriptors, and what systemd passes.
#include <fcntl.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>

#include <parlance/net/adopt.hpp>

#include "net/support.hpp"
#include "net/temporary_folder.hpp"

namespace parlance::net::test {
namespace {

/// A socket of 127.0.0.1, as another program may have made it.
int raw_socket(int type, bool listens) {
  const int fd = ::socket(AF_INET, type, 0);
  const endpoint at = io::test::loopback();
  if (::bind(fd, at.data(), at.size()) != 0 || (listens && ::listen(fd, 8) != 0))
    throw std::runtime_error("listen");
  return fd;
}

class adopted_listeners : public on_every_backend {};
INSTANTIATE_TEST_SUITE_P(on, adopted_listeners, testing::ValuesIn(every_kernel_backend()),
                         io::test::name_of_backend);

TEST_P(adopted_listeners, accept_whether_they_block_or_not) {
  io::wait([]() -> task<void> {
    for (const int flags : {0, O_NONBLOCK}) {
      const int fd = raw_socket(SOCK_STREAM, true);
      ::fcntl(fd, F_SETFL, flags);
      listener here = adopt_listener({fd});
      EXPECT_EQ(here.native_handles(), std::vector<int>{fd});
      EXPECT_EQ(::fcntl(fd, F_GETFD), FD_CLOEXEC);
      std::optional<stream> caller;
      scope calling;
      calling.spawn([&]() -> task<void> {
        co_await sleep(2ms);
        caller = co_await connect(here.local().to_string());
      });
      stream called = co_await here.accept();
      co_await calling.join();
      co_await caller->send("hello");
      EXPECT_EQ(co_await called.recv(), "hello");
      here.close();
      EXPECT_EQ(::fcntl(fd, F_GETFD), -1);
    }
  }());
}

TEST_P(adopted_listeners, keep_nobody_waiting_when_another_owner_makes_them_block) {
  io::wait([]() -> task<void> {
    const int fd = raw_socket(SOCK_STREAM, true);
    listener here = adopt_listener({fd});
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    EXPECT_EQ(co_await failure(io::timeout(20ms, here.accept())), io::errc::timed_out);
    const stream caller = co_await connect(here.local().to_string());
    EXPECT_EQ((co_await here.accept()).remote(), caller.local());
    EXPECT_EQ(co_await failure(io::timeout(20ms, here.accept())), io::errc::timed_out);
  }());
}

TEST_P(adopted_listeners, may_have_several_sockets) {
  io::wait([]() -> task<void> {
    listener here = adopt_listener({raw_socket(SOCK_STREAM, true), raw_socket(SOCK_STREAM, true)});
    for (const endpoint& at : here.locals()) {
      stream caller = co_await connect(at.to_string());
      EXPECT_EQ((co_await here.accept()).remote(), caller.local());
    }
  }());
}

TEST_P(adopted_listeners, leave_the_file_of_a_unix_socket) {
  io::wait([]() -> task<void> {
    const temporary_folder folder;
    listener made = co_await listen("unix:" + folder.path("s"));
    const int copy = ::fcntl(made.native_handles()[0], F_DUPFD_CLOEXEC, 0);
    adopt_listener({copy}).close();
    EXPECT_TRUE(std::filesystem::exists(folder.path("s")));
    made.close();
    EXPECT_FALSE(std::filesystem::exists(folder.path("s")));
  }());
}

TEST_P(adopted_listeners, must_listen_for_streams) {
  io::wait([]() -> task<void> {
    const std::size_t before = open_descriptors();
    const auto refused = [](int fd) {
      try {
        adopt_listener({raw_socket(SOCK_STREAM, true), fd, raw_socket(SOCK_STREAM, true)});
        return std::string();
      } catch (const io::error& e) {
        return std::string(why(e));
      }
    };
    EXPECT_EQ(refused(raw_socket(SOCK_STREAM, false)), "it does not listen");
    EXPECT_EQ(refused(raw_socket(SOCK_DGRAM, false)), "it is no stream socket");
    EXPECT_NE(refused(::open("/dev/null", O_RDONLY)), "");
    const int twice = raw_socket(SOCK_STREAM, true);
    EXPECT_THROW(adopt_listener({raw_socket(SOCK_STREAM, true), twice, twice}), io::error);
    EXPECT_EQ(open_descriptors(), before);
    co_return;
  }());
}

TEST(adopted_listeners_of_the_simulation, there_are_none) {
  io::loop here({.backend = "sim"});
  const int fd = raw_socket(SOCK_STREAM, true);
  EXPECT_THROW(adopt_listener({fd}), io::error);
  EXPECT_EQ(::fcntl(fd, F_GETFD), -1);
}

/// Runs `check` in a process of its own, whose descriptors 3 and 4 listen as if systemd had passed them; with
/// LISTEN_FDS and LISTEN_FDNAMES as given, for another process if `other`. What it returns.
template <class F> bool as_a_service(const char* count, const char* names, bool other, F check) {
  const pid_t child = ::fork();
  if (child == 0) {
    const int a = ::fcntl(raw_socket(SOCK_STREAM, true), F_DUPFD, 10),
              b = ::fcntl(raw_socket(SOCK_STREAM, true), F_DUPFD, 10);
    ::dup2(a, 3);
    ::dup2(b, 4);
    ::setenv("LISTEN_PID", std::to_string(::getpid() + other).c_str(), 1);
    if (count) ::setenv("LISTEN_FDS", count, 1);
    if (names) ::setenv("LISTEN_FDNAMES", names, 1);
    bool good = false;
    try {
      io::loop here({.backend = "epoll"});
      good = check();
    } catch (const std::exception& e) {
      ::fprintf(stderr, "%s\n", e.what());
    }
    for (const char* variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
      good = good && !::getenv(variable);
    ::_exit(good ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool is_refused() {
  try {
    systemd_listeners();
    return false;
  } catch (const io::error& e) {
    return e.code() == std::errc::invalid_argument;
  }
}

TEST(systemd_listeners, are_those_that_were_passed_with_their_names) {
  EXPECT_TRUE(as_a_service("2", "web:admin", false, [] {
    std::vector<passed_listener> all = systemd_listeners();
    if (all.size() != 2 || all[0].name != "web" || all[1].name != "admin") return false;
    if (::fcntl(3, F_GETFD) != FD_CLOEXEC || ::fcntl(4, F_GETFD) != FD_CLOEXEC) return false;
    if (!systemd_listeners().empty()) return false;
    return io::wait([](listener& second) -> task<bool> {
      stream caller = co_await connect(second.local().to_string());
      co_return (co_await second.accept()).remote() == caller.local();
    }(all[1].listener));
  }));
  EXPECT_TRUE(as_a_service("1", nullptr, false, [] {
    const std::vector<passed_listener> all = systemd_listeners();
    return all.size() == 1 && all[0].name == "unknown";
  }));
}

TEST(systemd_listeners, are_none_where_none_were_passed_or_they_are_for_somebody_else) {
  EXPECT_TRUE(as_a_service(nullptr, nullptr, false, [] { return systemd_listeners().empty(); }));
  EXPECT_TRUE(as_a_service("0", "", false, [] { return systemd_listeners().empty(); }));
  EXPECT_TRUE(
      as_a_service("2", "a:b", true, [] { return systemd_listeners().empty() && ::fcntl(3, F_GETFD) == 0; }));
}

TEST(systemd_listeners, are_refused_when_the_variables_are_not_as_they_should_be) {
  for (const char* count : {"", "two", "2x", "-1", "+2", "4097", "100000"})
    EXPECT_TRUE(as_a_service(count, nullptr, false, is_refused)) << count;
  for (const char* names : {"a", "a:b:c", ""})
    EXPECT_TRUE(as_a_service("2", names, false, is_refused)) << names;
}

TEST(systemd_listeners, are_refused_when_one_does_not_listen_for_streams) {
  EXPECT_TRUE(as_a_service("2", nullptr, false, [] {
    ::dup2(::fcntl(raw_socket(SOCK_DGRAM, false), F_DUPFD, 10), 4);
    return is_refused();
  }));
  // Neither it nor those behind it stay open, for children to inherit.
  EXPECT_TRUE(as_a_service("2", nullptr, false, [] {
    ::dup2(::fcntl(raw_socket(SOCK_DGRAM, false), F_DUPFD, 10), 3);
    return is_refused() && ::fcntl(3, F_GETFD) == -1 && ::fcntl(4, F_GETFD) == -1;
  }));
  EXPECT_TRUE(as_a_service("2", "one", false, [] {
    return is_refused() && ::fcntl(3, F_GETFD) == -1 && ::fcntl(4, F_GETFD) == -1;
  }));
}

// What is there by itself, as the loop's own descriptors are, is not closed.
TEST(systemd_listeners, are_refused_when_fewer_came_than_they_say) {
  const auto failure = [] {
    std::error_code why;
    try {
      systemd_listeners();
    } catch (const io::error& e) {
      why = e.code();
    }
    return why;
  };
  EXPECT_TRUE(
      as_a_service("4096", nullptr, false, [&] { return failure() == std::errc::bad_file_descriptor; }));
  EXPECT_TRUE(as_a_service("40", nullptr, false, [&] {
    const std::error_code why = failure();
    if (why != std::errc::bad_file_descriptor) return false;
    if (::fcntl(3, F_GETFD) != -1 || ::fcntl(4, F_GETFD) != -1) return false;
    ::alarm(30);
    return io::wait([]() -> task<bool> {
      ends two = co_await tcp_ends();
      co_await two.a.send("the loop goes on");
      co_return co_await recv_some(two.b) == "the loop goes on";
    }());
  }));
}

}  // namespace
}  // namespace parlance::net::test
