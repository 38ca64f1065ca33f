// Addresses, without a network.
#include <gtest/gtest.h>
#include <net/if.h>

#include <cstring>
#include <optional>
#include <string>

#include <parlance/io/endpoint.hpp>
#include <parlance/io/error.hpp>

namespace parlance::io {
namespace {

std::string read_back(const std::string& text) {
  const std::optional<endpoint> at = endpoint::parse_ip(text, 80);
  return at ? at->to_string() : "none";
}

TEST(endpoint, reads_numeric_addresses_and_no_others) {
  EXPECT_EQ(read_back("127.0.0.1"), "127.0.0.1:80");
  EXPECT_EQ(read_back("::1"), "[::1]:80");
  EXPECT_EQ(read_back("2001:DB8::7"), "[2001:db8::7]:80");
  EXPECT_EQ(read_back("::ffff:192.0.2.1"), "192.0.2.1:80");
  EXPECT_EQ(read_back("fe80::1%1"), "[fe80::1%lo]:80");
  EXPECT_EQ(read_back("fe80::1%4000000000"), "[fe80::1%4000000000]:80");
  for (const std::string none :
       {"", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "::1%", "::1%0", "::1%1x",
        "::1%no-such-interface", "127.0.0.1%1", "2001:db8::g", ":", "[::1]"})
    EXPECT_EQ(read_back(none), "none") << none;
  EXPECT_EQ(read_back(std::string("::1\0", 4)), "none");
}

TEST(endpoint, knows_this_machine_by_all_its_addresses) {
  for (const char* own : {"127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "::ffff:127.9.9.9"})
    EXPECT_TRUE(endpoint::parse_ip(own, 1)->is_loopback()) << own;
  for (const char* other : {"128.0.0.1", "126.0.0.1", "10.127.0.1", "::2", "::", "::ffff:10.0.0.127",
                            "2001:db8::7f00:1", "7f00::1"})
    EXPECT_FALSE(endpoint::parse_ip(other, 1)->is_loopback()) << other;
  EXPECT_TRUE(endpoint::unix_path("/run/x").is_loopback());
  EXPECT_FALSE(endpoint().is_loopback());
}

TEST(endpoint, has_a_port_or_a_path) {
  endpoint at = *endpoint::parse_ip("::1", 1);
  at.set_port(65535);
  EXPECT_EQ(at.port(), 65535);
  EXPECT_EQ(at.path(), "");
  at = *endpoint::parse_ip("192.0.2.1", 1);
  at.set_port(2);
  EXPECT_EQ(at.to_string(), "192.0.2.1:2");
  at = endpoint::unix_path("/run/x");
  at.set_port(3);
  EXPECT_EQ(at.port(), 0);
  EXPECT_EQ(at.path(), "/run/x");
  EXPECT_EQ(endpoint::unix_path("@a\nb").path(), "@a\nb");
  EXPECT_EQ(endpoint::unix_path("@a\nb").to_string(), "unix:@a\\x0ab");
  EXPECT_EQ(endpoint::unix_path("/a b\x1f~\x7f").to_string(), "unix:/a b\\x1f~\\x7f");
  EXPECT_EQ(endpoint().to_string(), "nowhere");
  const sa_family_t unnamed = AF_UNIX;
  EXPECT_EQ(endpoint(reinterpret_cast<const sockaddr*>(&unnamed), sizeof unnamed).to_string(),
            "a Unix socket");
  EXPECT_EQ(endpoint::unix_path(std::string(107, 'x')).path(), std::string(107, 'x'));
  EXPECT_THROW(endpoint::unix_path(std::string(108, 'x')), error);
  EXPECT_THROW(endpoint::unix_path(""), error);
  const std::string zero("/run/x\0y", 8);
  for (const std::string& path : {zero, std::string(1, '\0')}) try {
      endpoint::unix_path(path);
      ADD_FAILURE() << "where would it end?";
    } catch (const error& e) {
      EXPECT_EQ(e.code(), std::errc::invalid_argument);
      EXPECT_NE(std::strstr(e.what(), "\\x00"), nullptr);
    }
  EXPECT_EQ(endpoint::unix_path("@" + zero).path(), "@" + zero);
}

}  // namespace
}  // namespace parlance::io
