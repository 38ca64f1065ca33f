// What files may come, as far as it is told without any.
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <parlance/chat/core/uploads.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/chat/web/content_disposition.hpp>

namespace parlance::chat {
namespace {

using namespace std::chrono_literals;

class uploads_of_a_chat : public testing::Test {
 protected:
  auto begin(std::string_view owner, std::optional<network> from = {}, std::uint64_t size = 1) {
    return all.begin(owner, from, size, now);
  }
  settings configured;
  store kept{store_options{}};
  uploads all{configured, kept};
  io::time_point now{1h};
};

TEST_F(uploads_of_a_chat, hold_their_room_while_they_come_and_give_it_back) {
  configured.uploads.quota_per_person = 100'000;
  configured.uploads.quota = 150'000;
  {
    auto one = begin("@a#1");
    ASSERT_TRUE(one);
    EXPECT_TRUE(one->grow(90'000));
    EXPECT_EQ(one->grow(20'000).error(), uploads::obstacle::person_full);
    EXPECT_EQ(one->size(), 90'000U);
    EXPECT_EQ(begin("@b#2", {}, 70'000).error(), uploads::obstacle::full);
    EXPECT_EQ(all.total(), 90'000U);
  }
  EXPECT_EQ(all.total(), 0U);
  auto small = begin("@a#1");
  ASSERT_TRUE(small && small->grow(1));
  EXPECT_EQ(all.total(), uploads::least_cost);
  const upload& there = all.keep(*std::move(small), "cat.png", 5);
  EXPECT_EQ(all.find(there.token), &there);
  EXPECT_EQ(all.total(), uploads::least_cost);
  all.remove_older_than(5, 10);
  EXPECT_TRUE(all.find(there.token));
  const std::string file = there.file();
  EXPECT_EQ(file, there.token + ".png");
  all.remove_older_than(6, 10);
  EXPECT_EQ(all.total(), 0U);
  EXPECT_EQ(all.take_removed(), std::vector<std::string>{file});
}

TEST_F(uploads_of_a_chat, are_few_at_a_time_of_one_household_and_not_too_often_of_one_person) {
  const auto home = network::parse("192.0.2.7");
  std::vector<uploads::arrival> coming;
  for (int i = 0; i < 4; ++i) coming.push_back(*begin("@" + std::to_string(i) + "#1", home));
  EXPECT_EQ(begin("@x#1", home).error(), uploads::obstacle::too_many);
  EXPECT_TRUE(begin("@x#1", network::parse("192.0.2.8")));
  coming.pop_back();
  EXPECT_TRUE(begin("@x#1", home));
  for (int i = 0; i < 30; ++i) begin("@y#1");
  EXPECT_EQ(begin("@y#1").error(), uploads::obstacle::too_often);
  now += 11s;
  EXPECT_TRUE(begin("@y#1"));
}

TEST_F(uploads_of_a_chat, are_few_at_a_time_of_one_account_wherever_it_calls_from) {
  std::vector<uploads::arrival> coming;
  for (int i = 0; i < 4; ++i)
    coming.push_back(*begin("@a#1", network::parse("192.0.2." + std::to_string(i))));
  EXPECT_EQ(begin("@a#1", network::parse("192.0.2.9")).error(), uploads::obstacle::too_many);
  EXPECT_EQ(begin("@a#1").error(), uploads::obstacle::too_many);
  EXPECT_TRUE(begin("@b#1", network::parse("192.0.2.9")));
  coming.pop_back();
  EXPECT_TRUE(begin("@a#1"));
}

TEST_F(uploads_of_a_chat, that_come_slowly_give_way_where_others_wait) {
  configured.uploads.quota_per_person = configured.uploads.quota = std::uint64_t{1} << 40U;
  std::deque<std::optional<uploads::arrival>> coming;
  const auto come = [&](int i) {
    return begin("@" + std::to_string(i) + "#1", network::parse("198.51.100." + std::to_string(i)));
  };
  for (int i = 0; i < 64; ++i) coming.emplace_back(*come(i));
  EXPECT_EQ(come(64).error(), uploads::obstacle::too_many);  // nobody has had the time to be slow
  now += 11s;
  for (std::size_t i = 0; i < coming.size(); ++i) EXPECT_TRUE(coming[i]->grow(i == 7 ? 1 : 100 + i));
  auto next = come(64);
  ASSERT_TRUE(next);
  for (std::size_t i = 0; i < coming.size(); ++i) EXPECT_EQ(coming[i]->gives_way().is_set(), i == 7) << i;
  // Its place is given once.
  ASSERT_TRUE(come(65));
  EXPECT_TRUE(coming[0]->gives_way().is_set());
  // What comes fast enough stays, however many wait.
  coming[0].reset();
  coming[7].reset();
  for (auto& one : coming) EXPECT_TRUE(!one || one->grow(10'000'000));
  EXPECT_TRUE(next->grow(10'000'000));
  std::vector<uploads::arrival> more;
  for (int i = 66; coming.size() - 2 + 1 + more.size() < 64; ++i) more.push_back(*come(i));
  now += 11s;
  for (uploads::arrival& one : more) EXPECT_TRUE(one.grow(10'000'000));
  EXPECT_EQ(come(99).error(), uploads::obstacle::too_many);
}

TEST_F(uploads_of_a_chat, are_not_looked_for_by_who_guesses) {
  const auto home = network::parse("192.0.2.7"), other = network::parse("192.0.2.8");
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(all.may_look(home, now));
    all.has_missed(home, now);
  }
  EXPECT_FALSE(all.may_look(home, now));
  EXPECT_TRUE(all.may_look(other, now));
  EXPECT_TRUE(all.may_look({}, now));
  now += 2s;
  EXPECT_TRUE(all.may_look(home, now));
}

TEST(upload_name, is_fit_for_an_address) {
  EXPECT_EQ(upload_name("C:\\docs\\Cat.PNG", ""), "Cat.png");
  EXPECT_EQ(upload_name("/etc/passwd", ""), "passwd");
  EXPECT_EQ(upload_name("...", ""), "file");
  EXPECT_EQ(upload_name("", "png"), "file.png");
  EXPECT_EQ(upload_name("photo", "jpg"), "photo.jpg");
  EXPECT_EQ(upload_name("a.b c", ""), "a.b c");  // that is no ending
  EXPECT_EQ(upload_name(std::string(30, '\xe7'), "").find('\xe7'), std::string::npos);
  const std::string cats = upload_name(
      "\xe7\x8c\xab\xe7\x8c\xab\xe7\x8c\xab\xe7\x8c\xab\xe7\x8c\xab\xe7\x8c\xab\xe7\x8c\xab\xe7\x8c\xab"
      "\xe7\x8c\xab\xe7\x8c\xab\xe7\x8c\xab\xe7\x8c\xab\xe7\x8c\xab\xe7\x8c\xab\xe7\x8c\xab\xe7\x8c\xab"
      "\xe7\x8c\xab\xe7\x8c\xab\xe7\x8c\xab\xe7\x8c\xab\xe7\x8c\xab\xe7\x8c\xab\xe7\x8c\xab\xe7\x8c\xab"
      "\xe7\x8c\xab\xe7\x8c\xab\xe7\x8c\xab\xe7\x8c\xab.gif",
      "");
  EXPECT_EQ(cats.size(), 78U + 4U);
}

TEST(content_disposition, is_read_and_written) {
  EXPECT_EQ(file_name_of("attachment; filename=\"a;b \\\"c\\\".txt\""), "a;b \"c\".txt");
  EXPECT_EQ(file_name_of("attachment; filename=x; filename*=UTF-8''%E7%8C%AB.png"), "\xe7\x8c\xab.png");
  EXPECT_EQ(file_name_of("attachment; filename=plain.txt"), "plain.txt");
  EXPECT_EQ(file_name_of("inline"), "");
  EXPECT_EQ(file_name_of(""), "");
  EXPECT_EQ(content_disposition("inline", "it's (a) \xe7\x8c\xab*.png"),
            "inline; filename*=UTF-8''it%27s%20%28a%29%20%E7%8C%AB%2A.png");
}

}  // namespace
}  // namespace parlance::chat
