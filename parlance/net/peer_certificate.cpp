#include <fmt/core.h>
#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>

#include <parlance/io/endpoint.hpp>
#include <parlance/net/detail/openssl.hpp>
#include <parlance/net/peer_certificate.hpp>

namespace parlance::net {
namespace {

struct freed_by_openssl {
  void operator()(void* p) const noexcept { OPENSSL_free(p); }
};
template <class T> using openssl_memory = std::unique_ptr<T, freed_by_openssl>;
using names_ptr = std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>>;
using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free>>;
using number_ptr = std::unique_ptr<BIGNUM, freed_by<BN_free>>;

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

std::string ascii_in(const ASN1_STRING* text) {
  std::string bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                    static_cast<std::size_t>(std::max(ASN1_STRING_length(text), 0)));
  return std::ranges::all_of(bytes, [](char c) { return c > ' ' && c < '\x7f'; }) ? bytes : std::string();
}

std::string address_in(const ASN1_OCTET_STRING* address) {
  const unsigned char* bytes = ASN1_STRING_get0_data(address);
  std::array<std::uint8_t, 16> v6{};
  switch (ASN1_STRING_length(address)) {
    case 4:
      return io::endpoint::ipv4({bytes[0], bytes[1], bytes[2], bytes[3]}, 0).address();
    case 16:
      std::copy_n(bytes, 16, v6.begin());
      return io::endpoint::ipv6(v6, 0).address();
    default:
      return {};
  }
}

void read_names(X509* certificate, peer_certificate& to) {
  const names_ptr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  const auto keep = [](std::vector<std::string>& list, std::string name) {
    if (!name.empty()) list.push_back(std::move(name));
  };
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) keep(to.dns_names, ascii_in(name->d.dNSName));
    if (name->type == GEN_EMAIL) keep(to.email_addresses, ascii_in(name->d.rfc822Name));
    if (name->type == GEN_URI) keep(to.uris, ascii_in(name->d.uniformResourceIdentifier));
    if (name->type == GEN_IPADD) keep(to.ip_addresses, address_in(name->d.iPAddress));
  }
}

std::string common_name_in(const X509_NAME* subject) {
  int last = -1;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) last = at;
  if (last < 0) return {};
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
  if (size < 0) return {};
  const openssl_memory<unsigned char> owned(text);
  std::string name(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  return std::ranges::any_of(name, is_control) ? std::string() : name;
}

/// Control characters are escaped here.
std::string name_in_words(const X509_NAME* name) {
  const bio_ptr out(BIO_new(BIO_s_mem()));
  char* text = nullptr;
  if (!out || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) return {};
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string serial_of(const X509* certificate) {
  const number_ptr number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  const openssl_memory<char> text(number ? BN_bn2hex(number.get()) : nullptr);
  std::string digits = text ? text.get() : "";
  if (digits.size() > 1 && digits.starts_with('0')) digits.erase(0, 1);  // it writes whole bytes
  return digits;
}

std::chrono::sys_seconds time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&parts)));
}

}  // namespace

std::string public_key_pin_of(X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &bytes);
  const openssl_memory<unsigned char> owned(bytes);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned digest_size = 0;
  if (size <= 0 || EVP_Digest(bytes, static_cast<std::size_t>(size), digest.data(), &digest_size,
                              EVP_sha256(), nullptr) != 1)
    return {};
  std::array<unsigned char, 45> text;  // of 32 bytes
  const int length = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest_size));
  return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length)};
}

peer_certificate read_certificate(X509* certificate) {
  peer_certificate read{
      .common_name = common_name_in(X509_get_subject_name(certificate)),
      .subject = name_in_words(X509_get_subject_name(certificate)),
      .issuer = name_in_words(X509_get_issuer_name(certificate)),
      .serial = serial_of(certificate),
      .not_before = time_of(X509_get0_notBefore(certificate)),
      .not_after = time_of(X509_get0_notAfter(certificate)),
      .fingerprint = sha256_of(certificate),
      .public_key_pin = public_key_pin_of(certificate),
  };
  read_names(certificate, read);
  return read;
}

}  // namespace parlance::net
