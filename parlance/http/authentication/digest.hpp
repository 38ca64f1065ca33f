// Digest authentication (RFC 7616; RFC 2069 for servers that know no qop): a proof that one knows the password,
// made for one request, by what the server said in its challenge.
//
//   auto state = http::digest::make(challenge);
//   if (state) field = state->authorization({.user = "me", .password = "secret"}, "GET", "/page");
//
// MD5, SHA-256 and SHA-512-256, each with -sess, too; qop "auth". The body is not part of the proof
// (auth-int), for it would have to be read twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/message/challenge.hpp>

namespace parlance::http {

class digest {
 public:
  /// Nothing for a challenge that cannot be answered: another scheme, algorithm or qop, or no nonce.
  static std::optional<digest> make(const challenge& from);

  struct identity {
    std::string_view user, password;
  };

  /// The value of Authorization for the next request; counts it. `target`: as it is on the request line, of
  /// the origin. `cnonce`: for tests; otherwise random.
  std::string authorization(identity who, std::string_view method, std::string_view target,
                            std::string_view cnonce = {});

  /// The server's next nonce (Authentication-Info: nextnonce).
  void turn_to(std::string nonce);

  const std::string& nonce() const noexcept { return nonce_; }
  /// The challenge says that only the nonce was too old, and not the password wrong.
  bool stale() const noexcept { return stale_; }

 private:
  std::string hash(std::string_view text) const;
  std::string username(std::string_view user) const;

  const char* algorithm_ = "MD5";  // as OpenSSL calls it
  std::string named_;              // as the server does; empty: it did not say
  std::string realm_, nonce_;
  std::optional<std::string> opaque_;
  bool is_session_ = false, has_qop_ = false, hides_user_ = false, stale_ = false;
  std::string session_cnonce_;  // -sess: for as long as the nonce
  std::uint32_t count_ = 0;
};

}  // namespace parlance::http
