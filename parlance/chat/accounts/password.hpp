// What is kept of a password: enough to tell whether somebody knows it, not what it is.
//
//   account.hash = chat::hash_password(password);          // slow, and 64 MiB, by intent: on a worker thread
//   account.scram = chat::derive_scram(password).text();   // some milliseconds: on a worker thread
//   if (chat::verify_password(account.hash, given)) ...    // as slow as hashing
//
// All functions may be called on any thread. Those that need the system's randomness or memory throw
// std::runtime_error when there is none.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::chat {

/// Overwrites a secret, and empties it.
void wipe(std::string& secret) noexcept;

/// Bytes of a password.
inline constexpr std::size_t max_password = 1024;

/// Whether it may be a password: UTF-8 without controls, at most `max_password` bytes, and not empty after
/// prepare_password.
bool is_password(std::string_view text);
/// The one form of all that reads the same, however a keyboard writes it: SASLprep (RFC 4013), which leaves
/// ASCII as it is. Nothing for what it forbids. The functions below do it themselves.
std::optional<std::string> prepare_password(std::string_view text);

/// Throws, too, for what is no password. An argon2id string (RFC 9106, "$argon2id$v=19$..."), with
/// libsodium's limits for interactive use.
std::string hash_password(std::string_view password);
/// False, too, for a hash that is none.
bool verify_password(const std::string& hash, std::string_view password);
/// Whether the hash was made with other limits than those of today. Ask after a password was right.
bool needs_rehash(const std::string& hash);

using sha256_digest = std::array<unsigned char, 32>;
sha256_digest sha256(std::string_view bytes);
sha256_digest hmac_sha256(std::string_view key, std::string_view bytes);
/// A digest as bytes of text.
inline std::string_view bytes_of(const sha256_digest& digest) noexcept {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}
/// In a time that does not tell where they differ.
bool same_digest(const sha256_digest& a, const sha256_digest& b) noexcept;

/// What a server keeps for SCRAM-SHA-256 (RFC 5802, section 3; RFC 7677).
struct scram_credentials {
  std::string salt;
  unsigned iterations = 0;
  sha256_digest stored_key{};
  sha256_digest server_key{};

  /// The form in which it is kept, "SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey" with base64, as in
  /// PostgreSQL, and back; nothing for anything else.
  std::string text() const;
  static std::optional<scram_credentials> parse(std::string_view text);

  bool operator==(const scram_credentials&) const = default;
};

/// RFC 7677, section 4: "at least 4096".
inline constexpr unsigned min_scram_iterations = 4096;
inline constexpr unsigned max_scram_iterations = 1'000'000;

/// With a random salt.
scram_credentials derive_scram(std::string_view password, unsigned iterations = min_scram_iterations);
scram_credentials derive_scram(std::string_view password, std::string_view salt, unsigned iterations);

/// What who knows the password proves it with, and knows the server by (RFC 5802, section 3).
struct scram_keys {
  sha256_digest client_key{};
  sha256_digest server_key{};
};
/// Throws as derive_scram does.
scram_keys derive_scram_keys(std::string_view password, std::string_view salt, unsigned iterations);

/// What to show to somebody who asks for an account that is not there, so that they cannot tell: always the
/// same for the same name (in either case) and `secret`, which the server keeps to itself. No password fits
/// it.
scram_credentials mock_scram(std::string_view secret, std::string_view name);

std::string random_bytes(std::size_t count);
/// `bytes` of randomness in the letters of URL-safe base64.
std::string random_token(std::size_t bytes = 18);

}  // namespace parlance::chat
