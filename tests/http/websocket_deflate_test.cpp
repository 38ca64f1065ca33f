#include <gtest/gtest.h>

#include <string>

#include <parlance/http/websocket/websocket.hpp>
#include <parlance/http/websocket/websocket_deflate.hpp>

namespace parlance::http {
namespace {

using role = websocket::role;
using kind = websocket_event::kind;

constexpr const char* plain = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

std::string answer_to(std::string_view offers) {
  const auto agreed = agree_on_deflate(offers);
  return agreed ? agreed->answer() : "none";
}

TEST(websocket_deflate, is_agreed_on_by_the_first_offer_that_can_be_kept) {
  EXPECT_EQ(answer_to("permessage-deflate"), plain);
  EXPECT_EQ(answer_to("permessage-deflate; client_max_window_bits"), plain);
  EXPECT_EQ(answer_to("x-other, Permessage-Deflate; client_max_window_bits=10; server_no_context_takeover"),
            plain);
  EXPECT_EQ(answer_to("permessage-deflate; server_max_window_bits=\"10\""),
            std::string(plain) + "; server_max_window_bits=10");
  EXPECT_EQ(answer_to("permessage-deflate; server_max_window_bits=15"),
            std::string(plain) + "; server_max_window_bits=15");
  EXPECT_EQ(answer_to("permessage-deflate; server_max_window_bits=8, permessage-deflate"), plain);
  for (const char* offers :
       {"", "gzip", "permessage-deflate; unknown", "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=16", "permessage-deflate; server_max_window_bits=09",
        "permessage-deflate; client_max_window_bits=7", "permessage-deflate; client_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover"})
    EXPECT_EQ(answer_to(offers), "none") << offers;
}

TEST(websocket_deflate, takes_out_what_it_put_in) {
  for (const std::string& text :
       {std::string(), std::string("a"), std::string(100'000, 'x'), std::string("\0\xff\0", 3)})
    for (const int window : {9, 15}) {
      bool is_long = false;
      EXPECT_EQ(inflate_message(deflate_message(text, window), text.size(), is_long), text);
    }
  // The examples of RFC 7692 7.2.3: one block, a stored one, one with BFINAL set, and two.
  bool is_long = false;
  using namespace std::string_view_literals;
  EXPECT_EQ(deflate_message("Hello"), "\xf2\x48\xcd\xc9\xc9\x07\x00"sv);
  EXPECT_EQ(inflate_message("\xf2\x48\xcd\xc9\xc9\x07\x00"sv, 5, is_long), "Hello");
  EXPECT_EQ(inflate_message("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"sv, 5, is_long), "Hello");
  EXPECT_EQ(inflate_message("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"sv, 5, is_long), "Hello");
  EXPECT_EQ(inflate_message("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"sv, 5, is_long), "Hello");
}

TEST(websocket_deflate, gives_no_more_than_it_may_and_nothing_that_is_broken) {
  bool is_long = false;
  EXPECT_EQ(inflate_message(deflate_message(std::string(10'000'000, 'x')), 1000, is_long), std::nullopt);
  EXPECT_TRUE(is_long);
  EXPECT_EQ(inflate_message("\xff\xff\xff\xff", 1000, is_long), std::nullopt);
  EXPECT_FALSE(is_long);
  // What is cut anywhere, of one kind of block and of the other.
  std::string varied;
  for (int i = 0; i < 200; ++i) varied += std::to_string(i * i);
  for (const std::string& text : {std::string("hello, hello"), varied}) {
    const std::string whole = deflate_message(text);
    for (std::size_t size = 1; size < whole.size(); ++size)
      EXPECT_EQ(inflate_message(whole.substr(0, size), 10'000, is_long), std::nullopt) << size;
  }
}

TEST(websocket_deflate, passes_messages_of_both_ends) {
  for (const role mine : {role::server, role::client}) {
    websocket from(mine, 100'000, deflate_agreement{.server_window = 10});
    websocket to(mine == role::server ? role::client : role::server, 100'000, deflate_agreement{});
    std::string text;
    for (int i = 0; i < 5000; ++i) text += std::to_string(i);
    from.send_text(text);
    from.send_text("short");
    const std::string wire = from.take_output();
    EXPECT_LT(wire.size(), text.size());
    EXPECT_EQ(static_cast<unsigned char>(wire[0]), 0xc1U);
    std::string_view rest = wire;
    auto event = to.next(rest);
    EXPECT_TRUE(event && event->what == kind::text && event->data == text);
    event = to.next(rest);
    EXPECT_TRUE(event && event->data == "short");
  }
}

// The smaller window is what the client keeps of the server's messages; it has agreed on none for its own.
TEST(websocket_deflate, keeps_servers_and_not_clients_to_the_window_that_was_agreed_on) {
  std::string text;
  for (unsigned i = 0, random = 1; i < 2000; ++i)
    text += static_cast<char>('a' + ((random = random * 1103515245 + 12345) >> 16) % 26);
  const std::size_t once = deflate_message(text).size();
  text += text;  // what is alike is 2000 bytes away
  const auto size = [&](role mine) {
    websocket from(mine, 100'000, deflate_agreement{.server_window = 9});
    from.send_text(text);
    return from.take_output().size();
  };
  EXPECT_GT(size(role::server), 2 * once - 100);
  EXPECT_LT(size(role::client), once + 200);
}

TEST(websocket_deflate, of_a_peer_is_bounded_and_only_where_it_was_agreed_on) {
  const auto end_of = [](websocket& to, std::string_view wire) {
    const auto event = to.next(wire);
    return event && event->failed ? event->code : close_code::no_status;
  };
  websocket bomb(role::client, 65536, deflate_agreement{});
  bomb.send_text(std::string(1'000'000, 'x'));
  const std::string wire = bomb.take_output();
  EXPECT_LT(wire.size(), 5000U);
  websocket bounded(role::server, 65536, deflate_agreement{});
  EXPECT_EQ(end_of(bounded, wire), close_code::too_big);
  websocket without(role::server, 65536);
  EXPECT_EQ(end_of(without, wire), close_code::protocol_error);
  websocket broken(role::server, 65536, deflate_agreement{});
  EXPECT_EQ(end_of(broken, std::string_view("\xc2\x84\0\0\0\0\xff\xff\xff\xff", 10)),
            close_code::invalid_data);
  websocket control(role::server, 65536, deflate_agreement{});
  EXPECT_EQ(end_of(control, std::string_view("\xc9\x80\0\0\0\0", 6)), close_code::protocol_error);
  websocket continued(role::server, 65536, deflate_agreement{});
  EXPECT_EQ(end_of(continued, std::string_view("\x01\x80\0\0\0\0\xc0\x80\0\0\0\0", 12)),
            close_code::protocol_error);
}

}  // namespace
}  // namespace parlance::http
