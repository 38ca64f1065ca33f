// Where callers come from and by which name they have found the server, as a proxy or their request tells it.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>

#include <parlance/chat/door/server.hpp>
#include <parlance/http/client/connect_websocket.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/connect.hpp>
#include <parlance/net/proxy_header.hpp>

using namespace parlance;
using namespace std::chrono_literals;
using namespace std::string_literals;
using io::task;

namespace {

class arrivals : public testing::Test {
 protected:
  arrivals() {
    settings.proxies.protocol = {"127.0.0.0/8"};
    settings.server.cloak = false;
  }

  void run(std::function<task<void>()> body) {
    io::wait([](const chat::settings& settings, std::function<task<void>()> body) -> task<void> {
      chat::server server({.settings = settings});
      net::listener listener = co_await net::listen("127.0.0.1:8000");
      io::scope work;
      work.spawn(server.accept(listener));
      co_await body();
      work.cancel();
      co_await work.join();
    }(settings, std::move(body)));
  }
  /// What who comes by a proxy that says these TLVs is told of itself.
  static task<std::string> told_of_itself(std::string extras) {
    net::stream s = co_await net::connect(std::string("127.0.0.1:8000"));
    co_await s.send(net::write_proxy_header({.source = io::endpoint::ipv4({192, 0, 2, 1}, 5),
                                             .destination = io::endpoint::ipv4({192, 0, 2, 80}, 6697),
                                             .extras = std::move(extras)}) +
                    "NICK a\r\nUSER a 0 * :a\r\nWHOIS a\r\nQUIT\r\n");
    std::string all;
    for (std::string_view bytes; !(bytes = co_await s.recv()).empty();) all += bytes;
    EXPECT_TRUE(all.contains("192.0.2.1")) << all;
    co_return all;
  }

  chat::settings settings;

 private:
  io::loop loop_{{.backend = "sim"}};
};

}  // namespace

TEST_F(arrivals, by_tls_are_those_of_which_the_proxy_says_so) {
  run([]() -> task<void> {
    // PP2_TYPE_SSL begins with PP2_CLIENT_SSL (1), PP2_CLIENT_CERT_CONN (2) ...
    EXPECT_TRUE((co_await told_of_itself("\x20\0\5\1\0\0\0\0"s)).contains(" 671 "));
    EXPECT_TRUE((co_await told_of_itself("\x20\0\1\7"s)).contains(" 671 "));
    EXPECT_FALSE((co_await told_of_itself("")).contains(" 671 "));
    EXPECT_FALSE((co_await told_of_itself("\x20\0\5\6\0\0\0\0"s)).contains(" 671 "));
    // One that says nothing, before one of another type, which is odd.
    EXPECT_FALSE((co_await told_of_itself("\x20\0\0\5\0\1x"s)).contains(" 671 "));
    EXPECT_FALSE((co_await told_of_itself("\5\0\1x"s)).contains(" 671 "));
  });
}

TEST_F(arrivals, by_websocket_know_the_server_by_the_host_that_they_asked_for) {
  settings.proxies.protocol = {};
  run([]() -> task<void> {
    http::websocket_stream socket(
        co_await http::connect_websocket("ws://localhost:8000/", {.subprotocols = {"text.ircv3.net"}}), {},
        http::websocket::role::client);
    for (const char* line : {"NICK a", "USER a 0 * :a", "JOIN #a", "CS LINK #a ADD"})
      co_await socket.send_text(line);
    std::string all;
    while (!all.contains("&key=")) {
      const auto message = co_await socket.receive();
      if (!message) break;
      all += std::string(message->data) + "\n";
    }
    EXPECT_TRUE(all.contains("http://localhost:8000/?join=")) << all;
  });
}
