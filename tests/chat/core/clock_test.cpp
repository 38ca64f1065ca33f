#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include <parlance/chat/core/clock.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>

#include "chat/core/window.hpp"
#include "net/temporary_folder.hpp"

using namespace parlance::chat;
using namespace std::chrono_literals;
namespace io = parlance::io;
using parlance::net::test::temporary_folder;

namespace {

/// On a loop whose clock moves only when something waits.
class clocks : public testing::Test {
 protected:
  void pass(io::duration time) {
    io::wait([](io::duration t) -> io::task<void> { co_await io::sleep(t); }(time));
  }

  io::loop loop_{{.backend = "sim"}};
  store kept_{store_options{}};
  parlance::chat::clock clock_{kept_};
};

}  // namespace

TEST_F(clocks, go_on_as_the_loop_does) {
  const std::uint64_t before = clock_.now();
  EXPECT_EQ(clock_.now(), before);
  pass(90s);
  EXPECT_EQ(clock_.now(), before + 90'000'000);
  EXPECT_EQ(clock_.seconds(), static_cast<std::int64_t>(clock_.now() / 1'000'000));
  EXPECT_EQ(clock_.milliseconds(), clock_.now() / 1000);
}

TEST_F(clocks, run_whatever_the_time_is) {
  pass(90s);
  EXPECT_EQ(clock_.running(), 90s);
}

TEST_F(clocks, doubt_a_leap_over_more_than_a_day_for_ten_minutes) {
  EXPECT_FALSE(clock_.is_doubtful());  // nothing is known of an earlier time
  kept_.append("#lobby", {.id = clock_.now() - 2 * 86'400'000'000});
  const parlance::chat::clock later(kept_);
  EXPECT_TRUE(later.is_doubtful());
  pass(601s);
  EXPECT_FALSE(later.is_doubtful());
  kept_.append("#lobby", {.id = clock_.now() - 3'600'000'000});
  EXPECT_FALSE(parlance::chat::clock(kept_).is_doubtful());
}

TEST_F(clocks, follow_the_wall_clock_and_give_no_place_twice) {
  pass(24h);
  const entry_id ahead = clock_.next_id("#lobby");
  const std::uint64_t before = clock_.now();
  clock_.follow();
  EXPECT_LT(clock_.now(), before);
  EXPECT_GT(clock_.next_id("#lobby"), ahead);
}

TEST_F(clocks, give_each_entry_of_a_conversation_a_millisecond_of_its_own) {
  entry_id last = clock_.next_id("#lobby");
  for (int i = 0; i < 100; ++i) {
    const entry_id next = clock_.next_id("#lobby");
    EXPECT_GT(next / 1000, last / 1000);
    last = next;
  }
}

TEST_F(clocks, hold_no_conversation_up_for_another) {
  for (int i = 0; i < 100; ++i) clock_.next_id("#busy");
  const entry_id busy = clock_.next_id("#busy");
  EXPECT_EQ(clock_.next_id("#quiet"), busy + 1);  // the store's places rise, whatever they are for
}

TEST_F(clocks, are_at_most_a_second_ahead) {
  for (int i = 0; i < 3000; ++i) clock_.next_id("#lobby");
  EXPECT_LT(clock_.next_id("#lobby"), clock_.now() + 1'010'000);
}

TEST_F(clocks, are_not_taken_for_set_back_by_what_a_kill_has_skipped) {
  const temporary_folder folder;
  store busy({.folder = folder.path("history")});
  parlance::chat::clock its(busy);
  entry_id said = 0;
  for (int i = 0; i < 1500; ++i) busy.append("#lobby", {.id = said = its.next_id("#lobby")});
  busy.commit();
  EXPECT_GT(said, its.now() + 990'000);
  // As a kill leaves it.
  std::filesystem::copy(folder.path("history"), folder.path("left"));
  pass(5ms);
  store left({.folder = folder.path("left")});
  EXPECT_GT(left.last_id(), its.now() + 1'010'000);
  parlance::chat::clock again(left);
  EXPECT_EQ(again.time_of(said), said / 1000);
  again.follow();
  EXPECT_EQ(again.time_of(said), said / 1000);
}

TEST_F(clocks, follow_one_that_was_set_back_by_more_than_that) {
  const entry_id said = clock_.now() + 1'500'000;
  kept_.append("#lobby", {.id = said});
  const parlance::chat::clock again(kept_);
  EXPECT_LE(again.time_of(said), again.milliseconds() + 1);
}

TEST_F(clocks, stamp_what_happens_with_its_place_and_time) {
  event said{event::kind::message, {}, "#lobby", "hello"};
  clock_.stamp(said, "#lobby");
  EXPECT_NE(said.id, 0U);
  EXPECT_EQ(said.time, said.id / 1000);
}

TEST(clock_of_a_hub, stamps_for_all_rooms_that_somebody_is_in) {
  hub_fixture f;
  window alice{f.chat};
  alice.enter("alice");
  f.chat.join(*alice.who(), "#dev");
  const entry_id in_dev = f.chat.clock().next_id("#dev");
  event gone{event::kind::quit, alice.who()->as_source()};
  f.chat.clock().stamp(gone, *alice.who());
  EXPECT_GT(gone.id / 1000, in_dev / 1000);
  EXPECT_GT(f.chat.clock().next_id("#lobby") / 1000, gone.id / 1000);
}
