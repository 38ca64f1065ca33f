// When what has an id was said, as clocks are set: pure, and as the store finds it out.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <parlance/chat/store/backup.hpp>
#include <parlance/chat/store/snapshot.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/chat/store/timeline.hpp>

#include "net/temporary_folder.hpp"

using namespace parlance::chat;
using namespace std::chrono_literals;
using parlance::net::test::temporary_folder;

namespace {

using moment = std::chrono::system_clock::time_point;
constexpr moment noon{1'700'000'000s};

constexpr std::uint64_t second = 1'000'000, day = 86'400 * second;

std::uint64_t microseconds(moment at) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count());
}

/// In a room of a store.
entry_id say(store& in, moment now, std::string_view room = "#lobby") {
  const entry_id id = in.next_id(now);
  in.append(room, {.id = id, .kind = 1});
  return id;
}

/// The times of what was said in a room, since noon and in milliseconds.
std::vector<std::int64_t> times(store& in, std::string_view room = "#lobby") {
  std::vector<std::int64_t> all;
  for (const stored_entry& e : in.read(room, {.limit = 1000})) {
    EXPECT_EQ(e.time, in.times().time_of(e.id));
    all.push_back((static_cast<std::int64_t>(e.time) - static_cast<std::int64_t>(microseconds(noon))) / 1000);
  }
  return all;
}

constexpr std::int64_t of(std::chrono::milliseconds since_noon) { return since_noon.count(); }

class a_set_clock : public testing::Test {
 protected:
  temporary_folder folder;
  store_options in_folder{.folder = folder.path("history")};
};

}  // namespace

TEST(timeline, is_what_ids_say_as_long_as_no_clock_is_set_back) {
  const timeline times;
  for (const std::uint64_t n : {0UL, 1UL, 1'700'000'000'000'000UL}) {
    EXPECT_EQ(times.time_of(n), n);
    EXPECT_EQ(times.place_of(n), n);
  }
  const places all = times.places_of(5, 0);
  EXPECT_EQ(all.first, 5000U);
  EXPECT_EQ(all.last, 5999U);
}

TEST(timeline, has_ids_ahead_from_where_the_clock_was) {
  timeline times;
  times.set_back(10 * day, day, 11 * day);
  EXPECT_EQ(times.time_of(10 * day), 9 * day);
  EXPECT_EQ(times.time_of(11 * day), 10 * day);
  EXPECT_EQ(times.time_of(8 * day), 8 * day);
  EXPECT_EQ(times.time_of(10 * day - 1), 9 * day);  // nothing was said there
  EXPECT_EQ(times.place_of(8 * day), 8 * day);
  EXPECT_EQ(times.place_of(9 * day), 9 * day);
  EXPECT_EQ(times.place_of(9 * day + 1), 10 * day + 1);
  EXPECT_EQ(times.place_of(20 * day), 21 * day);
}

TEST(timeline, finds_what_was_told_while_the_clock_was_ahead_until_it_is_as_late) {
  timeline times;
  times.set_back(10 * day, day, 11 * day);
  const std::uint64_t told = 10 * day + 5 * second;
  const places ahead = times.places_of(told / 1000, 10 * day);
  EXPECT_EQ(ahead.first, told);
  EXPECT_EQ(ahead.last, told + 999);
  EXPECT_EQ(times.places_of(told / 1000, 10 * day + 6 * second).first, told + day);
  EXPECT_EQ(times.places_of(12 * day / 1000, 10 * day).first, 13 * day);  // that was never told
}

TEST(timeline, is_read_as_it_was_written_and_not_otherwise) {
  timeline times;
  times.set_back(10 * day, day, 11 * day);
  times.set_back(20 * day, 2 * day, 21 * day);
  const timeline again = timeline::parse(times.text());
  EXPECT_EQ(again.text(), times.text());
  EXPECT_EQ(again.time_of(15 * day), 14 * day);
  EXPECT_EQ(again.time_of(25 * day), 22 * day);
  for (const char* text :
       {"", "{}", "[]", R"({"steps":[[5]],"told":[0,0,0]})", R"({"steps":[["a",1]],"told":[0,0,0]})",
        R"({"steps":[[9000,0],[5000,0]],"told":[0,0,0]})",
        R"({"steps":[[5000,0],[9000,8000]],"told":[0,0,0]})"})
    EXPECT_EQ(timeline::parse(text).time_of(day), day) << text;
}

TEST(timeline, keeps_so_many_steps_and_stays_in_order) {
  timeline times;
  for (std::uint64_t n = 1; n <= 1000; ++n) times.set_back(n * day, 2000, n * day + 1);
  EXPECT_LT(times.text().size(), 10'000U);
  std::uint64_t last = 0;
  for (std::uint64_t id = 0; id < 1001 * day; id += day / 4) {
    EXPECT_GE(times.time_of(id), last);
    last = times.time_of(id);
  }
  EXPECT_EQ(times.time_of(1001 * day), 1001 * day - 1000 * 2000);
}

TEST_F(a_set_clock, that_was_ahead_for_a_while_leaves_all_times_right) {
  store kept(in_folder);
  say(kept, noon);
  say(kept, noon + 24h + 60s);
  say(kept, noon + 24h + 70s, "#other");
  kept.set_back(noon + 24h + 80s, noon + 80s);
  say(kept, noon + 90s);
  EXPECT_EQ(times(kept), (std::vector{of(0s), of(60s), of(90s)}));
  EXPECT_EQ(times(kept, "#other"), (std::vector{of(70s)}));
}

TEST_F(a_set_clock, that_was_ahead_from_the_first_word_on_leaves_all_times_right) {
  store kept(in_folder);
  say(kept, noon + 24h);
  kept.set_back(noon + 24h + 80s, noon + 80s);
  say(kept, noon + 90s);
  EXPECT_EQ(times(kept), (std::vector{of(0s), of(90s)}));
}

TEST_F(a_set_clock, that_was_ahead_for_a_while_is_further_back_by_what_is_left) {
  store kept(in_folder);
  for (int n = 0; n < 100; ++n) say(kept, noon + n * 1s);
  for (int n = 100; n < 200; ++n) say(kept, noon + 1h + n * 1s);
  kept.set_back(noon + 1h + 200s, noon + 190s);  // by ten seconds more than it was set forward
  say(kept, noon + 191s);
  const std::vector<std::int64_t> all = times(kept);
  ASSERT_EQ(all.size(), 201U);
  EXPECT_EQ(std::ranges::adjacent_find(all, std::ranges::greater_equal()), all.end());
  for (int n = 0; n < 200; ++n) EXPECT_LE(std::abs(all[static_cast<std::size_t>(n)] - of(n * 1s)), of(10s));
  EXPECT_EQ(all[200], of(191s));
}

TEST_F(a_set_clock, is_believed_before_anything_was_said_meanwhile) {
  store kept(in_folder);
  say(kept, noon);
  const entry_id given = kept.next_id(noon + 24h);
  kept.set_back(noon + 24h, noon + 1h);
  EXPECT_GT(say(kept, noon + 1h), given);
  kept.set_back(noon + 2h, noon + 30min);
  say(kept, noon + 31min);
  EXPECT_EQ(times(kept).front(), of(0s));
  EXPECT_EQ(times(kept).at(1), of(1ms));  // it was no later than half past
  EXPECT_EQ(times(kept).back(), of(31min));
}

TEST_F(a_set_clock, that_was_behind_is_put_right_when_it_is_set_forward_by_most_of_that) {
  store kept(in_folder);
  say(kept, noon);
  kept.set_back(noon + 10s, noon - 1000 * 24h);
  say(kept, noon - 1000 * 24h + 5s);
  EXPECT_EQ(times(kept).back(), of(-1000 * 24h + 5s));
  kept.set_forward(400 * 24h);
  EXPECT_EQ(times(kept).back(), of(-1000 * 24h + 5s));
  kept.set_forward(600 * 24h);
  EXPECT_EQ(times(kept), (std::vector{of(0s), of(15s)}));
  say(kept, noon + 1h);
  EXPECT_EQ(times(kept).back(), of(1h));
}

TEST_F(a_set_clock, is_kept_over_a_restart_and_in_a_backup) {
  {
    store kept(in_folder);
    say(kept, noon);
    kept.commit();
    say(kept, noon + 24h + 60s);  // in the journal
    kept.commit();
    kept.set_back(noon + 24h + 80s, noon + 80s);
    say(kept, noon + 90s);
    kept.commit();
    say(kept, noon + 100s);
    kept.commit();
    back_up(in_folder, {.file = folder.path("backup")});
  }
  const std::vector<std::int64_t> all{of(0s), of(60s), of(90s), of(100s)};
  const store_options restored{.folder = folder.path("restored")};
  restore(restored, {.file = folder.path("backup")});
  for (const store_options& one : {in_folder, restored}) {
    store again(one);
    EXPECT_EQ(times(again), all);
    EXPECT_EQ(again.times().time_of(say(again, noon + 110s, "#other")), microseconds(noon + 110s));
    again.commit();
    std::vector<std::int64_t> exported;
    store_snapshot now(one);
    now.each("#lobby", now.times().place_of(microseconds(noon + 60s)), [&](const stored_entry& e) {
      exported.push_back(static_cast<std::int64_t>((e.time - microseconds(noon)) / 1000));
    });
    EXPECT_EQ(exported, (std::vector{of(60s), of(90s), of(100s)}));
  }
}

TEST_F(a_set_clock, keeps_whatever_is_said_in_order_and_apart) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    store kept(store_options{});
    std::mt19937 chance(seed);
    const auto draw = [&](int most) { return std::uniform_int_distribution<>(0, most)(chance); };
    moment now = noon;
    std::map<std::string, std::uint64_t> last;
    const auto step = [&] { return std::chrono::milliseconds(std::int64_t{1} << draw(30)); };
    for (int n = 0; n < 400; ++n) {
      now += std::chrono::milliseconds(1 + draw(1) * draw(100'000));
      const moment before = now;
      switch (draw(20)) {
        case 0:
          if (const auto by = step(); by.count() != 0) {
            now += by;
            kept.set_forward(by);
            if (kept.times().time_of(kept.last_id()) > microseconds(now)) kept.set_back(before, now);
          }
          break;
        case 1:
          now -= step();
          kept.set_back(before, now);
          break;
        default:
          say(kept, now, draw(1) == 0 ? "#a" : "#b");
      }
    }
    for (const char* room : {"#a", "#b"}) {
      const std::vector<stored_entry> all = kept.read(room, {.limit = 1000});
      for (std::size_t i = 0; i < all.size(); ++i) {
        const std::uint64_t time = all[i].time / 1000;
        if (i != 0) ASSERT_GT(time, all[i - 1].time / 1000) << seed << ' ' << i;
        const places its = kept.times().places_of(time, all[i].time);
        ASSERT_TRUE(its.first <= all[i].id && all[i].id <= its.last) << seed << ' ' << i;
        if (i != 0) ASSERT_GT(its.first, all[i - 1].id) << seed << ' ' << i;
      }
    }
    const timeline again = timeline::parse(kept.times().text());
    EXPECT_EQ(again.text(), kept.times().text());
  }
}
