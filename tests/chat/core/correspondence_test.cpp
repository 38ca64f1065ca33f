// Whom somebody has talked with.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/store/store.hpp>

using namespace parlance::chat;

namespace {

using talk = std::pair<std::string, std::string>;

std::vector<talk> talks_of(store& in, std::string_view of) {
  std::vector<talk> all;
  each_talk(in, of, [&](std::string_view with, std::string_view nick) { all.emplace_back(with, nick); });
  return all;
}

TEST(talks, are_known_by_the_nick_of_the_last_time) {
  store kept({});
  remember_talk(kept, "@alice", "@bob", "bob");
  remember_talk(kept, "@alice", "1000000000000001", "a\\guest");
  remember_talk(kept, "@alice", "@bob", "Bob");
  remember_talk(kept, "@alice2", "@carol", "carol");
  EXPECT_EQ(talks_of(kept, "@alice"), (std::vector<talk>{{"1000000000000001", "a\\guest"}, {"@bob", "Bob"}}));
}

TEST(talks, with_guests_are_the_newest) {
  store kept({});
  const auto guest = [](std::size_t n) { return std::to_string(1'000'000'000'000'000 + n); };
  remember_talk(kept, "@alice", "@bob", "bob");
  for (std::size_t n = 0; n < most_talks_with_guests + 7; ++n) {
    remember_talk(kept, "@alice", guest(n), "guest");
    remember_talk(kept, "@alice", guest(n), "called otherwise");  // which makes none go
  }
  const std::vector<talk> all = talks_of(kept, "@alice");
  ASSERT_EQ(all.size(), most_talks_with_guests + 1);
  EXPECT_EQ(all.front().first, guest(7));
  EXPECT_EQ(all[most_talks_with_guests - 1].first, guest(most_talks_with_guests + 6));
  EXPECT_EQ(all.back().first, "@bob");
}

TEST(talks, that_fall_out_of_the_list_are_forgotten_with_what_was_said) {
  store kept({});
  const auto guest = [](std::size_t n) { return std::to_string(1'000'000'000'000'000 + n); };
  for (std::size_t n = 0; n < most_talks_with_guests + 1; ++n) {
    const std::string talk = conversation_of("@alice", guest(n));
    kept.append(talk, {.id = kept.next_id(std::chrono::system_clock::now()), .text = "a private word"});
    remember_talk(kept, "@alice", guest(n), "guest");
  }
  EXPECT_EQ(kept.newest(conversation_of("@alice", guest(0))), 0U);
  EXPECT_NE(kept.newest(conversation_of("@alice", guest(1))), 0U);
}

}  // namespace
