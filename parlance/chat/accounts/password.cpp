#include <fmt/core.h>
#include <idn-free.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <stringprep.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <stdexcept>
#include <utility>

#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/base/base64.hpp>
#include <parlance/chat/base/names.hpp>
#include <parlance/http/base/charset.hpp>
#include <parlance/net/base64.hpp>

namespace parlance::chat {
namespace {

constexpr std::string_view scheme = "SCRAM-SHA-256$";
constexpr std::size_t salt_size = 16;
constexpr std::size_t max_salt = 64;

/// libsodium, ready for use; once it is, this costs a look.
void need_sodium() {
  static const bool ready = sodium_init() >= 0;
  if (!ready) throw std::runtime_error("start libsodium: no source of randomness");
}

const unsigned char* unsigned_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }

/// A prepared password, for as long as it is needed.
struct prepared {
  explicit prepared(std::string_view given) : text(prepare_password(given)) {}
  ~prepared() {
    if (text) wipe(*text);
  }
  prepared(const prepared&) = delete;
  prepared& operator=(const prepared&) = delete;
  std::optional<std::string> text;
};

/// What is before the separator, which goes with it; nothing if it is not there.
std::optional<std::string_view> take_until(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  if (end == std::string_view::npos) return {};
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end + 1);
  return part;
}

bool read_digest(std::string_view base64, sha256_digest& into) {
  const auto bytes = base64_decode(base64);
  if (!bytes || bytes->size() != into.size()) return false;
  std::ranges::copy(*bytes, into.begin());
  return true;
}

bool read_iterations(std::string_view text, unsigned& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc() && end == text.data() + text.size() && into >= min_scram_iterations &&
         into <= max_scram_iterations;
}

}  // namespace

void wipe(std::string& secret) noexcept {
  sodium_memzero(secret.data(), secret.size());
  secret.clear();
}

bool is_password(std::string_view text) {
  if (text.size() > max_password) return false;
  prepared password(text);
  return password.text && !password.text->empty();
}

std::optional<std::string> prepare_password(std::string_view text) {
  if (std::ranges::any_of(text, is_control) || !http::is_utf8(text)) return {};
  if (std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
    return std::string(text);
  std::string copy(text);
  char* out = nullptr;
  const int status = stringprep_profile(copy.c_str(), &out, "SASLprep", Stringprep_profile_flags{});
  wipe(copy);
  if (status != STRINGPREP_OK) return {};
  std::string result(out);
  sodium_memzero(out, result.size());
  idn_free(out);
  return result;
}

std::string hash_password(std::string_view given) {
  need_sodium();
  const prepared password(given);
  std::array<char, crypto_pwhash_argon2id_STRBYTES> text{};
  if (!password.text) throw std::runtime_error("hash a password: it has characters that none can have");
  if (crypto_pwhash_argon2id_str(text.data(), password.text->data(), password.text->size(),
                                 crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE,
                                 crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE) != 0)
    throw std::runtime_error("hash a password: out of memory");
  return text.data();
}

bool verify_password(const std::string& hash, std::string_view given) {
  need_sodium();
  if (hash.size() >= crypto_pwhash_argon2id_STRBYTES || given.size() > max_password) return false;
  const prepared password(given);
  return password.text &&
         crypto_pwhash_argon2id_str_verify(hash.c_str(), password.text->data(), password.text->size()) == 0;
}

bool needs_rehash(const std::string& hash) {
  need_sodium();
  return crypto_pwhash_argon2id_str_needs_rehash(hash.c_str(), crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE,
                                                 crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE) != 0;
}

sha256_digest sha256(std::string_view bytes) {
  sha256_digest digest;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("compute SHA-256: out of memory");
  return digest;
}

sha256_digest hmac_sha256(std::string_view key, std::string_view bytes) {
  sha256_digest digest;
  unsigned size = digest.size();
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), unsigned_bytes(bytes), bytes.size(),
            digest.data(), &size))
    throw std::runtime_error("compute HMAC-SHA-256: out of memory");
  return digest;
}

bool same_digest(const sha256_digest& a, const sha256_digest& b) noexcept {
  return sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string scram_credentials::text() const {
  return fmt::format("{}{}:{}${}:{}", scheme, iterations, net::base64_encode(salt),
                     net::base64_encode(bytes_of(stored_key)), net::base64_encode(bytes_of(server_key)));
}

std::optional<scram_credentials> scram_credentials::parse(std::string_view text) {
  if (!text.starts_with(scheme)) return {};
  text.remove_prefix(scheme.size());
  const auto iterations = take_until(text, ':');
  const auto salt = take_until(text, '$');
  const auto stored_key = take_until(text, ':');
  if (!iterations || !salt || !stored_key) return {};
  scram_credentials result;
  auto bytes = base64_decode(*salt);
  if (!bytes || bytes->empty() || bytes->size() > max_salt) return {};
  result.salt = std::move(*bytes);
  if (!read_iterations(*iterations, result.iterations) || !read_digest(*stored_key, result.stored_key) ||
      !read_digest(text, result.server_key))
    return {};
  return result;
}

scram_credentials derive_scram(std::string_view password, unsigned iterations) {
  return derive_scram(password, random_bytes(salt_size), iterations);
}

scram_keys derive_scram_keys(std::string_view given, std::string_view salt, unsigned iterations) {
  const prepared password(given);
  if (!password.text)
    throw std::runtime_error("derive SCRAM keys: a password has characters that none can have");
  sha256_digest salted;
  if (PKCS5_PBKDF2_HMAC(password.text->data(), static_cast<int>(password.text->size()), unsigned_bytes(salt),
                        static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha256(),
                        static_cast<int>(salted.size()), salted.data()) != 1)
    throw std::runtime_error("derive SCRAM keys from a password: out of memory");
  const scram_keys result{.client_key = hmac_sha256(bytes_of(salted), "Client Key"),
                          .server_key = hmac_sha256(bytes_of(salted), "Server Key")};
  sodium_memzero(salted.data(), salted.size());
  return result;
}

scram_credentials derive_scram(std::string_view password, std::string_view salt, unsigned iterations) {
  const scram_keys keys = derive_scram_keys(password, salt, iterations);
  return {.salt = std::string(salt),
          .iterations = iterations,
          .stored_key = sha256(bytes_of(keys.client_key)),
          .server_key = keys.server_key};
}

scram_credentials mock_scram(std::string_view secret, std::string_view name) {
  const sha256_digest digest = hmac_sha256(secret, "salt " + folded(name));
  scram_credentials result{.salt = std::string(bytes_of(digest).substr(0, salt_size)),
                           .iterations = min_scram_iterations};
  // SHA-256 of an unknown: there is no proof that anybody could find for it.
  std::ranges::copy(random_bytes(result.stored_key.size()), result.stored_key.begin());
  std::ranges::copy(random_bytes(result.server_key.size()), result.server_key.begin());
  return result;
}

std::string random_bytes(std::size_t count) {
  need_sodium();
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

std::string random_token(std::size_t bytes) {
  const std::string random = random_bytes(bytes);
  constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_encoded_len(bytes, variant), '\0');
  sodium_bin2base64(text.data(), text.size(), unsigned_bytes(random), random.size(), variant);
  text.pop_back();
  return text;
}

}  // namespace parlance::chat
