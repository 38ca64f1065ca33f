#include <fmt/core.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cctype>

#include <parlance/io/error.hpp>
#include <parlance/net/detail/openssl.hpp>
#include <parlance/net/detail/tls_verification.hpp>
#include <parlance/net/error.hpp>

namespace parlance::net {
namespace {

int notes_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

SSL* session_of(X509_STORE_CTX* chain) {
  return static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
}

/// The names that a certificate is for, as people read them.
std::string names_in(X509* certificate) {
  peer_certificate read = read_certificate(certificate);
  std::string text;
  for (const std::vector<std::string>* names : {&read.dns_names, &read.ip_addresses}) {
    for (const std::string& name : *names) {
      if (!text.empty()) text += ", ";
      if (text.size() + name.size() > 400) return text + "...";
      text += name;
    }
  }
  return text.empty() ? "no name" : text;
}

/// As peer_certificate has them.
std::string pin_in_our_words(const std::string& pin) {
  std::string digits;
  for (const char c : pin)
    if (c != ':') digits += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const auto is_digit = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
  if (digits.size() == 64 && std::ranges::all_of(digits, is_digit)) {
    std::string fingerprint;
    for (std::size_t i = 0; i < digits.size(); i += 2) fingerprint += (i ? ":" : "") + digits.substr(i, 2);
    return fingerprint;
  }
  const auto is_base64 = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/';
  };
  // 32 bytes.
  if (pin.size() == 44 && pin.ends_with('=') && std::ranges::all_of(pin.substr(0, 43), is_base64)) return pin;
  throw io::error(
      errc::tls, fmt::format("pin \"{}\"", pin),
      "it is neither a certificate's SHA-256 (64 hexadecimal digits) nor a key's (44 characters of "
      "base64)");
}

}  // namespace

void verification_notes::attach_to(SSL* ssl) { SSL_set_ex_data(ssl, notes_index(), this); }

verification_notes* verification_notes::of(const SSL* ssl) {
  return ssl ? static_cast<verification_notes*>(SSL_get_ex_data(ssl, notes_index())) : nullptr;
}

int take_what_is_trusted(int trusted, X509_STORE_CTX* chain) {
  if (trusted) return trusted;
  verification_notes* notes = verification_notes::of(session_of(chain));
  X509* shown = X509_STORE_CTX_get0_cert(chain);
  try {
    if (notes && shown) notes->names = names_in(shown);
  } catch (const std::bad_alloc&) {
    notes->names.clear();
  }
  return trusted;
}

int take_any(int, X509_STORE_CTX*) { return 1; }

certificate_check::certificate_check(const std::vector<std::string>& pins, tls_check own, bool any)
    : own_(std::move(own)), any_(any) {
  for (const std::string& pin : pins) pins_.push_back(pin_in_our_words(pin));
}

void certificate_check::install(SSL_CTX* context) { SSL_CTX_set_cert_verify_callback(context, decide, this); }

// What was not verified may hold anything after its first certificate, so only that one counts then.
bool certificate_check::meets_a_pin(X509_STORE_CTX* chain, bool trusted) const {
  X509* shown = X509_STORE_CTX_get0_cert(chain);
  const auto is_pinned = [&](const std::string& pin) { return std::ranges::find(pins_, pin) != pins_.end(); };
  if (is_pinned(sha256_of(shown))) return true;
  if (!trusted) return is_pinned(public_key_pin_of(shown));
  STACK_OF(X509)* all = X509_STORE_CTX_get0_chain(chain);
  for (int i = 0; i < sk_X509_num(all); ++i)
    if (is_pinned(public_key_pin_of(sk_X509_value(all, i)))) return true;
  return false;
}

std::string certificate_check::refusal(X509_STORE_CTX* chain, bool trusted) const {
  if (!pins_.empty() && !meets_a_pin(chain, trusted)) {
    X509* shown = X509_STORE_CTX_get0_cert(chain);
    return fmt::format("it is none of those pinned; its fingerprint is {}, and its key's pin {}",
                       sha256_of(shown), public_key_pin_of(shown));
  }
  if (!own_) return {};
  std::string why;
  try {
    const auto taken =
        own_(read_peer(session_of(chain), X509_STORE_CTX_get0_cert(chain), X509_STORE_CTX_get_error(chain)));
    if (taken) return {};
    why = taken.error();
  } catch (const std::exception& e) {
    why = e.what();
  } catch (...) {
  }
  return why.empty() ? "no reason given" : why;
}

int certificate_check::decide(X509_STORE_CTX* chain, void* self) {
  const auto& check = *static_cast<const certificate_check*>(self);
  const bool passed = X509_verify_cert(chain) == 1;
  if (!passed && !check.any_) return 0;
  const bool trusted = passed && X509_STORE_CTX_get_error(chain) == X509_V_OK;
  verification_notes* notes = verification_notes::of(session_of(chain));
  try {
    const std::string why = check.refusal(chain, trusted);
    if (why.empty()) return 1;
    if (notes) notes->refused = why;
  } catch (const std::bad_alloc&) {
  }
  X509_STORE_CTX_set_error(chain, X509_V_ERR_CERT_REJECTED);
  return 0;
}

peer_certificate read_peer(const SSL* ssl, X509* certificate, long result) {
  peer_certificate read = read_certificate(certificate);
  const verification_notes* notes = verification_notes::of(ssl);
  if (result != X509_V_OK)
    read.problem = X509_verify_cert_error_string(result);
  else if (SSL_is_server(ssl) == 0 && (!notes || notes->host.empty()))
    read.problem = "there was no name to check it against";
  read.verified = read.problem.empty();
  return read;
}

}  // namespace parlance::net
