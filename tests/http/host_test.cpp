#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include <parlance/http/url/host.hpp>

namespace parlance::http {
namespace {

using table = std::vector<std::pair<std::string, std::string>>;

TEST(host, is_in_small_letters_and_decoded) {
  EXPECT_EQ(parse_host("EXAMPLE.Com").value(), "example.com");
  EXPECT_EQ(parse_host("%65xample.com").value(), "example.com");
  EXPECT_EQ(parse_host("a_b.c-").value(), "a_b.c-");
  EXPECT_EQ(parse_host("example.com.").value(), "example.com.");
  EXPECT_EQ(parse_host("r3---sn-apo3qvuoxuxbt-j5pe").value(), "r3---sn-apo3qvuoxuxbt-j5pe");
  EXPECT_EQ(parse_host("!$&'()*+,;=~").value(), "!$&'()*+,;=~");
}

TEST(host, refuses_characters_that_would_be_misread) {
  for (const char c : std::string("\x01 #/:<>?@[\\]^|%\x7f\0", 17)) {
    EXPECT_FALSE(parse_host(std::string("a") + c + "b").has_value()) << static_cast<int>(c);
  }
  EXPECT_FALSE(parse_host("a%00b").has_value());
  EXPECT_FALSE(parse_host("a%2fb").has_value());
  EXPECT_FALSE(parse_host("a%zzb").has_value());
  EXPECT_FALSE(parse_host("").has_value());
}

TEST(host, takes_names_in_any_script) {
  const table cases = {
      {"b\u00fccher.example", "xn--bcher-kva.example"},
      {"B\u00dcCHER.example", "xn--bcher-kva.example"},
      {"fa\u00df.example", "xn--fa-hia.example"},
      {"b%C3%BCcher.example", "xn--bcher-kva.example"},
      {"\u4f60\u597d\u4f60\u597d", "xn--6qqa088eba"},
      {"\uff27\uff4f.com", "go.com"},
      {"a\u3002b", "a.b"},
      {"GOO\u200b\u2060\ufeffgoo.com", "googoo.com"},
      {"xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"\uff10\uff38\uff43\uff10\uff0e\uff10\uff12\uff15\uff10\uff0e\uff10\uff11", "192.168.0.1"},
  };
  for (auto& [text, result] : cases) EXPECT_EQ(parse_host(text).value_or("refused"), result) << text;
}

TEST(host, refuses_names_that_are_not_unicode_or_not_names) {
  EXPECT_FALSE(parse_host("\xff\xfe.com").has_value());
  EXPECT_FALSE(parse_host("%C3").has_value());
  EXPECT_FALSE(parse_host("\uff05\uff14\uff11.com").has_value()) << "%41 in full width";
  EXPECT_FALSE(parse_host("\ufdd0zyx.com").has_value());
  EXPECT_FALSE(parse_host("xn--a\u00fc").has_value());
}

// Of Unicode's rules for names (UTS 46) what browsers hold to: CheckBidi and CheckJoiners, and neither
// CheckHyphens, VerifyDnsLength, UseSTD3ASCIIRules nor transitional processing.
TEST(host, takes_the_names_that_browsers_take) {
  const std::string long_label(63, 'x');
  const table cases = {
      {"\u2603.net", "xn--n3h.net"},
      {"xn--n3h.net", "xn--n3h.net"},
      {"i\u2764.ws", "xn--i-7iq.ws"},
      {"I\u2764\ufe0f.WS", "xn--i-7iq.ws"},
      {"\U0001f4a9.la", "xn--ls8h.la"},
      {"xn--LS8H.la", "xn--ls8h.la"},
      {"ab--\u00e4.com", "xn--ab---ooa.com"},
      {"-\u00e4-.com", "xn-----via.com"},
      {"a..\u00e4", "a..xn--4ca"},
      {long_label + "\u00e4", "xn--" + long_label + "-xjf"},
      {std::string(250, 'x') + ".\u00e4", std::string(250, 'x') + ".xn--4ca"},
      {"\u2260.com", "xn--1ch.com"},
      {"\u064a.", "xn--mhb."},
  };
  for (auto& [text, result] : cases) EXPECT_EQ(parse_host(text).value_or("refused"), result) << text;
}

TEST(host, says_what_is_wrong_with_a_name) {
  const table cases = {
      {"xn--a.com", "host \"xn--a.com\" is not a name: what follows xn-- stands for no other name"},
      {"a.xn--a", "host \"a.xn--a\" is not a name: what follows xn-- stands for no other name"},
      {"xn--zn7c.com", "host \"xn--zn7c.com\" is not a name: has a character that no name has"},
      {"a\u200db", "host \"a\\xe2\\x80\\x8db\" is not a name: has a joiner that joins nothing"},
      {"\u064aa", "host \"\\xd9\\x8aa\" is not a name: mixes directions of writing"},
      {"\u0301a", "host \"\\xcc\\x81a\" is not a name: begins with a combining mark"},
  };
  for (auto& [text, result] : cases) EXPECT_EQ(parse_host(text).error(), result) << text;
}

TEST(host, does_not_work_long_on_a_name_that_nobody_looks_up) {
  std::string long_one;
  while (long_one.size() < 200) long_one += "\u00e4";
  EXPECT_TRUE(parse_host(long_one).has_value());
  while (long_one.size() <= 2048) long_one += "\u00e4";
  EXPECT_NE(parse_host(long_one).error().find("is too long"), std::string::npos);
  EXPECT_TRUE(parse_host(std::string(60000, 'a')).has_value());
}

TEST(host, takes_ipv4_in_all_its_old_forms) {
  const table cases = {
      {"127.0.0.1", "127.0.0.1"},
      {"127.0.0.1.", "127.0.0.1"},
      {"127.1", "127.0.0.1"},
      {"0x7f.1", "127.0.0.1"},
      {"0X7F000001", "127.0.0.1"},
      {"2130706433", "127.0.0.1"},
      {"017700000001", "127.0.0.1"},
      {"192.0x00A80001", "192.168.0.1"},
      {"0xc0.0250.01", "192.168.0.1"},
      {"0", "0.0.0.0"},
      {"0x", "0.0.0.0"},
      {"4294967295", "255.255.255.255"},
      {"1.16777215", "1.255.255.255"},
      {"%30%78%63%30%2e%30%32%35%30.01", "192.168.0.1"},
  };
  for (auto& [text, result] : cases) EXPECT_EQ(parse_host(text).value_or("refused"), result) << text;
}

TEST(host, refuses_what_ends_in_a_number_and_is_no_ipv4_address) {
  for (const auto* text :
       {"256.1.1.1", "1.2.3.256", "1.2.3.4.5", "4294967296", "0x100000000", "1..2", "1.2.3.08", "foo.0x4",
        "foo.09", "1.16777216", "0xffffffff1", "..1", "1.2.3.4.5.", "99999999999999999999999"}) {
    EXPECT_FALSE(parse_host(text).has_value()) << text;
  }
}

TEST(host, takes_names_that_only_look_like_numbers) {
  for (const auto* text : {"1.2.3.4.x", "1e2", "0xg", "1.2.3.0xz", "5a", ".", "a..", "1.2.x."}) {
    EXPECT_EQ(parse_host(text).value_or("refused"), text);
  }
}

TEST(host, gives_ipv6_in_its_shortest_form) {
  const table cases = {
      {"[::]", "[::]"},
      {"[::1]", "[::1]"},
      {"[1:0::0:2]", "[1::2]"},
      {"[1::]", "[1::]"},
      {"[2001:DB8:0:0:1:0:0:1]", "[2001:db8::1:0:0:1]"},
      {"[1:2:0:4:5:6:7:8]", "[1:2:0:4:5:6:7:8]"},
      {"[1:2:3:4:5:6:7::]", "[1:2:3:4:5:6:7:0]"},
      {"[::2:3:4:5:6:7:8]", "[0:2:3:4:5:6:7:8]"},
      {"[0:0:1:0:0:0:1:0]", "[0:0:1::1:0]"},
      {"[::ffff:1.2.3.4]", "[::ffff:102:304]"},
      {"[1:2:3:4:5:6:1.2.3.4]", "[1:2:3:4:5:6:102:304]"},
      {"[::127.0.0.1]", "[::7f00:1]"},
      {"[0:1:0:1:0:1:0:1]", "[0:1:0:1:0:1:0:1]"},
      {"[1:0:0:0:0:0:0:0]", "[1::]"},
  };
  for (auto& [text, result] : cases) EXPECT_EQ(parse_host(text).value_or("refused"), result) << text;
}

TEST(host, refuses_ipv6_that_is_not) {
  for (const auto* text : {"[]",
                           "[:]",
                           "[:::]",
                           "[1]",
                           "[1:2:3:4:5:6:7]",
                           "[1:2:3:4:5:6:7:8:9]",
                           "[1::2::3]",
                           "[:1]",
                           "[1:]",
                           "[12345::]",
                           "[g::]",
                           "[1:2:3:4::5:6:7:8]",
                           "[::1.2.3]",
                           "[::1.2.3.4.5]",
                           "[::1.2.3.256]",
                           "[::01.2.3.4]",
                           "[::1.2.3.4:1]",
                           "[1:2:3:4:5:6:7:1.2.3.4]",
                           "[::.1.2.3]",
                           "[::1%eth0]",
                           "[::1%25eth0]",
                           "[1::2 ]",
                           "[1:2:3:4:5:6:7:8:]",
                           "[::1:]",
                           "[::1",
                           "[",
                           "[::-1]",
                           "[::1.2..4]"}) {
    EXPECT_FALSE(parse_host(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace parlance::http
