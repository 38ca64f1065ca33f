// Which fields of a message say what nobody else should read, as far as their names tell.
#pragma once

#include <string_view>

namespace parlance::cli {

/// Logins and cookies; also what is called a token, a secret, a password or a key, as X-Api-Key is.
bool tells_secret(std::string_view field_name);

}  // namespace parlance::cli
