#include <gtest/gtest.h>

#include <string>

#include <parlance/chat/door/dns_message.hpp>

using namespace parlance::chat;
using namespace std::string_literals;

namespace {

using result = dns_answer::result;

const std::string asked = dns_question(0x1234, "2.0.0.127.dnsbl.example");

/// What a server says to that question: flags, and records that are numbered.
std::string answer(const std::string& flags, std::size_t records, const std::string& rest = {}) {
  std::string text = asked;
  text.replace(2, 2, flags);
  text[7] = static_cast<char>(records);
  return text + rest;
}

const std::string found = "\x81\x80"s, no_such_name = "\x81\x83"s, failed = "\x81\x82"s;

std::string address_record(const std::string& address, const std::string& name = "\xc0\x0c"s) {
  return name + "\0\1\0\1\0\0\0\x3c\0\4"s + address;
}

std::vector<std::string> addresses(const std::optional<dns_answer>& of) {
  std::vector<std::string> all;
  if (of)
    for (const network& one : of->addresses) all.push_back(one.text());
  return all;
}

}  // namespace

TEST(dns_messages, ask_for_an_address_by_its_bytes_the_last_first) {
  EXPECT_EQ(listed_name(*network::parse("192.0.2.99"), "dnsbl.example"), "99.2.0.192.dnsbl.example");
  EXPECT_EQ(
      listed_name(*network::parse("2001:db8:1:2:3:4:567:89ab"), "x.example"),
      "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.x.example");  // RFC 5782, section 2.4
  EXPECT_EQ(asked,
            "\x12\x34\1\0\0\1\0\0\0\0\0\0\1"
            "2\1"
            "0\1"
            "0\3"
            "127\5dnsbl\7example\0\0\1\0\1"s);
}

TEST(dns_messages, are_answers_of_that_question_alone) {
  EXPECT_TRUE(read_dns_answer(answer(no_such_name, 0), asked));
  EXPECT_FALSE(read_dns_answer(asked, asked));  // it is the question
  EXPECT_FALSE(read_dns_answer("", asked));
  EXPECT_FALSE(read_dns_answer(answer(found, 0).substr(0, asked.size() - 1), asked));
  std::string other = answer(found, 0);
  other[1] = 'x';
  EXPECT_FALSE(read_dns_answer(other, asked)) << "another number";
  other = answer(found, 0);
  other[15] = '3';
  EXPECT_FALSE(read_dns_answer(other, asked)) << "another name";
  other = answer(found, 0);
  other[23] = 'D';
  EXPECT_TRUE(read_dns_answer(other, asked)) << "another case";
  other = answer(found, 0);
  other[5] = '\0';
  EXPECT_FALSE(read_dns_answer(other, asked)) << "no question";
}

TEST(dns_messages, tell_what_was_found) {
  const auto two = read_dns_answer(
      answer(found, 2, address_record("\x7f\0\0\2"s) + address_record("\x7f\0\0\x0a"s, "\1x\xc0\x0c"s)),
      asked);
  ASSERT_TRUE(two);
  EXPECT_EQ(two->how, result::found);
  EXPECT_EQ(addresses(two), (std::vector<std::string>{"127.0.0.2", "127.0.0.10"}));
  EXPECT_EQ(read_dns_answer(answer(no_such_name, 0), asked)->how, result::none);
  EXPECT_EQ(read_dns_answer(answer(found, 0), asked)->how, result::none);
  EXPECT_EQ(read_dns_answer(answer(failed, 0), asked)->how, result::failed);
  // An alias and its address.
  const std::string alias = "\xc0\x0c\0\5\0\1\0\0\0\x3c\0\3\1y\0"s;
  EXPECT_EQ(
      addresses(read_dns_answer(answer(found, 2, alias + address_record("\x7f\0\0\4"s, "\1y\0"s)), asked)),
      std::vector<std::string>{"127.0.0.4"});
}

TEST(dns_messages, count_as_far_as_they_are_there) {
  const std::string whole = answer(found, 2, address_record("\x7f\0\0\2"s) + address_record("\x7f\0\0\3"s));
  for (std::size_t size = asked.size(); size <= whole.size(); ++size) {
    const auto cut = read_dns_answer(whole.substr(0, size), asked);
    ASSERT_TRUE(cut) << size;
    const std::size_t records = (size - asked.size()) / 16;
    EXPECT_EQ(cut->addresses.size(), records) << size;
    EXPECT_EQ(cut->how, records == 0 ? result::none : result::found);
  }
  EXPECT_TRUE(addresses(read_dns_answer(
                            answer(found, 1, address_record("\x7f\0\0\2"s).replace(10, 2, "\0\5"s)), asked))
                  .empty());
}
