// Which fields of a message say what nobody else should read, as far as their names tell.
#pragma once

#include <string>
#include <string_view>

namespace parlance::http {

/// Logins and cookies; also what is called a token, a secret, a password, a signature or a key, as X-Api-Key is.
bool tells_secret(std::string_view field_name);

/// A value with "***" instead of the names and passwords in URLs, as Location may have them.
std::string without_logins(std::string_view value);

}  // namespace parlance::http
