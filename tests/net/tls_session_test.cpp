// Whom a client trusts, and what both sides agree on: TLS as bytes in and bytes out, without a socket.
#include <openssl/ssl.h>

#include <fstream>

#include "net/certificates.hpp"
#include "net/support.hpp"
#include "net/tls_handshake.hpp"

namespace parlance::net::test {
namespace {

class tls_sessions : public testing::Test {
 protected:
  /// The client trusts the authority, and the server shows what it issued.
  outcome visit(const std::string& host, const issue_options& issued) {
    const shown_files files = ours.issue("server", issued);
    return meet(tls_context::client({.ca_file = ours.file()}),
                tls_context::server({.certificates = {{.cert_file = files.cert, .key_file = files.key}}}),
                host);
  }

  const temporary_folder folder;
  const authority ours{folder};
};

// RFC 9525: subject alternative names only, a wildcard only as the whole left label, numbers only as numbers.
TEST_F(tls_sessions, trust_a_certificate_for_the_names_in_it_and_no_others) {
  struct row {
    std::string names, host;
    bool trusted;
  };
  for (const row& r : {row{"DNS:example.com", "example.com", true},
                       {"DNS:example.com", "EXAMPLE.com", true},
                       {"DNS:example.com", "example.com.", true},
                       {"DNS:example.org,DNS:example.com", "example.com", true},
                       {"DNS:example.com", "www.example.com", false},
                       {"DNS:example.com", "example.co", false},
                       {"DNS:*.example.com", "www.example.com", true},
                       {"DNS:*.example.com", "example.com", false},
                       {"DNS:*.example.com", "a.b.example.com", false},
                       {"DNS:w*.example.com", "www.example.com", false},
                       {"DNS:www.*.com", "www.example.com", false},
                       {"DNS:xn--bcher-kva.example",
                        "b\xC3\xBC"
                        "cher.example",
                        true},
                       {"IP:127.0.0.1", "127.0.0.1", true},
                       {"IP:127.0.0.1", "127.0.0.2", false},
                       {"DNS:127.0.0.1", "127.0.0.1", false},
                       {"IP:::1", "::1", true},
                       {"IP:fe80::1", "fe80::1%1", true},
                       {"", "a test", false}}) {
    const outcome both = visit(r.host, {.names = r.names});
    EXPECT_EQ(both.client.empty(), r.trusted) << r.names << " for " << r.host << ": " << both.client;
    EXPECT_EQ(both.client_code, r.trusted ? std::error_code() : errc::certificate);
  }
}

TEST_F(tls_sessions, say_why_they_failed_as_often_as_they_are_asked) {
  const shown_files files = ours.issue("server", {.names = "DNS:example.com"});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto server =
        tls_context::server({.certificates = {{.cert_file = files.cert, .key_file = files.key}}});
    SSL_CTX_set_max_proto_version(server->native(), version);
    const met both = meet(tls_context::client({.ca_file = ours.file()}), server, "example.com");
    both.b->take_output();  // tickets
    both.a->write("half of a document");
    std::string record = both.a->take_output();
    record.back() = static_cast<char>(record.back() ^ 1);
    both.b->feed(record);
    const std::string here = read_from(*both.b);
    both.a->feed(both.b->take_output());
    const std::string there = read_from(*both.a);
    EXPECT_NE(here, "");
    EXPECT_NE(there, "");
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(read_from(*both.b), here);
      EXPECT_EQ(read_from(*both.a), there);
    }
  }
}

TEST_F(tls_sessions, do_not_take_the_common_name_for_a_name) {
  EXPECT_EQ(visit("example.com", {.common_name = "example.com"}).client,
            "the certificate is not for example.com, but for no name");
}

TEST_F(tls_sessions, name_the_host_that_was_asked_for_and_the_names_in_the_certificate) {
  EXPECT_EQ(
      visit("wrong.example", {.names = "DNS:right.example,DNS:*.right.example,IP:192.0.2.1,IP:2001:db8::1"})
          .client,
      "the certificate is not for wrong.example, but for right.example, *.right.example, 192.0.2.1, "
      "2001:db8::1");
}

TEST_F(tls_sessions, do_not_trust_what_is_out_of_date) {
  EXPECT_EQ(visit("example.com", {.names = "DNS:example.com", .valid_until = -60}).client,
            "the certificate of example.com is not trusted: certificate has expired");
  EXPECT_EQ(visit("example.com", {.names = "DNS:example.com", .valid_from = 600}).client,
            "the certificate of example.com is not trusted: certificate is not yet valid");
}

TEST_F(tls_sessions, do_not_trust_what_signed_itself) {
  EXPECT_EQ(visit("example.com", {.names = "DNS:example.com", .self_signed = true}).client,
            "the certificate of example.com is not trusted: self-signed certificate");
}

TEST_F(tls_sessions, do_not_trust_another_authority_and_the_server_is_told) {
  const shown_files files = ours.issue("server", {.names = "DNS:localhost"});
  const outcome both =
      meet(tls_context::client(),
           tls_context::server({.certificates = {{.cert_file = files.cert, .key_file = files.key}}}));
  EXPECT_EQ(both.client,
            "the certificate of localhost is not trusted: unable to get local issuer certificate");
  EXPECT_EQ(both.server, "tlsv1 alert unknown ca");
}

TEST_F(tls_sessions, ask_for_and_check_another_name_when_told_to) {
  const shown_files files = ours.issue("server", {.names = "DNS:example.com"});
  const auto server =
      tls_context::server({.certificates = {{.cert_file = files.cert, .key_file = files.key}}});
  EXPECT_EQ(meet(tls_context::client({.ca_file = ours.file(), .server_name = "example.com"}), server).client,
            "");
  EXPECT_NE(meet(tls_context::client({.ca_file = ours.file()}), server).client, "");
}

TEST_F(tls_sessions, take_any_certificate_only_when_told_so_in_an_ugly_word) {
  EXPECT_EQ(meet(trusting(), shown_on_the_spot(), "any.example").client, "");
  EXPECT_EQ(meet(tls_context::client(), shown_on_the_spot()).client_code, errc::certificate);
}

TEST_F(tls_sessions, check_nothing_without_a_name_to_check) {
  EXPECT_THROW(tls_session(tls_context::client(), ""), io::error);
  EXPECT_EQ(meet(trusting(), shown_on_the_spot(), "").client, "");
}

std::string asked_for;  // by the last client
int remember_name(SSL* ssl, int*, void*) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  asked_for = name ? name : "nothing";
  return SSL_TLSEXT_ERR_OK;
}

// RFC 6066, section 3: a host name, not a number, without the dot of the root; RFC 5890: its A-labels.
TEST_F(tls_sessions, send_the_name_that_they_ask_for) {
  const auto server = tls_context::server();
  SSL_CTX_set_tlsext_servername_callback(server->native(), remember_name);
  for (const auto& [host, sent] : {std::pair<std::string, std::string>{"example.com", "example.com"},
                                   {"example.com.", "example.com"},
                                   {"b\xC3\xBC"
                                    "cher.example",
                                    "xn--bcher-kva.example"},
                                   {"127.0.0.1", "nothing"},
                                   {"::1", "nothing"}}) {
    meet(trusting(), server, host);
    EXPECT_EQ(asked_for, sent);
  }
}

TEST_F(tls_sessions, agree_on_a_protocol_by_the_servers_choice) {
  const auto server = tls_context::server({.alpn = {"h2", "http/1.1"}});
  for (const auto& [offered, chosen] :
       {std::pair<std::vector<std::string>, std::string>{{"http/1.1", "h2"}, "h2"},
        {{"irc", "http/1.1"}, "http/1.1"},
        {{}, ""}}) {
    tls_session a(tls_context::client({.alpn = offered, .insecure_accept_any_certificate = true}),
                  "localhost"),
        b(server, {});
    EXPECT_EQ(shake_hands(a, b).client, "");
    EXPECT_EQ(a.alpn(), chosen);
    EXPECT_EQ(b.alpn(), chosen);
  }
}

// RFC 7301, section 3.2; OpenSSL's default is to go on without a protocol.
TEST_F(tls_sessions, refuse_a_client_that_shares_no_protocol) {
  const outcome both = meet(tls_context::client({.alpn = {"irc"}, .insecure_accept_any_certificate = true}),
                            tls_context::server({.alpn = {"h2"}}));
  EXPECT_EQ(both.server, "no application protocol");
  EXPECT_EQ(both.client, "tlsv1 alert no application protocol");
}

TEST_F(tls_sessions, go_on_without_a_protocol_when_the_server_knows_of_none) {
  tls_session a(tls_context::client({.alpn = {"h2"}, .insecure_accept_any_certificate = true}), "localhost"),
      b(tls_context::server(), {});
  EXPECT_EQ(shake_hands(a, b).client, "");
  EXPECT_EQ(a.alpn(), "");
}

TEST_F(tls_sessions, refuse_a_protocol_that_they_did_not_offer) {
  const auto server = tls_context::server();
  const auto choose = [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char*, unsigned,
                         void*) {
    *out = reinterpret_cast<const unsigned char*>("other");
    *size = 5;
    return SSL_TLSEXT_ERR_OK;
  };
  SSL_CTX_set_alpn_select_cb(server->native(), choose, nullptr);
  EXPECT_EQ(meet(tls_context::client({.alpn = {"h2"}, .insecure_accept_any_certificate = true}), server)
                .client_code,
            errc::tls);
}

TEST_F(tls_sessions, know_the_certificate_that_was_made_on_the_spot_by_its_fingerprint) {
  const auto first = tls_context::server(), second = tls_context::server();
  EXPECT_EQ(first->fingerprint().size(), 32U * 3 - 1);
  EXPECT_NE(first->fingerprint(), second->fingerprint());
  tls_session client(trusting(), "localhost"), server(first, {});
  EXPECT_EQ(client.peer_fingerprint(), "");
  shake_hands(client, server);
  EXPECT_EQ(client.peer_fingerprint(), first->fingerprint());
  EXPECT_EQ(server.peer_fingerprint(), "");
  EXPECT_EQ(client.version(), "TLSv1.3");
  EXPECT_EQ(client.cipher(), server.cipher());
}

TEST_F(tls_sessions, show_a_clients_certificate_to_a_server_that_asks) {
  const shown_files files = ours.issue("client", {.names = "DNS:me"});
  const auto server = tls_context::server();
  SSL_CTX_set_verify(server->native(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_load_verify_file(server->native(), ours.file().c_str());
  const auto known = tls_context::client({.certificate = {.cert_file = files.cert, .key_file = files.key},
                                          .insecure_accept_any_certificate = true});
  tls_session client(known, "localhost"), there(server, {});
  EXPECT_EQ(shake_hands(client, there).server, "");
  EXPECT_EQ(there.peer_fingerprint(), known->fingerprint());
  // Under TLS 1.3 one without sees its handshake succeed, and is told at its first read.
  tls_session unknown(trusting(), "localhost"), again(server, {});
  const outcome both = shake_hands(unknown, again);
  EXPECT_EQ(both.client, "");
  EXPECT_EQ(both.server, "the client showed no certificate, and has to");
  EXPECT_EQ(read_from(unknown), "tlsv13 alert certificate required");
}

TEST_F(tls_sessions, speak_nothing_older_than_tls_1_2) {
  const auto old_client = tls_context::client({.insecure_accept_any_certificate = true}),
             old_server = tls_context::server();
  for (const auto& old : {old_client, old_server}) {
    SSL_CTX_set_security_level(old->native(), 0);
    SSL_CTX_set_min_proto_version(old->native(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(old->native(), TLS1_1_VERSION);
  }
  EXPECT_EQ(meet(old_client, tls_context::server()).server, "unsupported protocol");
  EXPECT_NE(meet(trusting(), old_server).client, "");
  SSL_CTX_set_max_proto_version(old_client->native(), TLS1_2_VERSION);
  EXPECT_EQ(meet(old_client, tls_context::server()).client, "");
}

// What is sent before the handshake is done can be replayed (RFC 8446, section 8).
TEST_F(tls_sessions, take_no_early_data) {
  EXPECT_EQ(SSL_CTX_get_max_early_data(shown_on_the_spot()->native()), 0U);
  EXPECT_EQ(SSL_CTX_get_max_early_data(trusting()->native()), 0U);
}

TEST_F(tls_sessions, say_when_the_other_end_speaks_something_else) {
  for (const std::string_view text :
       {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "hello, is anybody there?\n", "NICK me\r\nUSER me\r\n",
        "SSH-2.0-OpenSSH_9.2p1\r\n", "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C"}) {
    tls_session client(trusting(), "localhost"), server(shown_on_the_spot(), {});
    (void)client.handshake();
    for (tls_session* s : {&client, &server}) {
      bool done = false;
      std::string failed;
      std::error_code code;
      s->feed(text);
      advance(*s, done, failed, code);
      EXPECT_EQ(code, errc::tls);
      EXPECT_TRUE(failed.starts_with("the other end does not speak TLS (")) << text << ": " << failed;
    }
  }
}

TEST_F(tls_sessions, ask_a_client_for_a_certificate_and_take_any_or_none) {
  const auto asking = tls_context::server({.client_certificates = client_certificate::any});
  const auto known_as = [&](const shown_files& files) {
    const auto context = tls_context::client({.certificate = {.cert_file = files.cert, .key_file = files.key},
                                              .insecure_accept_any_certificate = true});
    tls_session client(context, "localhost"), server(asking, {});
    const outcome both = shake_hands(client, server);
    EXPECT_EQ(both.client + both.server, "");
    EXPECT_EQ(server.peer_fingerprint(), context->fingerprint());
    return server.peer_fingerprint();
  };
  EXPECT_EQ(known_as({}), "");
  const shown_files mine = ours.issue("mine", {.self_signed = true});
  EXPECT_EQ(known_as(mine).size(), 32U * 3 - 1);
  EXPECT_EQ(known_as(mine), known_as(mine));
  EXPECT_NE(known_as(ours.issue("other", {.self_signed = true})), known_as(mine));
  EXPECT_NE(known_as(ours.issue("signed", {})), "") << "by an authority that nobody knows";
  EXPECT_NE(known_as(ours.issue("expired", {.valid_until = -60})), "");
}

TEST_F(tls_sessions, do_not_ask_a_client_for_a_certificate_unless_told_to) {
  const shown_files mine = ours.issue("mine", {.self_signed = true});
  tls_session client(tls_context::client({.certificate = {.cert_file = mine.cert, .key_file = mine.key},
                                          .insecure_accept_any_certificate = true}),
                     "localhost"),
      server(shown_on_the_spot(), {});
  shake_hands(client, server);
  EXPECT_EQ(server.peer_fingerprint(), "");
}

TEST_F(tls_sessions, name_the_files_that_are_wrong_and_what_is_wrong_with_them) {
  const shown_files one = ours.issue("one", {}), other = ours.issue("other", {});
  const std::string missing = folder.path("missing"), nonsense = folder.path("nonsense");
  std::ofstream(nonsense) << "this is no PEM\n";
  const auto server = [&](const std::string& cert, const std::string& key) {
    return complaint_of(
        [&] { tls_context::server({.certificates = {{.cert_file = cert, .key_file = key}}}); });
  };
  EXPECT_EQ(server(one.cert, one.key), "");
  EXPECT_EQ(server(missing, one.key), "read the certificate " + missing + ": no such file or directory");
  EXPECT_EQ(server(one.cert, missing), "read the key " + missing + ": no such file or directory");
  EXPECT_EQ(server(nonsense, one.key), "read the certificate " + nonsense + ": no start line");
  EXPECT_TRUE(server(one.cert, nonsense).starts_with("read the key " + nonsense + ": "))
      << server(one.cert, nonsense);
  EXPECT_EQ(server(one.cert, other.key),
            "use the key " + other.key + " with the certificate " + one.cert + ": key values mismatch");
  EXPECT_EQ(server("", one.key), "use the key " + one.key + ": it has no certificate");
  EXPECT_EQ(complaint_of([&] { tls_context::client({.ca_file = missing}); }),
            "read the authorities in " + missing + ": no such file or directory");
  EXPECT_TRUE(complaint_of([&] {
                tls_context::client({.ca_file = nonsense});
              }).starts_with("read the authorities in " + nonsense));
  EXPECT_EQ(complaint_of([&] { tls_context::client({.alpn = {""}}); }),
            "offer a protocol: its name has 1 to 255 bytes");
}

TEST_F(tls_sessions, find_the_key_in_the_certificates_file) {
  const shown_files files = ours.issue("server", {.names = "DNS:localhost"});
  const std::string together = folder.path("both.pem");
  std::ofstream(together) << std::ifstream(files.cert).rdbuf() << std::ifstream(files.key).rdbuf();
  EXPECT_EQ(meet(tls_context::client({.ca_file = ours.file()}),
                 tls_context::server({.certificates = {{.cert_file = together}}}))
                .client,
            "");
}

/// So many key updates, and then data.
void update_keys(tls_session& from, tls_session& to, int times, std::string_view data) {
  for (int i = 0; i < times; ++i) {
    SSL_key_update(from.native(), SSL_KEY_UPDATE_NOT_REQUESTED);
    SSL_do_handshake(from.native());
  }
  from.write(data);
  to.feed(from.take_output());
}

TEST_F(tls_sessions, let_a_peer_update_its_keys_for_data_and_when_all_was_read) {
  const std::string much(16 * 1024, 'm');
  const auto read_all = [](tls_session& from, std::size_t size) {
    std::string room(size, '\0');
    for (std::size_t had = 0, more = 0; had < size; had += more)
      EXPECT_EQ(from.read(room.data(), room.size(), more), tls_session::step::done);
  };
  met both = meet(trusting(), shown_on_the_spot());
  update_keys(*both.a, *both.b, 31, "x");
  EXPECT_EQ(read_from(*both.b), "x");
  update_keys(*both.a, *both.b, 1, "x");
  EXPECT_EQ(read_from(*both.b), "x");
  for (int i = 0; i < 40; ++i) {
    update_keys(*both.a, *both.b, i == 0 ? 0 : 1, much);
    read_all(*both.b, much.size());
  }
  for (int i = 0; i < 40; ++i) {
    both.b->caught_up();
    update_keys(*both.a, *both.b, 1, "x");
    EXPECT_EQ(read_from(*both.b), "x");
  }
  update_keys(*both.a, *both.b, 31, "x");
  EXPECT_EQ(read_from(*both.b), "too many key updates");
}

TEST_F(tls_sessions, may_update_their_own_keys_as_often_as_they_like) {
  met both = meet(trusting(), shown_on_the_spot());
  update_keys(*both.a, *both.b, 32, "x");
  EXPECT_EQ(read_from(*both.b), "x");
  update_keys(*both.a, *both.b, 1, std::string(16 * 1024, 'm'));
  both.b->write("answer");
  both.a->feed(both.b->take_output());
  EXPECT_EQ(read_from(*both.a), "answer");
}

// A fault of what the peer shows is none of the protocol.
TEST_F(tls_sessions, do_not_take_a_broken_certificate_for_another_protocol) {
  const auto client = tls_context::client({.insecure_accept_any_certificate = true});
  SSL_CTX_set_max_proto_version(client->native(), TLS1_2_VERSION);  // which shows it in the clear
  tls_session a(client, "localhost"), b(shown_on_the_spot(), {});
  (void)a.handshake();
  b.feed(a.take_output());
  (void)b.handshake();
  std::string flight = b.take_output();
  const std::size_t sequence = flight.find("\x30\x82");
  ASSERT_NE(sequence, std::string::npos);
  flight[sequence + 4] = '\x31';  // what it begins with is no sequence
  a.feed(flight);
  bool done = false;
  std::string failed;
  std::error_code code;
  advance(a, done, failed, code);
  EXPECT_EQ(code, errc::tls);
  EXPECT_FALSE(failed.starts_with("the other end does not speak TLS")) << failed;
}

}  // namespace
}  // namespace parlance::net::test
