// What stands between the parts of a multipart body (RFC 2046 5.1).
#pragma once

#include <string>

namespace parlance::http {

/// One that nobody can foresee, so no part can have it in it by somebody's design; letters, digits and dashes.
/// Throws io::error when no random bytes are to be had.
std::string random_boundary();

}  // namespace parlance::http
