// Unix sockets: names with and without a file, and whose the file is.
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>

#include "net/support.hpp"
#include "net/temporary_folder.hpp"

namespace parlance::net::test {
namespace {

class unix_sockets : public on_every_backend {
 protected:
  const temporary_folder folder;
  const std::string path = folder.path("socket");
  const std::string address = "unix:" + path;
};
PARLANCE_ON_EVERY_BACKEND(unix_sockets);

TEST_P(unix_sockets, carry_a_conversation) {
  io::wait([](std::string at) -> task<void> {
    ends two = co_await connected(at);
    EXPECT_EQ(two.a.remote().to_string(), at);
    EXPECT_EQ(two.b.local().to_string(), at);
    co_await two.a.send("x");
    EXPECT_EQ(co_await two.b.recv(), "x");
    EXPECT_FALSE(two.a.info());
  }(address));
}

TEST_P(unix_sockets, have_abstract_names_without_a_file) {
  io::wait([](std::string at) -> task<void> {
    {
      listener here = co_await listen(at);
      EXPECT_EQ(here.local().to_string(), at);
      const stream caller = co_await connect(at);
      EXPECT_EQ((co_await here.accept()).local().to_string(), at);
      EXPECT_EQ(co_await failure(listen(at)), std::errc::address_in_use);
    }
    EXPECT_EQ(co_await failure(connect(at)), std::errc::connection_refused);
    EXPECT_FALSE(std::filesystem::exists(at.substr(5)));
  }("unix:@parlance-net-test-name-" + std::to_string(::getpid())));
}

TEST_P(unix_sockets, refuse_a_path_that_is_too_long_and_tell_the_limit) {
  io::wait([]() -> task<void> {
    // Of this process alone: all on this machine share the abstract names, and tests run side by side.
    std::string name = std::to_string(::getpid());
    name.resize(106, 'x');
    const std::string longest = "unix:@" + name, too_long = "unix:/" + std::string(107, 'x');
    EXPECT_FALSE(co_await failure(listen(longest)));
    const std::string why = "use " + too_long + ": the path has 108 bytes and a Unix socket's may have 107";
    EXPECT_EQ(co_await words(listen(too_long)), why);
    EXPECT_EQ(co_await words(connect(too_long)), "connect " + too_long + ": " + why);
    EXPECT_EQ(co_await failure(listen(too_long)), std::errc::filename_too_long);
  }());
}

class unix_peers : public on_every_backend {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(unix_peers);

TEST_P(unix_peers, are_known_by_their_process_and_user) {
  io::wait([]() -> task<void> {
    ends two = co_await ends_of("unix");
    for (const stream* end : {&two.a, &two.b}) {
      const std::optional<ucred> peer = end->peer_credentials();
      EXPECT_TRUE(peer && peer->pid == ::getpid() && peer->uid == ::geteuid() && peer->gid == ::getegid());
    }
    co_await two.a.close();
    EXPECT_FALSE(two.a.peer_credentials());
    ends tcp = co_await tcp_ends();
    EXPECT_FALSE(tcp.b.peer_credentials());
  }());
}

class unix_callers : public unix_sockets {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(unix_callers);

TEST_P(unix_callers, send_descriptors_only_where_they_are_taken) {
  io::wait([&]() -> task<void> {
    for (const bool taken : {false, true}) {
      listener here = co_await listen("unix:" + path, {.takes_descriptors = taken});
      const stream caller = co_await connect("unix:" + path);
      int asked = 1;
      socklen_t size = sizeof asked;
      constexpr int so_passrights = 83;
      const bool is_known =
          ::getsockopt(caller.native_handle(), SOL_SOCKET, so_passrights, &asked, &size) == 0;
      const ssize_t sent = io::test::send_with_descriptors(caller.native_handle(), "x", {STDERR_FILENO});
      EXPECT_EQ(sent < 0 ? errno : 0, taken || !is_known ? 0 : EPERM);
      if (taken) EXPECT_EQ(co_await (co_await here.accept()).recv(), "x");
    }
  }());
}

class socket_files : public unix_sockets {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(socket_files);

TEST_P(socket_files, go_with_their_listener) {
  io::wait([](std::string at, std::string file) -> task<void> {
    {
      listener here = co_await listen(at);
      EXPECT_TRUE(std::filesystem::is_socket(file));
      const listener moved = std::move(here);
      EXPECT_TRUE(std::filesystem::is_socket(file));
    }
    EXPECT_FALSE(std::filesystem::exists(file));
    EXPECT_FALSE(std::filesystem::exists(file + ".lock"));
    EXPECT_EQ(co_await words(connect(at)), "connect " + at + ": no such file or directory");
  }(address, path));
}

TEST_P(socket_files, go_wherever_the_process_has_gone) {
  io::wait([&]() -> task<void> {
    const std::filesystem::path before = std::filesystem::current_path();
    std::filesystem::current_path(folder.path(""));
    listener here = co_await listen("unix:relative");
    std::filesystem::current_path(before);
    EXPECT_TRUE(std::filesystem::exists(folder.path("relative")));
    here.close();
    EXPECT_FALSE(std::filesystem::exists(folder.path("relative")));
  }());
}

TEST_P(socket_files, have_the_mode_that_was_asked_for) {
  io::wait([](std::string at, std::string file) -> task<void> {
    for (const mode_t mode : {0600U, 0666U, 0660U}) {
      const listener here = co_await listen(at, {.unix_mode = mode});
      struct stat found{};
      EXPECT_EQ(::stat(file.c_str(), &found), 0);
      EXPECT_EQ(found.st_mode & 0777U, mode);
    }
  }(address, path));
}

TEST_P(socket_files, are_replaced_when_nobody_listens_any_more) {
  io::wait([](std::string at, std::string file) -> task<void> {
    {
      const io::test::socket_ptr left_behind = io::test::open_socket(AF_UNIX);
      left_behind->bind(endpoint::unix_path(file));
    }
    EXPECT_TRUE(std::filesystem::is_socket(file));
    listener here = co_await listen(at);
    const stream caller = co_await connect(at);
    (co_await here.accept()).abort();
    EXPECT_FALSE(std::filesystem::exists(file + ".lock"));
  }(address, path));
}

TEST_P(socket_files, are_not_replaced_while_somebody_listens) {
  io::wait([](std::string at) -> task<void> {
    listener first = co_await listen(at);
    EXPECT_EQ(co_await words(listen(at)), "bind " + at + ": address already in use");
    // Whoever listens does not notice the question.
    EXPECT_EQ(co_await failure(io::timeout(20ms, first.accept())), io::errc::timed_out);
    const stream caller = co_await connect(at);
    (co_await first.accept()).abort();
  }(address));
}

TEST_P(socket_files, are_not_replaced_while_a_socket_of_any_kind_has_them) {
  for (const int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET}) {
    const endpoint at = endpoint::unix_path(path);
    const int living = ::socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(living, at.data(), at.size()), 0);
    EXPECT_EQ(io::wait(failure(listen(address))), std::errc::address_in_use);
    EXPECT_TRUE(std::filesystem::is_socket(path));
    ::close(living);
    const listener here = io::wait(listen(address));
  }
}

TEST_P(socket_files, are_taken_over_from_who_lets_go_of_them_in_time) {
  io::wait([](std::string at, std::string file) -> task<void> {
    std::optional<listener> first = co_await listen(at);
    std::vector<std::string> told;
    scope ending;
    ending.spawn([&]() -> task<void> {
      co_await eventually([&] { return !told.empty(); });
      first.reset();
      EXPECT_FALSE(std::filesystem::exists(file));
    });
    const listener second = co_await listen(
        at, {.patience = 30s, .on_pause = [&](std::string_view text) { told.emplace_back(text); }});
    co_await ending.join();
    EXPECT_EQ(told, std::vector{"bind " + at + ": address already in use; trying for 30 s"});
    EXPECT_TRUE(std::filesystem::is_socket(file));
  }(address, path));
}

TEST_P(socket_files, are_not_replaced_while_too_many_wait_for_the_listener) {
  io::wait([](std::string at) -> task<void> {
    const listener first = co_await listen(at, {.backlog = 0});
    const stream waiting = co_await connect(at);
    EXPECT_EQ(co_await failure(listen(at)), std::errc::address_in_use);
  }(address));
}

TEST_P(socket_files, are_not_replaced_when_they_are_no_sockets) {
  std::ofstream(path) << "precious";
  io::wait([](std::string at) -> task<void> {
    EXPECT_EQ(co_await failure(listen(at)), std::errc::address_in_use);
  }(address));
  std::string kept;
  std::ifstream(path) >> kept;
  EXPECT_EQ(kept, "precious");
}

TEST_P(socket_files, are_left_alone_when_they_are_another_listeners_by_then) {
  io::wait([](std::string at, std::string file) -> task<void> {
    std::optional<listener> first = co_await listen(at);
    std::filesystem::remove(file);
    const listener second = co_await listen(at);
    first.reset();
    EXPECT_TRUE(std::filesystem::is_socket(file));
  }(address, path));
}

TEST_P(socket_files, are_not_taken_while_another_program_is_starting_there) {
  const std::string lock = path + ".lock";
  const int fd = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(::flock(fd, LOCK_EX | LOCK_NB), 0);
  io::wait([](std::string at) -> task<void> {
    EXPECT_EQ(co_await words(listen(at)), "bind " + at + ": somebody else is starting to listen there");
  }(address));
  EXPECT_TRUE(std::filesystem::exists(lock));
  ::close(fd);
}

TEST_P(socket_files, cannot_be_made_where_there_is_no_folder) {
  io::wait([](std::string at) -> task<void> {
    EXPECT_EQ(co_await words(listen(at)), "bind " + at + ": no such file or directory");
  }(address + "/below/a/socket"));
}

TEST_P(socket_files, are_locked_by_no_file_of_somebody_else) {
  std::ofstream(path + ".lock") << "notes";
  {
    const io::test::socket_ptr left_behind = io::test::open_socket(AF_UNIX);
    left_behind->bind(endpoint::unix_path(path));
  }
  // The stale one is replaced all the same.
  {
    const listener here = io::wait(listen(address));
  }
  EXPECT_EQ(std::filesystem::file_size(path + ".lock"), 5U);
  std::filesystem::remove(path + ".lock");
  // One that was left behind is taken over.
  {
    const std::ofstream left_behind(path + ".lock");
  }
  {
    const listener here = io::wait(listen(address));
  }
  EXPECT_FALSE(std::filesystem::exists(path + ".lock"));
}

TEST_P(socket_files, need_their_folder) {
  EXPECT_EQ(io::wait(failure(listen("unix:" + folder.path("none/socket")))),
            std::errc::no_such_file_or_directory);
}

class socket_file_threads : public socket_files {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(socket_file_threads);

TEST_P(socket_file_threads, are_never_gone_while_somebody_listens) {
  const auto play = [&] {
    const io::loop of_its_own({.backend = GetParam()});
    const auto end = std::chrono::steady_clock::now() + 300ms;
    int gone = 0;
    while (std::chrono::steady_clock::now() < end) {
      try {
        const listener here = io::wait(listen(address));
        std::this_thread::sleep_for(50us);
        if (!std::filesystem::exists(path)) ++gone;
      } catch (const io::error&) {
      }
    }
    return gone;
  };
  int gone_there = 0;
  std::thread other([&] { gone_there = play(); });
  EXPECT_EQ(play(), 0);
  other.join();
  EXPECT_EQ(gone_there, 0);
}

// Whoever calls may have given itself any name, and it goes into logs.
TEST(unix_names, stay_in_one_line) {
  const endpoint at = endpoint::unix_path("/run/a\nb\x7f \xC3\xBC");
  EXPECT_EQ(at.path(), "/run/a\nb\x7f \xC3\xBC");
  EXPECT_EQ(at.address(), "/run/a\\x0ab\\x7f \xC3\xBC");
  EXPECT_EQ(at.to_string(), "unix:/run/a\\x0ab\\x7f \xC3\xBC");
}

}  // namespace
}  // namespace parlance::net::test
