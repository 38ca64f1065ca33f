// What a push service is given for somebody's browser: a message that only the browser can read (RFC 8291, by the content
// coding aes128gcm of RFC 8188), and who sends it (VAPID: RFC 8292).
//
//   const std::string body = encrypt_push({.p256dh = ..., .auth = ...}, "hello");
//   const vapid_key ours(secret);
//   const std::string authorization = ours.authorize("https://push.example.net", "mailto:admin@example.org", now);
//
// Any thread. They throw std::runtime_error when OpenSSL fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace parlance::chat {

class store;

/// Of a browser, as it gives them out; bytes.
struct push_keys {
  std::string p256dh;  ///< a point of P-256, uncompressed
  std::string auth;    ///< 16 bytes
};

/// Whether something can be encrypted for them: it is a point of that curve.
bool are_push_keys(const push_keys& of);

/// Bytes of a message, so that what comes out is no more than a push service must take (RFC 8030, section 7.2).
inline constexpr std::size_t most_push_text = 3900;

std::string encrypt_push(const push_keys& to, std::string_view text);
/// With a salt, of 16 bytes, and a private key, of 32, of one's own: tests have a reason for that.
std::string encrypt_push(const push_keys& to, std::string_view text, std::string_view salt,
                         std::string_view private_key);

/// The key by which push services know this server.
class vapid_key {
 public:
  /// The same key for the same secret.
  explicit vapid_key(std::string_view secret);
  /// As RPL_ISUPPORT and browsers have it: in base64 for URLs.
  const std::string& public_key() const noexcept { return public_key_; }
  /// The value of Authorization, good for twelve hours. `audience`: the service's origin; `contact`: a URL.
  std::string authorize(std::string_view audience, std::string_view contact, std::int64_t now) const;

 private:
  std::shared_ptr<evp_pkey_st> key_;
  std::string public_key_;
};

/// The server's own, for as long as its store. Throws store_error.
vapid_key vapid_key_of(store& in);

}  // namespace parlance::chat
