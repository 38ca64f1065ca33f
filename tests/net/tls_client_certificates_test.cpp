// Which clients a server lets in by their certificates, and what both sides are told.
#include <fmt/core.h>
#include <openssl/ssl.h>

#include "net/certificates.hpp"
#include "net/tls_handshake.hpp"

namespace parlance::net::test {
namespace {

using enum client_certificate;

class tls_client_certificates : public testing::Test {
 protected:
  std::shared_ptr<tls_context> server(client_certificate wanted, tls_check check = {}) const {
    return tls_context::server({
        .client_certificates = wanted,
        .ca_file = wanted == none ? "" : ours.file(),
        .check = std::move(check),
    });
  }
  static std::shared_ptr<tls_context> client(const shown_files& files) {
    return tls_context::client({.certificate = {.cert_file = files.cert, .key_file = files.key},
                                .insecure_accept_any_certificate = true});
  }

  const temporary_folder folder;
  const authority ours{folder}, others{folder, "others", "another authority"};
  const shown_files member = ours.issue("member", {.common_name = "Ann"}),
                    stranger = others.issue("stranger", {.common_name = "Eve"});
};

TEST_F(tls_client_certificates, are_shown_by_members_and_by_nobody_else_where_one_is_required) {
  const auto required_here = server(required);
  const met in = meet(client(member), required_here);
  EXPECT_EQ(in.client + in.server, "");
  EXPECT_EQ(in.b->peer()->common_name, "Ann");
  EXPECT_TRUE(in.b->peer()->verified);

  const met out = meet(client(stranger), required_here);
  EXPECT_EQ(out.server, "the client's certificate is not trusted: unable to get local issuer certificate");
  EXPECT_EQ(out.server_code, errc::certificate);
  EXPECT_EQ(read_from(*out.a), "tlsv1 alert unknown ca");
}

TEST_F(tls_client_certificates, of_an_authority_that_only_bears_the_name_are_refused) {
  const authority impostor(folder, "impostor");
  const met out = meet(client(impostor.issue("mallory", {})), server(required));
  EXPECT_EQ(out.server, "the client's certificate is not trusted: certificate signature failure");
  EXPECT_EQ(out.server_code, errc::certificate);
}

TEST_F(tls_client_certificates, that_are_required_and_not_shown_are_missed_in_plain_words) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto nobody = tls_context::client({.insecure_accept_any_certificate = true});
    SSL_CTX_set_max_proto_version(nobody->native(), version);
    const met out = meet(nobody, server(required));
    EXPECT_EQ(out.server, "the client showed no certificate, and has to");
    EXPECT_EQ(out.server_code, errc::certificate);
    // Under TLS 1.3 the client's handshake is done by then.
    EXPECT_EQ(
        version == TLS1_3_VERSION ? read_from(*out.a) : out.client,
        version == TLS1_3_VERSION ? "tlsv13 alert certificate required" : "sslv3 alert handshake failure");
  }
}

TEST_F(tls_client_certificates, may_be_missing_but_not_be_a_strangers_where_they_are_optional) {
  const auto optional_here = server(optional);
  const met in = meet(client(member), optional_here), nobody = meet(trusting(), optional_here),
            out = meet(client(stranger), optional_here);
  EXPECT_TRUE(in.b->peer()->verified);
  EXPECT_EQ(nobody.server, "");
  EXPECT_FALSE(nobody.b->peer());
  EXPECT_EQ(out.server_code, errc::certificate);
}

TEST_F(tls_client_certificates, are_not_asked_for_where_nobody_wants_them) {
  const met in = meet(client(member), server(none));
  EXPECT_EQ(in.server, "");
  EXPECT_FALSE(in.b->peer());
}

TEST_F(tls_client_certificates, of_anybody_tell_whether_an_authority_knows_them) {
  const auto any_here = server(any);
  const met in = meet(client(member), any_here), out = meet(client(stranger), any_here);
  EXPECT_EQ(in.server + out.server, "");
  EXPECT_TRUE(in.b->peer()->verified);
  EXPECT_EQ(in.b->peer()->problem, "");
  EXPECT_FALSE(out.b->peer()->verified);
  EXPECT_EQ(out.b->peer()->problem, "unable to verify the first certificate");
  EXPECT_EQ(out.b->peer_fingerprint(), client(stranger)->fingerprint());
}

TEST_F(tls_client_certificates, of_anybody_are_not_asked_of_who_speaks_http) {
  for (const auto& [offers, is_asked] : std::vector<std::pair<std::vector<std::string>, bool>>{
           {{}, true}, {{"irc"}, true}, {{"irc", "http/1.1"}, false}, {{"h2"}, false}}) {
    const auto caller =
        tls_context::client({.certificate = {.cert_file = member.cert, .key_file = member.key},
                             .alpn = offers,
                             .insecure_accept_any_certificate = true});
    const auto here = tls_context::server(
        {.alpn = {"irc", "http/1.1", "h2"}, .client_certificates = client_certificate::any});
    const met both = meet(caller, here);
    EXPECT_EQ(both.client + both.server, "");
    EXPECT_EQ(both.b->peer().has_value(), is_asked);
  }
}

TEST_F(tls_client_certificates, that_are_out_of_date_or_for_servers_only_are_refused) {
  EXPECT_EQ(meet(client(ours.issue("old", {.valid_until = -60})), server(required)).server,
            "the client's certificate is not trusted: certificate has expired");
  EXPECT_EQ(meet(client(ours.issue("server", {.usage = "serverAuth"})), server(required)).server,
            "the client's certificate is not trusted: unsuitable certificate purpose");
  EXPECT_EQ(meet(client(ours.issue("client", {.usage = "clientAuth"})), server(required)).server, "");
}

TEST_F(tls_client_certificates, are_asked_for_by_the_names_of_the_authorities) {
  std::string named;
  const auto asked = client(member);
  SSL_CTX_set_cert_cb(
      asked->native(),
      [](SSL* ssl, void* to) {
        const STACK_OF(X509_NAME)* names = SSL_get0_peer_CA_list(ssl);
        for (int i = 0; i < sk_X509_NAME_num(names); ++i) {
          char text[200];
          *static_cast<std::string*>(to) +=
              X509_NAME_oneline(sk_X509_NAME_value(names, i), text, sizeof text);
        }
        return 1;
      },
      &named);
  meet(asked, server(required));
  EXPECT_EQ(named, "/CN=a test's authority");
}

TEST_F(tls_client_certificates, are_checked_by_authorities_from_memory_too) {
  const auto here = tls_context::server(
      {.client_certificates = required, .ca_pem = contents(others.file()) + contents(ours.file())});
  EXPECT_EQ(meet(client(member), here).server, "");
  EXPECT_EQ(meet(client(stranger), here).server, "");
}

TEST_F(tls_client_certificates, that_a_list_among_the_authorities_revokes_are_refused) {
  const std::string authorities = contents(ours.file()) + ours.revoke(member);
  const shown_files other = ours.issue("other", {});
  const auto required_here = tls_context::server({.client_certificates = required, .ca_pem = authorities}),
             any_here = tls_context::server({.client_certificates = any, .ca_pem = authorities});
  EXPECT_EQ(meet(client(member), required_here).server,
            "the client's certificate is not trusted: certificate revoked");
  EXPECT_EQ(meet(client(other), required_here).server, "");
  EXPECT_EQ(meet(client(member), any_here).b->peer()->problem, "certificate revoked");
  EXPECT_TRUE(meet(client(other), any_here).b->peer()->verified);

  const shown_files lost = ours.issue("lost", {.names = "DNS:localhost"});
  const auto here = tls_context::server({.certificates = {{.cert_file = lost.cert, .key_file = lost.key}}});
  const met out = meet(tls_context::client({.ca_pem = contents(ours.file()) + ours.revoke(lost)}), here);
  EXPECT_EQ(out.client, "the certificate of localhost is not trusted: certificate revoked");

  const std::string file = ours.file() + ".list";
  std::ofstream(file) << "a comment\n" << ours.revoke(lost);
  const auto apart = tls_context::client({.ca_file = ours.file(), .crl_file = file});
  EXPECT_EQ(meet(apart, here).client, out.client);
  for (const std::string& none : {ours.file(), file + ".none"})
    EXPECT_THROW(tls_context::client({.ca_file = ours.file(), .crl_file = none}), io::error) << none;
}

TEST_F(tls_client_certificates, of_an_authority_without_a_list_are_refused_where_there_are_lists) {
  const auto here =
      tls_context::server({.client_certificates = required,
                           .ca_pem = contents(ours.file()) + ours.revoke(member) + contents(others.file())});
  EXPECT_EQ(meet(client(stranger), here).server,
            "the client's certificate is not trusted: unable to get certificate CRL");
}

TEST_F(tls_client_certificates, in_a_chain_that_is_too_long_are_refused) {
  const auto chain_of = [&](const shown_files& first, std::size_t size) {
    std::string pem;
    while (pem.size() < size) pem += contents(first.cert);
    return tls_certificate{.cert_pem = pem, .key_pem = contents(first.key)};
  };
  const auto any_here = server(any);
  const auto with = [](const tls_certificate& shown) {
    return tls_context::client({.certificate = shown, .insecure_accept_any_certificate = true});
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto longer = with(chain_of(member, 80'000)), shorter = with(chain_of(member, 30'000));
    SSL_CTX_set_max_proto_version(longer->native(), version);
    SSL_CTX_set_max_proto_version(shorter->native(), version);
    EXPECT_EQ(meet(longer, any_here).server, "excessive message size");
    EXPECT_EQ(meet(shorter, any_here).server, "");
    const auto boastful = tls_context::server({.certificates = {chain_of(member, 80'000)}});
    SSL_CTX_set_max_proto_version(boastful->native(), version);
    EXPECT_EQ(meet(trusting(), boastful).client, "excessive message size");
  }
}

TEST_F(tls_client_certificates, need_an_authority_and_an_authority_needs_them) {
  for (const client_certificate wanted : {optional, required})
    EXPECT_EQ(complaint_of([&] { tls_context::server({.client_certificates = wanted}); }),
              "check clients' certificates: there is no authority (ca_file, ca_pem)");
  EXPECT_EQ(complaint_of([&] { tls_context::server({.ca_file = ours.file()}); }),
            "check clients' certificates: client_certificates says not to ask for any");
  EXPECT_EQ(complaint_of([&] {
              tls_context::server({.client_certificates = required, .ca_file = folder.path("none")});
            }),
            "read the authorities in " + folder.path("none") + ": no such file or directory");
  EXPECT_EQ(complaint_of([&] { tls_context::server({.client_certificates = required, .ca_pem = "junk"}); }),
            "read the authorities: there is no certificate in it");
}

// --- a check of one's own

TEST_F(tls_client_certificates, are_refused_by_ones_own_check_with_its_reason) {
  const auto ann_alone =
      server(required, [](const peer_certificate& shown) -> std::expected<void, std::string> {
        if (shown.common_name != "Ann") return std::unexpected(shown.common_name + " is not on the list");
        return {};
      });
  EXPECT_EQ(meet(client(member), ann_alone).server, "");
  const met out = meet(client(ours.issue("bob", {.common_name = "Bob"})), ann_alone);
  EXPECT_EQ(out.server, "the client's certificate is refused: Bob is not on the list");
  EXPECT_EQ(out.server_code, errc::certificate);
  EXPECT_EQ(read_from(*out.a), "sslv3 alert bad certificate");
}

TEST_F(tls_client_certificates, that_are_not_trusted_are_not_saved_by_ones_own_check) {
  bool asked = false;
  const auto here = server(required, [&](const peer_certificate&) -> std::expected<void, std::string> {
    asked = true;
    return {};
  });
  EXPECT_EQ(meet(client(stranger), here).server_code, errc::certificate);
  EXPECT_FALSE(asked);
}

TEST_F(tls_client_certificates, of_anybody_come_to_ones_own_check_with_what_is_wrong_with_them) {
  std::string said;
  const auto here = server(any, [&](const peer_certificate& shown) -> std::expected<void, std::string> {
    said += fmt::format("{} {} ", shown.common_name, shown.verified);
    return {};
  });
  EXPECT_EQ(meet(client(stranger), here).server + meet(client(member), here).server, "");
  EXPECT_EQ(said, "Eve false Ann true ");
}

TEST_F(tls_client_certificates, are_refused_by_a_check_that_throws) {
  const auto here = server(required, [](const peer_certificate&) -> std::expected<void, std::string> {
    throw std::runtime_error("the list is gone");
  });
  EXPECT_EQ(meet(client(member), here).server, "the client's certificate is refused: the list is gone");
  const auto rude =
      server(required, [](const peer_certificate&) -> std::expected<void, std::string> { throw 1; });
  EXPECT_EQ(meet(client(member), rude).server, "the client's certificate is refused: no reason given");
}

// --- OpenSSL's own settings

// Whoever adds his authorities by hand must not find that everybody is let in.
TEST_F(tls_client_certificates, are_really_checked_for_who_sets_openssl_up_himself) {
  for (const client_certificate wanted : {none, any}) {
    const auto here = tls_context::server({.client_certificates = wanted});
    EXPECT_EQ(SSL_CTX_load_verify_locations(here->native(), ours.file().c_str(), nullptr), 1);
    SSL_CTX_set_verify(here->native(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    EXPECT_EQ(meet(client(member), here).server, "");
    EXPECT_EQ(meet(client(stranger), here).server_code, errc::certificate);
    EXPECT_EQ(meet(client(ours.issue("old", {.valid_until = -60})), here).server_code, errc::certificate);
    EXPECT_EQ(meet(trusting(), here).server_code, errc::certificate);
  }
}

TEST_F(tls_client_certificates, are_shown_to_ones_own_callback_of_openssl) {
  static int calls = 0;
  const auto here = tls_context::server({.client_certificates = any, .ca_file = ours.file()});
  SSL_CTX_set_verify(here->native(), SSL_VERIFY_PEER, [](int trusted, X509_STORE_CTX*) {
    ++calls;
    return trusted;
  });
  EXPECT_EQ(meet(client(member), here).server, "");
  EXPECT_EQ(meet(client(stranger), here).server_code, errc::certificate);
  EXPECT_GT(calls, 0);
}

TEST_F(tls_client_certificates, of_servers_are_shown_to_ones_own_callback_of_openssl_too) {
  const auto refusing = tls_context::client({.ca_file = ours.file()});
  SSL_CTX_set_verify(refusing->native(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 0; });
  const shown_files files = ours.issue("localhost", {.names = "DNS:localhost"});
  const auto here = tls_context::server({.certificates = {{.cert_file = files.cert, .key_file = files.key}}});
  EXPECT_EQ(meet(tls_context::client({.ca_file = ours.file()}), here).client, "");
  EXPECT_EQ(meet(refusing, here).client_code, errc::certificate);
}

}  // namespace
}  // namespace parlance::net::test
