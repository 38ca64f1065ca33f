// What is particular to the epoll backend.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

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

  const std::unique_ptr<socket> caller = on.kernel().open(AF_INET, SOCK_STREAM);
  std::string heard;
  bool ended = false;
  wait(
      [](socket& s, const endpoint& to, int listener, std::string& text, bool& end) -> task<> {
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

}  // namespace
}  // namespace parlance::io
