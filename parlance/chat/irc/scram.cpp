#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include <parlance/chat/base/base64.hpp>
#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/words.hpp>
#include <parlance/chat/irc/scram.hpp>
#include <parlance/http/base/charset.hpp>
#include <parlance/net/base64.hpp>

namespace parlance::chat::irc {
namespace {

bool is_printable(char c) { return c > ' ' && c < 0x7f && c != ','; }

/// The value of the attribute `letter`, which must come next and not be empty.
std::optional<std::string_view> take_attribute(std::string_view& text, char letter) {
  const std::string_view field = take_item(text, ',');
  if (field.size() < 3 || field[0] != letter || field[1] != '=') return {};
  return field.substr(2);
}

/// "=2C" is a comma and "=3D" an equals sign (RFC 5802, section 5.1); no other '=' may be there.
std::optional<std::string> decode_saslname(std::string_view text) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\0') return {};
    if (text[i] != '=') {
      name += text[i];
      continue;
    }
    const std::string_view code = text.substr(i, 3);
    if (code != "=2C" && code != "=3D") return {};
    name += code == "=2C" ? ',' : '=';
    i += 2;
  }
  return name;
}

std::string encode_saslname(std::string_view name) {
  std::string text;
  for (const char c : name) text += c == ',' ? "=2C" : c == '=' ? "=3D" : std::string(1, c);
  return text;
}

}  // namespace

bool scram_server::begin(std::string_view client_first) {
  if (!http::is_utf8(client_first)) return false;
  std::string_view rest = client_first;
  // gs2-header: no channel binding, either because the client has none ("n") or because we have none ("y").
  const std::string_view binding = take_item(rest, ',');
  if (binding != "n" && binding != "y") return false;
  const std::string_view identity = take_item(rest, ',');
  gs2_header_ = client_first.substr(0, client_first.size() - rest.size());
  client_first_bare_ = rest;

  // A mandatory extension, "m=", is where the name should be, and so is refused.
  const auto name = take_attribute(rest, 'n');
  const auto nonce = take_attribute(rest, 'r');
  if (!name || !nonce || !std::ranges::all_of(*nonce, is_printable)) return false;
  auto decoded = decode_saslname(*name);
  if (!decoded) return false;
  name_ = std::move(*decoded);
  if (!identity.empty()) {
    const auto other = identity.starts_with("a=") ? decode_saslname(identity.substr(2)) : std::nullopt;
    if (!other || !same_name(*other, name_)) return false;
  }
  nonce_.insert(0, *nonce);
  return true;
}

std::string scram_server::challenge(const scram_credentials& credentials) {
  credentials_ = credentials;
  server_first_ =
      fmt::format("r={},s={},i={}", nonce_, net::base64_encode(credentials.salt), credentials.iterations);
  return server_first_;
}

std::optional<std::string> scram_server::finish(std::string_view client_final) {
  const std::size_t before_proof = client_final.rfind(",p=");
  if (before_proof == std::string_view::npos) return {};
  const std::string_view without_proof = client_final.substr(0, before_proof);
  std::string_view rest = without_proof;
  const auto binding = take_attribute(rest, 'c');
  const auto nonce = take_attribute(rest, 'r');
  if (!binding || base64_decode(*binding) != gs2_header_ || nonce != nonce_) return {};
  const std::string auth_message = fmt::format("{},{},{}", client_first_bare_, server_first_, without_proof);
  if (!proves(client_final.substr(before_proof + 3), auth_message)) return {};
  return "v=" + net::base64_encode(bytes_of(hmac_sha256(bytes_of(credentials_.server_key), auth_message)));
}

bool scram_server::proves(std::string_view proof, std::string_view auth_message) const {
  const auto bytes = base64_decode(proof);
  sha256_digest client_key = hmac_sha256(bytes_of(credentials_.stored_key), auth_message);
  if (!bytes || bytes->size() != client_key.size()) return false;
  for (std::size_t i = 0; i < client_key.size(); ++i)
    client_key[i] ^= static_cast<unsigned char>((*bytes)[i]);
  return same_digest(sha256(bytes_of(client_key)), credentials_.stored_key);
}

scram_client::scram_client(std::string name, std::string password, std::string nonce)
    : name_(std::move(name)), password_(std::move(password)), nonce_(std::move(nonce)) {}

scram_client::~scram_client() { wipe(password_); }

std::string scram_client::first() const {
  return fmt::format("n,,n={},r={}", encode_saslname(name_), nonce_);
}

std::optional<std::string> scram_client::answer(std::string_view server_first) {
  std::string_view rest = server_first;
  const auto nonce = take_attribute(rest, 'r');
  const auto salt_text = take_attribute(rest, 's');
  const auto count = take_attribute(rest, 'i');
  if (!nonce || !salt_text || !count || !nonce->starts_with(nonce_) || nonce->size() == nonce_.size())
    return {};
  const auto salt = base64_decode(*salt_text);
  unsigned iterations = 0;
  const auto [end, wrong] = std::from_chars(count->data(), count->data() + count->size(), iterations);
  if (!salt || salt->empty() || wrong != std::errc() || end != count->data() + count->size() ||
      iterations < min_scram_iterations || iterations > max_scram_iterations)
    return {};
  const scram_keys keys = derive_scram_keys(password_, *salt, iterations);
  const std::string without_proof = fmt::format("c={},r={}", net::base64_encode("n,,"), *nonce);
  const std::string auth_message = fmt::format("{},{},{}", first().substr(3), server_first, without_proof);
  const sha256_digest stored = sha256(bytes_of(keys.client_key));
  sha256_digest proof = hmac_sha256(bytes_of(stored), auth_message);
  for (std::size_t i = 0; i < proof.size(); ++i) proof[i] ^= keys.client_key[i];
  signature_ = net::base64_encode(bytes_of(hmac_sha256(bytes_of(keys.server_key), auth_message)));
  return without_proof + ",p=" + net::base64_encode(bytes_of(proof));
}

bool scram_client::finish(std::string_view server_final) const {
  return !signature_.empty() && take_attribute(server_final, 'v') == signature_;
}

}  // namespace parlance::chat::irc
