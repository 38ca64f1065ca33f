// Whom the server calls at somebody's wish: push services, webhooks. Whoever names one has the server look the name up and
// call it, so it is called at addresses of public networks alone, and at those that the configuration names.
#pragma once

#include <vector>

#include <parlance/chat/base/network.hpp>
#include <parlance/http/url/url.hpp>
#include <parlance/io/task.hpp>
#include <parlance/net/address.hpp>

namespace parlance::chat {

/// The addresses of its host that may be called; what is called then is what was looked at. Without TLS those of `known`
/// alone. `key`: the configuration's that names those. Throws std::runtime_error where there are none, and io::error.
io::task<std::vector<net::endpoint>> resolve_outward(const http::url& to, const networks& known,
                                                     const char* key);

}  // namespace parlance::chat
