// When a client resumes a session, and when it must not.
#include <openssl/ssl.h>

#include <thread>

#include "net/certificates.hpp"
#include "net/tls_handshake.hpp"

namespace parlance::net::test {
namespace {

class tls_resumption : public testing::TestWithParam<int> {
 protected:
  tls_resumption() { SSL_CTX_set_max_proto_version(here->native(), GetParam()); }
  std::shared_ptr<tls_context> showing(const shown_files& one) const {
    return tls_context::server({.certificates = {{.cert_file = one.cert, .key_file = one.key}}});
  }
  /// Meets, reads what comes after the handshake, and parts in peace. Whether it was resumed.
  static bool is_resumed(const std::shared_ptr<tls_context>& client,
                         const std::shared_ptr<tls_context>& server, const std::string& host = "localhost") {
    const met both = meet(client, server, host);
    EXPECT_EQ(both.client + both.server, "");
    read_from(*both.a);
    EXPECT_EQ(both.a->resumed(), both.b->resumed());
    EXPECT_EQ(both.a->peer_fingerprint(), server->fingerprint());
    both.a->shutdown();
    return both.a->resumed();
  }

  const temporary_folder folder;
  const authority ours{folder};
  const std::shared_ptr<tls_context> here =
      showing(ours.issue("server", {.names = "DNS:localhost,DNS:other.example,IP:127.0.0.1"}));
  const std::shared_ptr<tls_context> client = tls_context::client({.ca_file = ours.file()});
};
INSTANTIATE_TEST_SUITE_P(with, tls_resumption, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& of) { return of.param == TLS1_2_VERSION ? "tls_1_2" : "tls_1_3"; });

TEST_P(tls_resumption, happens_from_the_second_time_on) {
  EXPECT_FALSE(is_resumed(client, here));
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(is_resumed(client, here));
}

TEST_P(tls_resumption, does_not_happen_where_no_tickets_are_given) {
  const shown_files shown = ours.issue("once", {.names = "DNS:localhost"});
  const auto once = tls_context::server(
      {.certificates = {{.cert_file = shown.cert, .key_file = shown.key}}, .tickets = false});
  SSL_CTX_set_max_proto_version(once->native(), GetParam());
  const met both = meet(client, once);
  EXPECT_FALSE(both.b->has_output());  // nothing is left for the client to read
  both.a->shutdown();
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(is_resumed(client, once));
}

TEST_P(tls_resumption, keeps_nothing_of_a_client_at_the_server) {
  const auto without_tickets = tls_context::client({.ca_file = ours.file()});
  SSL_CTX_set_options(without_tickets->native(), SSL_OP_NO_TICKET);
  for (const auto& caller : {client, without_tickets}) is_resumed(caller, here);
  EXPECT_EQ(SSL_CTX_sess_number(here->native()), 0);
}

TEST_P(tls_resumption, knows_the_name_that_was_asked_for) {
  for (int i = 0; i < 2; ++i) {
    const met both = meet(client, here);
    read_from(*both.a);
    both.a->shutdown();
    EXPECT_EQ(both.b->resumed(), i == 1);
    EXPECT_EQ(both.a->info().server_name, "localhost");
    EXPECT_EQ(both.b->info().server_name, "localhost");
  }
}

TEST_P(tls_resumption, knows_the_peer_of_the_first_time) {
  EXPECT_FALSE(is_resumed(client, here));
  const met again = meet(client, here);
  EXPECT_TRUE(again.a->resumed());
  EXPECT_TRUE(again.a->peer()->verified);
  EXPECT_EQ(again.a->peer()->dns_names, (std::vector<std::string>{"localhost", "other.example"}));
}

TEST_P(tls_resumption, is_for_the_same_name_only) {
  EXPECT_FALSE(is_resumed(client, here, "localhost"));
  EXPECT_FALSE(is_resumed(client, here, "other.example"));
  EXPECT_FALSE(is_resumed(client, here, "127.0.0.1"));
  for (const std::string host : {"localhost", "other.example", "127.0.0.1", "localhost."})
    EXPECT_TRUE(is_resumed(client, here, host)) << host;
}

TEST_P(tls_resumption, is_for_the_same_context_only) {
  const auto careless = tls_context::client({.insecure_accept_any_certificate = true});
  EXPECT_FALSE(is_resumed(careless, here));
  EXPECT_TRUE(is_resumed(careless, here));
  EXPECT_FALSE(is_resumed(client, here));
  EXPECT_FALSE(is_resumed(tls_context::client({.ca_file = ours.file()}), here));
}

TEST_P(tls_resumption, does_not_carry_what_was_not_checked_into_stricter_rules) {
  SSL_CTX_set_verify(client->native(), SSL_VERIFY_NONE, nullptr);
  const auto stranger = tls_context::server();
  EXPECT_FALSE(is_resumed(client, stranger));
  EXPECT_TRUE(is_resumed(client, stranger));
  SSL_CTX_set_verify(client->native(), SSL_VERIFY_PEER, nullptr);
  EXPECT_EQ(meet(client, stranger).client_code, errc::certificate);
}

TEST_P(tls_resumption, is_no_way_around_a_server_that_has_forgotten) {
  EXPECT_FALSE(is_resumed(client, here));
  const auto reloaded = showing(ours.issue("renewed", {.names = "DNS:localhost"}));
  EXPECT_FALSE(is_resumed(client, reloaded));
  EXPECT_EQ(meet(client, tls_context::server()).client_code, errc::certificate);
}

TEST_P(tls_resumption, can_be_turned_off) {
  const auto forgetful = tls_context::client({.ca_file = ours.file(), .resume_sessions = false});
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(is_resumed(forgetful, here));
}

TEST_P(tls_resumption, never_escapes_a_check_of_ones_own) {
  int asked = 0;
  const tls_check counts = [&](const peer_certificate&) -> std::expected<void, std::string> {
    ++asked;
    return {};
  };
  const auto asking = tls_context::client({.ca_file = ours.file(), .check = counts});
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(is_resumed(asking, here));
  EXPECT_EQ(asked, 3);

  const shown_files mine = ours.issue("mine", {}), files = ours.issue("here", {.names = "DNS:localhost"});
  const auto careful = tls_context::server({
      .certificates = {{.cert_file = files.cert, .key_file = files.key}},
      .client_certificates = client_certificate::required,
      .ca_file = ours.file(),
      .check = counts,
  });
  const auto caller = tls_context::client(
      {.ca_file = ours.file(), .certificate = {.cert_file = mine.cert, .key_file = mine.key}});
  SSL_CTX_set_max_proto_version(caller->native(), GetParam());
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(is_resumed(caller, careful));
  EXPECT_EQ(asked, 6);
}

TEST_P(tls_resumption, keeps_who_the_client_is) {
  const shown_files mine = ours.issue("mine", {.common_name = "Ann"}),
                    files = ours.issue("here", {.names = "DNS:localhost"});
  const auto members = tls_context::server({
      .certificates = {{.cert_file = files.cert, .key_file = files.key}},
      .client_certificates = client_certificate::required,
      .ca_file = ours.file(),
  });
  const auto caller = tls_context::client(
      {.ca_file = ours.file(), .certificate = {.cert_file = mine.cert, .key_file = mine.key}});
  SSL_CTX_set_max_proto_version(caller->native(), GetParam());
  EXPECT_FALSE(is_resumed(caller, members));
  const met again = meet(caller, members);
  EXPECT_TRUE(again.b->resumed());
  EXPECT_EQ(again.b->peer()->common_name, "Ann");
  EXPECT_TRUE(again.b->peer()->verified);
}

TEST_P(tls_resumption, is_not_tried_again_after_a_connection_that_was_broken) {
  const auto once = tls_context::client({.ca_file = ours.file()});
  SSL_CTX_set_num_tickets(here->native(), 1);
  {
    const met both = meet(once, here);
    read_from(*both.a);
    using namespace std::string_view_literals;
    both.a->feed("\x17\x03\x03\x00\x14twenty bytes of junk"sv);
    EXPECT_NE(read_from(*both.a), "");
  }
  EXPECT_FALSE(is_resumed(once, here));
}

TEST_P(tls_resumption, keeps_a_bounded_number_of_sessions) {
  const auto anybody = tls_context::client({.insecure_accept_any_certificate = true});
  for (int i = 0; i < 300; ++i) EXPECT_FALSE(is_resumed(anybody, here, "host" + std::to_string(i)));
  EXPECT_TRUE(is_resumed(anybody, here, "host299"));
  EXPECT_FALSE(is_resumed(anybody, here, "host0"));
}

// RFC 8446, appendix C.4: whoever sees a ticket twice knows that it is one client.
TEST(tls_tickets, are_used_once) {
  const temporary_folder folder;
  const authority ours(folder);
  const shown_files files = ours.issue("server", {.names = "DNS:localhost"});
  const auto here = tls_context::server({.certificates = {{.cert_file = files.cert, .key_file = files.key}}});
  SSL_CTX_set_num_tickets(here->native(), 1);
  const auto client = tls_context::client({.ca_file = ours.file()});
  const met first = meet(client, here);
  read_from(*first.a);
  first.a->shutdown();
  // Two at the same time: one of them has the ticket. Later ones would not get it from OpenSSL itself.
  tls_session one(client, "localhost"), other(client, "localhost"), there(here, ""), there_too(here, "");
  for (tls_session* s : {&one, &other}) EXPECT_EQ(s->handshake(), tls_session::step::wants_input);
  EXPECT_EQ(shake_hands(one, there).client, "");
  EXPECT_EQ(shake_hands(other, there_too).client, "");
  EXPECT_TRUE(one.resumed());
  EXPECT_FALSE(other.resumed());
}

TEST(tls_tickets, of_one_host_are_kept_beside_each_other) {
  const auto here = tls_context::server();
  SSL_CTX_set_num_tickets(here->native(), 2);
  const auto client = tls_context::client({.insecure_accept_any_certificate = true});
  const met first = meet(client, here);
  read_from(*first.a);
  first.a->shutdown();
  tls_session one(client, "localhost"), other(client, "localhost"), there(here, ""), there_too(here, "");
  EXPECT_EQ(shake_hands(one, there).client, "");
  EXPECT_EQ(shake_hands(other, there_too).client, "");
  EXPECT_TRUE(one.resumed());
  EXPECT_TRUE(other.resumed());
}

TEST(tls_tickets, of_a_connection_that_was_broken_are_passed_over_for_older_ones) {
  const auto here = tls_context::server();
  SSL_CTX_set_num_tickets(here->native(), 2);
  const auto client = tls_context::client({.insecure_accept_any_certificate = true});
  {
    const met first = meet(client, here);
    read_from(*first.a);
    first.a->shutdown();
  }
  {
    const met second = meet(client, here);
    read_from(*second.a);
    using namespace std::string_view_literals;
    second.a->feed("\x17\x03\x03\x00\x14twenty bytes of junk"sv);
    EXPECT_NE(read_from(*second.a), "");
  }
  EXPECT_TRUE(meet(client, here).a->resumed());
}

TEST(tls_tickets_threads, are_shared_by_them_and_used_once) {
  const auto here = tls_context::server();
  const auto client = tls_context::client({.insecure_accept_any_certificate = true});
  const auto talk = [&] {
    for (int i = 0; i < 50; ++i) {
      const met both = meet(client, here, "host" + std::to_string(i % 3));
      EXPECT_EQ(both.client + both.server, "");
      read_from(*both.a);
      both.a->shutdown();
    }
  };
  std::thread other(talk), third(talk);
  talk();
  other.join();
  third.join();
}

}  // namespace
}  // namespace parlance::net::test
