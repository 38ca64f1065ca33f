// What is read in a certificate, whoever made it.
#include <chrono>

#include <parlance/net/peer_certificate.hpp>

#include "net/certificates.hpp"
#include "net/support.hpp"

namespace parlance::net::test {
namespace {

class peer_certificates : public testing::Test {
 protected:
  static peer_certificate read(const shown_files& files) {
    const std::unique_ptr<BIO, freed_with<BIO_free>> in(BIO_new_file(files.cert.c_str(), "r"));
    return read_certificate(certificate(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)).get());
  }
  /// With one alternative name of any bytes.
  static peer_certificate with_name(std::string_view bytes) {
    const certificate made(X509_new());
    ASN1_IA5STRING* text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, bytes.data(), static_cast<int>(bytes.size()));
    GENERAL_NAME* name = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(name, GEN_DNS, text);
    const std::unique_ptr<GENERAL_NAMES, freed_with<GENERAL_NAMES_free>> names(GENERAL_NAMES_new());
    sk_GENERAL_NAME_push(names.get(), name);
    X509_add1_ext_i2d(made.get(), NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT);
    return read_certificate(made.get());
  }
  static peer_certificate with_common_name(std::string_view bytes) {
    const certificate made(X509_new());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(bytes.data()),
                               static_cast<int>(bytes.size()), -1, 0);
    return read_certificate(made.get());
  }

  const temporary_folder folder;
  const authority ours{folder};
};

TEST_F(peer_certificates, say_all_that_is_in_them) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const peer_certificate one =
      read(ours.issue("one", {
                                 .names = "DNS:a.example,DNS:*.b.example,IP:192.0.2.1,IP:2001:db8::1,email:"
                                          "ann@example.com,URI:spiffe://example/ann",
                                 .common_name = "\xC3\x84nn",
                             }));
  EXPECT_EQ(one.common_name, "\xC3\x84nn");
  EXPECT_EQ(one.subject, "CN=\xC3\x84nn");
  EXPECT_EQ(one.issuer, "CN=a test's authority");
  EXPECT_EQ(one.dns_names, (std::vector<std::string>{"a.example", "*.b.example"}));
  EXPECT_EQ(one.ip_addresses, (std::vector<std::string>{"192.0.2.1", "2001:db8::1"}));
  EXPECT_EQ(one.email_addresses, std::vector<std::string>{"ann@example.com"});
  EXPECT_EQ(one.uris, std::vector<std::string>{"spiffe://example/ann"});
  EXPECT_EQ(one.fingerprint.size(), 32U * 3 - 1);
  EXPECT_EQ(one.public_key_pin.size(), 44U);
  EXPECT_FALSE(one.verified);
  EXPECT_LE(std::chrono::abs(one.not_before - (now - 1h)), 60s);
  EXPECT_LE(std::chrono::abs(one.not_after - (now + 1h)), 60s);
}

TEST_F(peer_certificates, have_their_serial_number_in_hexadecimal) {
  for (const auto& [number, text] :
       {std::pair(0L, "0"), {9L, "9"}, {0x1abcL, "1ABC"}, {0xfedcbaL, "FEDCBA"}}) {
    const certificate made(X509_new());
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), number);
    EXPECT_EQ(read_certificate(made.get()).serial, text);
  }
}

TEST_F(peer_certificates, that_say_nothing_are_read_as_nothing) {
  const peer_certificate one = read_certificate(certificate(X509_new()).get());
  EXPECT_EQ(one.common_name + one.subject + one.issuer, "");
  EXPECT_TRUE(one.dns_names.empty());
  EXPECT_EQ(one.serial, "0");
  EXPECT_EQ(one.not_after, std::chrono::sys_seconds());
}

// The trick of 2009: an authority saw the whole name, and a C program its beginning.
TEST_F(peer_certificates, have_no_names_that_mislead) {
  EXPECT_EQ(with_name("good.example").dns_names, std::vector<std::string>{"good.example"});
  using namespace std::string_view_literals;
  for (const std::string_view bad :
       {"bank.example\0.evil.example"sv, "a\x1b[2J"sv, "a b"sv, "\xff"sv, "a\x7f"sv, ""sv, "a\n"sv})
    EXPECT_TRUE(with_name(bad).dns_names.empty());
  EXPECT_EQ(with_common_name("Ann\0Eve"sv).common_name, "");
  EXPECT_EQ(with_common_name("Ann\x1b[2J"sv).common_name, "");
  EXPECT_EQ(with_common_name("Ann\x1b[2J"sv).subject.find('\x1b'), std::string::npos);
  EXPECT_EQ(with_common_name("Ann B").common_name, "Ann B");
}

TEST_F(peer_certificates, keep_the_pin_of_a_key_that_is_kept) {
  const peer_certificate one = read(ours.issue("one", {})), other = read(ours.issue("two", {}));
  EXPECT_NE(one.public_key_pin, other.public_key_pin);
}

}  // namespace
}  // namespace parlance::net::test
