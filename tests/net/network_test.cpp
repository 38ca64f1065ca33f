// Ranges of addresses: who is in them, in either way of writing IPv4, and what is no range.
#include <array>

#include <parlance/net/network.hpp>

#include "net/support.hpp"

namespace parlance::net::test {
namespace {

endpoint at(std::string_view address) { return *endpoint::parse_ip(address, 80); }

bool holds(std::string_view range, std::string_view address) {
  return network::parse(range).contains(at(address));
}

TEST(network, holds_the_addresses_that_share_its_first_bits) {
  EXPECT_TRUE(holds("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(holds("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(holds("192.168.4.0/22", "192.168.7.255"));
  EXPECT_FALSE(holds("192.168.4.0/22", "192.168.8.0"));
  EXPECT_TRUE(holds("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(holds("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(holds("0.0.0.0/0", "203.0.113.9"));
  EXPECT_TRUE(holds("::/0", "2001:db8::1"));
}

TEST(network, without_bits_is_one_address) {
  for (const auto& [range, in, out] : {std::array{"192.0.2.1/32", "192.0.2.1", "192.0.2.2"},
                                       std::array{"2001:db8::1/128", "2001:db8::1", "2001:db8::2"}}) {
    EXPECT_TRUE(holds(range, in));
    EXPECT_FALSE(holds(range, out));
  }
  EXPECT_TRUE(holds("127.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(holds("127.0.0.1", "127.0.0.2"));
  EXPECT_TRUE(holds("::1", "::1"));
  EXPECT_FALSE(holds("::1", "::2"));
}

TEST(network, takes_ipv4_as_ipv6_maps_it_for_the_same) {
  EXPECT_TRUE(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_TRUE(holds("::ffff:10.0.0.0/104", "10.1.2.3"));
  EXPECT_FALSE(holds("0.0.0.0/0", "2001:db8::1"));
}

TEST(network, of_unix_sockets_holds_them_alone) {
  EXPECT_TRUE(network::parse("unix").contains(endpoint::unix_path("/run/x")));
  EXPECT_FALSE(network::parse("unix").contains(at("127.0.0.1")));
  EXPECT_FALSE(network::parse("0.0.0.0/0").contains(endpoint::unix_path("/run/x")));
  EXPECT_FALSE(network::parse("::/0").contains(endpoint()));
}

TEST(network, refuses_what_is_none_and_quotes_it) {
  for (const std::string_view text :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "::/129", "10.0.0.1/8",
        "2001:db8::1/64", "fe80::%1/64", "localhost", "10.0.0"}) {
    try {
      network::parse(text);
      ADD_FAILURE() << text;
    } catch (const io::error& e) {
      EXPECT_EQ(e.code(), std::errc::invalid_argument);
      EXPECT_NE(std::string(e.what()).find("'" + std::string(text) + "'"), std::string::npos) << e.what();
    }
  }
}

}  // namespace
}  // namespace parlance::net::test
