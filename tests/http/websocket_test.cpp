#include <fmt/format.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include <parlance/http/websocket/websocket.hpp>

namespace parlance::http {
namespace {

using namespace std::string_literals;
using role = websocket::role;
using kind = websocket_event::kind;

constexpr bool fin = true, more = false;

/// A frame of any kind, also of those that may not be. Clients' have the mask of RFC 6455 5.7.
std::string frame(bool last, unsigned opcode, std::string_view payload, bool masked = true,
                  unsigned rsv = 0) {
  std::string wire{static_cast<char>((last ? 0x80U : 0U) | (rsv << 4U) | opcode)};
  const char mask_bit = masked ? '\x80' : '\0';
  if (payload.size() < 126) {
    wire += static_cast<char>(mask_bit | static_cast<char>(payload.size()));
  } else {
    const bool two = payload.size() < 65536;
    wire += static_cast<char>(mask_bit | (two ? 126 : 127));
    for (int shift = two ? 8 : 56; shift >= 0; shift -= 8)
      wire += static_cast<char>(payload.size() >> unsigned(shift));
  }
  constexpr std::string_view mask = "\x37\xfa\x21\x3d";
  if (masked) wire += mask;
  for (std::size_t i = 0; i < payload.size(); ++i)
    wire += static_cast<char>(payload[i] ^ (masked ? mask[i % 4] : 0));
  return wire;
}

std::string code(unsigned number) { return {static_cast<char>(number >> 8U), static_cast<char>(number)}; }

/// "text:...", "binary:...", "close 1000:..." or "failed 1002:...".
std::string words(const websocket_event& event) {
  if (event.what != kind::close)
    return fmt::format("{}:{}", event.what == kind::text ? "text" : "binary", event.data);
  return fmt::format("{} {}:{}", event.failed ? "failed" : "close", unsigned(event.code), event.data);
}

std::vector<std::string> feed(websocket& socket, std::string_view bytes, std::size_t step) {
  std::vector<std::string> events;
  while (!bytes.empty()) {
    auto piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    while (const auto event = socket.next(piece)) events.push_back(words(*event));
    EXPECT_TRUE(piece.empty());
  }
  return events;
}

struct heard {
  std::vector<std::string> events;
  std::string output;
  friend bool operator==(const heard&, const heard&) = default;
};

/// What one that was fed `bytes`, at once and in pieces, makes of them.
heard hear(std::string_view bytes, role mine = role::server, std::size_t max_message = 65536) {
  heard whole;
  for (const std::size_t step : {bytes.size() + 1, 1UZ, 2UZ, 7UZ, 4096UZ}) {
    websocket socket(mine, max_message);
    heard now;
    now.events = feed(socket, bytes, step);
    if (mine == role::server) now.output = socket.take_output();
    if (step == bytes.size() + 1) whole = now;
    EXPECT_EQ(now, whole) << "in steps of " << step;
  }
  return whole;
}

using events = std::vector<std::string>;

TEST(websocket, reads_the_examples_of_rfc_6455) {
  EXPECT_EQ(hear("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58").events, events{"text:Hello"});
  EXPECT_EQ(hear("\x81\x05Hello", role::client).events, events{"text:Hello"});
  EXPECT_EQ(hear("\x01\x03Hel\x80\x02lo"s, role::client).events, events{"text:Hello"});
  const heard pinged = hear("\x89\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
  EXPECT_EQ(pinged.events, events{});
  EXPECT_EQ(pinged.output, "\x8a\x05Hello");
  const std::string small(256, 'b'), big(65536, 'B');
  EXPECT_EQ(hear("\x82\x7e\x01\x00"s + small, role::client).events, events{"binary:" + small});
  EXPECT_EQ(hear("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s + big, role::client).events,
            events{"binary:" + big});
}

TEST(websocket, reads_messages_of_every_form_of_length) {
  for (const std::size_t size : {0, 1, 125, 126, 127, 4095, 4096, 4097, 65535, 65536}) {
    const std::string text(size, 'x');
    EXPECT_EQ(hear(frame(fin, 1, text)).events, events{"text:" + text});
    EXPECT_EQ(hear(frame(fin, 2, text)).events, events{"binary:" + text});
  }
}

TEST(websocket, writes_what_the_other_end_reads) {
  for (const std::size_t size : {0, 1, 125, 126, 65535, 65536}) {
    websocket server(role::server), client(role::client);
    const std::string text(size, 'x');
    ASSERT_TRUE(server.send_text(text));
    ASSERT_TRUE(server.send_binary(text));
    ASSERT_TRUE(client.send_text(text));
    ASSERT_TRUE(client.send_binary(text));
    const std::string from_server = server.take_output(), from_client = client.take_output();
    EXPECT_EQ(from_server, frame(fin, 1, text, false) + frame(fin, 2, text, false));
    EXPECT_EQ(from_client.size(), from_server.size() + 8);
    EXPECT_EQ(feed(client, from_server, 100), (events{"text:" + text, "binary:" + text}));
    EXPECT_EQ(feed(server, from_client, 100), (events{"text:" + text, "binary:" + text}));
    EXPECT_FALSE(server.has_output() || client.has_output());
  }
}

TEST(websocket, masks_each_frame_of_a_client_anew) {
  websocket client(role::client);
  client.send_text("the same, the same");
  const std::string first = client.take_output();
  client.send_text("the same, the same");
  EXPECT_NE(client.take_output(), first);
}

TEST(websocket, joins_fragments_and_answers_pings_between_them) {
  const heard got =
      hear(frame(more, 1, "one ") + frame(more, 0, "") + frame(fin, 9, "?") + frame(more, 0, "two ") +
           frame(fin, 10, "nobody asked") + frame(fin, 0, "three") + frame(fin, 2, "next"));
  EXPECT_EQ(got.events, (events{"text:one two three", "binary:next"}));
  EXPECT_EQ(got.output, "\x8a\x01?");
}

TEST(websocket, gives_messages_one_at_a_time_and_leaves_the_rest) {
  websocket socket(role::server);
  const std::string wire = frame(fin, 1, std::string(5000, 'a')) + frame(fin, 1, "b");
  std::string_view bytes = wire;
  EXPECT_EQ(socket.next(bytes)->data, std::string(5000, 'a'));
  EXPECT_EQ(socket.next(bytes)->data, "b");
  EXPECT_FALSE(socket.next(bytes));
  EXPECT_TRUE(bytes.empty());
}

TEST(websocket, answers_only_the_last_of_many_pings) {
  std::string pings;
  for (int i = 0; i < 1000; ++i) pings += frame(fin, 9, std::string(125, 'p'));
  const heard got = hear(pings + frame(fin, 9, "last"));
  EXPECT_EQ(got.output, "\x8a\x04last");
}

TEST(websocket, pings) {
  websocket server(role::server), client(role::client);
  EXPECT_TRUE(server.ping("abc"));
  EXPECT_EQ(feed(client, server.take_output(), 100), events{});
  EXPECT_EQ(feed(server, client.take_output(), 100), events{});
  EXPECT_FALSE(server.has_output());
  EXPECT_THROW(server.ping(std::string(126, 'x')), std::invalid_argument);
}

TEST(websocket, returns_a_close) {
  const heard got = hear(frame(fin, 8, code(1001) + "going") + frame(fin, 1, "too late"));
  EXPECT_EQ(got.events, events{"close 1001:going"});
  EXPECT_EQ(got.output, frame(fin, 8, code(1001), false));
  const heard bare = hear(frame(fin, 8, ""));
  EXPECT_EQ(bare.events, events{"close 1005:"});
  EXPECT_EQ(bare.output, frame(fin, 8, "", false));
}

TEST(websocket, closes_and_hears_what_was_under_way_and_the_answer) {
  websocket server(role::server), client(role::client);
  client.send_text("under way");
  EXPECT_TRUE(server.send_text("last words"));
  EXPECT_TRUE(server.close(close_code::service_restart, "back soon"));
  EXPECT_FALSE(server.can_send());
  EXPECT_FALSE(server.close());
  EXPECT_FALSE(server.send_text("more"));
  EXPECT_FALSE(server.send_binary("more"));
  EXPECT_FALSE(server.ping());
  const std::string said = server.take_output();
  EXPECT_EQ(said, frame(fin, 1, "last words", false) + frame(fin, 8, code(1012) + "back soon", false));
  EXPECT_FALSE(server.has_output());
  EXPECT_EQ(feed(client, said, 3), (events{"text:last words", "close 1012:back soon"}));
  EXPECT_TRUE(client.done());
  EXPECT_FALSE(server.done());
  EXPECT_EQ(feed(server, client.take_output(), 3), (events{"text:under way", "close 1012:"}));
  EXPECT_TRUE(server.done());
  EXPECT_FALSE(server.has_output()) << "a Close is said once";
}

TEST(websocket, answers_pings_before_its_close_and_not_after) {
  websocket server(role::server);
  feed(server, frame(fin, 9, "1"), 100);
  server.close();
  feed(server, frame(fin, 9, "2"), 100);
  EXPECT_EQ(server.take_output(),
            "\x8a\x01"
            "1" +
                frame(fin, 8, code(1000), false));
}

TEST(websocket, cuts_a_long_reason_between_characters) {
  websocket server(role::server);
  server.close(close_code::policy, std::string(122, 'x') + "\xc3\xbc");
  EXPECT_EQ(server.take_output(), frame(fin, 8, code(1008) + std::string(122, 'x'), false));
  websocket other(role::server);
  other.close(close_code::policy, std::string(121, 'x') + "\xc3\xbc!");
  EXPECT_EQ(other.take_output(), frame(fin, 8, code(1008) + std::string(121, 'x') + "\xc3\xbc", false));
}

TEST(websocket, refuses_to_send_what_a_peer_would_refuse) {
  websocket socket(role::server);
  EXPECT_THROW(socket.send_text("\xff"), std::invalid_argument);
  EXPECT_THROW(socket.close(close_code::normal, "\xff"), std::invalid_argument);
  for (const unsigned bad : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 2999U, 5000U})
    EXPECT_THROW(socket.close(close_code(bad)), std::invalid_argument) << bad;
  EXPECT_FALSE(socket.has_output());
  EXPECT_TRUE(socket.can_send());
}

/// The one event of a peer that breaks the rules, after which it was told so.
std::string failure(std::string_view bytes, role mine = role::server) {
  const heard got = hear(bytes, mine);
  if (got.events.size() != 1 || !got.events[0].starts_with("failed ")) return "not refused";
  const std::string number = got.events[0].substr(7, 4), why = got.events[0].substr(12);
  if (mine == role::server)
    EXPECT_EQ(got.output, frame(fin, 8, code(unsigned(std::stoul(number))) + why, false));
  return got.events[0];
}

TEST(websocket, refuses_frames_with_the_wrong_masking) {
  EXPECT_EQ(failure(frame(fin, 1, "x", false)), "failed 1002:a client's frame is not masked");
  EXPECT_EQ(failure(frame(fin, 9, "", false)), "failed 1002:a client's frame is not masked");
  EXPECT_EQ(failure(frame(more, 1, "x") + frame(fin, 0, "y", false)),
            "failed 1002:a client's frame is not masked");
  EXPECT_EQ(failure(frame(fin, 1, "x", true), role::client), "failed 1002:a server's frame is masked");
}

TEST(websocket, refuses_reserved_bits_and_opcodes) {
  for (const unsigned rsv : {1U, 2U, 4U, 7U})
    EXPECT_EQ(failure(frame(fin, 1, "x", true, rsv)), "failed 1002:a reserved bit is set");
  for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U})
    EXPECT_EQ(failure(frame(fin, opcode, "x")), "failed 1002:an unknown opcode") << opcode;
}

TEST(websocket, refuses_fragments_out_of_order) {
  EXPECT_EQ(failure(frame(fin, 0, "x")), "failed 1002:a fragment continues no message");
  EXPECT_EQ(failure(frame(more, 0, "")), "failed 1002:a fragment continues no message");
  EXPECT_EQ(failure(frame(more, 1, "x") + frame(fin, 1, "y")), "failed 1002:a message begins within another");
  EXPECT_EQ(failure(frame(more, 1, "") + frame(fin, 2, "y")), "failed 1002:a message begins within another");
}

TEST(websocket, refuses_control_frames_that_are_long_or_in_pieces) {
  for (const unsigned opcode : {8U, 9U, 10U}) {
    EXPECT_EQ(failure(frame(fin, opcode, std::string(126, 'x'))), "failed 1002:a malformed frame header");
    EXPECT_EQ(failure(frame(more, opcode, "x")), "failed 1002:a malformed frame header");
  }
  EXPECT_EQ(hear(frame(fin, 9, std::string(125, 'x'))).output, "\x8a\x7d" + std::string(125, 'x'));
}

TEST(websocket, refuses_lengths_that_are_not_in_their_shortest_form) {
  EXPECT_EQ(failure("\x81\xfe\x00\x7d\x01\x02\x03\x04xxxx"s), "failed 1002:a malformed frame header");
  EXPECT_EQ(failure("\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff\x01\x02\x03\x04xxxx"s),
            "failed 1002:a malformed frame header");
  EXPECT_EQ(failure("\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00\x01\x02\x03\x04xxxx"s),
            "failed 1002:a malformed frame header");
}

TEST(websocket, refuses_messages_that_are_too_long_in_one_frame_or_many) {
  constexpr std::size_t most = 10;
  const std::string too_big = "failed 1009:the message is too long";
  EXPECT_EQ(hear(frame(fin, 1, "0123456789"), role::server, most).events, events{"text:0123456789"});
  EXPECT_EQ(hear(frame(fin, 1, "0123456789a"), role::server, most).events, events{too_big});
  EXPECT_EQ(hear(frame(more, 1, "012345") + frame(fin, 0, "6789"), role::server, most).events,
            events{"text:0123456789"});
  EXPECT_EQ(hear(frame(more, 1, "012345") + frame(fin, 0, "6789a"), role::server, most).events,
            events{too_big});
  EXPECT_EQ(hear(frame(fin, 2, "0123456789") + frame(fin, 2, "a"), role::server, most).events,
            (events{"binary:0123456789", "binary:a"}))
      << "each message counts from 0";
  // As soon as the first byte of what would be 2^63 - 1 has come.
  EXPECT_EQ(hear("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04x"s).events, events{too_big});
  EXPECT_EQ(hear(frame(fin, 2, "0123456789a"), role::server, most).output,
            frame(fin, 8, code(1009) + "the message is too long", false));
}

TEST(websocket, refuses_text_that_is_not_utf8_but_not_bytes) {
  const std::string why = "failed 1007:the text is not UTF-8";
  for (const auto* bad : {"\xff", "a\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80"}) {
    EXPECT_EQ(failure(frame(fin, 1, bad)), why);
    EXPECT_EQ(hear(frame(fin, 2, bad)).events, events{"binary:" + std::string(bad)});
  }
  EXPECT_EQ(hear(frame(more, 1, "\xe2\x82") + frame(fin, 0, "\xac")).events, events{"text:\xe2\x82\xac"})
      << "a character may be cut by fragments";
}

TEST(websocket, refuses_closes_that_say_nonsense) {
  EXPECT_EQ(failure(frame(fin, 8, "\x03")), "failed 1002:half a code for closing");
  for (const unsigned bad : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 1100U, 2999U, 5000U, 65535U})
    EXPECT_EQ(failure(frame(fin, 8, code(bad))), "failed 1002:a code that closes nothing") << bad;
  for (const unsigned good : {1000U, 1003U, 1007U, 1011U, 1014U, 3000U, 4999U})
    EXPECT_EQ(hear(frame(fin, 8, code(good))).events, events{fmt::format("close {}:", good)});
  EXPECT_EQ(failure(frame(fin, 8, code(1000) + "\xff")), "failed 1007:the reason is not UTF-8");
}

// The same rules hold for servers (RFC 6455 5.1), and a client says so in a frame with a mask.
TEST(websocket, refuses_as_a_client_what_it_refuses_as_a_server) {
  const auto from_server = [](bool last, unsigned opcode, std::string_view payload, unsigned rsv = 0) {
    return frame(last, opcode, payload, false, rsv);
  };
  std::vector<std::pair<std::string, std::string>> cases = {
      {from_server(fin, 0, "x"), "1002:a fragment continues no message"},
      {from_server(more, 2, "x") + from_server(fin, 2, "y"), "1002:a message begins within another"},
      {from_server(more, 9, "x"), "1002:a malformed frame header"},
      {from_server(fin, 8, std::string(126, 'x')), "1002:a malformed frame header"},
      {from_server(fin, 8, "\x03"), "1002:half a code for closing"},
      {from_server(fin, 8, code(1005)), "1002:a code that closes nothing"},
      {from_server(fin, 8, code(1000) + "\xff"), "1007:the reason is not UTF-8"},
      {from_server(fin, 1, "\xff"), "1007:the text is not UTF-8"},
      {from_server(more, 1, "\xe2\x82") + from_server(fin, 9, "") + from_server(fin, 0, "x"),
       "1007:the text is not UTF-8"},
      {from_server(more, 1, "\xe2\x82") + from_server(fin, 0, ""), "1007:the text is not UTF-8"},
      {"\x82\x7e\x00\x7d"s + std::string(125, 'x'), "1002:a malformed frame header"},
      {"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"s + "x", "1009:the message is too long"},
  };
  for (const unsigned rsv : {1U, 2U, 4U})
    cases.emplace_back(from_server(fin, 2, "x", rsv), "1002:a reserved bit is set");
  for (const unsigned opcode : {3U, 7U, 11U, 15U})
    cases.emplace_back(from_server(fin, opcode, ""), "1002:an unknown opcode");
  for (const auto& [bytes, why] : cases) {
    EXPECT_EQ(hear(bytes, role::client).events, events{"failed " + why});
    websocket mine(role::client), server(role::server);
    feed(mine, bytes, 1000);
    EXPECT_EQ(feed(server, mine.take_output(), 1000), events{"close " + why}) << "it tells the server";
  }
}

TEST(websocket, says_nothing_more_after_a_failure) {
  websocket socket(role::server);
  EXPECT_EQ(feed(socket, frame(fin, 9, "p") + frame(fin, 0, "x") + frame(fin, 1, "y"), 100).size(), 1U);
  EXPECT_TRUE(socket.done());
  EXPECT_FALSE(socket.send_text("no"));
  const std::string said = socket.take_output();
  EXPECT_TRUE(said.starts_with("\x8a\x01p\x88"));
  EXPECT_EQ(feed(socket, frame(fin, 1, "z"), 100), events{});
  EXPECT_FALSE(socket.has_output());
}

TEST(websocket, frames_made_once_stand_between_its_own) {
  std::string shared;
  append_frame(shared, opcode::text, "to all");
  append_frame(shared, opcode::binary, std::string(65536, 'b'));
  append_frame(shared, opcode::ping, "");
  EXPECT_EQ(shared, frame(fin, 1, "to all", false) + frame(fin, 2, std::string(65536, 'b'), false) +
                        frame(fin, 9, "", false));
  websocket server(role::server), client(role::client);
  feed(server, frame(fin, 9, "ping"), 100);
  const std::string pong = server.take_output();
  server.close();
  EXPECT_EQ(feed(client, shared + pong + shared + server.take_output(), 1000),
            (events{"text:to all", "binary:" + std::string(65536, 'b'), "text:to all",
                    "binary:" + std::string(65536, 'b'), "close 1000:"}));
  EXPECT_THROW(append_frame(shared, opcode::ping, std::string(126, 'x')), std::invalid_argument);
}

}  // namespace
}  // namespace parlance::http
