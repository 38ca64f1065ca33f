// The head of a request as a client sends it: what the caller wrote, what HTTP wants besides, and nothing
// that would make one message look like two.
#pragma once

#include <parlance/http/client.hpp>
#include <parlance/http/message.hpp>

namespace parlance::http {

/// Host first (RFC 9110 7.2); User-Agent, Accept, and Accept-Encoding if `decode`, where they are not given;
/// Authorization from the URL's name and password (RFC 7617) where none is given; Content-Length for a body
/// or a method that is expected to have one; and Connection: close. Framing is ours: Transfer-Encoding,
/// Content-Length and Connection of the caller's are left out. Throws std::invalid_argument for a field that
/// cannot be sent.
request_head client_head(const request& what, bool decode);

}  // namespace parlance::http
