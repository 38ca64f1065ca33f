#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include <parlance/chat/base/base64.hpp>
#include <parlance/chat/irc/sasl.hpp>
#include <parlance/net/base64.hpp>

using namespace parlance::chat;
using namespace parlance::chat::irc;
using namespace std::string_literals;
using namespace std::string_view_literals;
using kind = sasl_step::kind;

namespace {

/// Sends a message as one client does.
sasl_step send(sasl_exchange& sasl, std::string_view message) {
  sasl_step step;
  for (const auto& chunk : sasl_chunks(message)) {
    EXPECT_EQ(step.what, kind::nothing);
    step = sasl.receive(chunk);
  }
  return step;
}

void begin(sasl_exchange& sasl, std::string_view mechanism) {
  const auto step = sasl.receive(mechanism);
  EXPECT_EQ(step.what, kind::send);
  EXPECT_EQ(step.chunks, std::vector<std::string>{"+"});
}

sasl_step plain(sasl_exchange& sasl, std::string_view message) {
  begin(sasl, "PLAIN");
  return send(sasl, message);
}

/// What a challenge says.
std::string read(const sasl_step& step) {
  EXPECT_EQ(step.what, kind::send);
  std::string text;
  for (const auto& chunk : step.chunks)
    if (chunk != "+") text += chunk;
  return base64_decode(text).value();
}

// The exchange of RFC 7677, section 3.
constexpr auto first = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"sv;
constexpr auto challenge =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"sv;
constexpr auto final_message =
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="sv;
constexpr auto signature = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="sv;

sasl_exchange rfc_server() { return sasl_exchange({.nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"}); }

const scram_credentials& pencil() {
  static const auto made = derive_scram("pencil", *base64_decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);
  return made;
}

sasl_step to_final(sasl_exchange& sasl, std::string_view first_message = first) {
  begin(sasl, "SCRAM-SHA-256");
  const auto question = send(sasl, first_message);
  EXPECT_EQ(question.what, kind::find_scram);
  return sasl.answer_scram(question.ticket, pencil(), "secret");
}

}  // namespace

TEST(sasl, names_the_mechanisms_that_are_offered) {
  EXPECT_EQ(sasl_exchange({.external = true}).mechanisms(), "EXTERNAL,SCRAM-SHA-256,PLAIN,OAUTHBEARER");
  EXPECT_EQ(sasl_exchange({.plain = false, .bearer = false}).mechanisms(), "SCRAM-SHA-256");
  EXPECT_EQ(sasl_exchange({.plain = false}).receive("PLAIN").what, kind::unknown_mechanism);
  EXPECT_EQ(sasl_exchange().receive("EXTERNAL").what, kind::unknown_mechanism);
  EXPECT_EQ(sasl_exchange().receive("").what, kind::unknown_mechanism);
}

TEST(sasl, has_a_plain_password_checked) {
  sasl_exchange sasl;
  const auto question = plain(sasl, "\0alice\0secret"sv);
  EXPECT_EQ(question.what, kind::check_password);
  EXPECT_EQ(question.name, "alice");
  EXPECT_EQ(question.password, "secret");
  EXPECT_TRUE(sasl.in_progress());
  const auto last = sasl.answer_password(question.ticket, true);
  EXPECT_EQ(last.what, kind::success);
  EXPECT_EQ(last.name, "alice");
  EXPECT_FALSE(sasl.in_progress());
}

TEST(sasl, fails_when_the_password_is_wrong_and_can_begin_anew) {
  sasl_exchange sasl;
  auto question = plain(sasl, "\0alice\0wrong"sv);
  const auto last = sasl.answer_password(question.ticket, false);
  EXPECT_EQ(last.what, kind::failed);
  EXPECT_EQ(last.name, "");
  question = plain(sasl, "Alice\0alice\0secret"sv);
  EXPECT_EQ(sasl.answer_password(question.ticket, true).what, kind::success);
}

TEST(sasl, has_a_token_checked_and_tells_who_is_refused_why) {
  constexpr auto message =
      "n,a=alice,\x01host=chat.example.org\x01"
      "auth=Bearer id.secret\x01\x01"sv;
  sasl_exchange sasl;
  begin(sasl, "OAUTHBEARER");
  auto question = send(sasl, message);
  EXPECT_EQ(question.what, kind::check_token);
  EXPECT_EQ(question.name, "alice");
  EXPECT_EQ(question.password, "id.secret");
  EXPECT_EQ(sasl.answer_token(question.ticket, true).what, kind::success);
  begin(sasl, "OAUTHBEARER");
  question = send(sasl, message);
  const auto why = sasl.answer_token(question.ticket, false);
  EXPECT_EQ(why.what, kind::send);
  EXPECT_EQ(why.chunks, sasl_chunks(R"({"status":"invalid_token"})"));
  EXPECT_EQ(send(sasl, "\x01"sv).what, kind::failed);
  EXPECT_FALSE(sasl.in_progress());
}

TEST(sasl, refuses_messages_with_a_token_that_are_none) {
  for (const auto message : {""sv, "n,a=alice,"sv, "n,a=alice,\x01\x01"sv,
                             "n,,\x01"
                             "auth=Bearer x\x01\x01"sv,
                             "y,a=alice,\x01"
                             "auth=Bearer x\x01\x01"sv,
                             "n,a=alice,\x01"
                             "auth=Basic x\x01\x01"sv,
                             "n,a=alice,\x01"
                             "auth=Bearer x\x01"sv,
                             "n,a=,\x01"
                             "auth=Bearer x\x01\x01"sv}) {
    sasl_exchange sasl;
    begin(sasl, "OAUTHBEARER");
    EXPECT_EQ(send(sasl, message).what, kind::failed) << parlance::net::base64_encode(message);
    EXPECT_FALSE(sasl.in_progress());
  }
}

TEST(sasl, refuses_plain_messages_that_are_none) {
  for (const auto message : {""sv, "alice"sv, "\0alice"sv, "\0alice\0"sv, "\0\0secret"sv,
                             "bob\0alice\0secret"sv, "\0alice\0sec\0ret"sv, "\0al\xff\0secret"sv}) {
    sasl_exchange sasl;
    EXPECT_EQ(plain(sasl, message).what, kind::failed) << parlance::net::base64_encode(message);
    EXPECT_FALSE(sasl.in_progress());
  }
  sasl_exchange sasl;
  EXPECT_EQ(plain(sasl, "\0a\0"s + std::string(max_password + 1, 'x')).what, kind::failed);
}

TEST(sasl, forgets_a_question_that_the_client_has_aborted) {
  sasl_exchange sasl;
  const auto old = plain(sasl, "\0alice\0secret"sv);
  EXPECT_EQ(sasl.receive("*").what, kind::aborted);
  EXPECT_EQ(sasl.answer_password(old.ticket, true).what, kind::nothing);
  const auto question = plain(sasl, "\0bob\0guess"sv);
  EXPECT_EQ(sasl.answer_password(old.ticket, true).what, kind::nothing);
  EXPECT_EQ(sasl.answer_scram(question.ticket, pencil(), "").what, kind::nothing);
  EXPECT_EQ(sasl.answer_certificate(question.ticket, "bob").what, kind::nothing);
  EXPECT_EQ(sasl.answer_password(question.ticket, false).what, kind::failed);
  EXPECT_EQ(sasl.answer_password(question.ticket, true).what, kind::nothing);
}

TEST(sasl, fails_when_the_client_does_not_wait_for_an_answer) {
  sasl_exchange sasl;
  const auto question = plain(sasl, "\0alice\0secret"sv);
  EXPECT_EQ(sasl.receive("+").what, kind::failed);
  EXPECT_EQ(sasl.answer_password(question.ticket, true).what, kind::nothing);
}

TEST(sasl, puts_a_message_together_from_chunks) {
  // 300 bytes are 400 of base64, after which a "+" must follow.
  for (const std::size_t size : {297U, 300U, 303U, 480U}) {
    sasl_exchange sasl;
    const std::string password(size - 7, 'x');
    const auto chunks = sasl_chunks("\0alice\0"s + password);
    EXPECT_EQ(chunks.back() == "+", size == 300) << size;
    const auto question = plain(sasl, "\0alice\0"s + password);
    EXPECT_EQ(question.what, kind::check_password) << size;
    EXPECT_EQ(question.password, password);
  }
}

TEST(sasl, refuses_what_is_too_long) {
  sasl_exchange sasl;
  begin(sasl, "plain");
  EXPECT_EQ(sasl.receive(std::string(401, 'A')).what, kind::too_long);
  EXPECT_FALSE(sasl.in_progress());
  begin(sasl, "PLAIN");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(sasl.receive(std::string(400, 'A')).what, kind::nothing);
  EXPECT_EQ(sasl.receive(std::string(400, 'A')).what, kind::too_long);
  EXPECT_FALSE(sasl.in_progress());
}

TEST(sasl, refuses_what_is_no_base64) {
  for (const auto* chunk : {"", "Zg", "!!!!", "Zg==\n", "+="}) {
    sasl_exchange sasl;
    begin(sasl, "PLAIN");
    EXPECT_EQ(sasl.receive(chunk).what, kind::failed) << chunk;
  }
}

TEST(sasl, asks_whose_the_certificate_is) {
  sasl_exchange sasl({.external = true});
  const auto question = [&](std::string_view message) {
    begin(sasl, "EXTERNAL");
    const auto step = send(sasl, message);
    EXPECT_EQ(step.what, kind::find_certificate);
    EXPECT_EQ(step.name, message);
    return step.ticket;
  };
  const auto last = sasl.answer_certificate(question(""), "alice");
  EXPECT_EQ(last.what, kind::success);
  EXPECT_EQ(last.name, "alice");
  EXPECT_EQ(sasl.answer_certificate(question("Alice"), "alice").name, "alice");
  EXPECT_EQ(sasl.answer_certificate(question("bob"), "alice").what, kind::failed);
  EXPECT_EQ(sasl.answer_certificate(question(""), std::nullopt).what, kind::failed);
  begin(sasl, "EXTERNAL");
  EXPECT_EQ(send(sasl, "a\0b"sv).what, kind::failed);
}

TEST(sasl_scram, is_the_exchange_of_rfc_7677) {
  auto sasl = rfc_server();
  begin(sasl, "scram-sha-256");
  const auto question = send(sasl, first);
  EXPECT_EQ(question.what, kind::find_scram);
  EXPECT_EQ(question.name, "user");
  EXPECT_EQ(read(sasl.answer_scram(question.ticket, pencil(), "secret")), challenge);
  EXPECT_EQ(read(send(sasl, final_message)), signature);
  const auto last = sasl.receive("+");
  EXPECT_EQ(last.what, kind::success);
  EXPECT_EQ(last.name, "user");
}

TEST(sasl_scram, refuses_a_wrong_proof) {
  for (const std::size_t from_end : {3U, 10U, 40U}) {
    auto sasl = rfc_server();
    to_final(sasl);
    std::string wrong(final_message);
    auto& c = wrong[wrong.size() - from_end];
    c = c == 'A' ? 'E' : 'A';
    EXPECT_EQ(send(sasl, wrong).what, kind::failed);
    EXPECT_FALSE(sasl.in_progress());
  }
}

TEST(sasl_scram, refuses_a_final_message_for_another_exchange) {
  const auto refused = [](std::string_view message) {
    auto sasl = rfc_server();
    to_final(sasl);
    return send(sasl, message).what == kind::failed;
  };
  const auto proof = ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="s;
  EXPECT_FALSE(refused(final_message));
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused(proof));
  EXPECT_TRUE(refused("c=biws,r=rOprNGfwEbeRWgbNEkqO" + proof));
  EXPECT_TRUE(refused("c=eSws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0" + proof));
  EXPECT_TRUE(refused("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0" + proof));
  EXPECT_TRUE(refused("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"));
  EXPECT_TRUE(refused("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p="));
}

TEST(sasl_scram, treats_an_account_that_is_not_there_like_one_whose_password_is_wrong) {
  const auto challenge_for = [](sasl_exchange& sasl) {
    begin(sasl, "SCRAM-SHA-256");
    const auto question = send(sasl, "n,,n=nobody,r=abc");
    return read(sasl.answer_scram(question.ticket, std::nullopt, "secret"));
  };
  sasl_exchange sasl({.nonce = "x"}), again({.nonce = "x"});
  const std::string made_up = challenge_for(sasl);
  EXPECT_EQ(made_up, challenge_for(again));
  EXPECT_TRUE(made_up.starts_with("r=abcx,s="));
  EXPECT_TRUE(made_up.ends_with(",i=4096"));
  EXPECT_EQ(send(sasl, "c=biws,r=abcx,p=" + parlance::net::base64_encode(std::string(32, 'p'))).what,
            kind::failed);
}

TEST(sasl_scram, makes_a_nonce_of_its_own_each_time) {
  const auto nonce = [] {
    sasl_exchange sasl;
    return read(to_final(sasl));
  };
  EXPECT_NE(nonce(), nonce());
}

TEST(sasl_scram, decodes_the_name) {
  const auto name_in = [](std::string_view message) {
    auto sasl = rfc_server();
    begin(sasl, "SCRAM-SHA-256");
    const auto step = send(sasl, message);
    return step.what == kind::find_scram ? step.name : "<refused>";
  };
  EXPECT_EQ(name_in("y,,n=a=2Cb=3Dc,r=x"), "a,b=c");
  EXPECT_EQ(name_in("n,a=alice,n=Alice,r=x"), "Alice");
  EXPECT_EQ(name_in("n,,n=alice,r=x,ext=1"), "alice");
  for (const auto message : {""sv,
                             "n"sv,
                             "n,"sv,
                             "n,,"sv,
                             "n,,n=alice"sv,
                             "n,,n=,r=x"sv,
                             "n,,n=alice,r="sv,
                             "n,,r=x,n=alice"sv,
                             "p=tls-unique,,n=alice,r=x"sv,
                             "x,,n=alice,r=x"sv,
                             "n,a=bob,n=alice,r=x"sv,
                             "n,bob,n=bob,r=x"sv,
                             "n,,m=1,n=alice,r=x"sv,
                             "n,,n=a=2c,r=x"sv,
                             "n,,n=a=,r=x"sv,
                             "n,,n=a=2,r=x"sv,
                             "n,,n=a\0b,r=x"sv,
                             "n,,n=al\xff,r=x"sv,
                             "n,,n=alice,r=a b"sv,
                             "n,,n=alice,r=\xc3\xa9"sv})
    EXPECT_EQ(name_in(message), "<refused>") << message;
}

TEST(sasl_scram, succeeds_only_once_the_client_has_seen_our_signature) {
  auto sasl = rfc_server();
  to_final(sasl);
  EXPECT_EQ(send(sasl, final_message).what, kind::send);
  EXPECT_TRUE(sasl.in_progress());
  EXPECT_EQ(sasl.receive("Zg==").what, kind::failed);
}
