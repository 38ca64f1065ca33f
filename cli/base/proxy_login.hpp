// Who asks a proxy.
#pragma once

#include <string>

namespace parlance::cli {

/// The proxy's URL with the user and password that were said apart, "USER[:PASSWORD]"; without a password,
/// asks for it on the terminal. As it is when one of the two is empty. Throws complaint.
std::string with_login(std::string proxy, const std::string& user);

}  // namespace parlance::cli
