// What a client asks of a certificate besides the authorities: pins (RFC 7469) and a check of its own.
#include "net/certificates.hpp"
#include "net/tls_handshake.hpp"

namespace parlance::net::test {
namespace {

class tls_pins : public testing::Test {
 protected:
  static std::shared_ptr<tls_context> showing(const shown_files& one) {
    return tls_context::server({.certificates = {{.cert_file = one.cert, .key_file = one.key}}});
  }
  /// What is said of this server by a client with these pins, and with authorities or without.
  std::string said(const std::shared_ptr<tls_context>& server, const std::vector<std::string>& pins,
                   bool any = false) const {
    return meet(tls_context::client(
                    {.ca_file = ours.file(), .pins = pins, .insecure_accept_any_certificate = any}),
                server)
        .client;
  }
  static peer_certificate shown_by(const std::shared_ptr<tls_context>& server) {
    return *meet(trusting(), server).a->peer();
  }
  static peer_certificate read(const std::string& file) {
    const std::unique_ptr<BIO, freed_with<BIO_free>> in(BIO_new_file(file.c_str(), "r"));
    return read_certificate(certificate(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)).get());
  }

  const temporary_folder folder;
  const authority ours{folder};
  const shown_files files = ours.issue("server", {.names = "DNS:localhost"});
  const std::shared_ptr<tls_context> here = showing(files);
  const std::string key_pin = shown_by(here).public_key_pin, fingerprint = here->fingerprint();
  const std::string other = shown_by(showing(ours.issue("other", {}))).public_key_pin;
};

TEST_F(tls_pins, of_the_key_or_of_the_certificate_are_met_or_not) {
  EXPECT_EQ(said(here, {key_pin}), "");
  EXPECT_EQ(said(here, {fingerprint}), "");
  EXPECT_EQ(said(here, {other, key_pin}), "") << "one is enough";
  const std::string why =
      "the certificate of localhost is refused: it is none of those pinned; its fingerprint is " +
      fingerprint + ", and its key's pin " + key_pin;
  EXPECT_EQ(said(here, {other}), why);
  EXPECT_EQ(said(here, {showing(ours.issue("third", {}))->fingerprint()}), why);
  const met out = meet(tls_context::client({.ca_file = ours.file(), .pins = {other}}), here);
  EXPECT_EQ(out.client_code, errc::certificate);
  EXPECT_EQ(out.server, "sslv3 alert bad certificate");
}

TEST_F(tls_pins, are_written_as_people_copy_them) {
  std::string digits;
  for (const char c : fingerprint)
    if (c != ':') digits += static_cast<char>(std::tolower(c));
  EXPECT_EQ(said(here, {digits}), "");
}

// What RFC 7469, section 2.4, makes of openssl: x509 -pubkey | pkey -pubin -outform der | dgst -sha256
// -binary | base64.
TEST_F(tls_pins, of_keys_are_those_that_openssl_computes) {
  const std::string command =
      "openssl x509 -in " + files.cert +
      " -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(::popen(command.c_str(), "r"), ::pclose);
  char line[100] = "";
  EXPECT_TRUE(std::fgets(line, sizeof line, out.get()));
  EXPECT_EQ(line, key_pin + "\n");
}

TEST_F(tls_pins, come_besides_the_other_checks) {
  const auto own = showing(ours.issue("own", {.names = "DNS:localhost", .self_signed = true}));
  EXPECT_EQ(said(own, {shown_by(own).public_key_pin}),
            "the certificate of localhost is not trusted: self-signed certificate");
  const auto elsewhere = showing(ours.issue("elsewhere", {.names = "DNS:elsewhere.example"}));
  EXPECT_EQ(said(elsewhere, {elsewhere->fingerprint()}),
            "the certificate is not for localhost, but for elsewhere.example");
}

TEST_F(tls_pins, make_any_certificate_the_right_one) {
  const auto own = showing(ours.issue("own", {.self_signed = true}));
  EXPECT_EQ(said(own, {shown_by(own).public_key_pin}, true), "");
  EXPECT_EQ(said(own, {own->fingerprint()}, true), "");
  EXPECT_NE(said(own, {other}, true), "");
}

TEST_F(tls_pins, of_an_authority_count_only_in_a_chain_that_was_verified) {
  const std::string of_authority = read(ours.file()).public_key_pin;
  EXPECT_EQ(said(here, {of_authority}), "");
  EXPECT_NE(said(here, {read(ours.file()).fingerprint}), "")
      << "a fingerprint is the server's own certificate's";
  // Anybody can append a certificate that is not his.
  const shown_files own = ours.issue("own", {.names = "DNS:localhost", .self_signed = true});
  const auto liar = tls_context::server(
      {.certificates = {{.cert_pem = contents(own.cert) + contents(ours.file()), .key_file = own.key}}});
  EXPECT_NE(said(liar, {of_authority}, true), "");
}

// By its name alone, which anybody can write, ours signed it; and whoever accepts any certificate goes on.
TEST_F(tls_pins, of_an_authority_do_not_count_for_what_another_of_its_name_signed) {
  const authority namesake(folder, "namesake");
  const shown_files forged = namesake.issue("forged", {.names = "DNS:localhost"});
  const auto liar =
      tls_context::server({.certificates = {{.cert_pem = contents(forged.cert) + contents(ours.file()),
                                             .key_file = forged.key}}});
  const std::string of_ours = read(ours.file()).public_key_pin;
  for (const bool any : {false, true}) {
    EXPECT_EQ(said(here, {of_ours}, any), "") << any;
    EXPECT_NE(said(liar, {of_ours}, any), "") << any;
  }
}

TEST_F(tls_pins, that_are_none_are_complained_of) {
  for (const std::string& pin : {std::string("AB:CD"), std::string(), "sha256/" + key_pin, key_pin.substr(1),
                                 std::string(43, '!') + "="})
    EXPECT_EQ(complaint_of([&] { tls_context::client({.pins = {pin}}); }),
              "pin \"" + pin +
                  "\": it is neither a certificate's SHA-256 (64 hexadecimal digits) nor a key's (44 "
                  "characters of base64)");
}

// --- a check of one's own

TEST_F(tls_pins, give_way_to_a_check_of_ones_own_that_has_a_reason) {
  std::vector<peer_certificate> seen;
  const auto asking = [&](std::expected<void, std::string> answer) {
    return tls_context::client(
        {.ca_file = ours.file(), .check = [&seen, answer](const peer_certificate& shown) {
           seen.push_back(shown);
           return answer;
         }});
  };
  EXPECT_EQ(meet(asking({}), here).client, "");
  const met out = meet(asking(std::unexpected("I do not like it")), here);
  EXPECT_EQ(out.client, "the certificate of localhost is refused: I do not like it");
  EXPECT_EQ(out.server, "sslv3 alert bad certificate");
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_TRUE(seen[0].verified);
  EXPECT_EQ(seen[0].fingerprint, fingerprint);
  // Of what is not trusted it is not asked,
  EXPECT_EQ(
      meet(asking({}), showing(ours.issue("old", {.names = "DNS:localhost", .valid_until = -60}))).client,
      "the certificate of localhost is not trusted: certificate has expired");
  EXPECT_EQ(seen.size(), 2U);
}

TEST_F(tls_pins, and_authorities_can_be_left_to_ones_own_check_altogether) {
  std::string said;
  const auto client =
      tls_context::client({.ca_file = ours.file(),
                           .check = [&](const peer_certificate& shown) -> std::expected<void, std::string> {
                             said = shown.problem;
                             return {};
                           },
                           .insecure_accept_any_certificate = true});
  const auto problem = [&](const std::shared_ptr<tls_context>& server, const std::string& host) {
    EXPECT_EQ(meet(client, server, host).client, "");
    return said;
  };
  EXPECT_EQ(problem(here, "localhost"), "");
  EXPECT_EQ(problem(here, "other.example"), "hostname mismatch");
  EXPECT_EQ(problem(here, ""), "there was no name to check it against");
  EXPECT_EQ(problem(showing(ours.issue("own", {.names = "DNS:localhost", .self_signed = true})), "localhost"),
            "self-signed certificate");
}

}  // namespace
}  // namespace parlance::net::test
