// Which certificate a server shows to whom: server name indication (RFC 6066, section 3).
#include <openssl/ssl.h>

#include "net/certificates.hpp"
#include "net/tls_handshake.hpp"

namespace parlance::net::test {
namespace {

class tls_names : public testing::Test {
 protected:
  tls_certificate issue(const std::string& name, const issue_options& options,
                        std::vector<std::string> shown_for = {}) const {
    const shown_files files = ours.issue(name, options);
    return {.cert_file = files.cert, .key_file = files.key, .names = std::move(shown_for)};
  }
  /// The common name in what is shown to a client that asks for `host`.
  static std::string shown_to(const std::shared_ptr<tls_context>& server, const std::string& host,
                              int version = TLS1_3_VERSION) {
    const auto client = tls_context::client({.insecure_accept_any_certificate = true});
    SSL_CTX_set_max_proto_version(client->native(), version);
    const met both = meet(client, server, host);
    EXPECT_EQ(both.client + both.server, "");
    return both.a->peer()->common_name;
  }

  const temporary_folder folder;
  const authority ours{folder};
};

TEST_F(tls_names, find_the_certificate_by_the_names_in_it) {
  const auto server = tls_context::server(
      {.certificates = {
           issue("first", {.names = "DNS:first.example,DNS:www.first.example", .common_name = "first"}),
           issue("second", {.names = "DNS:second.example,DNS:*.second.example", .common_name = "second"}),
           issue("third", {.names = "DNS:mail.second.example", .common_name = "third"}),
           issue("fourth", {.names = "DNS:mail.second.example,DNS:A-to-Z.Example", .common_name = "fourth"}),
       }});
  for (const auto& [host, shown] :
       {std::pair<std::string, std::string>{"first.example", "first"},
        {"www.first.example", "first"},
        {"second.example", "second"},
        {"SECOND.example", "second"},
        {"second.example.", "second"},
        {"www.second.example", "second"},
        {"WWW.Second.Example.", "second"},
        {"a.www.second.example", "first"},  // a wildcard is one label
        {"mail.second.example", "third"},   // itself before a wildcard, earlier first
        {"a-to-z.example", "fourth"},
        {"A-TO-Z.EXAMPLE", "fourth"},
        {"other.example", "first"},
        {"localhost", "first"},
        {"127.0.0.1", "first"},
        {"::1", "first"},
        {"", "first"}})
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION})
      EXPECT_EQ(shown_to(server, host, version), shown) << host;
}

TEST_F(tls_names, may_be_told_instead_of_found) {
  const auto server =
      tls_context::server({.certificates = {
                               issue("first", {.common_name = "first"}),
                               issue("second", {.names = "DNS:in.it.example", .common_name = "second"},
                                     {"told.example", "*.Wild.example",
                                      "b\xC3\xBC"
                                      "cher.example"}),
                           }});
  EXPECT_EQ(shown_to(server, "told.example"), "second");
  EXPECT_EQ(shown_to(server, "x.wild.example"), "second");
  EXPECT_EQ(shown_to(server, "xn--bcher-kva.example"), "second");
  EXPECT_EQ(shown_to(server, "in.it.example"), "first");
}

// Both kinds would stay in one connection, and a client might get the first.
TEST_F(tls_names, find_a_certificate_with_another_kind_of_key) {
  const auto server =
      tls_context::server({.certificates = {
                               issue("curve", {.names = "DNS:curve.example", .common_name = "curve"}),
                               issue("rsa", {.names = "DNS:rsa.example", .common_name = "rsa", .rsa = true}),
                           }});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_EQ(shown_to(server, "rsa.example", version), "rsa");
    EXPECT_EQ(shown_to(server, "curve.example", version), "curve");
    EXPECT_EQ(shown_to(server, "other.example", version), "curve");
  }
}

TEST_F(tls_names, lead_to_a_certificate_that_is_trusted_for_them) {
  const auto server =
      tls_context::server({.certificates = {issue("first", {.names = "DNS:first.example"}),
                                            issue("second", {.names = "DNS:second.example"})}});
  const auto client = tls_context::client({.ca_file = ours.file()});
  EXPECT_EQ(meet(client, server, "first.example").client, "");
  EXPECT_EQ(meet(client, server, "second.example").client, "");
  EXPECT_EQ(meet(client, server, "third.example").client,
            "the certificate is not for third.example, but for first.example");
}

TEST_F(tls_names, leave_the_fingerprint_to_the_first) {
  const tls_certificate first = issue("first", {}), second = issue("second", {});
  EXPECT_EQ(tls_context::server({.certificates = {first, second}})->fingerprint(),
            tls_context::server({.certificates = {first}})->fingerprint());
}

TEST_F(tls_names, keep_every_other_setting) {
  const auto server = tls_context::server({
      .certificates = {issue("first", {.names = "DNS:first.example"}),
                       issue("second", {.names = "DNS:second.example"})},
      .alpn = {"irc"},
      .client_certificates = client_certificate::required,
      .ca_file = ours.file(),
  });
  const tls_certificate mine = issue("mine", {});
  for (const std::string host : {"first.example", "second.example"}) {
    const met in = meet(tls_context::client({.ca_file = ours.file(), .certificate = mine, .alpn = {"irc"}}),
                        server, host);
    EXPECT_EQ(in.client + in.server, "");
    EXPECT_EQ(in.b->alpn(), "irc");
    EXPECT_TRUE(in.b->peer()->verified);
    EXPECT_EQ(meet(tls_context::client({.ca_file = ours.file(), .alpn = {"irc"}}), server, host).server_code,
              errc::certificate);
  }
}

TEST_F(tls_names, that_are_wrong_or_whose_certificate_is_are_complained_of) {
  const tls_certificate good = issue("good", {});
  EXPECT_EQ(complaint_of([&] { tls_context::server({.certificates = {good, {}}}); }),
            "show a certificate: none is given");
  EXPECT_EQ(complaint_of([&] {
              tls_context::server({.certificates = {good, {.cert_file = folder.path("missing")}}});
            }),
            "read the certificate " + folder.path("missing") + ": no such file or directory");
}

TEST_F(tls_names, are_told_to_the_server) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION})
    for (const auto& [host, name] : {std::pair<std::string, std::string>{"first.example", "first.example"},
                                     {"second.example.", "second.example"},
                                     {"127.0.0.1", ""},
                                     {"", ""}}) {
      const auto client = tls_context::client({.insecure_accept_any_certificate = true});
      SSL_CTX_set_max_proto_version(client->native(), version);
      EXPECT_EQ(meet(client, shown_on_the_spot(), host).b->info().server_name, name);
    }
}

// OpenSSL would take it for any name below.
TEST_F(tls_names, do_not_begin_with_a_dot) {
  for (const bool any : {false, true}) {
    const auto client = tls_context::client({.ca_file = ours.file(), .insecure_accept_any_certificate = any});
    EXPECT_EQ(complaint_of([&] { tls_session(client, ".first.example"); }),
              "start TLS: .first.example is no host's name");
  }
}

}  // namespace
}  // namespace parlance::net::test
