#include <openssl/evp.h>

#include <parlance/net/base64.hpp>

namespace parlance::net {

std::string base64_encode(std::string_view bytes) {
  // EVP_EncodeBlock ends what it writes with a NUL; a std::string has room for that one.
  std::string text((bytes.size() + 2) / 3 * 4, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  return text;
}

}  // namespace parlance::net
