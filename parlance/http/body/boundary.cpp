#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>
#include <cerrno>

#include <parlance/http/body/boundary.hpp>
#include <parlance/io/error.hpp>

namespace parlance::http {

std::string random_boundary() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), bytes.size()) != 1)
    throw io::error(io::from_errno(EIO), "choose a boundary", "no random bytes are to be had");
  std::string text = "parlance-";
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace parlance::http
