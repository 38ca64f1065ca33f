#include <gtest/gtest.h>

#include <parlance/chat/web/called_host.hpp>

using namespace parlance::chat;
namespace io = parlance::io;

namespace {

io::endpoint at(const char* address) {
  std::array<std::uint8_t, 4> bytes{};
  EXPECT_EQ(std::sscanf(address, "%hhu.%hhu.%hhu.%hhu", &bytes[0], &bytes[1], &bytes[2], &bytes[3]), 4);
  return io::endpoint::ipv4(bytes, 8000);
}

}  // namespace

TEST(called_host, matters_where_not_everybody_can_call) {
  EXPECT_TRUE(is_out_of_reach(at("127.0.0.1"), network::parse("127.0.0.1")));
  EXPECT_TRUE(is_out_of_reach(io::endpoint::unix_path("/tmp/x"), {}));
  for (const auto* here :
       {"10.0.0.5", "172.16.3.4", "172.31.0.1", "192.168.1.7", "169.254.0.9", "100.64.0.1"}) {
    EXPECT_TRUE(is_out_of_reach(at(here), network::parse("192.168.1.20"))) << here;
    EXPECT_TRUE(is_out_of_reach(at(here), network::parse("fd00::7"))) << here;
    EXPECT_TRUE(is_out_of_reach(at(here), network::parse("fe80::7"))) << here;
    EXPECT_FALSE(is_out_of_reach(at(here), network::parse("198.51.100.1"))) << here;
  }
  for (const auto* here : {"198.51.100.1", "172.32.0.1", "192.169.0.1", "100.128.0.1", "11.0.0.1"})
    EXPECT_FALSE(is_out_of_reach(at(here), network::parse("192.168.1.20"))) << here;
}

TEST(called_host, takes_names_that_nobody_else_can_have) {
  for (const auto* host : {"nas", "nas.local", "nas.lan", "a.b.home.arpa", "chat.internal", "192.168.1.7",
                           "[fd00::7]", "localhost", "x.localhost", "chat.example.org"})
    EXPECT_TRUE(may_be_called(host, "Chat.Example.org")) << host;
  for (const auto* host :
       {"evil.example", "chat.example.org.evil.example", "local.evil.example", "nas.locals",
        "1.2.3.4.evil.example", "192.168.1.7.evil.example", "0.0.0.0/0", "evil.example."})
    EXPECT_FALSE(may_be_called(host, "Chat.Example.org")) << host;
}
