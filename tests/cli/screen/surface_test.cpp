#include <gtest/gtest.h>

#include <limits>
#include <string>

#include <cli/screen/surface.hpp>

using namespace parlance::cli::screen;

namespace {

TEST(surface, holds_what_was_put_and_nothing_beside_the_region) {
  surface frame({.columns = 10, .rows = 3});
  const region part = frame.whole().part({.x = 2, .y = 1, .columns = 5, .rows = 1});
  EXPECT_EQ(part.put(0, 0, "abcdefgh"), 8);
  EXPECT_EQ(part.put(0, 1, "below"), 5);
  EXPECT_EQ(part.put(0, -1, "above"), 5);
  EXPECT_EQ(frame.row(0), "");
  EXPECT_EQ(frame.row(1), "  abcde");
  EXPECT_EQ(frame.row(2), "");
  part.put(-2, 0, "12345");
  EXPECT_EQ(frame.row(1), "  345de");
  // A part that begins left of it has its own beginning there.
  part.part({.x = -1, .y = 0, .columns = 3, .rows = 1}).put(0, 0, "xyz");
  EXPECT_EQ(frame.row(1), "  yz5de");
}

TEST(surface, cuts_no_cluster_in_half) {
  surface frame({.columns = 6, .rows = 1});
  frame.whole().put(0, 0, "\u6f22\u5b57\u6f22");
  EXPECT_EQ(frame.row(0), "\u6f22\u5b57\u6f22");
  frame.whole().put(1, 0, "a");
  EXPECT_EQ(frame.row(0), " a\u5b57\u6f22");
  frame.whole().put(2, 0, "b");
  EXPECT_EQ(frame.row(0), " ab \u6f22");
  frame.whole().put(3, 0, "\u5b57");
  EXPECT_EQ(frame.row(0), " ab\u5b57");
  frame.whole().put(5, 0, "\u6f22");
  EXPECT_EQ(frame.row(0), " ab\u5b57");
  frame.whole().put(-1, 0, "\u6f22c");
  EXPECT_EQ(frame.row(0), " cb\u5b57");
  for (int x = 0; x < 6; ++x)
    EXPECT_EQ(frame.at({.x = x, .y = 0}).text.empty(), frame.at({.x = x, .y = 0}).width == 0) << x;
}

TEST(surface, takes_any_number_for_a_place) {
  surface frame({.columns = 4, .rows = 2});
  constexpr int most = std::numeric_limits<int>::max(), least = std::numeric_limits<int>::min();
  for (const int far : {most, least, most - 1, least + 1}) {
    frame.whole().put(far, 0, "abc");
    frame.whole().put(0, far, "abc");
    frame.whole().blank(far, far, far);
    frame.whole().set_cursor({.x = far, .y = far});
    frame.whole().part({.x = far, .y = far, .columns = far, .rows = far}).put(0, 0, "abc");
    frame.whole().part({.x = 1, .y = 0, .columns = far, .rows = far}).put(far, far, "abc");
    frame.whole().restyle({.x = far, .y = 0, .columns = far, .rows = far}, {});
  }
  EXPECT_EQ(frame.row(0), "");
  EXPECT_FALSE(frame.cursor());
  EXPECT_EQ(surface({.columns = -3, .rows = most}).dimensions(),
            (size{.columns = 0, .rows = surface::largest}));
  surface({}).whole().put(0, 0, "abc");
}

TEST(surface, knows_links_by_their_address) {
  surface frame({.columns = 10, .rows = 1});
  frame.whole().put(0, 0, "a", {}, "https://one.example/");
  frame.whole().put(1, 0, "b", {}, "https://two.example/");
  frame.whole().put(2, 0, "c", {}, "https://one.example/");
  frame.whole().put(3, 0, "d", {}, "not an address");
  const auto address = [&](int x) { return std::string(frame.link(frame.at({.x = x, .y = 0}).link)); };
  EXPECT_EQ(address(0), "https://one.example/");
  EXPECT_EQ(address(1), "https://two.example/");
  EXPECT_EQ(frame.at({.x = 0, .y = 0}).link, frame.at({.x = 2, .y = 0}).link);
  EXPECT_EQ(frame.at({.x = 3, .y = 0}).link, 0);
  EXPECT_EQ(frame.at({.x = 4, .y = 0}).link, 0);
}

}  // namespace
