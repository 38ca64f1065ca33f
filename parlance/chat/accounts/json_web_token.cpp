#include <algorithm>

#include <parlance/chat/accounts/json_web_token.hpp>
#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/base/base64.hpp>

namespace parlance::chat {
namespace {

std::string header() { return base64url_encode(R"({"alg":"HS256","typ":"JWT"})"); }

}  // namespace

std::string sign_token(std::string_view secret, std::string_view claims) {
  std::string token = header() + '.' + base64url_encode(claims);
  const sha256_digest signature = hmac_sha256(secret, token);
  return token + '.' + base64url_encode(bytes_of(signature));
}

std::optional<std::string> read_token(std::string_view secret, std::string_view token) {
  const std::size_t end = token.rfind('.');
  if (end == token.npos || !token.starts_with(header() + '.')) return {};
  const std::string_view signed_part = token.substr(0, end);
  const auto signature = base64url_decode(token.substr(end + 1));
  sha256_digest shown{};
  if (!signature || signature->size() != shown.size()) return {};
  std::ranges::copy(*signature, shown.begin());
  if (!same_digest(shown, hmac_sha256(secret, signed_part))) return {};
  return base64url_decode(signed_part.substr(signed_part.find('.') + 1));
}

}  // namespace parlance::chat
