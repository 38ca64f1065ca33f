// JSON web tokens that the server gives out, and takes back itself (RFC 7519, signed by HS256: RFC 7518, section 3.2).
//
//   const std::string token = sign_token(secret, R"({"sub":"alice","exp":1700000060})");
//   if (const auto claims = read_token(secret, token)) ...      // whether it has expired, the caller looks
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parlance::chat {

std::string sign_token(std::string_view secret, std::string_view claims);

/// The claims, as JSON; nothing for what was not signed with that secret. No other kind of token is taken, whatever its
/// header says of itself.
std::optional<std::string> read_token(std::string_view secret, std::string_view token);

}  // namespace parlance::chat
