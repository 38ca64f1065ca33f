#include <gtest/gtest.h>

#include <string>

#include <parlance/chat/accounts/cloak.hpp>
#include <parlance/chat/base/network.hpp>
#include <parlance/chat/core/mask.hpp>
#include <parlance/chat/core/server_bans.hpp>
#include <parlance/chat/store/store.hpp>

#include "chat/core/window.hpp"
#include "net/temporary_folder.hpp"

using namespace parlance::chat;
using parlance::net::test::temporary_folder;

namespace {

using kind = server_ban::kind;

constexpr std::int64_t today = 1'700'000'000;

bool holds(std::string_view larger, std::string_view smaller) {
  return network::parse(larger)->holds(*network::parse(smaller));
}

TEST(networks, hold_the_addresses_that_begin_as_they_do) {
  EXPECT_TRUE(holds("192.0.2.0/24", "192.0.2.255"));
  EXPECT_FALSE(holds("192.0.2.0/24", "192.0.3.0"));
  EXPECT_TRUE(holds("192.0.2.0/23", "192.0.3.0"));
  EXPECT_TRUE(holds("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(holds("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(holds("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(holds("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(holds("::/0", "203.0.113.9"));
  EXPECT_TRUE(holds("192.0.2.7", "::ffff:192.0.2.7"));
  EXPECT_FALSE(holds("192.0.2.7", "192.0.2.0/24"));
}

TEST(networks, are_written_in_one_way) {
  EXPECT_EQ(network::parse("192.0.2.77/24")->text(), "192.0.2.0/24");
  EXPECT_EQ(network::parse("2001:DB8:0::1/32")->text(), "2001:db8::/32");
  EXPECT_EQ(network::parse("192.0.2.7/32")->text(), "192.0.2.7");
}

TEST(networks, are_nothing_else) {
  for (const char* text : {"", "/", "192.0.2", "192.0.2.0/", "192.0.2.0/33", "::/129", "::/-1", "::/1x",
                           "host", "192.0.2.1 ", "192.0.2.0/24/24"})
    EXPECT_FALSE(network::parse(text)) << text;
}

TEST(server_bans, are_of_masks_of_a_bounded_length) {
  const std::string longest = "a@" + std::string(max_mask - 2, 'x');
  EXPECT_EQ(normalise_server_ban(kind::people, longest), longest);
  EXPECT_EQ(normalise_server_ban(kind::people, longest + "x"), std::nullopt);
  EXPECT_EQ(normalise_server_ban(kind::people, "host"), "*@host");
  for (const char* text : {"", "a b@c", "a@b,c", "n!u@h"})
    EXPECT_EQ(normalise_server_ban(kind::people, text), std::nullopt) << text;
  EXPECT_EQ(normalise_server_ban(kind::address, "192.0.2.77/24"), "192.0.2.0/24");
  EXPECT_EQ(normalise_server_ban(kind::address, "host"), std::nullopt);
}

TEST(server_bans, are_for_a_length_that_is_typed) {
  const struct {
    const char* typed;
    std::int64_t seconds;
  } all[] = {{"30", 1800},  {"90s", 90}, {"1d12h", 129'600},        {"1w", 604'800},
             {"1h5", 3900}, {"0", 0},    {"36500d", 3'153'600'000}, {"0d36500d", 3'153'600'000}};
  for (const auto& [typed, seconds] : all) EXPECT_EQ(parse_ban_length(typed), seconds) << typed;
  for (const char* typed :
       {"", "d", "-1", "1x", "1d ", "36501d", "36500d1s", "3153600001", "99999999999999999999"})
    EXPECT_EQ(parse_ban_length(typed), std::nullopt) << typed;
}

TEST(server_bans, outlast_the_server) {
  temporary_folder folder;
  {
    store kept({.folder = folder.path("history")});
    server_bans bans(kept);
    EXPECT_TRUE(bans.add({.what = kind::address, .mask = "192.0.2.0/24", .reason = "spam \"x\""}));
    EXPECT_TRUE(bans.add({.what = kind::people, .mask = "eve@*", .reason = "eve"}));
    EXPECT_TRUE(bans.add({.what = kind::people, .mask = "mallory@*", .reason = "mallory"}));
    EXPECT_TRUE(bans.remove(kind::people, "Mallory@*"));
    kept.commit();
  }
  store kept({.folder = folder.path("history")});
  const server_bans bans(kept);
  ASSERT_EQ(bans.all().size(), 2U);
  const server_ban* found = bans.find({.user = "~u", .host = "h", .address = "192.0.2.9"}, today);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->reason, "spam \"x\"");
  EXPECT_TRUE(bans.find({.user = "~EVE", .host = "h", .address = "198.51.100.1"}, today));
  EXPECT_FALSE(bans.find({.user = "~adam", .host = "h", .address = "198.51.100.1"}, today));
  EXPECT_FALSE(bans.find({.user = "~adam", .host = "h", .address = "localhost"}, today));
}

TEST(server_bans, are_meant_for_the_address_and_for_what_hides_it) {
  for (const char* mask : {"*@192.0.2.*", "*@abc.cloak", "~bob@*", "bob@*"})
    EXPECT_TRUE(matches_visitor(mask, {.user = "~bob", .host = "abc.cloak", .address = "192.0.2.9"})) << mask;
  EXPECT_FALSE(matches_visitor("ob@*", {.user = "~bob", .host = "abc.cloak", .address = "192.0.2.9"}));
}

TEST(server_bans, end) {
  store kept({});
  server_bans bans(kept);
  bans.add({.what = kind::people, .mask = "*@*", .expires = today + 60});
  EXPECT_TRUE(bans.find({.user = "u", .host = "h", .address = "a"}, today + 59));
  EXPECT_FALSE(bans.find({.user = "u", .host = "h", .address = "a"}, today + 60));
  bans.expire(today + 60);
  EXPECT_TRUE(bans.all().empty());
  EXPECT_FALSE(kept.get("ban", "k:*@*"));
}

TEST(cloaks, are_the_same_for_one_address_and_tell_nothing_of_it) {
  store kept({}), other({});
  cloak hides(kept), again(kept), elsewhere(other);
  const std::string host = hides.host_of("192.0.2.7");
  EXPECT_TRUE(host.ends_with(".cloak"));
  EXPECT_EQ(host.size(), 22U);
  EXPECT_EQ(again.host_of("192.0.2.7"), host);
  EXPECT_EQ(hides.host_of("::ffff:192.0.2.7"), host);
  EXPECT_NE(hides.host_of("192.0.2.8"), host);
  EXPECT_NE(elsewhere.host_of("192.0.2.7"), host);
  EXPECT_EQ(hides.host_of("2001:db8::1"), hides.host_of("2001:db8::2"));
  EXPECT_NE(hides.host_of("2001:db8::1"), hides.host_of("2001:db8:0:1::1"));
}

TEST(cloaks, leave_this_machine_as_it_is) {
  store kept({});
  cloak hides(kept);
  for (const char* address : {"127.0.0.1", "127.8.8.8", "::1", "localhost", "unix"})
    EXPECT_EQ(hides.host_of(address), "localhost") << address;
  EXPECT_EQ(plain_host_of("::2"), "0::2");
}

}  // namespace

TEST(server_bans_of_the_hub, put_out_all_but_those_who_may_ban) {
  hub_fixture f;
  window boss(f.chat), helper(f.chat), alice(f.chat);
  boss.enter("boss");
  helper.enter("helper");
  alice.enter("alice");
  for (window* one : {&boss, &helper}) f.chat.people().set_mode(*one->who(), 'o', true);
  boss.who()->permitted = permissions({"ban"});
  helper.who()->permitted = permissions({"kill"});
  ASSERT_TRUE(f.chat.add_ban(server_ban::kind::people, "*@*", "why", "boss", 0));
  f.chat.enforce_bans("Banned: why", nullptr);
  f.chat.end_turn();
  EXPECT_EQ(boss.put_out, "");
  EXPECT_EQ(helper.put_out, "Banned: why");
  EXPECT_EQ(alice.put_out, "Banned: why");
}
