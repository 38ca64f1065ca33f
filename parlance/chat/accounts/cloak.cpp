#include <parlance/chat/accounts/cloak.hpp>
#include <parlance/chat/accounts/kept_secret.hpp>
#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/base/network.hpp>

namespace parlance::chat {
namespace {

constexpr std::string_view key = "cloak", own_host = "localhost";
constexpr std::size_t letters = 16;  // of 5 bits each

std::string base32(std::string_view bytes) {
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::string text;
  unsigned held = 0, bits = 0;
  for (const char c : bytes) {
    held = held << 8 | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 5 && text.size() < letters; bits -= 5) text += alphabet[held >> (bits - 5) & 31];
  }
  return text;
}

}  // namespace

const std::string& cloak::secret() {
  if (secret_.empty()) secret_ = kept_secret(store_, key);
  return secret_;
}

std::string cloak::host_of(std::string_view address) {
  const std::optional<network> known = network::parse(address);
  if (!known || known->is_loopback()) return std::string(own_host);
  const std::string hidden = known->within(known->is_ipv4() ? 32 : 64).text();
  return base32(bytes_of(hmac_sha256(secret(), hidden))) + ".cloak";
}

std::string plain_host_of(std::string_view address) {
  const std::optional<network> known = network::parse(address);
  if (!known || known->is_loopback()) return std::string(own_host);
  return address.starts_with(':') ? '0' + std::string(address) : std::string(address);
}

}  // namespace parlance::chat
