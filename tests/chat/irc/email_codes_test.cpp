// What a code that was sent by mail is good for, and until when (irc/email_verification.hpp).
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <string>
#include <utility>

#include <parlance/chat/accounts/accounts.hpp>
#include <parlance/chat/accounts/mail_codes.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>

#include "chat/irc/irc_person.hpp"
#include "chat/store/faulty_vfs.hpp"
#include "net/temporary_folder.hpp"

using namespace parlance;
using namespace parlance::chat;
using parlance::chat::test::disk_fault;
using namespace std::chrono_literals;
using purpose = mail_codes::purpose;

namespace {

class email_codes : public testing::Test {
 protected:
  email_codes() {
    configured.accounts.nick_reservation = false;
    configured.accounts.email.verify = true;
    configured.accounts.email.command = {"true"};
    chat.spawn = [this](io::task<void> what) { works.push_back(std::move(what)); };
    chat.accounts().create("bob", {.hash = "before", .scram = {}}, 0, "bob@example.org", true);
  }
  std::string code_for(purpose why, const std::string& name) {
    const auto its = chat.accounts().find(name);
    return *chat.mail_codes().make(why,
                                   {.name = name,
                                    .email = name + "@example.org",
                                    .secrets = {.hash = its ? its->hash : "made", .scram = {}},
                                    .account_number = its ? its->number : 0,
                                    .asked_from = "192.0.2.1"},
                                   {}, here.now());
  }
  /// What is told once the work on the password is over.
  std::string say_and_work(const std::string& line) {
    std::string told = guest.say(line);
    while (!works.empty()) {
      io::task<void> first = std::move(works.front());
      works.pop_front();
      io::wait(std::move(first));
      told += guest.heard();
    }
    return told;
  }
  /// One of its neighbours waits for the work on a password, and does it until it is called off.
  io::task<void> take_a_turn() {
    const auto turn = co_await chat.logins().hashing.wait(network::parse("192.0.2.1"), false);
    io::event never;
    co_await never;
  }
  io::task<void> work_while_others_do() {
    io::scope others;
    for (std::size_t n = 0; n < password_work::at_once + password_work::most_of_household; ++n)
      others.spawn(take_a_turn());
    co_await io::sleep(1ms);  // all of them wait
    io::task<void> work = std::move(works.front());
    works.pop_front();
    co_await std::move(work);
  }
  void break_disk() { disk.fail({.nth = 1, .how = disk_fault::broken, .lasting = true}); }

  io::loop here{{.backend = "sim"}};
  net::test::temporary_folder folder;
  chat::test::faulty_vfs disk;
  settings configured;
  store kept{{.folder = folder.path("history"), .vfs = disk.name()}};
  hub chat{configured, kept, every_dialect};
  irc_person guest{chat, "guest"};
  std::deque<io::task<void>> works;
};

}  // namespace

TEST_F(email_codes, last_until_another_password_was_set) {
  const std::string reset = "NS RESETPASS bob " + code_for(purpose::password, "bob") + " another-password";
  guest.say(reset);
  io::wait(work_while_others_do());
  const std::string busy = guest.heard();
  EXPECT_TRUE(busy.contains("busy with other passwords")) << busy;
  break_disk();
  const std::string not_kept = say_and_work(reset);
  EXPECT_FALSE(not_kept.contains("another password now")) << not_kept;
  EXPECT_EQ(chat.accounts().find("bob")->hash, "before");
  disk.mend();
  const std::string kept_now = say_and_work(reset);
  EXPECT_TRUE(kept_now.contains("The account bob has another password now")) << kept_now;
  EXPECT_NE(chat.accounts().find("bob")->hash, "before");
  EXPECT_TRUE(say_and_work(reset).contains("That is not the code, or it is over"));
}

TEST_F(email_codes, set_one_password_each) {
  const std::string reset = "RESETPASS bob " + code_for(purpose::password, "bob") + " another-password";
  irc_person other(chat, "other");
  guest.say("NS " + reset);
  other.say("NS " + reset);
  ASSERT_EQ(works.size(), 2U);
  for (; !works.empty(); works.pop_front()) io::wait(std::move(works.front()));
  EXPECT_TRUE(guest.heard().contains("has another password now"));
  EXPECT_TRUE(other.heard().contains("That is not the code"));
}

TEST_F(email_codes, last_until_the_account_was_made) {
  const std::string verify = "VERIFY alice " + code_for(purpose::account, "alice");
  {
    irc_person alice(chat, "alice");
    EXPECT_TRUE(guest.say(verify).contains("FAIL VERIFY ACCOUNT_EXISTS"));
    alice.say("NICK alien");
    break_disk();
    EXPECT_FALSE(guest.say(verify).contains("VERIFY SUCCESS"));
    EXPECT_FALSE(chat.accounts().exists("alice"));
    disk.mend();
  }
  EXPECT_TRUE(guest.say(verify).contains("VERIFY SUCCESS alice"));
  EXPECT_TRUE(chat.accounts().find("alice")->is_verified);
}

TEST_F(email_codes, make_an_account_that_is_verified_from_the_beginning) {
  const std::string verify = "VERIFY alice " + code_for(purpose::account, "alice");
  // However far the disk goes: after that there is none, or one whose address was shown.
  bool was_made = false;
  for (unsigned nth = 1; !was_made && nth < 100; ++nth) {
    disk.fail({.nth = nth, .how = disk_fault::broken, .lasting = true});
    was_made = guest.say(verify).contains("VERIFY SUCCESS alice");
    const auto its = chat.accounts().find("alice");
    EXPECT_TRUE(!its || its->is_verified) << nth;
    disk.mend();
    chat.end_turn();
  }
  EXPECT_TRUE(was_made);
}

TEST_F(email_codes, are_not_ended_by_who_guesses_and_who_guessed_too_often_is_told_so) {
  const std::string code = code_for(purpose::account, "alice");
  std::string told;
  for (int n = 0; n < 100 && !told.contains("TEMPORARILY_UNAVAILABLE"); ++n) {
    told = guest.say("VERIFY alice WRONG" + std::to_string(n));
    EXPECT_TRUE(told.contains("FAIL VERIFY ")) << told;
  }
  EXPECT_TRUE(
      told.contains("FAIL VERIFY TEMPORARILY_UNAVAILABLE alice :Too many failed logins; try again later"))
      << told;
  EXPECT_TRUE(guest.say("NS VERIFY alice WRONG").contains("Too many failed logins"));
  EXPECT_TRUE(guest.say("NS RESETPASS alice WRONG some-password").contains("Too many failed logins"));
  irc_person alice(chat, "alice", {}, "198.51.100.7");
  EXPECT_TRUE(alice.say("VERIFY alice " + code).contains("VERIFY SUCCESS alice"));
}

TEST_F(email_codes, are_over_with_the_address_and_the_password_that_they_were_sent_for) {
  std::string told;
  chat.on_mail = [&](const std::string&, std::string_view, std::string_view text) { told = text; };
  const auto ask = [&] {
    guest.say("NS RESETPASS bob");
    const std::string_view line = "RESETPASS bob ";
    return "NS RESETPASS bob " + told.substr(told.find(line) + line.size(), 10) + " another-password";
  };
  account bob = *chat.accounts().find("bob");
  std::string reset = ask();
  bob.email = "elsewhere@example.org";
  chat.accounts().update(bob);
  EXPECT_TRUE(say_and_work(reset).contains("That is not the code, or it is over"));
  reset = ask();
  bob.hash = "another";
  chat.accounts().update(bob);
  EXPECT_TRUE(say_and_work(reset).contains("That is not the code, or it is over"));
  EXPECT_EQ(chat.accounts().find("bob")->hash, "another");
  EXPECT_TRUE(say_and_work(ask()).contains("has another password now"));
}

TEST_F(email_codes, are_for_the_password_of_who_has_begun_although_a_neighbour_begins_again) {
  int mails = 0;
  chat.on_mail = [&](const std::string&, std::string_view, std::string_view) { ++mails; };
  const std::string begin = "REGISTER alice alice@example.org ";
  EXPECT_TRUE(say_and_work(begin + "the-password-of-alice").contains("VERIFICATION_REQUIRED"));
  const std::string hash = chat.mail_codes().waits(purpose::account, "alice", here.now())->secrets.hash;
  EXPECT_TRUE(say_and_work(begin + "that-of-a-neighbour").contains("FAIL REGISTER ACCOUNT_EXISTS"));
  EXPECT_EQ(chat.mail_codes().waits(purpose::account, "alice", here.now())->secrets.hash, hash);
  EXPECT_EQ(mails, 1);
  EXPECT_TRUE(say_and_work(begin + "the-password-of-alice").contains("VERIFICATION_REQUIRED"));
  EXPECT_EQ(mails, 2);
  // Nor when both began at once.
  irc_person other(chat, "other");
  guest.say("REGISTER carol carol@example.org the-password-of-carol");
  other.say("REGISTER carol carol@example.org that-of-a-neighbour");
  ASSERT_EQ(works.size(), 2U);
  for (; !works.empty(); works.pop_front()) io::wait(std::move(works.front()));
  EXPECT_TRUE(guest.heard().contains("VERIFICATION_REQUIRED"));
  EXPECT_TRUE(other.heard().contains("FAIL REGISTER ACCOUNT_EXISTS"));
}
