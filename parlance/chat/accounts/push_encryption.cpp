#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include <parlance/chat/accounts/kept_secret.hpp>
#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/accounts/push_encryption.hpp>
#include <parlance/chat/base/base64.hpp>

namespace parlance::chat {
namespace {

constexpr std::size_t point_size = 65, scalar_size = 32, auth_size = 16, salt_size = 16, key_size = 16,
                      nonce_size = 12, tag_size = 16;
constexpr std::uint32_t record_size = 4096;

template <auto Free> struct freeing {
  void operator()(auto* what) const noexcept { Free(what); }
};
using pkey = std::unique_ptr<EVP_PKEY, freeing<EVP_PKEY_free>>;
using pkey_context = std::unique_ptr<EVP_PKEY_CTX, freeing<EVP_PKEY_CTX_free>>;
using number = std::unique_ptr<BIGNUM, freeing<BN_clear_free>>;
using group = std::unique_ptr<EC_GROUP, freeing<EC_GROUP_free>>;
using point = std::unique_ptr<EC_POINT, freeing<EC_POINT_free>>;

void expect(bool well) {
  if (!well) throw std::runtime_error("OpenSSL cannot encrypt for a push service");
}

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

group p256() {
  group curve(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  expect(curve != nullptr);
  return curve;
}

/// Null: it is none.
pkey key_of_parameters(OSSL_PARAM_BLD* from) {
  OSSL_PARAM* const all = OSSL_PARAM_BLD_to_param(from);
  const pkey_context context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* made = nullptr;
  const bool well = all && context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
                    EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEYPAIR, all) == 1;
  OSSL_PARAM_free(all);
  return pkey(well ? made : nullptr);
}

using builder = std::unique_ptr<OSSL_PARAM_BLD, freeing<OSSL_PARAM_BLD_free>>;

pkey public_key_of(std::string_view raw) {
  if (raw.size() != point_size) return nullptr;
  const builder from(OSSL_PARAM_BLD_new());
  expect(from &&
         OSSL_PARAM_BLD_push_utf8_string(from.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
         OSSL_PARAM_BLD_push_octet_string(from.get(), OSSL_PKEY_PARAM_PUB_KEY, raw.data(), raw.size()) == 1);
  return key_of_parameters(from.get());
}

/// Of a scalar that is one: from 1 to the curve's order.
pkey private_key_of(std::string_view scalar, std::string& public_point) {
  const group curve = p256();
  const number secret(BN_bin2bn(bytes(scalar), static_cast<int>(scalar.size()), nullptr));
  const point at(EC_POINT_new(curve.get()));
  expect(secret && at && EC_POINT_mul(curve.get(), at.get(), secret.get(), nullptr, nullptr, nullptr) == 1);
  public_point.resize(point_size);
  expect(EC_POINT_point2oct(curve.get(), at.get(), POINT_CONVERSION_UNCOMPRESSED, bytes(public_point),
                            point_size, nullptr) == point_size);
  const builder from(OSSL_PARAM_BLD_new());
  expect(from &&
         OSSL_PARAM_BLD_push_utf8_string(from.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
         OSSL_PARAM_BLD_push_octet_string(from.get(), OSSL_PKEY_PARAM_PUB_KEY, public_point.data(),
                                          point_size) == 1 &&
         OSSL_PARAM_BLD_push_BN(from.get(), OSSL_PKEY_PARAM_PRIV_KEY, secret.get()) == 1);
  pkey key = key_of_parameters(from.get());
  expect(key != nullptr);
  return key;
}

/// A secret becomes a scalar of the curve: of a random one the first try is one, but for four in ten billion.
std::string scalar_of(std::string_view secret) {
  const group curve = p256();
  const BIGNUM* const order = EC_GROUP_get0_order(curve.get());
  for (unsigned char attempt = 0;; ++attempt) {
    const sha256_digest digest =
        hmac_sha256(secret, std::string_view(reinterpret_cast<const char*>(&attempt), 1));
    std::string scalar(bytes_of(digest));
    const number value(BN_bin2bn(bytes(scalar), static_cast<int>(scalar.size()), nullptr));
    expect(value != nullptr);
    if (!BN_is_zero(value.get()) && BN_cmp(value.get(), order) < 0) return scalar;
  }
}

std::string shared_secret(EVP_PKEY* ours, EVP_PKEY* theirs) {
  const pkey_context context(EVP_PKEY_CTX_new(ours, nullptr));
  std::size_t size = 0;
  expect(context && EVP_PKEY_derive_init(context.get()) == 1 &&
         EVP_PKEY_derive_set_peer(context.get(), theirs) == 1 &&
         EVP_PKEY_derive(context.get(), nullptr, &size) == 1);
  std::string secret(size, '\0');
  expect(EVP_PKEY_derive(context.get(), bytes(secret), &size) == 1);
  secret.resize(size);
  return secret;
}

/// HKDF with SHA-256 (RFC 5869), of no more than one block.
std::string derive(std::string_view salt, std::string_view input, std::string info, std::size_t size) {
  const sha256_digest extracted = hmac_sha256(salt, input);
  info += '\x01';
  const sha256_digest expanded = hmac_sha256(bytes_of(extracted), info);
  return std::string(bytes_of(expanded).substr(0, size));
}

std::string seal(std::string_view key, std::string_view nonce, std::string_view text) {
  const std::unique_ptr<EVP_CIPHER_CTX, freeing<EVP_CIPHER_CTX_free>> context(EVP_CIPHER_CTX_new());
  std::string sealed(text.size() + tag_size, '\0');
  int size = 0, end = 0;
  expect(context &&
         EVP_EncryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, bytes(key), bytes(nonce)) == 1 &&
         EVP_EncryptUpdate(context.get(), bytes(sealed), &size, bytes(text), static_cast<int>(text.size())) ==
             1 &&
         EVP_EncryptFinal_ex(context.get(), bytes(sealed) + size, &end) == 1 &&
         EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, tag_size, bytes(sealed) + text.size()) ==
             1);
  return sealed;
}

/// R and S of a signature, 32 bytes each, as JSON web tokens have them (RFC 7518, section 3.4).
std::string raw_signature(const std::vector<unsigned char>& der) {
  const unsigned char* at = der.data();
  const std::unique_ptr<ECDSA_SIG, freeing<ECDSA_SIG_free>> parts(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string raw(2 * scalar_size, '\0');
  expect(parts && BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), bytes(raw), scalar_size) == scalar_size &&
         BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), bytes(raw) + scalar_size, scalar_size) == scalar_size);
  return raw;
}

std::string sign(EVP_PKEY* key, std::string_view text) {
  const std::unique_ptr<EVP_MD_CTX, freeing<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  std::size_t size = 0;
  expect(context && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
         EVP_DigestSign(context.get(), nullptr, &size, bytes(text), text.size()) == 1);
  std::vector<unsigned char> der(size);
  expect(EVP_DigestSign(context.get(), der.data(), &size, bytes(text), text.size()) == 1);
  der.resize(size);
  return raw_signature(der);
}

}  // namespace

bool are_push_keys(const push_keys& of) {
  return of.auth.size() == auth_size && of.p256dh.starts_with('\x04') && public_key_of(of.p256dh) != nullptr;
}

std::string encrypt_push(const push_keys& to, std::string_view text) {
  return encrypt_push(to, text, random_bytes(salt_size), scalar_of(random_bytes(scalar_size)));
}

std::string encrypt_push(const push_keys& to, std::string_view text, std::string_view salt,
                         std::string_view private_key) {
  if (text.size() > most_push_text) throw std::runtime_error("the message is too long for a push service");
  std::string our_point;
  const pkey ours = private_key_of(private_key, our_point);
  const pkey theirs = public_key_of(to.p256dh);
  expect(theirs != nullptr);
  std::string info("WebPush: info\0", 14);
  info += to.p256dh;
  info += our_point;
  const std::string input =
      derive(to.auth, shared_secret(ours.get(), theirs.get()), std::move(info), scalar_size);
  const std::string key = derive(salt, input, std::string("Content-Encoding: aes128gcm\0", 28), key_size);
  const std::string nonce = derive(salt, input, std::string("Content-Encoding: nonce\0", 24), nonce_size);
  std::string body(salt);
  for (int shift = 24; shift >= 0; shift -= 8) body += static_cast<char>(record_size >> shift & 0xffU);
  body += static_cast<char>(our_point.size());
  body += our_point;
  // One record, the last.
  return body + seal(key, nonce, std::string(text) + '\x02');
}

vapid_key vapid_key_of(store& in) { return vapid_key(kept_secret(in, "vapid")); }

vapid_key::vapid_key(std::string_view secret) {
  std::string at;
  key_ = private_key_of(scalar_of(secret), at);
  public_key_ = base64url_encode(at);
}

std::string vapid_key::authorize(std::string_view audience, std::string_view contact,
                                 std::int64_t now) const {
  constexpr std::int64_t seconds_it_lasts = 12 * 3600;
  const nlohmann::json claims = {{"aud", audience}, {"exp", now + seconds_it_lasts}, {"sub", contact}};
  const std::string head = fmt::format("{}.{}", base64url_encode(R"({"typ":"JWT","alg":"ES256"})"),
                                       base64url_encode(claims.dump()));
  return fmt::format("vapid t={}.{}, k={}", head, base64url_encode(sign(key_.get(), head)), public_key_);
}

}  // namespace parlance::chat
