// What a certificate says of the one who showed it.
//
//   if (const auto caller = stream.tls()->peer())
//     fmt::print("{} of {}\n", caller->common_name, caller->issuer);
#pragma once

#include <chrono>
#include <string>
#include <vector>

struct x509_st;

namespace parlance::net {

/// A value: it lives as long as you keep it. Texts come from the other end. Those that hold what a terminal
/// or a C string would be misled by (control characters, zeros; in alternative names anything but ASCII) are
/// left out, so "bank.example\0.evil.example" is no name at all.
struct peer_certificate {
  /// The subject's common name in UTF-8, the last where there are several; empty when there is none.
  std::string common_name = {};
  /// Both as RFC 4514 writes them, in UTF-8: "CN=Ann,O=Example".
  std::string subject = {}, issuer = {};
  /// The subject alternative names (RFC 5280, section 4.2.1.6): numeric addresses as people write them, and
  /// the others as they are.
  std::vector<std::string> dns_names = {}, ip_addresses = {}, email_addresses = {}, uris = {};
  /// In hexadecimal, without leading zeros.
  std::string serial = {};
  std::chrono::sys_seconds not_before = {}, not_after = {};
  /// SHA-256 of the certificate, as "AB:CD:...".
  std::string fingerprint = {};
  /// SHA-256 of its SubjectPublicKeyInfo, in base64: a pin-sha256 (RFC 7469, section 2.4). It stays the same
  /// when a certificate is renewed for the same key.
  std::string public_key_pin = {};
  /// An authority that this side trusts has signed it, it is in date and for this use, and it is the name's
  /// that a client asked for. False where nothing was checked; `problem` then says why.
  bool verified = false;
  /// Why it is not verified, in OpenSSL's words; empty when it is.
  std::string problem = {};
};

/// All that it says; `verified` is false, and `problem` empty: those are of the connection.
peer_certificate read_certificate(x509_st* certificate);

/// The pin of a certificate's key; see peer_certificate::public_key_pin.
std::string public_key_pin_of(x509_st* certificate);

}  // namespace parlance::net
