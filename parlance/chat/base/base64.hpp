// Base64 as SASL has it (RFC 4648, section 4), by libsodium.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parlance::chat {

std::string base64_encode(std::string_view bytes);

/// Strict: padded, no line ends or other foreign characters, no bits beyond the last byte.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace parlance::chat
