// Addresses as people write them.
#include <algorithm>

#include <parlance/net/address.hpp>

#include "net/support.hpp"

namespace parlance::net::test {
namespace {

TEST(addresses, are_parsed) {
  struct row {
    std::string_view text, host;
    std::uint16_t port;
  };
  for (const row& r : {row{"example.com:443", "example.com", 443},
                       {":8000", "", 8000},
                       {"127.0.0.1:0", "127.0.0.1", 0},
                       {"[::1]:8000", "::1", 8000},
                       {"[fe80::1%1]:65535", "fe80::1%1", 65535},
                       {"[::ffff:192.0.2.1]:80", "::ffff:192.0.2.1", 80},
                       {"b\xC3\xBC"
                        "cher.example:80",
                        "b\xC3\xBC"
                        "cher.example",
                        80},
                       {"a_b-c.:00080", "a_b-c.", 80}}) {
    const address a = address::parse(r.text);
    EXPECT_EQ(a.host, r.host);
    EXPECT_EQ(a.port, r.port);
    EXPECT_FALSE(a.is_unix());
  }
}

TEST(addresses, end_where_their_text_does) {
  EXPECT_EQ(address::parse(std::string_view("example.com:8012").substr(0, 14)).port, 80);
  EXPECT_EQ(address::parse(std::string_view("[::1]:8012").substr(0, 8)).port, 80);
}

TEST(addresses, of_unix_sockets_are_parsed) {
  for (const std::string path : {"/run/chat", "relative", "@abstract", "/with:colon", "/with space"}) {
    const address a = address::parse("unix:" + path);
    EXPECT_TRUE(a.is_unix());
    EXPECT_EQ(a.path, path);
    EXPECT_EQ(a.to_string(), "unix:" + path);
  }
}

TEST(addresses, take_a_default_port) {
  EXPECT_EQ(address::parse("example.com", 443).port, 443);
  EXPECT_EQ(address::parse("example.com:80", 443).port, 80);
  EXPECT_EQ(address::parse("[::1]", 443).to_string(), "[::1]:443");
  EXPECT_EQ(address::parse("", 8000).to_string(), ":8000");
}

TEST(addresses, print_as_they_are_parsed) {
  for (const std::string_view text :
       {"example.com:443", ":8000", "127.0.0.1:0", "[::1]:8000", "[fe80::1%1]:1"})
    EXPECT_EQ(address::parse(text).to_string(), text);
}

TEST(addresses, that_are_none_are_refused_with_the_reason) {
  struct row {
    std::string text, why;
  };
  const std::string port = " is no port; ports go from 0 to 65535";
  for (const row& r : {row{"example.com", "it needs a port, as in HOST:PORT"},
                       {"", "it needs a port, as in HOST:PORT"},
                       {"[::1]", "it needs a port, as in HOST:PORT"},
                       {"host:", "''" + port},
                       {"host:65536", "'65536'" + port},
                       {"host:-1", "'-1'" + port},
                       {"host:+1", "'+1'" + port},
                       {"host: 1", "' 1'" + port},
                       {"host:1x", "'1x'" + port},
                       {"host:http", "'http'" + port},
                       {"host:99999999999999999999", "'99999999999999999999'" + port},
                       {"::1:80", "an IPv6 address goes in brackets, as in [::1]:8000"},
                       {"::1", "an IPv6 address goes in brackets, as in [::1]:8000"},
                       {"[::1:80", "'[' without ']'"},
                       {"[::1]80", "after ']' comes ':' and a port"},
                       {"[]:80", "'' is no IPv6 address"},
                       {"[example.com]:80", "'example.com' is no IPv6 address"},
                       {"[127.0.0.1]:80", "'127.0.0.1' is no IPv6 address"},
                       {"[::1%]:80", "'::1%' is no IPv6 address"},
                       {"[fe80::1%-1]:80", "'fe80::1%-1' is no IPv6 address"},
                       {"[fe80::1%4294967297]:80", "'fe80::1%4294967297' is no IPv6 address"},
                       {"a b:80", "a host's name has no spaces or control characters"},
                       {"a\nb:80", "a host's name has no spaces or control characters"},
                       {std::string("a\0b:80", 6), "a host's name has no spaces or control characters"},
                       {std::string(256, 'a') + ":80", "a host's name has at most 255 bytes"},
                       {"unix:", "the path is empty"},
                       {"unix", "a Unix socket has a path, as in unix:/run/chat"},
                       {std::string("unix:a\0b", 8), "the path has a NUL byte"}}) {
    try {
      (void)address::parse(r.text);
      ADD_FAILURE() << r.text << " was taken";
    } catch (const io::error& e) {
      std::string shown = r.text.substr(0, 200);
      std::ranges::replace_if(shown, [](char c) { return c >= 0 && c < ' '; }, '?');
      EXPECT_EQ(e.code(), std::errc::invalid_argument);
      EXPECT_EQ(e.what(), "understand the address '" + shown + "': " + r.why);
    }
  }
}

TEST(host_names, that_are_not_ascii_become_a_labels) {
  EXPECT_EQ(to_ascii("b\xC3\xBC"
                     "cher.example"),
            "xn--bcher-kva.example");
  EXPECT_EQ(to_ascii("B\xC3\x9C"
                     "CHER.example"),
            "xn--bcher-kva.example");
  EXPECT_EQ(to_ascii("fa\xC3\x9F.de"), "xn--fa-hia.de");  // IDNA 2008, not 2003
  EXPECT_EQ(to_ascii("\xE4\xBE\x8B\xE3\x81\x88.\xE3\x83\x86\xE3\x82\xB9\xE3\x83\x88"),
            "xn--r8jz45g.xn--zckzah");
  EXPECT_EQ(to_ascii("Example.com"), "Example.com");
  EXPECT_EQ(to_ascii(""), "");
}

TEST(host_names, that_are_no_utf_8_are_refused) {
  EXPECT_THROW(to_ascii("b\xFC"
                        "cher.example"),
               io::error);
  EXPECT_THROW(to_ascii(std::string(300, '\xC3')), io::error);
  EXPECT_THROW(to_ascii("a\x80.example"), io::error);
  EXPECT_EQ(io::wait(failure(resolve(address::parse("b\xFC"
                                                    "cher.example:80")))),
            errc::no_address);
}

class names_with_a_nul : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(names_with_a_nul);

TEST_P(names_with_a_nul, are_not_looked_up_as_far_as_that) {
  using namespace std::string_literals;
  for (const std::string& host : {"localhost\0evil.example"s, "127.0.0.1\0"s, "\0"s, "b\xC3\xBC\0x"s})
    EXPECT_EQ(io::wait(failure(resolve({.host = host, .port = 1, .path = {}}))), std::errc::invalid_argument);
}

// --- in the simulation

TEST(host_names, of_the_simulation_stand_in_its_table) {
  const io::loop here({.backend = "sim",
                       .sim = {.names = {{"example.com", {endpoint::ipv4({10, 0, 0, 1}, 1)}},
                                         {"db", {endpoint::ipv4({10, 0, 0, 3}, 0)}},
                                         {"notlocalhost", {endpoint::ipv4({10, 0, 0, 4}, 0)}},
                                         {"xn--bcher-kva.example", {endpoint::ipv4({10, 0, 0, 2}, 0)}}}}});
  const auto looked_up = [](const char* text) { return io::wait(resolve(address::parse(text))); };
  EXPECT_EQ(looked_up("example.com:80"), std::vector{endpoint::ipv4({10, 0, 0, 1}, 80)});
  EXPECT_EQ(looked_up("b\xC3\xBC"
                      "cher.example:80"),
            std::vector{endpoint::ipv4({10, 0, 0, 2}, 80)});
  for (const char* own : {"localhost:80", "LocalHost:80", "a.localhost:80"})
    EXPECT_EQ(looked_up(own).size(), 2U) << own;
  EXPECT_EQ(looked_up("db:1"), std::vector{endpoint::ipv4({10, 0, 0, 3}, 1)});
  EXPECT_EQ(looked_up("notlocalhost:1"), std::vector{endpoint::ipv4({10, 0, 0, 4}, 1)});
  try {
    looked_up("example.org:80");
    ADD_FAILURE() << "was known";
  } catch (const io::error& e) {
    EXPECT_EQ(e.code(), errc::no_address);
    EXPECT_STREQ(e.what(), "look up example.org: no such host");
  }
}

}  // namespace
}  // namespace parlance::net::test
