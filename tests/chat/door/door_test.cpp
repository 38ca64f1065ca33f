#include <gtest/gtest.h>

#include <string>

#include <parlance/chat/door/door.hpp>

using namespace parlance::chat;

TEST(door, knows_tls_by_its_first_byte) {
  EXPECT_EQ(recognise("\x16\x03\x01\x02"), language::tls);
  EXPECT_EQ(recognise("\x16"), language::tls);
}

TEST(door, knows_http_by_its_request_line) {
  for (const auto* line :
       {"GET / HTTP/1.1\r\n", "GET / HTTP/1.0\n", "HEAD /x?y=1 HTTP/1.1\r\nHost: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\n", "CONNECT a:1 HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n", "PROPFIND / HTTP/1.1\r\n",
        "M-SEARCH * HTTP/1.1\r\n", "RPC_IN_DATA /rpc HTTP/1.1\r\n", "get /x HTTP/1.1\r\n",
        "Post /login HTTP/1.1\r\n"})
    EXPECT_EQ(recognise(line), language::http) << line;
  for (const auto* line : {"HELLO / there\r\n",
                           "GET OUT\r\n",
                           "POST no bills\r\n",
                           "GET\r\n",
                           "see /tmp\r\n",
                           "we use HTTP/1.1 here\r\n",
                           "PROXY wars\r\n",
                           "HTTP/ is it\r\n",
                           "HTTP/x\r\n",
                           "I run QT/5.1\r\n",
                           "we run QT/5.1\r\n",
                           "BREW coffee HTCPCP/x\r\n",
                           "BREW coffee HTCPCP/1\r\n",
                           "BREW coffee htcpcp/1.0\r\n",
                           "READ a/b.c D/1.2 TODAY\r\n",
                           "SEE docs/1.2\r\n",
                           "NEED IT BY 1/2.5\r\n",
                           "READ it AT/1..2\r\n",
                           "HTTP/1.1 is old\r\n",
                           "DELETE * FROM users\r\n",
                           "PUT /home in the backup\r\n",
                           "POST http://x.org/ is down\r\n",
                           "WARN /dev/sda1 is 91% full\r\n"})
    EXPECT_EQ(recognise(line), language::plain) << line;
}

TEST(door, knows_a_bad_request_line_that_nobody_should_hear) {
  for (const auto* line : {"GET / HTTP/1.1 please\r\n",
                           "GET  HTTP/1.1\r\n",
                           "GET a b HTTP/1.1\r\n",
                           "GET /\r\n",
                           "GET / HTTP/11\r\n",
                           "GET HTTP/1.1\r\n",
                           "GET http://a/\r\n",
                           "OPTIONS *\r\n",
                           "POST\t/\tHTTP/1.1\r\n",
                           " POST / HTTP/1.1\r\n",
                           "\xef\xbb\xbfPOST / HTTP/1.1\r\n",
                           "DESCRIBE rtsp://a/ RTSP/1.0\r\n",
                           "OPTIONS sip:nm SIP/2.0\r\n",
                           "HTTP/1.1 200 OK\r\n",
                           "HTTP/1.1 599 Odd\r\n",
                           "POST /x http/1.1\r\n",
                           "post /x http/1.1\r\n",
                           "FOO x HTTP/1.1\r\n",
                           "FOO /a b HTTP/1.1 \r\n",
                           "FOO ?x HTTP/1.1\r\n",
                           "FOO  HTTP/1.1\r\n",
                           "FO(O /x HTTP/1.1\r\n",
                           "FOO /x HTTP/1\r\n",
                           "FOO /x HTTP/2\r\n",
                           "FOO /x HTTP/3\r\n",
                           "FOO /x HTTP/1.10\r\n",
                           "http/1.1 200 OK\r\n",
                           "NICK /x HTTP/1.1\r\n",
                           "PASS /x HTTP/1.1\r\n",
                           "I like HTTP/1.1\r\n",
                           "BREW coffee HTCPCP/1.0\r\n",
                           "BREW /pot HTCPCP/1.0\n",
                           "GET /x QUX/10.25\r\n",
                           "AVERYLONGMETHODTHATNOBODYHASEVERHEARDOFANYWHERE /x HTTP/1.1\r\n",
                           "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
                           "PROXY UNKNOWN\r\n"})
    EXPECT_EQ(recognise(line), language::http) << line;
}

TEST(door, knows_irc_by_a_first_word_in_capitals) {
  for (const auto* line : {"CAP LS 302\r\n", "NICK alice\n", "QUIT\r\n", "JOIN :\r\n", "USER a 0 * :a\r\n"})
    EXPECT_EQ(recognise(line), language::irc) << line;
  for (const auto* line :
       {"NICKNAME x\r\n", "HELLO THERE\n", "Q\n", "SERVER db1 is down\n", "NOTICE the difference\n"})
    EXPECT_EQ(recognise(line), language::plain) << line;
}

TEST(door, knows_irc_by_how_a_client_registers_in_any_case) {
  for (const auto* line :
       {"cap LS\r\n", "Nick alice\n", "pass alice:secret\n", "Pass :a secret\n", "user a 0 * :a\n",
        "authenticate plain\n", "webirc p gw host 192.0.2.1\n", "@a=b nick alice\n", ":alice pass secret\n",
        "user a a b :c\n", "USER a 0 * :likes HTTP/1.1\n"})
    EXPECT_EQ(recognise(line), language::irc) << line;
  for (const auto* line :
       {"pass the salt\n", "user friendly it is\n", "nick\n", "cap in hand\n", "pass\n", ":) nick of time\n",
        "@bob pass it on\n", "@bob NICK is taken\n", ":-) JOIN us\n", "@ops PING of db1 failed\n",
        "User alice has logged in\n", "user friendly and good stuff\n"})
    EXPECT_EQ(recognise(line), language::plain) << line;
}

TEST(door, takes_who_was_greeted_for_a_client_only_when_it_registers) {
  for (const auto* line : {"CAP LS\n", "NICK alice\n", "PASS secret\n", "USER a 0 * :a\n", "nick alice\n"})
    EXPECT_EQ(recognise(line, true), language::irc) << line;
  for (const auto* line : {"QUIT smoking is hard\n", "JOIN us tonight\n", "PING me later\n", "CAP it\n",
                           "NICK of time\n", "PASS the salt\n", "USER manual\n"})
    EXPECT_EQ(recognise(line, true), language::plain) << line;
}

TEST(door, skips_blank_lines_before_the_first) {
  EXPECT_EQ(recognise("\r\n"), language::unknown);
  EXPECT_EQ(recognise("\n\n"), language::unknown);
  EXPECT_EQ(recognise("\r\n\r\nPASS secret\r\n"), language::irc);
  EXPECT_EQ(recognise("\nGET / HTTP/1.1\r\n"), language::http);
  EXPECT_EQ(recognise("\nhello\n"), language::plain);
  EXPECT_EQ(recognise(std::string(10000, '\n')), language::unknown);
  EXPECT_EQ(recognise(std::string(10000, '\n') + "PASS secret\n"), language::irc);
}

TEST(door, takes_every_kind_of_line_end_for_the_end_of_the_first_line) {
  for (const std::string end : {"\r", "\n", "\r\n", "\r\r\n"})
    for (const auto* first :
         {"CAP LS 302", "NICK alice", "USER a 0 * :a", "pass alice:hunter2", "nick alice"})
      EXPECT_EQ(recognise(first + end + "PASS alice:hunter2" + end), language::irc) << first;
  EXPECT_EQ(recognise("QUIT\r"), language::irc);
  EXPECT_EQ(recognise("GET / HTTP/1.1\rHost: a\r"), language::http);
  EXPECT_EQ(recognise("hello\rPASS alice:hunter2\r"), language::plain);
}

TEST(door, takes_no_pause_for_the_end_of_what_may_be_a_password) {
  using enum pause_means;
  for (const auto* part : {"PASS sec",        "WEBIRC p",
                           "AUTHENTICATE AG", "GET /",
                           "POST /x HT",      "GET http://a",
                           ":a PASS x",       "@t=1 PASS x",
                           "\r\nPASS s",      "HTTP/1.1 2",
                           "PROXY TCP4 1",    "get /x http/",
                           "CONNECT ho",      "pass sec",
                           "/login ",         "/login alice ",
                           "oper alice ",     "identify s",
                           "/oper a s",       "/ns identify s",
                           "REGISTER a * ",   "register a a@b.c s",
                           "login ",          "NS IDENTIFY s",
                           "/login a s",      "/msg NickServ x",
                           "webirc p gw",     "\x1b[A/login a s",
                           "NS\tIDENTIFY s",  "/ghost a s",
                           "/id s",           "/release a s",
                           "MODE #x +K s",    "\u00a0/lgoin a s",
                           "/msg bob h",      "/me w",
                           "/search w",       "/pin w",
                           "/hook OUT u",     "/"})
    EXPECT_EQ(weigh_pause(part), more) << part;
  for (const auto* part : {"P",
                           "PAS",
                           "pa",
                           "n",
                           "NICK",
                           "GE",
                           "CAP",
                           "auth",
                           "@a=b ",
                           ":a ",
                           "nick al",
                           "cap l",
                           "GET ",
                           "NICK alice",
                           "USER a",
                           "JOIN us",
                           "MKCOL /x",
                           "/l",
                           "/msg Nick",
                           "PRIVMSG Nick",
                           ":al",
                           ":",
                           "@a",
                           "@bob",
                           "PRIVM",
                           "quo",
                           "/quote PA",
                           "Authoriz",
                           "Cook",
                           "nickserv@serv",
                           "REGISTER a a",
                           " /lo",
                           "identif",
                           "ns ",
                           "NS I",
                           "/msg bob",
                           "/nick",
                           "/nosuch w"})
    EXPECT_EQ(weigh_pause(part), maybe_more) << part;
  for (const auto* part : {"Q",
                           "q",
                           "HELLO",
                           "HELLO THERE",
                           "",
                           "\n",
                           ":)",
                           "pass me the",
                           "nick of time",
                           "cap in hand",
                           "DELETE that",
                           "GET WELL SOON",
                           "hello",
                           "see /tmp/x",
                           "/who",
                           "/nick bob",
                           "//login a s",
                           "ns is down",

                           "register now at example",
                           "so"})
    EXPECT_EQ(weigh_pause(part), plain) << part;
}

TEST(door, waits_for_the_end_of_the_first_line) {
  for (const auto* part : {"", "G", "GET", "GET / HT", "GET / HTTP/1.1", "NICK alice", "HELLO", "Q", "/who",
                           "\"hi", "hello, you", "\xef\xbc"})
    EXPECT_EQ(recognise(part), language::unknown) << part;
}

TEST(door, tells_a_line_that_is_too_long_by_how_it_begins) {
  const std::string rest(10000, 'x');
  EXPECT_EQ(recognise("GET /" + rest), language::http);
  EXPECT_EQ(recognise("MKCOL /" + rest), language::http);
  EXPECT_EQ(recognise("PASS " + rest), language::irc);
  EXPECT_EQ(recognise("pass " + rest), language::irc);
  EXPECT_EQ(recognise("hello " + rest), language::plain);
  EXPECT_EQ(recognise("HELLO " + rest), language::plain);
  EXPECT_EQ(recognise("pass me the salt " + rest, true), language::plain);
}

TEST(door, answers_tls_with_a_fatal_alert) {
  EXPECT_EQ(tls_answer(), std::string("\x15\x03\x03\x00\x02\x02\x28", 7));
}
