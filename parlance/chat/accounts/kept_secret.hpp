// Secrets that the server keeps to itself, and that last as long as its store.
#pragma once

#include <string>
#include <string_view>

namespace parlance::chat {

class store;

/// The one of that name, made when it is first asked for: random_token of 32 bytes. Throws store_error.
std::string kept_secret(store& in, std::string_view name);

}  // namespace parlance::chat
