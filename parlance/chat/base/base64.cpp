#include <sodium.h>

#include <algorithm>

#include <parlance/chat/base/base64.hpp>

namespace parlance::chat {

std::optional<std::string> base64_decode(std::string_view text) {
  // libsodium 1.0.18 takes most bytes above 0x7f for 'A'.
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (text.size() % 4 != 0 || !std::ranges::all_of(text, is_ascii)) return {};
  std::string bytes(text.size() / 4 * 3, '\0');
  std::size_t size = 0;
  // Without a place to tell where it stopped, stopping early is an error.
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &size, nullptr, sodium_base64_VARIANT_ORIGINAL) != 0)
    return {};
  bytes.resize(size);
  return bytes;
}

}  // namespace parlance::chat
