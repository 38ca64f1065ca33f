#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>

#include <parlance/http/authentication/digest.hpp>
#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/percent.hpp>
#include <parlance/io/error.hpp>

namespace parlance::http {
namespace {

struct algorithm {
  std::string_view name;
  const char* of_openssl;
};
constexpr std::array algorithms = {algorithm{"MD5", "MD5"}, algorithm{"SHA-256", "SHA256"},
                                   algorithm{"SHA-512-256", "SHA512-256"}};

std::string hex(const unsigned char* bytes, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) fmt::format_to(std::back_inserter(text), "{:02x}", bytes[i]);
  return text;
}

std::string random_cnonce() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), bytes.size()) != 1)
    throw io::error(io::from_errno(EIO), "choose a nonce", "no random bytes are to be had");
  return hex(bytes.data(), bytes.size());
}

std::string quoted_string(std::string_view text) {
  std::string safe = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') safe += '\\';
    safe += c;
  }
  return safe + '"';
}

bool has_auth(std::string_view qop) {
  while (const auto one = next_element(qop))
    if (equals_ignoring_case(*one, "auth")) return true;
  return false;
}

bool is_true(std::optional<std::string_view> text) { return text && equals_ignoring_case(*text, "true"); }

}  // namespace

std::optional<digest> digest::make(const challenge& from) {
  const auto nonce = from.get("nonce");
  const auto realm = from.get("realm");
  if (!from.is("Digest") || !nonce || !realm) return std::nullopt;
  digest made;
  made.nonce_ = *nonce;
  made.realm_ = *realm;
  if (const auto named = from.get("algorithm")) {
    std::string_view base = made.named_ = *named;
    constexpr std::string_view sess = "-sess";
    made.is_session_ =
        base.size() > sess.size() && equals_ignoring_case(base.substr(base.size() - sess.size()), sess);
    if (made.is_session_) base.remove_suffix(sess.size());
    const auto at = std::ranges::find_if(
        algorithms, [&](const algorithm& one) { return equals_ignoring_case(one.name, base); });
    if (at == algorithms.end()) return std::nullopt;
    made.algorithm_ = at->of_openssl;
  }
  if (const auto qop = from.get("qop"); qop && !trim(*qop).empty()) {
    if (!has_auth(*qop)) return std::nullopt;
    made.has_qop_ = true;
  }
  if (const auto opaque = from.get("opaque")) made.opaque_ = *opaque;
  made.hides_user_ = is_true(from.get("userhash"));
  made.stale_ = is_true(from.get("stale"));
  return made;
}

void digest::turn_to(std::string nonce) {
  nonce_ = std::move(nonce);
  session_cnonce_.clear();
  count_ = 0;
}

std::string digest::hash(std::string_view text) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  std::size_t size = 0;
  if (EVP_Q_digest(nullptr, algorithm_, nullptr, text.data(), text.size(), bytes.data(), &size) != 1)
    throw io::error(io::from_errno(ENOTSUP), "answer a Digest challenge",
                    fmt::format("this machine's OpenSSL has no {}", algorithm_));
  return hex(bytes.data(), size);
}

/// As a parameter: hashed if the server wants it so, quoted, or encoded where it has what a quoted string has
/// not (RFC 7616 3.4.4).
std::string digest::username(std::string_view user) const {
  if (hides_user_) return fmt::format("username=\"{}\"", hash(fmt::format("{}:{}", user, realm_)));
  const bool plain = std::ranges::all_of(user, [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
  if (plain) return "username=" + quoted_string(user);
  return "username*=UTF-8''" + percent_encode(user, encode_set::component);
}

std::string digest::authorization(identity who, std::string_view method, std::string_view target,
                                  std::string_view cnonce_given) {
  std::string cnonce = cnonce_given.empty() ? random_cnonce() : std::string(cnonce_given);
  std::string secret = hash(fmt::format("{}:{}:{}", who.user, realm_, who.password));
  if (is_session_) {
    // The session's key is made of the first cnonce that goes with a nonce, which is said again each time.
    if (session_cnonce_.empty()) session_cnonce_ = cnonce;
    cnonce = session_cnonce_;
    secret = hash(fmt::format("{}:{}:{}", secret, nonce_, cnonce));
  }
  const std::string asked = hash(fmt::format("{}:{}", method, target));
  const std::string count = fmt::format("{:08x}", ++count_);
  const std::string proof =
      has_qop_ ? hash(fmt::format("{}:{}:{}:{}:auth:{}", secret, nonce_, count, cnonce, asked))
               : hash(fmt::format("{}:{}:{}", secret, nonce_, asked));
  std::string field =
      fmt::format("Digest {}, realm={}, nonce={}, uri={}, response=\"{}\"", username(who.user),
                  quoted_string(realm_), quoted_string(nonce_), quoted_string(target), proof);
  if (!named_.empty()) field += ", algorithm=" + named_;
  if (has_qop_) field += fmt::format(", qop=auth, nc={}", count);
  if (has_qop_ || is_session_) field += fmt::format(", cnonce=\"{}\"", cnonce);
  if (opaque_) field += ", opaque=" + quoted_string(*opaque_);
  if (hides_user_) field += ", userhash=true";
  return field;
}

}  // namespace parlance::http
