// What is particular to the epoll backend.
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <string>

#include <parlance/io/blocking.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::io {
namespace {

TEST(epoll, hears_of_an_end_that_came_together_with_the_connection) {
  loop on{{.backend = "epoll"}};
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  endpoint at = endpoint::ipv4({127, 0, 0, 1}, 0);
  ASSERT_EQ(::bind(listening, at.data(), at.size()), 0);
  ASSERT_EQ(::listen(listening, 1), 0);
  socklen_t size = endpoint::capacity;
  ASSERT_EQ(::getsockname(listening, at.data(), &size), 0);

  const std::unique_ptr<stream_socket> caller = on.kernel().open_stream(AF_INET);
  std::string heard;
  bool ended = false;
  wait(
      [](stream_socket& s, const endpoint& to, int listener, std::string& text, bool& end) -> task<> {
        scope connecting;
        connecting.spawn([&]() -> task<> { co_await connect_operation(s, to); });
        // The loop has not turned since: all of this is in the one edge that tells of the connection.
        const int accepted = ::accept(listener, nullptr, nullptr);
        EXPECT_EQ(::send(accepted, "bye", 3, MSG_NOSIGNAL), 3);
        ::close(accepted);
        co_await connecting.join();
        text = co_await recv_operation(s);
        recv_operation last(s);
        end = (co_await last).empty() && !last.error;
      }(*caller, at, listening, heard, ended),
      std::chrono::seconds(10));
  EXPECT_EQ(heard, "bye");
  EXPECT_TRUE(ended);
  ::close(listening);
}

// What a turn has for everybody: a wait that is over at once, and then a send, for each. A send that has to
// have a look again costs a call of epoll_ctl.
TEST(epoll, sends_are_not_put_off_by_waits_that_were_over_at_once) {
  loop on{{.backend = "epoll"}};
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const std::unique_ptr<stream_socket> from = on.kernel().adopt_stream(ends[0]);
  int turns = 0;
  wait([](stream_socket& s, int peer, int& turned) -> task<> {
    const std::string_view byte[] = {"x"};
    const auto send_one = [&]() -> task<> {
      send_operation op(s, byte);
      EXPECT_EQ(co_await op, 1U);
      char taken;
      EXPECT_EQ(::recv(peer, &taken, 1, 0), 1);
    };
    co_await send_one();  // from here on it is known that there is room
    co_await yield();
    scope counting;
    counting.spawn([&]() -> task<> {
      for (;; ++turned) co_await yield();
    });
    event ready;
    ready.set();
    constexpr int receivers = 330;
    for (int i = 0; i < receivers; ++i) {
      co_await ready;
      co_await ready;
      co_await send_one();
    }
    counting.cancel();
  }(*from, ends[1], turns));
  ::close(ends[1]);
  EXPECT_EQ(turns, 0);
}

/// From now on the kernel has no such call for this process.
void forbid(unsigned call) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog all{.len = std::size(program), .filter = program};
  ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all), 0);
}

TEST(epoll, keeps_time_where_the_kernel_counts_milliseconds) {
  const auto in_a_child = [] {
    ::alarm(30);
    forbid(SYS_epoll_pwait2);
    loop on{{.backend = "epoll"}};
    const time_point start = on.now();
    wait(sleep(std::chrono::microseconds(2500)));
    if (on.now() - start < std::chrono::microseconds(2500)) ::_exit(1);
    // And without a limit, until something happens.
    wait(blocking([] { ::usleep(20'000); }));
    ::_exit(0);
  };
  EXPECT_EXIT(in_a_child(), testing::ExitedWithCode(0), "");
}

// A read that is shorter than its room has emptied a socket, but where it stopped for something else.
class epoll_reads : public testing::Test {
 protected:
  void connect(int family, const endpoint& at) {
    const std::unique_ptr<listening_socket> listening = on.kernel().open_listening(family);
    listening->bind(at);
    listening->listen(1);
    const endpoint there = listening->local();
    peer = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::connect(peer, there.data(), there.size()), 0);
    here = wait([](listening_socket& s) -> task<std::unique_ptr<stream_socket>> {
      co_return co_await accept_operation(s);
    }(*listening));
    say("0");
    EXPECT_EQ(receive(1), "0");
    // Until it is known to be empty.
    recv_operation more(*here);
    EXPECT_THROW(wait(
                     [](recv_operation& op) -> task<> {
                       co_await op;
                       if (op.error) throw error(op.error, "recv");
                     }(more),
                     std::chrono::milliseconds(20)),
                 error);
  }
  ~epoll_reads() override { ::close(peer); }

  void say(std::string_view text, int flags = 0) const {
    EXPECT_EQ(::send(peer, text.data(), text.size(), flags | MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  void say_with_descriptor(std::string text) const {
    iovec piece{text.data(), text.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
    msghdr header{};
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* const first = CMSG_FIRSTHDR(&header);
    first->cmsg_level = SOL_SOCKET;
    first->cmsg_type = SCM_RIGHTS;
    first->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(first), &peer, sizeof peer);
    EXPECT_EQ(::sendmsg(peer, &header, MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  std::string receive(std::size_t size) {
    return wait(
        [](stream_socket& s, std::size_t wanted) -> task<std::string> {
          std::string all;
          while (all.size() < wanted) {
            recv_operation op(s);
            const std::string_view some = co_await op;
            if (op.error) throw error(op.error, "recv");
            if (some.empty()) break;
            all += some;
          }
          co_return all;
        }(*here, size),
        std::chrono::seconds(10));
  }

  loop on{{.backend = "epoll"}};
  int peer = -1;
  std::unique_ptr<stream_socket> here;
};

TEST_F(epoll_reads, go_on_behind_an_urgent_byte) {
  connect(AF_INET, endpoint::ipv4({127, 0, 0, 1}, 0));
  for (int i = 0; i < 3; ++i) {
    say("abc");
    say("X", MSG_OOB);
    say("def");
    EXPECT_EQ(receive(6), "abcdef");
  }
}

TEST_F(epoll_reads, go_on_behind_descriptors_that_were_sent_along) {
  connect(AF_UNIX, endpoint::unix_path("@parlance-io-epoll-" + std::to_string(::getpid())));
  for (int i = 0; i < 3; ++i) {
    say_with_descriptor("abc");
    say_with_descriptor("def");
    say("ghi");
    EXPECT_EQ(receive(9), "abcdefghi");
  }
}

TEST(epoll, sleeps_for_less_than_a_millisecond) {
  const loop here({.backend = "epoll"});
  duration shortest = duration::max();
  for (int i = 0; i < 100; ++i) {  // the machine may be busy
    const time_point start = std::chrono::steady_clock::now();
    wait(sleep(std::chrono::microseconds(100)));
    shortest = std::min<duration>(shortest, std::chrono::steady_clock::now() - start);
  }
  EXPECT_GE(shortest, std::chrono::microseconds(100));
  EXPECT_LT(shortest, std::chrono::microseconds(900));
}

}  // namespace
}  // namespace parlance::io
