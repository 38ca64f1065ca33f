// For whom a push is made; what browsers get, tests/cli/irc_webpush_test.py tells.
#include <gtest/gtest.h>

#include <string>

#include <parlance/chat/core/push_subscriptions.hpp>
#include <parlance/chat/web/push_sender.hpp>
#include <parlance/io/wait.hpp>

#include "chat/irc/irc_person.hpp"

using namespace parlance;
using namespace parlance::chat;

namespace {

class pushes : public testing::Test {
 protected:
  pushes() {
    f.chat.accounts().create("bob", {}, 0);
    f.chat.has_push_subscriptions = true;
    const auto its = f.chat.accounts().find("bob");
    subscribe(f.kept, *its, {.endpoint = "https://push.example/1", .p256dh = "x", .auth = "y"}, {},
              f.chat.clock().next_id());
    bob.log_in("bob");
    bob.say("AWAY :out");
  }
  person& whom() { return *f.chat.people().find("bob"); }
  /// How many pushes somebody's private message to bob makes.
  std::size_t made() {
    std::size_t pending = 0;
    io::wait([](pushes& self, std::size_t& pending) -> io::task<void> {
      push_sender sender(self.f.chat, [](std::string_view) {});
      event what{event::kind::message, {.prefix = "carol!c@host", .nick = "carol"}, "bob", "hello"};
      self.f.chat.clock().stamp(what, "bob");
      sender.said(what, nullptr, &self.whom());
      sender.turn_is_over(true);
      pending = sender.pending();
      co_return;
    }(*this, pending));
    return pending;
  }

  hub_fixture f{[] {
    settings s;
    s.accounts.nick_reservation = false;
    return s;
  }()};
  irc_person bob{f.chat, "bob"};
};

}  // namespace

TEST_F(pushes, are_made_for_who_is_away_and_no_one_who_looks) {
  EXPECT_EQ(made(), 1U);
  bob.say("AWAY");
  EXPECT_EQ(made(), 0U);
}

TEST_F(pushes, are_for_the_account_that_somebody_is_logged_in_to_and_no_other_of_its_name) {
  ++whom().account_number;
  EXPECT_EQ(made(), 0U);
  --whom().account_number;
  EXPECT_EQ(made(), 1U);
  f.chat.accounts().remove("bob");
  EXPECT_EQ(made(), 0U);
}
