#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/base/base64.hpp>
#include <parlance/chat/irc/scram.hpp>
#include <parlance/net/base64.hpp>

#include <cli/chat/irc/session.hpp>

namespace parlance::cli {
namespace {

struct session_case : testing::Test, irc_session::owner {
  void received(const irc_line& line) override { lines.push_back(line); }
  void welcomed() override { ++welcomes; }
  void refused(irc_session::refusal what, const std::string& text) override { refusal = what, why = text; }
  void must_encrypt(std::uint16_t port) override { tls_port = port; }
  void stays_encrypted(std::uint64_t seconds) override { encrypted_for = seconds; }

  std::string sent() { return session.take_output(); }
  /// Up to the welcome, with these capabilities.
  void come_in(const std::string& capabilities) {
    session.begin({.nick = "ann"}, true, false);
    session.take(":s CAP * LS :" + capabilities + "\r\n");
    session.take(":s CAP * ACK :" + capabilities + "\r\n");
    session.take(
        ":s 001 ann :hello\r\n:s 005 ann CASEMAPPING=ascii PREFIX=(ov)@+ :x\r\n:s 422 ann :no motd\r\n");
    sent();
  }

  irc_session session{*this};
  std::vector<irc_line> lines;
  int welcomes = 0;
  std::optional<irc_session::refusal> refusal;
  std::string why;
  std::optional<std::uint16_t> tls_port;
  std::optional<std::uint64_t> encrypted_for;
};

using irc_session_of_a_client = session_case;

TEST_F(irc_session_of_a_client, comes_into_a_server_that_knows_no_capabilities) {
  session.begin({.nick = "ann", .real_name = "Ann A", .server_password = "open"}, false, false);
  EXPECT_EQ(sent(), "CAP LS 302\r\nPASS open\r\nNICK ann\r\nUSER ann 0 * :Ann A\r\n");
  session.take(":s 421 * CAP :Unknown command\r\n:s 001 ann :hi\r\n");
  session.take(":s 376 ann :end\r\nPING :x y\r\n");
  EXPECT_EQ(welcomes, 1);
  EXPECT_TRUE(session.is_ready());
  EXPECT_EQ(sent(), "PONG :x y\r\n");
  EXPECT_TRUE(session.is_same("a[b", "A{B"));  // rfc1459, where nothing is said
}

TEST_F(irc_session_of_a_client, asks_for_what_is_offered_one_by_one_where_not_all_is_given) {
  session.begin({.nick = "ann"}, true, false);
  sent();
  session.take(":s CAP * LS * :batch unknown\r\n:s CAP * LS :server-time\r\n");
  EXPECT_EQ(sent(), "CAP REQ :batch server-time\r\n");
  session.take(":s CAP * NAK :batch server-time\r\n");
  EXPECT_EQ(sent(), "CAP REQ batch\r\nCAP REQ server-time\r\n");
  session.take(":s CAP * ACK :batch\r\n");
  EXPECT_EQ(sent(), "");
  session.take(":s CAP * NAK :server-time\r\n");
  EXPECT_EQ(sent(), "CAP END\r\n");
  EXPECT_TRUE(session.has("batch"));
  EXPECT_FALSE(session.has("server-time"));
}

TEST_F(irc_session_of_a_client, keeps_and_does_only_so_much_of_what_a_server_makes_up) {
  session.begin({.nick = "ann"}, true, false);
  sent();
  std::string refused;
  for (int i = 0; i < 1000; ++i) {
    session.take(":s CAP * LS * :made-up-" + std::to_string(i) + "=x\r\n");
    session.take(":s 005 ann MADE" + std::to_string(i) + "=x :are\r\n");
    refused += " a";
  }
  EXPECT_EQ(session.value_of("made-up-1"), "x");
  EXPECT_EQ(session.value_of("made-up-999"), "");
  EXPECT_TRUE(session.has_support("MADE1"));
  EXPECT_FALSE(session.has_support("MADE999"));
  session.take(":s CAP * NAK :" + refused + "\r\n:s CAP * NAK :a b\r\n");
  EXPECT_EQ(sent(), "CAP END\r\n");
  session.take(":s CAP * ACK :never-asked-for\r\n");
  EXPECT_FALSE(session.has("never-asked-for"));
}

TEST_F(irc_session_of_a_client, takes_another_name_where_its_own_is_taken) {
  session.begin({.nick = "ann"}, true, false);
  sent();
  session.take(":s 433 * ann :taken\r\n:s 433 * ann_ :taken\r\n");
  EXPECT_EQ(sent(), "NICK ann_\r\nNICK ann_2\r\n");
  session.take(":s 001 ann_2 :hi\r\n");
  EXPECT_EQ(session.nick(), "ann_2");
}

TEST_F(irc_session_of_a_client, proves_by_scram_that_it_knows_the_password_and_so_must_the_server) {
  session.begin({.nick = "ann", .account = "a,b", .password = "pencil"}, false, false);
  session.take(":s CAP * LS :sasl=PLAIN,SCRAM-SHA-256\r\n:s CAP * ACK :sasl\r\n");
  EXPECT_TRUE(sent().ends_with("AUTHENTICATE SCRAM-SHA-256\r\n"));
  chat::irc::scram_server server("nonce");
  const auto answer = [&] {
    std::string text = sent().substr(13);
    text.resize(text.size() - 2);
    return *chat::base64_decode(text);
  };
  session.take("AUTHENTICATE +\r\n");
  ASSERT_TRUE(server.begin(answer()));
  EXPECT_EQ(server.name(), "a,b");
  session.take("AUTHENTICATE " + net::base64_encode(server.challenge(chat::derive_scram("pencil"))) + "\r\n");
  const std::optional<std::string> final = server.finish(answer());
  ASSERT_TRUE(final);
  session.take("AUTHENTICATE " + net::base64_encode(*final) + "\r\n");
  EXPECT_EQ(sent(), "AUTHENTICATE +\r\n");
  session.take(":s 903 ann :ok\r\n");
  EXPECT_EQ(sent(), "CAP END\r\n");
  EXPECT_FALSE(refusal);
}

TEST_F(irc_session_of_a_client, believes_no_server_that_does_not_know_the_password) {
  session.begin({.nick = "ann", .password = "pencil"}, false, false);
  session.take(":s CAP * LS :sasl=SCRAM-SHA-256\r\n:s CAP * ACK :sasl\r\nAUTHENTICATE +\r\n");
  session.take(":s 903 ann :ok\r\n");
  EXPECT_EQ(refusal, irc_session::refusal::account);
}

TEST_F(irc_session_of_a_client, says_a_password_in_clear_only_where_nobody_can_read_along) {
  session.begin({.nick = "ann", .password = "pencil"}, false, false);
  session.take(":s CAP * LS :sasl=PLAIN\r\n:s CAP * ACK :sasl\r\n");
  EXPECT_EQ(refusal, irc_session::refusal::encryption);
  EXPECT_FALSE(session.has_output());
  refusal.reset();
  session.begin({.nick = "ann", .password = "pencil"}, true, true);
  session.take(":s CAP * LS :sasl=PLAIN\r\n:s CAP * ACK :sasl\r\nAUTHENTICATE +\r\n");
  EXPECT_TRUE(sent().ends_with("AUTHENTICATE PLAIN\r\nAUTHENTICATE AGFubgBwZW5jaWw=\r\n"));
  session.take(":s 904 ann :no\r\n");
  EXPECT_EQ(refusal, irc_session::refusal::account);
  EXPECT_EQ(why, "no");
}

TEST_F(irc_session_of_a_client, knows_that_a_server_wants_a_password) {
  for (const char* const line : {":s 464 ann :wrong", "ERROR :Access denied: Bad password?"}) {
    refusal.reset();
    session.begin({.nick = "ann"}, true, false);
    session.take(std::string(line) + "\r\n");
    EXPECT_EQ(refusal, irc_session::refusal::server_password);
  }
}

TEST_F(irc_session_of_a_client, heeds_sts) {
  session.begin({.nick = "ann", .server_password = "open"}, false, false);
  session.take(":s CAP * LS :sts=port=6697,duration=300 sasl\r\n");
  EXPECT_EQ(tls_port, 6697);
  EXPECT_FALSE(session.has_output());
  session.begin({.nick = "ann"}, true, true);
  session.take(":s CAP * LS :sts=duration=300\r\n");
  EXPECT_EQ(encrypted_for, 300U);
}

TEST_F(irc_session_of_a_client, gives_history_to_who_asked_and_not_as_news) {
  come_in("batch draft/chathistory labeled-response message-tags");
  std::vector<std::string> texts;
  session.ask_history({"CHATHISTORY", "LATEST", "#a", "*", "100"}, [&](const std::vector<irc_line>& answer) {
    for (const irc_line& one : answer) texts.emplace_back(one.param(1));
  });
  const std::string asked = sent();
  const std::string label = asked.substr(7, asked.find(' ') - 7);
  lines.clear();
  session.take("@label=" + label + " :s BATCH +1 chathistory #a\r\n@batch=1 :b!b@b PRIVMSG #a :one\r\n");
  session.take("@batch=1 :s BATCH +2 draft/multiline #a\r\n@batch=2 :b!b@b PRIVMSG #a :two\r\n");
  session.take(
      "@batch=2;draft/multiline-concat :b!b@b PRIVMSG #a :+\r\n@batch=2 :b!b@b PRIVMSG #a :three\r\n");
  session.take(":s BATCH -2\r\n:s BATCH -1\r\n:c!c@c PRIVMSG #a :now\r\n");
  EXPECT_EQ(texts, (std::vector<std::string>{"one", "two+\nthree"}));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].param(1), "now");
}

TEST_F(irc_session_of_a_client, finds_the_history_that_it_asked_for_without_labels) {
  come_in("batch draft/chathistory message-tags");
  int answers = 0;
  session.ask_history({"CHATHISTORY", "LATEST", "#A", "*", "100"}, [&](const std::vector<irc_line>& answer) {
    answers += static_cast<int>(answer.size());
  });
  session.take(":s BATCH +1 chathistory #a\r\n@batch=1 :b!b@b PRIVMSG #a :one\r\n:s BATCH -1\r\n");
  EXPECT_EQ(answers, 1);
}

TEST_F(irc_session_of_a_client, answers_nobody_twice_and_everybody_when_the_connection_is_lost) {
  come_in("batch labeled-response message-tags");
  int answers = 0;
  session.expect("p9", [&](const std::vector<irc_line>& answer) { answers += answer.empty() ? 100 : 1; });
  session.take("@label=p9 :s FAIL X Y :no\r\n@label=p9 :s FAIL X Y :no\r\n");
  EXPECT_EQ(answers, 1);
  session.expect("p10", [&](const std::vector<irc_line>& answer) { answers += answer.empty() ? 100 : 1; });
  session.end();
  EXPECT_EQ(answers, 101);
}

TEST_F(irc_session_of_a_client, survives_what_no_server_says) {
  come_in("batch labeled-response message-tags");
  session.take(std::string(100'000, 'x') +
               "\r\n\r\n:\r\n@\r\n@a :s\r\nBATCH\r\nBATCH +\r\nBATCH -x\r\nCAP\r\n005\r\n");
  session.take("@batch=nowhere :a PRIVMSG #a :in no batch\r\n:s BATCH +1 x\r\n@batch=1 :s BATCH +1 x\r\n");
  for (int i = 0; i < 200; ++i) session.take(":s BATCH +o" + std::to_string(i) + " x\r\n");
  for (int i = 0; i < 2000; ++i) session.take("@batch=1 :s PRIVMSG #a :" + std::string(8000, 'x') + "\r\n");
  session.take("AUTHENTICATE " + std::string(500, 'A') + "\r\n:s 903 ann :ok\r\n");
  EXPECT_TRUE(session.is_ready());
}

TEST(irc_line_of_a_client, no_text_becomes_a_command) {
  EXPECT_EQ(format_line({"PRIVMSG", "#a", "x\r\nQUIT"}), "PRIVMSG #a :x  QUIT\r\n");
  EXPECT_EQ(format_line({"PRIVMSG", "#a b", ":x"}), "PRIVMSG #a_b ::x\r\n");
  EXPECT_EQ(format_line({"TAGMSG", "#a"}, {{"+draft/react", "; \\"}, {"x", ""}}),
            "@+draft/react=\\:\\s\\\\;x TAGMSG #a\r\n");
}

}  // namespace
}  // namespace parlance::cli
