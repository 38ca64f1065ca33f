// What the io_uring and the epoll socket share.
#include <cerrno>
#include <climits>
#include <csignal>

#include <parlance/io/detail/fd_socket.hpp>
#include <parlance/io/signals.hpp>

#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

// accept(2), "Error handling". EOPNOTSUPP, which it lists too, is what a socket says that can never accept.
TEST(failures_of_accept, are_one_callers_or_the_listeners) {
  for (const int number : {EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET,
                           EHOSTUNREACH, ENETUNREACH, EPERM})
    EXPECT_TRUE(is_failure_of_one_caller(number)) << number;
  for (const int number :
       {EMFILE, ENFILE, ENOBUFS, ENOMEM, EINVAL, EBADF, ENOTSOCK, EOPNOTSUPP, EFAULT, ECANCELED})
    EXPECT_FALSE(is_failure_of_one_caller(number)) << number;
}

class without_stdin : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(on, without_stdin, testing::ValuesIn(real_backends()), name_of_backend);

TEST_P(without_stdin, the_descriptor_0_is_one_like_others) {
  const auto in_a_child = [] {
    const watchdog patience;
    const loop here({.backend = GetParam()});
    wait([]() -> task<void> {
      const listening_ptr listener = listening();
      const socket_ptr caller = open_socket();
      co_await connect_to(*caller, listener->local());
      close(STDIN_FILENO);
      const socket_ptr accepted = co_await accept_one(*listener);
      if (accepted->native_handle() != 0) _exit(1);
      co_await send_all(*caller, "x");
      if (co_await receive(*accepted) != "x") _exit(2);
    }());
    signals wanted({SIGUSR1});  // in place of the socket
    raise(SIGUSR1);
    _exit(wait(wanted.next()) == SIGUSR1 ? 0 : 3);
  };
  EXPECT_EXIT(in_a_child(), testing::ExitedWithCode(0), "");
}

class adopted : public testing::TestWithParam<std::string> {
 protected:
  watchdog patience;
  loop here{{.backend = GetParam()}};
};
INSTANTIATE_TEST_SUITE_P(on, adopted, testing::ValuesIn(real_backends()), name_of_backend);

// A read of a Unix socket stops behind the descriptors that came along.
TEST_P(adopted, a_unix_socket_is_read_to_its_end_behind_descriptors) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const socket_ptr from = here.kernel().adopt_stream(ends[0]);
  wait([](stream_socket& s, int to) -> task<void> {
    EXPECT_EQ(::send(to, "w", 1, MSG_NOSIGNAL), 1);
    EXPECT_EQ(co_await timeout(30s, receive(s)), "w");
    std::string got;
    scope reading;
    reading.spawn([&]() -> task<void> { got = co_await timeout(30s, receive_until(s, 2)); });
    for (int i = 0; i < 3; ++i) co_await yield();  // it waits for both
    EXPECT_EQ(send_with_descriptors(to, "x", {STDERR_FILENO}), 1);
    EXPECT_EQ(::send(to, "y", 1, MSG_NOSIGNAL), 1);
    co_await reading.join();
    EXPECT_EQ(got, "xy");
  }(*from, ends[1]));
  ::close(ends[1]);
}

// Who was accepted cannot be refused any more: so no more are than were asked for.
TEST_P(adopted, a_unix_listener_accepts_whom_it_is_asked_for) {
  const endpoint at = unique_name();
  const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(listening, at.data(), at.size()), 0);
  ASSERT_EQ(::listen(listening, 8), 0);
  const listening_ptr listener = here.kernel().adopt_listening(listening);
  wait([](listening_socket& l, const endpoint& whom) -> task<void> {
    std::vector<socket_ptr> callers;
    for (int i = 0; i < 3; ++i) {
      callers.push_back(open_socket(AF_UNIX));
      co_await connect_to(*callers.back(), whom);
    }
    const socket_ptr first = co_await timeout(30s, accept_one(l));
    for (int i = 0; i < 3; ++i) co_await yield();
    EXPECT_EQ(l.take_accepted().size(), 0U);
  }(*listener, at));
}

// The kernel takes INT_MAX bytes in one call, and io_uring's length has 32 bits. Nobody looks at these bytes.
TEST(long_sends, are_cut_into_what_the_kernel_takes) {
  const loop here({.backend = "epoll"});
  const socket_ptr unused = open_socket();
  constexpr std::size_t long_one = 5'000'000'000;
  static constexpr char byte = 'x';
  const std::string_view pieces[] = {{&byte, 100}, {&byte, long_one}, {&byte, 100}};
  send_operation op(*unused, pieces);
  EXPECT_EQ(op.size(), long_one + 200);
  iovec room[8];
  std::size_t steps = 0;
  for (std::size_t count; (count = op.gather(room)) != 0; ++steps) {
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i) bytes += room[i].iov_len;
    ASSERT_GT(bytes, 0U);
    ASSERT_LE(bytes, std::size_t{INT_MAX});
    op.sent += bytes;
  }
  EXPECT_EQ(op.sent, op.size());
  EXPECT_EQ(steps, 3U);
}

// So that a send of many pieces costs no more for each when there are more of them.
TEST(long_sends, do_not_look_again_at_the_pieces_that_have_gone) {
  const loop here({.backend = "epoll"});
  const socket_ptr unused = open_socket();
  std::vector<std::string_view> pieces(100, "ab");
  pieces[0] = pieces[50] = "";
  send_operation op(*unused, pieces);
  iovec room[4];
  const std::size_t size = op.size();
  std::string all;
  while (const std::size_t count = op.gather(room)) {
    EXPECT_LE(count, 4U);
    // One byte less than was given, as a kernel may take: the next call begins inside a piece.
    std::string part;
    for (std::size_t i = 0; i < count; ++i)
      part.append(static_cast<const char*>(room[i].iov_base), room[i].iov_len);
    if (part.size() > 1) part.pop_back();
    all += part;
    op.sent += part.size();
    op.gather(room);
    std::fill_n(pieces.begin(), op.sent / 2, "nobody looks at this any more");
  }
  EXPECT_EQ(op.sent, size);
  std::string expected;
  for (std::size_t i = 0; i < size / 2; ++i) expected += "ab";
  EXPECT_EQ(all, expected);
}

}  // namespace
}  // namespace parlance::io
