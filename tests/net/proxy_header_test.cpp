// The PROXY protocol, byte by byte, and on streams.
#include <parlance/net/proxy_header.hpp>

#include "net/support.hpp"

namespace parlance::net::test {
namespace {

using namespace std::string_literals;

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;

endpoint ip(std::string_view address, std::uint16_t port) { return *endpoint::parse_ip(address, port); }

/// A version 2 header with these four bytes' first two after the signature, and this after the length.
std::string v2(int command, int family, const std::string& block) {
  return signature + static_cast<char>(command) + static_cast<char>(family) +
         static_cast<char>(block.size() >> 8) + static_cast<char>(block.size()) + block;
}
const std::string four = "\x01\x02\x03\x04\x05\x06\x07\x08\x12\x34\x00\x50"s;

/// What it says of the whole; "" when it takes it.
std::string refusal(std::string_view bytes, std::size_t limit = longest_proxy_header) {
  try {
    EXPECT_TRUE(parse_proxy_header(bytes, limit)) << "it waits for more";
  } catch (const io::error& e) {
    EXPECT_EQ(e.code(), errc::proxy);
    return std::string(why(e));
  }
  return {};
}

/// The header, of which each beginning is none yet, and after which there may be anything.
proxy_header whole(const std::string& bytes) {
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(parse_proxy_header(std::string_view(bytes).substr(0, size))) << size;
  const auto read = parse_proxy_header(bytes + "PROXY and the rest");
  if (!read) throw std::runtime_error("it is not whole");
  EXPECT_EQ(read->size, bytes.size());
  return read->header;
}

TEST(proxy_header_of_version_1, tells_both_ends) {
  const proxy_header four_told = whole("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n");
  EXPECT_EQ(four_told.source, ip("192.0.2.1", 56324));
  EXPECT_EQ(four_told.destination, ip("198.51.100.2", 443));
  EXPECT_FALSE(four_told.local);
  const proxy_header six = whole("PROXY TCP6 2001:db8::1 ::1 0 65535\r\n");
  EXPECT_EQ(six.source, ip("2001:db8::1", 0));
  EXPECT_EQ(six.destination, ip("::1", 65535));
}

TEST(proxy_header_of_version_1, that_is_unknown_tells_nothing) {
  for (const std::string text : {"PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff::1 anything at all\r\n"}) {
    const proxy_header told = whole(text);
    EXPECT_EQ(told.source.family(), AF_UNSPEC);
    EXPECT_EQ(told.destination.family(), AF_UNSPEC);
  }
}

TEST(proxy_header_of_version_1, may_have_107_bytes_and_no_more) {
  const std::string longest = "PROXY UNKNOWN " + std::string(107 - 16, 'x') + "\r\n";
  ASSERT_EQ(longest.size(), 107U);
  whole(longest);
  EXPECT_EQ(refusal("PROXY UNKNOWN " + std::string(108 - 16, 'x') + "\r\n"),
            "its line is longer than 107 bytes");
  EXPECT_EQ(refusal("PROXY UNKNOWN " + std::string(200, 'x')), "its line is longer than 107 bytes");
}

TEST(proxy_header_of_version_1, may_be_no_longer_than_the_limit) {
  EXPECT_EQ(parse_proxy_header("PROXY UNKNOWN\r\n", 15)->size, 15U);
  for (const std::string_view text : {"PROXY UNKNOWN\r\n", "PROXY UNKNOWN"})
    EXPECT_THROW(parse_proxy_header(text, 14), io::error);
}

TEST(proxy_header_of_version_1, is_refused_when_anything_is_not_as_it_should_be) {
  for (const std::string text : {"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\r",
                                 "PROXY  TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
                                 "PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n",
                                 "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n",
                                 "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n",
                                 "PROXY TCP4 1.2.3.4 5.6.7.8  1 2\r\n",
                                 "PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n",
                                 "PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n",
                                 "PROXY TCP4 1.2.3.4 5.6.7.8 +1 2\r\n",
                                 "PROXY TCP4 1.2.3.4 5.6.7.8 -1 2\r\n",
                                 "PROXY TCP4 1.2.3.4 ::1 1 2\r\n",
                                 "PROXY TCP4 1.2.3.04 5.6.7.8 1 2\r\n",
                                 "PROXY TCP4 1.2.3.256 5.6.7.8 1 2\r\n",
                                 "PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n",
                                 "PROXY TCP6 ::g ::1 1 2\r\n",
                                 "PROXY TCP6 fe80::1%1 ::1 1 2\r\n",
                                 "PROXY tcp4 1.2.3.4 5.6.7.8 1 2\r\n",
                                 "PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n",
                                 "PROXY UNKNOWNS\r\n",
                                 "PROXY \r\n"})
    EXPECT_NE(refusal(text), "") << text;
}

TEST(proxy_header, that_is_none_is_refused_at_its_first_wrong_byte) {
  for (const std::string& text :
       {"G"s, "proxy "s, "PROXx"s, "PROXY\t"s, "\r\n\r\n\1"s, "\r\n\r\n\0\r\nQUIT\r"s, "\x16\x03\x01"s})
    EXPECT_EQ(refusal(text), "there is none") << text;
}

TEST(proxy_header, that_is_wrong_is_refused_before_it_is_whole) {
  for (const std::string& text : {"PROXY F"s,
                                  "PROXY TCP9"s,
                                  "PROXY TCP4\n"s,
                                  "PROXY TCP4 n"s,
                                  "PROXY TCP4 1.2.3.256 "s,
                                  "PROXY TCP4 ::1 "s,
                                  "PROXY TCP6 ::1 1.2.3.4 "s,
                                  "PROXY TCP4 1.2.3.4 5.6.7.8\n"s,
                                  "PROXY TCP4 1.2.3.4 5.6.7.8 x"s,
                                  "PROXY TCP4 1.2.3.4 5.6.7.8  "s,
                                  "PROXY TCP4 1.2.3.4 5.6.7.8 65536"s,
                                  "PROXY TCP4 1.2.3.4 5.6.7.8 1 02"s,
                                  "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 "s,
                                  "PROXY TCP4 1.2.3.4 5.6.7.8 1\r"s,
                                  signature + "\x11"s,
                                  signature + "\x22"s,
                                  signature + "\x21\x41"s,
                                  signature + "\x21\x13"s,
                                  signature + "\x21\x01"s,
                                  signature + "\x21\x11\x00\x0b"s})
    EXPECT_NE(refusal(text), "") << text;
  EXPECT_FALSE(parse_proxy_header(signature + "\x20\x41\x00\x01"s)) << "whatever else a local one says";
}

TEST(proxy_header_of_version_2, tells_both_ends_of_every_family) {
  proxy_header told = whole(v2(0x21, 0x11, four));
  EXPECT_EQ(told.source, ip("1.2.3.4", 0x1234));
  EXPECT_EQ(told.destination, ip("5.6.7.8", 80));
  EXPECT_FALSE(told.datagram);
  told = whole(v2(0x21, 0x12, four));
  EXPECT_TRUE(told.datagram);
  told =
      whole(v2(0x21, 0x21,
               std::string(15, '\0') + "\x01" + "\xfe\x80" + std::string(13, '\0') + "\x02\x01\x02\x03\x04"));
  EXPECT_EQ(told.source, ip("::1", 0x0102));
  EXPECT_EQ(told.destination, ip("fe80::2", 0x0304));
  std::string paths = "/run/client" + std::string(216 - 11, '\0');
  paths.replace(108, 9, "\0abstract"s);
  told = whole(v2(0x21, 0x31, paths));
  EXPECT_EQ(told.source.path(), "/run/client");
  EXPECT_EQ(told.destination.path(), "@abstract");
  EXPECT_EQ(whole(v2(0x21, 0x31, std::string(216, 'p'))).source.path(), std::string(108, 'p'));
  EXPECT_EQ(whole(v2(0x21, 0x32, std::string(216, '\0'))).source.path(), "");
}

TEST(proxy_header_of_version_2, that_is_local_or_of_no_family_tells_no_ends) {
  EXPECT_TRUE(whole(v2(0x20, 0, "")).local);
  const proxy_header local = whole(v2(0x20, 0x11, four + "and no TLV"));
  EXPECT_TRUE(local.local);
  EXPECT_EQ(local.source.family(), AF_UNSPEC);
  EXPECT_EQ(local.extras, "");
  const proxy_header unknown = whole(v2(0x21, 0, "\x02\x00\x01x"s));
  EXPECT_FALSE(unknown.local);
  EXPECT_EQ(unknown.source.family(), AF_UNSPEC);
  EXPECT_EQ(unknown.extra(2), "x");
}

TEST(proxy_header_of_version_2, gives_its_extras) {
  const proxy_header told =
      whole(v2(0x21, 0x11, four + "\x04\x00\x00\x02\x00\x0b"s + "example.com\x02\x00\x01x"s));
  EXPECT_EQ(told.extra(2), "example.com");
  EXPECT_EQ(told.extra(4), "");
  EXPECT_EQ(told.extra(1), std::nullopt);
  EXPECT_EQ(whole(v2(0x21, 0x11, four + "\x04\x00\x00"s)).extra(4), "");  // the last
  EXPECT_EQ(refusal(v2(0x21, 0x11, four + "\x02\x00"s)), "one of its TLVs is cut");
  EXPECT_EQ(refusal(v2(0x21, 0x11, four + "\x02\x00\x02x"s)), "one of its TLVs is cut");
}

TEST(proxy_header_of_version_2, has_no_extras_in_what_is_none) {
  proxy_header made;
  for (const std::string& cut :
       {"\x02"s, "\x02\x00"s, "\x02\x00\x02x"s, "\x02\x00\x04xyz"s, "\x02\x01\x00x"s}) {
    made.extras = cut;
    EXPECT_EQ(made.extra(2), std::nullopt);
  }
}

TEST(proxy_header_of_version_2, is_refused_when_anything_is_not_as_it_should_be) {
  EXPECT_EQ(refusal(signature + "\x11"), "its version is not 2");
  EXPECT_EQ(refusal(v2(0x22, 0x11, four)), "its command is neither LOCAL nor PROXY");
  for (const int family : {0x01, 0x10, 0x13, 0x41, 0xff})
    EXPECT_EQ(refusal(v2(0x21, family, std::string(300, '\0'))), "its family is none that there is")
        << family;
  EXPECT_EQ(refusal(v2(0x21, 0x11, four.substr(1))), "it is too short for its addresses");
  EXPECT_EQ(refusal(v2(0x21, 0x21, std::string(35, 'x'))), "it is too short for its addresses");
  EXPECT_EQ(refusal(v2(0x21, 0x31, std::string(215, 'x'))), "it is too short for its addresses");
}

TEST(proxy_header_of_version_2, is_bounded_before_it_is_there) {
  EXPECT_EQ(refusal(v2(0x21, 0x11, four), 28), "");
  EXPECT_EQ(refusal(v2(0x21, 0x11, four).substr(0, 16), 27), "it has 28 bytes, and 27 are allowed");
  EXPECT_EQ(refusal(v2(0x21, 0x00, std::string(5000, '\0')).substr(0, 16)),
            "it has 5016 bytes, and 4096 are allowed");
}

TEST(proxy_header_that_is_written, reads_as_what_it_was) {
  const endpoint a = ip("192.0.2.1", 1), b = ip("198.51.100.2", 65535), c = ip("2001:db8::1", 3),
                 mapped = ip("::ffff:192.0.2.1", 1);
  EXPECT_EQ(write_proxy_header({.source = a, .destination = b}, proxy_version::v1),
            "PROXY TCP4 192.0.2.1 198.51.100.2 1 65535\r\n");
  EXPECT_EQ(write_proxy_header({.source = mapped, .destination = b}, proxy_version::v1),
            "PROXY TCP4 192.0.2.1 198.51.100.2 1 65535\r\n");
  EXPECT_EQ(write_proxy_header({.source = c, .destination = b}, proxy_version::v1),
            "PROXY TCP6 2001:db8::1 ::ffff:198.51.100.2 3 65535\r\n");
  for (const proxy_header& none : {proxy_header{.local = true, .source = a, .destination = b}, proxy_header{},
                                   proxy_header{.datagram = true, .source = a, .destination = b},
                                   proxy_header{.source = a, .destination = endpoint::unix_path("/x")}})
    EXPECT_EQ(write_proxy_header(none, proxy_version::v1), "PROXY UNKNOWN\r\n");
  for (const auto& [from, to] : {std::pair(endpoint::unix_path("/x"), a), {a, endpoint::unix_path("/x")}})
    EXPECT_EQ(write_proxy_header({.source = from, .destination = to}), v2(0x21, 0, ""));
  EXPECT_EQ(write_proxy_header({.source = ip("1.2.3.4", 0x1234), .destination = ip("5.6.7.8", 80)}),
            v2(0x21, 0x11, four));
  for (const proxy_header& one :
       {proxy_header{.source = c, .destination = c, .extras = "\x02\x00\x01x"s},
        proxy_header{.datagram = true, .source = a, .destination = b},
        proxy_header{.source = endpoint::unix_path("/run/a"), .destination = endpoint::unix_path("@b")},
        proxy_header{.local = true}, proxy_header{}}) {
    const proxy_header read = whole(write_proxy_header(one));
    EXPECT_EQ(read.local, one.local);
    EXPECT_EQ(read.datagram, one.datagram);
    EXPECT_EQ(read.source.to_string(), one.source.to_string());
    EXPECT_EQ(read.destination.to_string(), one.destination.to_string());
    EXPECT_EQ(read.extras, one.extras);
  }
}

TEST(proxy_header_that_is_written, has_no_more_than_a_version_can_say) {
  EXPECT_THROW(write_proxy_header({.extras = "\x02\x00\x01x"s}, proxy_version::v1), io::error);
  EXPECT_EQ(write_proxy_header({.local = true, .extras = std::string(65'535, 'x')}),
            v2(0x20, 0, std::string(65'535, 'x')));
  EXPECT_THROW(write_proxy_header({.local = true, .extras = std::string(65'536, 'x')}), io::error);
  EXPECT_THROW(write_proxy_header({.extras = std::string(70'000, 'x')}), io::error);
}

class proxied_streams : public on_every_stream {};
PARLANCE_ON_EVERY_STREAM(proxied_streams);

TEST_P(proxied_streams, go_on_with_what_comes_behind_the_header) {
  io::wait([&]() -> task<void> {
    ends two = co_await both();
    co_await two.a.send(v2(0x21, 0x11, four) + "hello");
    EXPECT_EQ((co_await accept_proxied(two.b)).source, ip("1.2.3.4", 0x1234));
    EXPECT_EQ(co_await recv_until(two.b, 5), "hello");
    co_await two.a.send("more");
    EXPECT_EQ(co_await recv_until(two.b, 4), "more");
  }());
}

TEST_P(proxied_streams, take_a_header_that_comes_byte_by_byte) {
  io::wait([&]() -> task<void> {
    ends two = co_await both();
    scope sending;
    sending.spawn([&]() -> task<void> {
      for (const char c : "PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\nhello"s) {
        co_await two.a.send(std::string_view(&c, 1));
        co_await io::yield();
      }
    });
    EXPECT_EQ((co_await accept_proxied(two.b)).destination, ip("5.6.7.8", 10));
    EXPECT_EQ(co_await recv_until(two.b, 5), "hello");
    co_await sending.join();
  }());
}

TEST_P(proxied_streams, keep_every_byte_when_it_is_no_header_or_the_wait_is_cancelled) {
  io::wait([&]() -> task<void> {
    ends two = co_await both();
    co_await two.a.send("PROXY UNK");
    EXPECT_EQ(co_await cancelled_meanwhile(accept_proxied(two.b)), io::errc::cancelled);
    EXPECT_EQ(co_await cancelled_before(accept_proxied(two.b)), io::errc::cancelled);
    {
      io::scope destroyed;
      destroyed.spawn([&]() -> task<void> { co_await accept_proxied(two.b); });
      co_await sleep(1ms);
    }
    co_await two.a.send("\r\n");
    EXPECT_EQ(co_await words(accept_proxied(two.b)), "read the PROXY header of " +
                                                         two.b.remote().to_string() +
                                                         ": its protocol is none of TCP4, TCP6 and UNKNOWN");
    EXPECT_EQ(co_await recv_until(two.b, 11), "PROXY UNK\r\n");
  }());
}

TEST_P(proxied_streams, may_be_moved_or_destroyed_meanwhile) {
  io::wait([&]() -> task<void> {
    ends two = co_await both();
    {
      io::scope reading;
      reading.spawn([&]() -> task<void> {
        EXPECT_EQ((co_await accept_proxied(two.b)).destination, ip("5.6.7.8", 10));
      });
      co_await two.a.send("PROXY TCP4 1.2.3.4 ");
      co_await sleep(1ms);
      stream elsewhere(std::move(two.b));
      co_await two.a.send("5.6.7.8 9 10\r\nhello");
      co_await reading.join();
      EXPECT_EQ(co_await recv_until(elsewhere, 5), "hello");
      two.b = std::move(elsewhere);
    }
    io::scope reading;
    std::optional<stream> gone(std::move(two.b));
    reading.spawn(
        [&]() -> task<void> { EXPECT_EQ(co_await failure(accept_proxied(*gone)), io::errc::cancelled); });
    co_await two.a.send("PROXY ");
    co_await sleep(1ms);
    gone.reset();
    co_await reading.join();
  }());
}

TEST_P(proxied_streams, that_end_before_the_header_does_are_refused) {
  io::wait([&]() -> task<void> {
    ends two = co_await both();
    co_await two.a.send("PROXY");
    co_await two.a.shutdown();
    EXPECT_EQ(co_await failure(accept_proxied(two.b)), errc::proxy);
  }());
}

}  // namespace
}  // namespace parlance::net::test
