#include <fmt/core.h>
#include <openssl/evp.h>

#include <array>
#include <stdexcept>

#include <cli/get/digest.hpp>

namespace parlance::cli {

sha256::sha256() : state_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
  if (!state_ || EVP_DigestInit_ex(state_.get(), EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("SHA-256 cannot be computed here");
}

void sha256::add(std::string_view bytes) { EVP_DigestUpdate(state_.get(), bytes.data(), bytes.size()); }

std::string sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_DigestFinal_ex(state_.get(), digest.data(), &size);
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

}  // namespace parlance::cli
