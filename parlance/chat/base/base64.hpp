// What base64 says, as SASL has it (RFC 4648, section 4), by libsodium; net::base64_encode is the way there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parlance::chat {

/// Strict: padded, no line ends or other foreign characters, no bits beyond the last byte.
std::optional<std::string> base64_decode(std::string_view text);

/// The letters that are safe in a URL, without padding (section 5), as in JSON web tokens; and back, as strictly.
std::string base64url_encode(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace parlance::chat
