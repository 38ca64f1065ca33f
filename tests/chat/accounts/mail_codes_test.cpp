#include <gtest/gtest.h>

#include <string>

#include <parlance/chat/accounts/accounts.hpp>
#include <parlance/chat/accounts/mail_codes.hpp>
#include <parlance/chat/door/mailer.hpp>

using namespace parlance;
using namespace parlance::chat;
using namespace std::chrono_literals;
using purpose = mail_codes::purpose;

namespace {

const network here = *network::parse("192.0.2.1"), there = *network::parse("198.51.100.1");

class codes_by_mail : public testing::Test {
 protected:
  std::optional<std::string> make(std::string name, std::string email = {},
                                  std::optional<network> from = here, purpose why = purpose::account) {
    if (email.empty()) email = name + "@example.org";
    return all.make(why, {.name = std::move(name), .email = std::move(email)}, from, now);
  }
  bool take(std::string_view name, std::string_view code, purpose why = purpose::account) {
    const bool is_it = all.find(why, name, code, now) != nullptr;
    all.end(why, name, code);
    return is_it;
  }

  mail_codes all;
  io::time_point now{};
};

}  // namespace

TEST_F(codes_by_mail, are_taken_once_however_they_are_copied) {
  const std::string code = *make("Alice");
  EXPECT_EQ(code.size(), 10U);
  EXPECT_EQ(code.find_first_of("01IO"), std::string::npos);
  ASSERT_TRUE(all.waits(purpose::account, "alice", now));
  EXPECT_EQ(all.waits(purpose::account, "ALICE", now)->email, "Alice@example.org");
  EXPECT_FALSE(take("alice", code, purpose::password));
  EXPECT_FALSE(take("bob", code));
  const std::string copied = " " + code.substr(0, 5) + "-" + folded(code.substr(5)) + "\t";
  const mail_codes::matter* const what = all.find(purpose::account, "aLICE", copied, now);
  ASSERT_TRUE(what);
  EXPECT_EQ(what->name, "Alice");
  EXPECT_EQ(all.find(purpose::account, "alice", code, now), what) << "it stays until it is done";
  all.end(purpose::account, "alice", "WRONG");
  EXPECT_TRUE(all.waits(purpose::account, "alice", now));
  all.end(purpose::account, "aLICE", copied);
  EXPECT_FALSE(take("alice", code));
}

TEST_F(codes_by_mail, end_with_time_and_with_the_next_and_not_with_wrong_ones) {
  const std::string first = *make("alice"), second = *make("alice");
  EXPECT_FALSE(take("alice", first));
  EXPECT_TRUE(take("alice", second));
  now += 2h;
  const std::string third = *make("alice");
  for (int n = 0; n < 100; ++n) EXPECT_FALSE(take("alice", n % 2 == 0 ? "WRONG" : ""));
  EXPECT_TRUE(take("alice", third));
  now += 2h;
  const std::string fourth = *make("alice");
  now += mail_codes::lasts;
  EXPECT_FALSE(all.waits(purpose::account, "alice", now));
  EXPECT_FALSE(take("alice", fourth));
}

TEST_F(codes_by_mail, are_sent_so_often_to_one_address_from_one_household_and_by_all) {
  for (int n = 0; n < 3; ++n) EXPECT_TRUE(make("a" + std::to_string(n), "a@example.org", {}));
  EXPECT_FALSE(make("a4", "A@EXAMPLE.ORG", {}));
  for (int n = 0; n < 3; ++n) EXPECT_TRUE(make("b" + std::to_string(n)));
  EXPECT_FALSE(make("b4"));
  EXPECT_TRUE(make("b4", {}, there));
  now += 21min;
  EXPECT_TRUE(make("a4", "a@example.org"));
  EXPECT_FALSE(make("a5", "a@example.org"));
  int sent = 0;
  for (int n = 0; n < 100; ++n) sent += make("c" + std::to_string(n), {}, {}).has_value();
  EXPECT_EQ(sent, 59);
}

TEST(mail, is_for_one_receiver_and_answered_by_no_program) {
  const std::string text = mail_text("chat@example.org", "a@example.org", "Your code", "It is this.\n");
  EXPECT_TRUE(text.starts_with("From: chat@example.org\nTo: a@example.org\nSubject: Your code\n"));
  EXPECT_TRUE(text.contains("\nAuto-Submitted: auto-generated\n"));
  EXPECT_TRUE(text.ends_with("\n\nIt is this.\n"));
  for (const char* address : {"a@example.org,b@example.org", "a@b\nBcc: c@d", "<a@b>", "a@b;c@d", "\"a\"@b",
                              "a(b)@c", "x:a@b", "@b", "a@"})
    EXPECT_FALSE(is_email(address)) << address;
  for (const char* address : {"a@example.org", "a+b@example.org", "\xc3\xa9@example.org", "o'neil_x@e.org"})
    EXPECT_TRUE(is_email(address)) << address;
  EXPECT_TRUE(is_email(std::string(252, 'a') + "@b"));  // RFC 5321, section 4.5.3.1.3
  EXPECT_FALSE(is_email(std::string(253, 'a') + "@b"));
}
