// Base64 (RFC 4648, section 4): padded, on one line.
#pragma once

#include <string>
#include <string_view>

namespace parlance::net {

std::string base64_encode(std::string_view bytes);

}  // namespace parlance::net
