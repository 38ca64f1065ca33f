#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include <parlance/text/telnet.hpp>

using namespace parlance::text;
using namespace std::string_view_literals;

namespace {

constexpr auto wants = "\xff\xfb\x1f\xff\xfd\x01"sv;    // WILL NAWS, DO ECHO
constexpr auto refused = "\xff\xfe\x1f\xff\xfc\x01"sv;  // DONT NAWS, WONT ECHO

}  // namespace

TEST(telnet_options, refuses_each) {
  telnet_options options;
  options.feed("hello");
  EXPECT_EQ(options.take_answer(), "");
  options.feed(wants);
  EXPECT_EQ(options.take_answer(), refused);
  EXPECT_EQ(options.take_answer(), "");
}

TEST(telnet_options, may_come_in_pieces) {
  telnet_options options;
  for (const char c : wants) options.feed({&c, 1});
  EXPECT_EQ(options.take_answer(), refused);
}

TEST(telnet_options, says_nothing_to_a_refusal_or_another_command) {
  telnet_options options;
  options.feed("\xff\xfc\x1f\xff\xfe\x01\xff\xf6\xff\xff\xfd\x01"sv);  // WONT, DONT, AYT, IAC as data
  EXPECT_EQ(options.take_answer(), "");
}

TEST(telnet_options, leaves_out_parameters) {
  telnet_options options;
  options.feed("\xff\xfa\x1f\xff\xff\xfd\x01\xff\xf0"sv);  // SB NAWS ... SE
  EXPECT_EQ(options.take_answer(), "");
  options.feed(wants);
  EXPECT_EQ(options.take_answer(), refused);
}
