#include <gtest/gtest.h>

#include <parlance/chat/core/people.hpp>

namespace {

using namespace parlance::chat;

TEST(people, are_found_once_they_are_there_whichever_case_their_nick_is_in) {
  people all;
  person& alice = all.add("Alice");
  EXPECT_EQ(all.find("alice"), nullptr);
  EXPECT_EQ(all.holder_of("aLICE"), &alice);
  all.came(alice);
  EXPECT_EQ(all.find("ALICE"), &alice);
  all.gone(alice);
  EXPECT_EQ(all.find("alice"), nullptr);
  all.remove(alice);
  EXPECT_EQ(all.holder_of("alice"), nullptr);
}

TEST(people, are_the_same_under_another_nick) {
  people all;
  person& who = all.add("alice");
  all.came(who);
  all.rename(who, "Alicia", "user", "host");
  EXPECT_EQ(all.find("alicia"), &who);
  EXPECT_EQ(all.find("alice"), nullptr);
  EXPECT_EQ(who.prefix(), "Alicia!user@host");
  all.rename(who, "ALICIA", who.user(), who.host());
  EXPECT_EQ(all.find("alicia"), &who);
  EXPECT_EQ(who.prefix(), "ALICIA!user@host");
  EXPECT_EQ(all.all().size(), 1U);
}

TEST(people, look_like_each_other_only_where_a_nick_is_not_of_ascii_alone) {
  people all;
  person& bob = all.add("bob");
  const char* const drawn = "\u0412\u041e\u0412";  // in Cyrillic
  EXPECT_TRUE(all.looks_like_other(drawn, nullptr));
  EXPECT_FALSE(all.looks_like_other(drawn, &bob));
  EXPECT_FALSE(all.looks_like_other("bob", &bob));
  all.rename(bob, drawn, {}, {});
  EXPECT_TRUE(all.looks_like_other("Bob", nullptr));
  EXPECT_FALSE(all.looks_like_other("Bob", &bob));
  all.rename(bob, "carol", {}, {});
  EXPECT_FALSE(all.looks_like_other("bob", nullptr));
  person& other = all.add(drawn);
  EXPECT_TRUE(all.looks_like_other("bob", &bob));
  all.remove(other);
  EXPECT_FALSE(all.looks_like_other("bob", &bob));
}

TEST(people, are_counted_with_their_modes) {
  people all;
  person &alice = all.add("alice"), &bob = all.add("bob");
  alice.modes.set('i');
  EXPECT_EQ(all.present.people, 0U);
  all.came(alice);
  all.came(bob);
  all.set_mode(bob, 'o', true);
  all.set_mode(bob, 'o', true);
  EXPECT_EQ(all.present.people, 2U);
  EXPECT_EQ(all.present.invisible, 1U);
  EXPECT_EQ(all.present.operators, 1U);
  all.gone(alice);
  all.set_mode(bob, 'o', false);
  EXPECT_EQ(all.present.people, 1U);
  EXPECT_EQ(all.present.most_people, 2U);
  EXPECT_EQ(all.present.invisible, 0U);
  EXPECT_EQ(all.present.operators, 0U);
}

TEST(people, of_an_account_are_all_who_are_logged_in_to_it) {
  people all;
  person &one = all.add("one"), &two = all.add("two");
  all.add("three");
  one.account = "Alice", two.account = "alice";
  EXPECT_EQ(all.of_account("ALICE").size(), 2U);
  EXPECT_TRUE(all.of_account("bob").empty());
}

}  // namespace
