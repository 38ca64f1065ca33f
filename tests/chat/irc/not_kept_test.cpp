// What clients of IRC are told when the disk keeps nothing.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

#include <parlance/chat/accounts/accounts.hpp>
#include <parlance/chat/core/account_control.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/door/dialects.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/io/loop.hpp>

#include "chat/irc/irc_person.hpp"
#include "chat/store/faulty_vfs.hpp"
#include "net/temporary_folder.hpp"

using namespace parlance;
using namespace parlance::chat;
using parlance::chat::test::disk_fault;

namespace {

class irc_not_kept : public testing::Test {
 protected:
  void break_disk() { disk.fail({.nth = 1, .how = disk_fault::broken, .lasting = true}); }

  io::loop here{{.backend = "sim"}};
  net::test::temporary_folder folder;
  chat::test::faulty_vfs disk;
  settings configured;
  store kept{{.folder = folder.path("history"), .vfs = disk.name()}};
  hub chat{configured, kept, every_dialect};
};

TEST_F(irc_not_kept, a_labelled_message_is_answered_by_its_failure_alone) {
  irc_person alice(chat, "alice"), bob(chat, "bob");
  alice.say("CAP REQ :labeled-response batch message-tags");
  alice.say("JOIN #a");
  break_disk();
  const std::string failure = "FAIL PRIVMSG MESSAGE_NOT_KEPT ";
  EXPECT_EQ(alice.say("PRIVMSG #a :hi"), "");
  EXPECT_TRUE(alice.say("").starts_with(":parlance.local " + failure + "#a :"));
  const std::string one = alice.say("@label=x PRIVMSG #a :hi");
  EXPECT_TRUE(one.starts_with("@label=x :parlance.local " + failure + "#a :")) << one;
  EXPECT_EQ(one.find("\r\n"), one.size() - 2) << one;
  const std::string two = alice.say("@label=y PRIVMSG #a,nobody,bob :hi");
  EXPECT_TRUE(two.starts_with("@label=y :parlance.local BATCH +")) << two;
  EXPECT_TRUE(two.contains(failure + "#a :") && two.contains(failure + "bob :") && two.contains(" 401 "))
      << two;
  EXPECT_FALSE(two.contains(" ACK")) << two;
  alice.say("CAP REQ :echo-message");
  const std::string echoed = alice.say("@label=z PRIVMSG #a :hi");
  EXPECT_TRUE(echoed.starts_with("@label=z :parlance.local " + failure)) << echoed;
  EXPECT_EQ(echoed.find("\r\n"), echoed.size() - 2) << echoed;
  disk.mend();
  EXPECT_TRUE(alice.say("@label=w PRIVMSG #a :hi").contains("label=w")) << "and then it goes on";
}

TEST_F(irc_not_kept, a_read_marker_is_told_to_nobody) {
  chat.accounts().create("alice", {}, 0);
  irc_person alice(chat, "al");
  alice.say("CAP REQ draft/read-marker");
  alice.log_in("alice");
  alice.say("JOIN #a");
  break_disk();
  const std::string refused = alice.say("MARKREAD #a timestamp=1970-01-01T00:00:00.001Z");
  EXPECT_TRUE(refused.contains("FAIL MARKREAD INTERNAL_ERROR #a ")) << refused;
  EXPECT_FALSE(refused.contains(" MARKREAD #a ")) << refused;
  disk.mend();
  EXPECT_TRUE(alice.say("MARKREAD #a").contains("MARKREAD #a *")) << "it is as it was";
}

TEST_F(irc_not_kept, a_rank_is_given_and_taken_by_no_one) {
  irc_person alice(chat, "alice"), bob(chat, "bob");
  for (irc_person* who : {&alice, &bob}) who->say("JOIN #a");
  alice.say("MODE #a +kv key bob");
  const auto ranks = [&] { return chat.rooms().find("#a")->ranks_of(*chat.people().find("bob")); };
  bob.heard();
  break_disk();
  for (const char* modes : {"+o", "-v", "+o-v"}) {
    const std::string refused = alice.say(std::string("MODE #a ") + modes + " bob bob");
    EXPECT_TRUE(refused.contains(" TEMPORARILY_UNAVAILABLE ")) << refused;
    EXPECT_EQ(ranks(), voice) << modes;
    EXPECT_EQ(bob.heard(), "");
  }
  disk.mend();
  EXPECT_TRUE(alice.say("MODE #a +o bob").contains("MODE #a +o bob"));
  EXPECT_EQ(ranks(), voice | channel_operator);
}

/// Whether its end was told, and is so after a restart, when the disk breaks at the nth thing that it is asked for.
std::pair<bool, bool> end_of_account(unsigned nth) {
  const net::test::temporary_folder folder;
  chat::test::faulty_vfs disk;
  settings configured;
  configured.accounts.nick_reservation = false;
  std::string told;
  {
    store kept{{.folder = folder.path("history"), .vfs = disk.name()}};
    hub chat{configured, kept, every_dialect};
    chat.accounts().create("alice", {}, 0);
    irc_person alice(chat, "alice", "alice");
    alice.say("JOIN #a");
    const std::string asked = alice.say("NS UNREGISTER alice");
    const std::size_t code = asked.rfind("UNREGISTER alice ") + 17;
    disk.fail({.nth = nth, .how = disk_fault::broken, .lasting = true});
    told = alice.say("NS UNREGISTER alice " + asked.substr(code, 8));
  }
  disk.mend();
  store kept{{.folder = folder.path("history")}};
  return {told.contains("The account alice is no more"), !account_registry(kept).exists("alice")};
}

TEST_F(irc_not_kept, the_end_of_an_account_is_told_only_when_it_lasts) {
  bool was_refused = false;
  for (unsigned nth = 1; nth < 40; ++nth) {
    const auto [is_told, is_so] = end_of_account(nth);
    EXPECT_TRUE(!is_told || is_so) << nth;
    was_refused = was_refused || !is_told;
  }
  EXPECT_TRUE(was_refused);
}

/// What an account and its room are called, here and after a restart, when the disk breaks at the nth thing that it is
/// asked for while the account gets another name.
std::array<std::string, 4> names_after_renaming(unsigned nth) {
  const net::test::temporary_folder folder;
  chat::test::faulty_vfs disk;
  settings configured;
  configured.accounts.nick_reservation = false;
  std::string here, founder;
  {
    store kept{{.folder = folder.path("history"), .vfs = disk.name()}};
    hub chat{configured, kept, every_dialect};
    chat.accounts().create("alice", {}, 0);
    irc_person alice(chat, "alice", "alice");
    alice.say("JOIN #a");
    alice.say("CS REGISTER #a");
    disk.fail({.nth = nth, .how = disk_fault::broken, .lasting = true});
    try {
      rename_account(chat, "alice", "wonder");
    } catch (const store_error&) {
    }
    disk.mend();
    here = chat.accounts().exists("wonder") ? "wonder" : "alice";
    founder = chat.rooms().find("#a")->founder_account;
    disk.fail({.nth = 1, .how = disk_fault::broken, .lasting = true});  // it is killed
  }
  disk.mend();
  store kept{{.folder = folder.path("history")}};
  hub chat{configured, kept, every_dialect};
  return {here, founder, chat.accounts().exists("wonder") ? "wonder" : "alice",
          chat.rooms().find("#a")->founder_account};
}

TEST_F(irc_not_kept, an_account_gets_another_name_with_its_rooms_or_not_at_all) {
  bool was_renamed = false, was_not = false;
  for (unsigned nth = 1; nth < 40; ++nth) {
    const auto [here, founder, account_then, founder_then] = names_after_renaming(nth);
    EXPECT_EQ(here, founder) << nth;
    EXPECT_EQ(account_then, founder_then) << nth;
    (account_then == "wonder" ? was_renamed : was_not) = true;
  }
  EXPECT_TRUE(was_renamed);
  EXPECT_TRUE(was_not);
}

}  // namespace
