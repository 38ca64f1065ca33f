// Where keys and certificates come from: files, memory, and behind a password.
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>

#include "net/certificates.hpp"
#include "net/tls_handshake.hpp"

namespace parlance::net::test {
namespace {

class tls_keys : public testing::Test {
 protected:
  /// The key in a file, encrypted, as PKCS #8 or in the older form.
  static std::string encrypted(const std::string& file, std::string password, bool older = false) {
    const std::unique_ptr<BIO, freed_with<BIO_free>> in(BIO_new_file(file.c_str(), "r")),
        out(BIO_new(BIO_s_mem()));
    const private_key key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
    const auto* bytes = reinterpret_cast<unsigned char*>(password.data());
    const int size = static_cast<int>(password.size());
    EXPECT_EQ((older ? PEM_write_bio_PrivateKey_traditional : PEM_write_bio_PrivateKey)(
                  out.get(), key.get(), EVP_aes_256_cbc(), bytes, size, nullptr, nullptr),
              1);
    char* text = nullptr;
    const long length = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(length)};
  }
  static void show(const tls_certificate& one) { tls_context::server({.certificates = {one}}); }

  const temporary_folder folder;
  const authority ours{folder};
  const shown_files files = ours.issue("server", {.names = "DNS:localhost"});
  const std::string cert = contents(files.cert), key = contents(files.key);
};

/// A file of PKCS #12 with them, as far as they are not empty (PEM).
std::string bundle_of(const std::string& certificate_pem, const std::string& key_pem,
                      const std::string& password, const std::string& file) {
  const auto reading = [](const std::string& text) {
    return std::unique_ptr<BIO, freed_with<BIO_free>>(
        BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  };
  const certificate shown(PEM_read_bio_X509(reading(certificate_pem).get(), nullptr, nullptr, nullptr));
  const private_key its(PEM_read_bio_PrivateKey(reading(key_pem).get(), nullptr, nullptr, nullptr));
  const std::unique_ptr<PKCS12, freed_with<PKCS12_free>> all(
      PKCS12_create(password.c_str(), "one", its.get(), shown.get(), nullptr, 0, 0, 0, 0, 0));
  const std::unique_ptr<BIO, freed_with<BIO_free>> to(BIO_new_file(file.c_str(), "w"));
  EXPECT_EQ(i2d_PKCS12_bio(to.get(), all.get()), 1);
  return file;
}

TEST_F(tls_keys, come_from_bundles_that_have_both) {
  const std::string whole = bundle_of(cert, key, "secret", folder.path("whole.p12"));
  const auto client = tls_context::client({.ca_file = ours.file()});
  const auto server = tls_context::server({.certificates = {{.cert_file = whole, .password = "secret"}}});
  EXPECT_EQ(meet(client, server).client, "");
  EXPECT_THROW(show({.cert_file = whole, .password = "guessed"}), io::error);
  const std::string half = bundle_of(cert, "", "secret", folder.path("half.p12"));
  try {
    show({.cert_file = half, .password = "secret"});
    ADD_FAILURE();
  } catch (const io::error& e) {
    EXPECT_NE(std::string(e.what()).find("there is no certificate with its key in it"), std::string::npos)
        << e.what();
  }
}

TEST_F(tls_keys, come_from_memory_as_from_files) {
  const auto client = tls_context::client({.ca_pem = contents(ours.file())});
  for (const tls_certificate& one : {tls_certificate{.cert_pem = cert, .key_pem = key},
                                     {.cert_pem = cert + key},
                                     {.cert_pem = key + cert},
                                     {.cert_file = files.cert, .key_pem = key},
                                     {.cert_pem = cert, .key_file = files.key}}) {
    const auto server = tls_context::server({.certificates = {one}});
    EXPECT_EQ(meet(client, server).client, "");
  }
  const met in = meet(tls_context::client({.ca_pem = contents(ours.file()),
                                           .certificate = {.cert_pem = cert, .key_pem = key}}),
                      tls_context::server({.certificates = {{.cert_pem = cert, .key_pem = key}},
                                           .client_certificates = client_certificate::required,
                                           .ca_pem = contents(ours.file())}));
  EXPECT_EQ(in.client + in.server, "");
  EXPECT_EQ(in.a->peer_fingerprint(), in.b->peer_fingerprint());
}

TEST_F(tls_keys, bring_the_chain_of_their_certificate) {
  const authority root{folder, "root", "root"};
  const shown_files between = root.issue("between", {.common_name = "between", .is_authority = true});
  const shown_files leaf = authority::of(between, folder).issue("leaf", {.names = "DNS:localhost"});
  const auto client = tls_context::client({.ca_file = root.file()});
  const std::string chain = contents(leaf.cert) + contents(between.cert);
  EXPECT_EQ(
      meet(client, tls_context::server({.certificates = {{.cert_pem = chain, .key_file = leaf.key}}})).client,
      "");
  EXPECT_EQ(
      meet(client, tls_context::server({.certificates = {{.cert_file = leaf.cert, .key_file = leaf.key}}}))
          .client_code,
      errc::certificate);
  // And when it is chosen by its name.
  EXPECT_EQ(meet(client, tls_context::server(
                             {.certificates = {{.cert_pem = cert, .key_pem = key, .names = {"other.example"}},
                                               {.cert_pem = chain, .key_file = leaf.key}}}))
                .client,
            "");
}

TEST_F(tls_keys, that_are_encrypted_need_their_password) {
  for (const bool older : {false, true}) {
    const std::string locked = encrypted(files.key, "open sesame", older);
    EXPECT_EQ(complaint_of([&] { show({.cert_pem = cert, .key_pem = locked, .password = "open sesame"}); }),
              "");
    EXPECT_EQ(
        complaint_of([&] {
          show({.cert_pem = cert, .key_pem = locked, .password = [] { return std::string("open sesame"); }});
        }),
        "");
    const std::string longest(1024, 'x');  // that OpenSSL asks for
    const std::string by_the_longest = encrypted(files.key, longest, older);
    EXPECT_EQ(complaint_of([&] { show({.cert_pem = cert, .key_pem = by_the_longest, .password = longest}); }),
              "");
    EXPECT_EQ(complaint_of([&] { show({.cert_pem = cert + locked}); }),
              "read the key: it is encrypted, and no password was given");
    EXPECT_EQ(complaint_of([&] { show({.cert_pem = cert, .key_pem = locked, .password = "wrong"}); }),
              "read the key: it is encrypted, and not with the password that was given");
    EXPECT_EQ(complaint_of([&] {
                show({.cert_pem = cert, .key_pem = locked, .password = std::string(100'000, 'x')});
              }),
              "read the key: it is encrypted, and not with the password that was given");
    EXPECT_EQ(
        complaint_of([&] { tls_context::client({.certificate = {.cert_pem = cert, .key_pem = locked}}); }),
        "read the key: it is encrypted, and no password was given");
    const std::string file = folder.path("locked.key");
    std::ofstream(file) << locked;
    EXPECT_EQ(complaint_of([&] { show({.cert_file = files.cert, .key_file = file}); }),
              "read the key " + file + ": it is encrypted, and no password was given");
  }
}

TEST_F(tls_keys, ask_for_a_password_only_when_they_need_one) {
  int asked = 0;
  const std::function<std::string()> who = [&] {
    ++asked;
    return std::string("open sesame");
  };
  show({.cert_pem = cert, .key_pem = key, .password = who});
  EXPECT_EQ(asked, 0);
  show({.cert_pem = cert, .key_pem = encrypted(files.key, "open sesame"), .password = who});
  EXPECT_EQ(asked, 1);
}

TEST_F(tls_keys, that_are_encrypted_with_nothing_are_none_without_a_password) {
  const std::string locked = encrypted(files.key, "");
  EXPECT_TRUE(complaint_of([&] {
                show({.cert_pem = cert, .key_pem = locked, .password = [] { return std::string(); }});
              }).ends_with("it is encrypted, and no password was given"));
}

TEST_F(tls_keys, let_out_what_the_password_throws) {
  EXPECT_THROW(show({.cert_pem = cert,
                     .key_pem = encrypted(files.key, "open sesame"),
                     .password = []() -> std::string { throw std::out_of_range("no keyring"); }}),
               std::out_of_range);
  EXPECT_EQ(ERR_peek_error(), 0U) << "what OpenSSL thought of it is no business of the next call's";
}

TEST_F(tls_keys, that_are_given_twice_or_not_at_all_or_for_another_are_complained_of) {
  EXPECT_EQ(complaint_of([&] { show({.cert_file = files.cert, .cert_pem = cert, .key_file = files.key}); }),
            "read the certificate: it is given both as a file and as text");
  EXPECT_EQ(complaint_of([&] { show({.cert_file = files.cert, .key_file = files.key, .key_pem = key}); }),
            "read the key: it is given both as a file and as text");
  EXPECT_EQ(complaint_of([&] { tls_context::client({.ca_file = ours.file(), .ca_pem = cert}); }),
            "read the authorities: it is given both as a file and as text");
  EXPECT_EQ(complaint_of([&] { show({.key_pem = key}); }), "use the key: it has no certificate");
  EXPECT_EQ(complaint_of([&] { show({.cert_pem = cert, .key_pem = contents(ours.issue("other", {}).key)}); }),
            "use the key with the certificate: key values mismatch");
  EXPECT_EQ(complaint_of([&] { show({.cert_pem = "junk", .key_pem = key}); }),
            "read the certificate: no start line");
  EXPECT_NE(complaint_of([&] { show({.cert_pem = cert}); }), "");
  std::string broken = cert + cert;
  broken.replace(cert.size() + 100, 4, "....");
  EXPECT_TRUE(complaint_of([&] {
                show({.cert_pem = broken, .key_pem = key});
              }).starts_with("read the certificate: "));
}

}  // namespace
}  // namespace parlance::net::test
