// What the tests of this rung share: every backend that this machine has, connected sockets, and operations
// as tasks that throw.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::io {

inline void PrintTo(const endpoint& e, std::ostream* out) { *out << e.to_string(); }

}  // namespace parlance::io

namespace parlance::io::test {

using namespace std::chrono_literals;
using socket_ptr = std::unique_ptr<stream_socket>;
using listening_ptr = std::unique_ptr<listening_socket>;
using datagram_ptr = std::unique_ptr<datagram_socket>;

/// Why io_uring cannot be had here; empty when it can.
inline const std::string& uring_refusal() {
  static const std::string why = [] {
    try {
      const loop probe({.backend = "io_uring"});
      return std::string();
    } catch (const error& e) {
      return std::string(e.what());
    }
  }();
  return why;
}

inline std::vector<std::string> every_backend() {
  std::vector<std::string> names{"epoll", "sim"};
  if (uring_refusal().empty()) names.insert(names.begin(), "io_uring");
  return names;
}

/// Those in which other threads may take part.
inline std::vector<std::string> real_backends() {
  std::vector<std::string> names = every_backend();
  std::erase(names, "sim");
  return names;
}

inline std::string name_of_backend(const testing::TestParamInfo<std::string>& tested) { return tested.param; }

/// Ends the process when a test hangs.
struct watchdog {
  watchdog() { alarm(60); }
  ~watchdog() { alarm(0); }
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;
};

/// The most that something may take that is over within `limit`: exact where time is simulated, and generous
/// elsewhere, where the machine may be busy with something else.
inline duration patience(duration limit) {
  return loop::current().kernel().simulated() ? limit : std::max<duration>(limit, 30s);
}

/// Returns once `happened()`; throws io::error when it does not.
template <class F> task<void> eventually(F happened) {
  const time_point late = after(loop::current().now(), patience(1s));
  while (!happened()) {
    if (loop::current().now() > late) throw error(errc::timed_out, "wait for what should have happened");
    co_await sleep(1ms);
  }
}

/// A test that runs on each backend, with the backend's loop current.
class on_every_backend : public testing::TestWithParam<std::string> {
 protected:
  watchdog patience;
  loop here{{.backend = GetParam()}};
};

#define PARLANCE_ON_EVERY_BACKEND(suite)                                                      \
  INSTANTIATE_TEST_SUITE_P(on, suite, testing::ValuesIn(parlance::io::test::every_backend()), \
                           parlance::io::test::name_of_backend)

inline endpoint loopback(std::uint16_t port = 0) { return endpoint::ipv4({127, 0, 0, 1}, port); }

/// Of an abstract Unix socket, another each time.
inline endpoint unique_name() {
  static int count = 0;
  return endpoint::unix_path("@parlance-io-test-" + std::to_string(getpid()) + "-" + std::to_string(++count));
}

inline socket_ptr open_socket(int family = AF_INET) { return loop::current().kernel().open_stream(family); }

inline datagram_ptr open_datagram(int family = AF_INET) {
  return loop::current().kernel().open_datagram(family);
}

inline listening_ptr listening(int backlog = 64, const endpoint& at = loopback()) {
  listening_ptr s = loop::current().kernel().open_listening(at.family());
  s->bind(at);
  s->listen(backlog);
  return s;
}

/// What has arrived; empty: the end.
inline task<std::string> receive(stream_socket& s) {
  recv_operation op(s);
  co_await op;
  if (op.error) throw error(op.error, "recv");
  co_return std::string(op.chunk);
}

inline task<std::string> receive_until(stream_socket& s, std::size_t size) {
  std::string all;
  while (all.size() < size) {
    const std::string more = co_await receive(s);
    if (more.empty()) break;
    all += more;
  }
  co_return all;
}

inline task<std::string> receive_all(stream_socket& s) {
  return receive_until(s, static_cast<std::size_t>(-1));
}

inline task<void> send_all(stream_socket& s, std::string_view bytes) {
  send_operation op(s, bytes);
  co_await op;
  if (op.error) throw error(op.error, "send").sent(op.sent);
}

inline task<socket_ptr> accept_one(listening_socket& s) {
  accept_operation op(s);
  socket_ptr caller = co_await op;
  if (op.error) throw error(op.error, "accept");
  co_return caller;
}

inline task<void> connect_to(stream_socket& s, endpoint whom) {
  connect_operation op(s, whom);
  co_await op;
  if (op.error) throw error(op.error, "connect " + whom.to_string());
}

struct ends {
  socket_ptr a, b;
};

/// Two ends of a TCP connection; `a` is who called.
inline task<ends> connected(endpoint at = loopback()) {
  const listening_ptr listener = listening(1, at);
  ends both;
  both.a = open_socket(at.family());
  scope calling;
  calling.spawn(connect_to(*both.a, listener->local()));
  both.b = co_await accept_one(*listener);
  co_await calling.join();
  co_return both;
}

/// The code that `what` throws as an io::error; empty when it does not.
template <class T> task<std::error_code> failure_of(task<T> what) {
  try {
    co_await std::move(what);
  } catch (const error& e) {
    co_return e.code();
  }
  co_return std::error_code();
}

inline std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

/// As sendmsg(2): bytes, and descriptors that go along (SCM_RIGHTS, unix(7)).
inline ssize_t send_with_descriptors(int over, std::string_view bytes, const std::vector<int>& descriptors) {
  const std::size_t size = descriptors.size() * sizeof(int);
  std::vector<std::max_align_t> control(CMSG_SPACE(size) / sizeof(std::max_align_t) + 1);
  iovec whole{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
  msghdr message{};
  message.msg_iov = &whole;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(size);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(size);
    std::memcpy(CMSG_DATA(header), descriptors.data(), size);
  }
  return ::sendmsg(over, &message, MSG_NOSIGNAL);
}

inline std::string pattern(std::size_t size, unsigned seed = 1) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
  return bytes;
}

}  // namespace parlance::io::test
