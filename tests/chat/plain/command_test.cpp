#include <gtest/gtest.h>

#include <parlance/chat/plain/command.hpp>

using namespace parlance::chat;
using verb = plain_command::verb;

namespace {

void expect(std::string_view message, verb what, std::string_view target, std::string_view text) {
  const plain_command c = parse_plain(message);
  EXPECT_EQ(c.what, what) << message;
  EXPECT_EQ(c.target, target) << message;
  EXPECT_EQ(c.text, text) << message;
}

}  // namespace

TEST(plain_command, says_what_starts_with_no_slash) {
  expect("hello", verb::say, "", "hello");
  expect(" /who", verb::say, "", " /who");
  expect("quit", verb::say, "", "quit");
  expect("QQ", verb::say, "", "QQ");
}

TEST(plain_command, takes_a_lone_q_for_leaving) {
  expect("Q", verb::quit, "", "");
  expect("q", verb::quit, "", "");
  expect("/quit", verb::quit, "", "");
  expect("/quit for today", verb::quit, "", "");
}

TEST(plain_command, takes_two_slashes_for_one) {
  expect("//who", verb::say, "", "/who");
  expect("///", verb::say, "", "//");
  expect("/", verb::say, "", "/");
  expect("/ is a slash", verb::say, "", "/ is a slash");
}

TEST(plain_command, knows_its_words_in_any_case) {
  expect("/nick alice", verb::nick, "alice", "");
  expect("/NICK  alice", verb::nick, "alice", "");
  expect("/join #dev", verb::join, "#dev", "");
  expect("/leave", verb::leave, "", "");
  expect("/part #dev", verb::leave, "#dev", "");
  expect("/rooms", verb::rooms, "", "");
  expect("/list", verb::rooms, "", "");
  expect("/who", verb::who, "", "");
  expect("/help", verb::help, "", "");
}

TEST(plain_command, keeps_the_blanks_inside_a_text) {
  expect("/to bob  two  blanks", verb::whisper, "bob", "two  blanks");
  expect("/msg bob hi", verb::whisper, "bob", "hi");
  expect("/me waves  twice", verb::act, "", "waves  twice");
}

TEST(plain_command, says_what_is_missing) {
  expect("/to", verb::incomplete, "/to", "/to NAME TEXT");
  expect("/to bob", verb::incomplete, "/to", "/to NAME TEXT");
  expect("/me", verb::incomplete, "/me", "/me ACTION");
  expect("/nick", verb::incomplete, "/nick", "/nick NAME");
  expect("/join", verb::incomplete, "/join", "/join #ROOM [KEY]");
}

TEST(plain_command, does_not_guess_at_an_unknown_word) {
  expect("/whoami", verb::unknown, "/whoami", "");
  expect("/usr/bin is full", verb::unknown, "/usr/bin", "");
}

TEST(plain_command, tells_of_every_command) {
  EXPECT_GE(plain_usages().size(), 10U);
  for (const plain_usage& u : plain_usages()) EXPECT_FALSE(u.meaning.empty());
}

TEST(plain_command, knows_a_login_however_it_was_typed) {
  const auto expect_login = [](std::string_view text, verb what, std::string_view target,
                               std::string_view password) {
    const plain_command found = login_in(text);
    EXPECT_EQ(found.what, what) << text;
    if (what == verb::say) return;
    EXPECT_EQ(found.target, target) << text;
    EXPECT_EQ(found.text, password) << text;
  };
  for (const std::string before : {"/", " /", "\t/", "/ ", "\xc2\xa0/", "\xe2\x80\x8b/", "\xef\xbb\xbf/  "}) {
    expect_login(before + "login", verb::login_name, "", "");
    expect_login(before + "LOGIN alice", verb::login_name, "alice", "");
    expect_login(before + "login alice correct horse", verb::login, "alice", "correct horse");
    expect_login(before +
                     "login\xc2\xa0"
                     "alice",
                 verb::login_name, "alice", "");
  }
  for (const std::string_view text :
       {"login alice", "/logins", "//login alice x", "/who", "see /login alice x", ""})
    expect_login(text, verb::say, "", "");
}

TEST(plain_command, knows_what_begins_like_a_login) {
  for (const auto* text :
       {"PASS secret", "PASS the salt", "AUTHENTICATE AGFs", "oper root secret", "identify secret",
        "IDENTIFY a secret", "ns identify secret", "NickServ LOGIN a secret",
        "PRIVMSG NickServ :identify secret", "msg nickserv identify x", " /login alice secret", "  /pass x",
        "/ login alice secret", " /msg NickServ identify x", " /quote pass x", "login alice secret",
        "REGISTER * * secret", "register a a@b.c secret", "webirc secret gw",
        // Passwords of several words.
        " /login alice correct horse battery", "\t/login alice correct horse battery",
        " /resetpass alice code secret", " /j #room key", "\xc2\xa0/login alice correct horse battery",
        "LOGIN alice correct horse battery", "login alice :correct horse battery",
        "IDENTIFY alice correct horse battery", "identify alice :correct horse battery",
        "/ identify alice correct horse battery",
        // Of services, rooms and the console, behind whatever nobody sees.
        " /to NickServ identify secret", "to NickServ identify secret", "WHISPER ns identify secret",
        "register secret a@b.c", " /join #room key", "JOIN #room key", "join #room key", "MODE #room +k key",
        "mode #room -o+k bob key", "account dora create secret", "\xef\xbb\xbf/account dora password secret",
        "REGISTER * * correct horse battery", "register * * :correct horse battery",
        " /register a a@b.c correct horse battery", "oper root :correct horse battery",
        // With blanks of other scripts, and what is not seen.
        "PASS\u00a0secret", "PASS\u3000secret", "PASS\ufffdsecret", "PA\u200bSS secret", "PASS\u0085secret",
        "AUTHENTICATE\u2002AGFs", "OPER\u00a0root\u2009secret", "PASS\u2800secret", "PASS\u3164secret",
        "PA\u180eSS secret", "P\ufe0fASS secret", "\uff30\uff21\uff33\uff33 secret",
        "NickServ\u0085identify secret", "\uff0flogin alice secret", "PASS\U000e0020 secret",
        "NickServ\u2003identify secret", "PASS=secret", "password=secret", "nickserv: identify secret",
        "PASS:secret", "password:secret", "PASSWORD secret", "passwd secret", "Authorization:Basic c2VjcmV0",
        "cookie:secret",
        // As people spell it.
        "NickServ:identify secret", "ns:identify secret", "NickServ,identify secret",
        "NickServ\uff1aidentify secret", "NickServ\uff0cidentify secret", "nickserv identify: secret",
        "identify: secret", "nickserv idetnify secret", "NS idenitfy secret", "NickSevr identify secret",
        "ickServ identify secret", "mgs nickserv identify secret", "ns changepass secret new",
        "ns newpass secret", "ns setpassword secret", "ns verify alice secret", "REGISTER secret",
        "PRIVMSG ChanServ :IDENTIFY #a secret", "authserv auth alice secret", "quote quote pass secret",
        " /lgoin alice secret", "\u00a0/logn alice secret", ":alice /loginn alice secret",
        "/ idetnify secret", "MODE #room +K secret", " /mode #room -o+K bob secret",
        "acount bob create secret", "account: bob create secret", "GHOST alice secret",
        // Of other protocols.
        "passcode:secret", "CONNECT {\"pass\":\"secret\"}"})
    EXPECT_TRUE(begins_like_login(text)) << text;
  for (const auto* text : {"",
                           "pass",
                           "passing by",
                           "pass me the salt",
                           "oper what?",
                           "nice pass you made",
                           "@bob pass it on",
                           "PASSWORD is a word",
                           "/login alice secret",
                           "//login alice secret",
                           "ns",
                           "ns is down",
                           "identify the person in the picture",
                           "login is broken today",
                           " /etc/passwd is no secret at all",
                           " /lo is where it goes",
                           "verify that it works",
                           "join #room if you like",
                           "mode #room is broken again",
                           "MODE #room +i now",
                           "account of the journey",
                           "to be or not to be",
                           "register now at example",
                           "oper",
                           "privmsg bob hi",
                           "login alice",
                           "authenticate",
                           "hello pass word",
                           "nickserv is slow",
                           "NickServ, is it slow?",
                           "ns: what is that",
                           "chanserv gave me ops",
                           "ask nickserv about it",
                           "register today",
                           "ghost town tonight",
                           "quote",
                           "accounts are closed",
                           "connect {it} to me",
                           "pass\u00a0me the salt",
                           "pass=",
                           "a=b",
                           "élan vital \u4f60\u597d"})
    EXPECT_FALSE(begins_like_login(text)) << text;
}

TEST(plain_command, knows_behind_what_a_password_may_come_alone) {
  for (const auto* text :
       {"PASS", "/pass", "/ PASS", "QUOTE PASS", "/quote pass", "AUTHENTICATE", "OPER", "AUTH", "/identify",
        "/identfy", "Password:", "password:", "ns identify", "/ns identify", "NickServ: identify",
        "PRIVMSG NickServ :IDENTIFY", "/msg NickServ login", "@a=b PASS", "\u00a0PASS"})
    EXPECT_EQ(secrets_behind(text), 1U) << text;
  for (const auto* text : {"AUTHENTICATE PLAIN", "AUTH LOGIN", "auth login", "AUTHENTICATE SCRAM-SHA-256"})
    EXPECT_EQ(secrets_behind(text), 2U) << text;
  for (const auto* text : {"", "pass", "//PASS", "oper", "PASS secret", "ns", "ns identify secret", "ns help",
                           "AUTH secret", "hello", "/who", "I PASS", "PRIVMSG bob :IDENTIFY", "PRIVMSG",
                           "quote", "AUTHENTICATE PLAIN secret", "Password: secret"})
    EXPECT_EQ(secrets_behind(text), 0U) << text;
}
