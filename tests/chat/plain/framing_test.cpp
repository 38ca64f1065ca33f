#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/plain/command.hpp>
#include <parlance/chat/plain/framing.hpp>

using parlance::chat::parse_plain;
using parlance::chat::pause_means;
using parlance::chat::plain_command;
using parlance::chat::plain_framing;
using kind = plain_framing::message::kind;

namespace {

void take_all(plain_framing& framing, std::vector<std::string>& into) {
  while (const auto m = framing.next())
    into.push_back(m->what == kind::text       ? m->text
                   : m->what == kind::too_long ? "<too long>"
                                               : "<unreadable>");
}

std::vector<std::string> messages(plain_framing& framing, std::string_view bytes) {
  std::vector<std::string> all;
  framing.feed(bytes);
  take_all(framing, all);
  return all;
}

using texts = std::vector<std::string>;

/// Of a line that comes before its end does.
std::optional<kind> kind_of(std::string_view typed) {
  plain_framing framing(100);
  framing.feed(typed);
  EXPECT_FALSE(framing.next());
  framing.feed("\n");
  const auto message = framing.next();
  return message ? std::optional(message->what) : std::nullopt;
}

}  // namespace

TEST(plain_framing, ends_a_message_at_every_kind_of_newline) {
  plain_framing framing(100);
  EXPECT_EQ(messages(framing, "one\ntwo\r\nthr"), (texts{"one", "two"}));
  EXPECT_EQ(messages(framing, "ee\r"), texts{"three"});
  EXPECT_EQ(messages(framing, "\nfour\rfive\n"), (texts{"four", "five"}));
}

TEST(plain_framing, leaves_out_blank_messages_and_blanks_at_the_end) {
  plain_framing framing(100);
  EXPECT_EQ(messages(framing, "\n  \n\t\r\nhi  \n"), texts{"hi"});
}

TEST(plain_framing, takes_text_for_a_message_when_nothing_follows) {
  plain_framing framing(100);
  EXPECT_FALSE(framing.wants_pause());
  EXPECT_EQ(messages(framing, "hel"), texts{});
  EXPECT_EQ(messages(framing, "lo"), texts{});
  EXPECT_TRUE(framing.wants_pause());
  EXPECT_EQ(framing.pause()->text, "hello");
  EXPECT_FALSE(framing.wants_pause());
  EXPECT_FALSE(framing.pause());
  EXPECT_FALSE(framing.newline_seen());
}

TEST(plain_framing, ends_messages_only_at_newlines_after_the_first_newline) {
  plain_framing framing(100);
  EXPECT_EQ(messages(framing, "one\ntw"), texts{"one"});
  EXPECT_TRUE(framing.newline_seen());
  EXPECT_FALSE(framing.wants_pause());
  EXPECT_FALSE(framing.pause());
  EXPECT_EQ(messages(framing, "o\n"), texts{"two"});
}

TEST(plain_framing, takes_a_login_for_one_message_wherever_pauses_cut_it) {
  for (const std::string login :
       {"/login alice hunter2", "NS IDENTIFY hunter2", "PRIVMSG NickServ :IDENTIFY hunter2",
        ":alice PASS alice:hunter2", "@a=b PASS alice:hunter2", "/quote PASS hunter2",
        "PASS hunter2 0210 IRC| P", "Authorization: Bearer hunter2", "REGISTER alice a@b.org hunter2",
        "\x1b[A/login alice hunter2", "NickServ@services. IDENTIFY hunter2",
        "WEBIRC hunter2 gw host 192.0.2.1", "JOIN #room hunter2", "MODE #room +k hunter2",
        "MODE #room -s+ok alice hunter2", "/join #room hunter2", "ACCOUNT alice create hunter2"})
    for (std::size_t cut = 1; cut < login.find("hunter2"); ++cut) {
      plain_framing cut_framing(100), framing(100);
      messages(cut_framing, login.substr(0, cut));
      cut_framing.pause();
      EXPECT_EQ(messages(cut_framing, login.substr(cut) + '\n'), messages(framing, login + '\n')) << cut;
    }
}

TEST(plain_framing, takes_a_login_that_pauses_cut_for_one_although_its_password_is_the_next_line) {
  plain_framing framing(100);
  messages(framing, "/lo");
  EXPECT_EQ(framing.pause()->text, "/lo");
  messages(framing, "gin alice");
  EXPECT_EQ(framing.pause()->text, "/login alice");
  EXPECT_EQ(messages(framing, "\nhunter2\n"), texts{"hunter2"});
  // Of what is not seen to be a command before it is whole, it is one again at its end.
  plain_framing blank(100);
  messages(blank, " /lo");
  EXPECT_EQ(blank.pause()->text, " /lo");
  messages(blank, "gin alice");
  EXPECT_EQ(blank.pause()->text, "gin alice");
  EXPECT_EQ(messages(blank, "\nhunter2\n"), (texts{" /login alice", "hunter2"}));
  // Which one pause ends is one already.
  plain_framing again(100);
  messages(again, "/login alice");
  EXPECT_EQ(again.pause()->text, "/login alice");
  EXPECT_EQ(messages(again, "\nhunter2\n"), texts{"hunter2"});
}

TEST(plain_framing, takes_the_key_of_a_room_that_comes_late_for_one) {
  plain_framing framing(100);
  messages(framing, "/join #room ");
  EXPECT_EQ(framing.pause()->text, "/join #room");
  messages(framing, "hunt");
  EXPECT_EQ(framing.pause()->text, "/join #room hunt");
  messages(framing, "er2");
  EXPECT_EQ(framing.pause()->text, "/join #room hunter2");
}

TEST(plain_framing, counts_what_came_since_a_pause_as_the_length_of_a_message) {
  plain_framing framing(10);
  messages(framing, "NS@");
  EXPECT_EQ(framing.pause()->text, "NS@");
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(messages(framing, "hello"), texts{});
    EXPECT_EQ(framing.pause()->text, "hello");
    EXPECT_LE(framing.kept().size(), 20U);
  }
}

TEST(plain_framing, gives_nothing_of_a_command_for_talk_wherever_pauses_cut_it) {
  const auto given_of = [](std::initializer_list<std::string_view> parts) {
    plain_framing framing(100);
    texts all;
    for (std::string_view part : parts) {
      for (const std::string& one : messages(framing, part)) all.push_back(one);
      if (framing.weigh({}) == pause_means::more) continue;  // it is waited for
      if (const auto at_pause = framing.pause()) all.push_back(at_pause->text);
    }
    return all;
  };
  const auto is_talk = [](const std::string& text) {
    return parse_plain(text).what == plain_command::verb::say;
  };
  for (const std::string command :
       {"/msg bob hello hunter2", "/to bob hunter2", "/whisper bob hunter2", "/me is hunter2",
        "/search hunter2 from:bob", "/pin hunter2 hunter2", "/hook OUT http://a/hunter2", "/hook ADD hunter2",
        "/join #hunter2 hunter2", "/nosuch hunter2 hunter2", "/msgg bob hunter2"})
    for (std::size_t first = 1; first < command.size(); ++first)
      for (std::size_t second = first; second < command.size(); ++second) {
        const std::string_view whole = command;
        const texts all = given_of(
            {whole.substr(0, first), whole.substr(first, second - first), command.substr(second) + '\n'});
        EXPECT_TRUE(std::ranges::none_of(all, is_talk)) << command << ' ' << first << ' ' << second;
        EXPECT_EQ(all.empty() ? "" : all.back(), command) << first << ' ' << second;
      }
  // Of those that take a word or two the end of the line belongs to them, too.
  for (const std::string command : {"/nick hunter2", "/leave #hunter2", "/part #a", "/silence -hunter2",
                                    "/history 25", "/unpin 12", "/forget 12345678", "/invite-link 12h"})
    for (std::size_t cut = 1; cut < command.size(); ++cut) {
      const texts all = given_of({std::string_view(command).substr(0, cut), command.substr(cut) + '\n'});
      EXPECT_TRUE(std::ranges::none_of(all, is_talk)) << command << ' ' << cut;
      EXPECT_EQ(all.back(), command) << cut;
    }
}

TEST(plain_framing, obeys_commands_of_programs_without_newlines_and_hears_what_they_say_then) {
  for (const std::string command : {"/who", "/rooms", "/help", "/nick bob", "/history 5", "/leave"}) {
    plain_framing framing(100);
    messages(framing, command);
    EXPECT_EQ(framing.weigh({}), pause_means::plain) << command;
    EXPECT_EQ(framing.pause()->text, command);
    messages(framing, "hello");
    EXPECT_EQ(framing.weigh({}), pause_means::plain) << command;
    EXPECT_EQ(framing.pause()->text, "hello") << command;
    EXPECT_EQ(messages(framing, "hello again\n"), texts{"hello again"}) << command;
  }
  // Whatever was obeyed before, a login is none of talk.
  plain_framing framing(100);
  messages(framing, "/nick bob");
  framing.pause();
  messages(framing, "NS IDENTIFY hun");
  EXPECT_EQ(framing.weigh({}), pause_means::more);
  EXPECT_EQ(framing.weigh("ter2"), pause_means::more);
}

TEST(plain_framing, gives_talk_in_the_parts_in_which_it_came) {
  plain_framing framing(100);
  messages(framing, "n");
  EXPECT_EQ(framing.pause()->text, "n");
  messages(framing, "o");
  EXPECT_EQ(framing.pause()->text, "o");
  messages(framing, "lo");
  EXPECT_EQ(framing.pause()->text, "lo");
  EXPECT_EQ(messages(framing, "st\n\n"), texts{"st"});
}

TEST(plain_framing, takes_what_is_left_at_the_end_for_a_message) {
  plain_framing framing(100);
  EXPECT_EQ(messages(framing, "one\ntwo"), texts{"one"});
  EXPECT_EQ(framing.end()->text, "two");
  EXPECT_FALSE(framing.end());
}

TEST(plain_framing, puts_a_character_together_that_came_in_two_parts) {
  plain_framing framing(100);
  EXPECT_EQ(messages(framing, "caf\xc3"), texts{});
  EXPECT_EQ(messages(framing, "\xa9\n"), texts{"café"});
}

TEST(plain_framing, reports_a_line_that_is_too_long_once_and_skips_the_rest_of_it) {
  plain_framing framing(10);
  EXPECT_EQ(messages(framing, "0123456789\n"), texts{"0123456789"});
  EXPECT_EQ(messages(framing, "0123456789\r"), texts{"0123456789"});
  EXPECT_EQ(messages(framing, "0123456789A\n"), texts{"<too long>"});
  EXPECT_EQ(messages(framing, "0123456789ABCDEF"), texts{"<too long>"});
  EXPECT_EQ(messages(framing, std::string(100000, 'x')), texts{});
  EXPECT_EQ(messages(framing, "x\nnext\n"), texts{"next"});
}

TEST(plain_framing, skips_a_text_that_is_too_long_and_has_no_newline_until_nothing_follows) {
  plain_framing framing(10);
  EXPECT_EQ(messages(framing, std::string(50, 'x')), texts{"<too long>"});
  EXPECT_TRUE(framing.wants_pause());
  EXPECT_FALSE(framing.pause());
  EXPECT_EQ(messages(framing, "next"), texts{});
  EXPECT_EQ(framing.pause()->text, "next");
}

TEST(plain_framing, refuses_what_is_mostly_no_text_and_mends_what_mostly_is) {
  plain_framing framing(100);
  EXPECT_EQ(messages(framing, "\x16\x03\x01\x02\n"), texts{"<unreadable>"});
  EXPECT_EQ(messages(framing, "na\xefve caf\xe9s\n"), texts{"na\xef\xbf\xbdve caf\xef\xbf\xbds"});
}

TEST(plain_framing, drops_the_nul_that_ends_a_string_of_c) {
  plain_framing framing(100);
  EXPECT_EQ(messages(framing, std::string_view("Q\0", 2)), texts{});
  EXPECT_EQ(framing.pause()->text, "Q");
}

TEST(plain_framing, says_no_login_that_ends_in_nul_whatever_stands_behind_or_before_it) {
  using namespace std::string_literals;
  for (const std::string& typed :
       {"pass hunter2\0PING x"s, "oper root hunter2\0nick a\0"s, "hello\0NS IDENTIFY hunter2\0"s,
        "hello\0/login alice hunter2"s, "\x1b[Alogin alice hunter2\0and more"s})
    EXPECT_EQ(kind_of(typed), kind::login) << testing::PrintToString(typed);
  for (const std::string& typed : {"hello\0"s, "hello\0you\0"s, "\0hello"s, "the salt, please\0now"s})
    EXPECT_EQ(kind_of(typed), kind::text) << testing::PrintToString(typed);
}

TEST(plain_framing, says_nothing_of_a_command_or_login_that_keys_have_eaten) {
  for (const std::string typed : {"\x1b/msg NickServ identify hunter2",
                                  "\x1b/ns identify hunter2",
                                  "\x1b/nickserv identify hunter2",
                                  "\x1b/oper root hunter2",
                                  "\x1b/quote PASS hunter2",
                                  "\x1b/id hunter2",
                                  "\x1b\x1b/join #x hunter2",
                                  "\x1b/PASS hunter2",
                                  "\x1b/me hunter2",
                                  "\x1bOPASS hunter2",
                                  "\x1bONS IDENTIFY hunter2",
                                  "\x1b[A\x1b/msg NickServ identify hunter2",
                                  "\x1b[A\x1b/login alice hunter2",
                                  "\x1b[1;5C\x1bNickServ identify hunter2",
                                  "\x1b[M/login alice hunter2",
                                  "\x1b[MPASS hunter2",

                                  "hi \x1b/msg NickServ identify hunter2",
                                  "\x7f\x1b/msg NickServ identify hunter2",
                                  "\x1b[PASS hunter2",
                                  "\xc2\x9b/login alice hunter2",
                                  "\xc2\x9bPASS hunter2",
                                  "\x1bO/nosuch hunter2",
                                  "\xc2\x8fPASS hunter2"})
    EXPECT_EQ(kind_of(typed), kind::login) << testing::PrintToString(typed);
  // Whoever presses a key and says something says it.
  for (const std::string typed :
       {"\x1b[Ahello", "\x1bOPhello", "\x1b[A//hello", "hel\x1b[Dlo", "x\b\bhello", "/me\b\b\bhello",
        "\xc2\xa3 5", "ld: \x1b[31m/usr/lib/x.so\x1b[0m is gone", "and/or \x1b[C"})
    EXPECT_EQ(kind_of(typed), kind::text) << testing::PrintToString(typed);
}
