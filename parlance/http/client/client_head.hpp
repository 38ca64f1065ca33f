// The head of a request as a client sends it: what the caller wrote, what HTTP wants besides, and nothing
// that would make one message look like two.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <parlance/http/client/request.hpp>
#include <parlance/http/message/message.hpp>

namespace parlance::http {

/// Host first (RFC 9110 7.2); User-Agent, Accept, and Accept-Encoding if `decode`, where they are not given;
/// so are those of `added` (policy.hpp); Content-Type by the body where none is given. `length`:
/// Content-Length, for a body of that length or a method that is expected to have one. Framing is ours:
/// Transfer-Encoding, Content-Length and Connection of the caller's are left out. Throws std::invalid_argument
/// for a field that cannot be sent.
request_head client_head(const request& what, bool decode, std::optional<std::uint64_t> length,
                         const field_list& added = {});

/// Whether it does no harm twice (RFC 9110 9.2.2).
bool is_idempotent(std::string_view method) noexcept;

/// The length to tell of a body: zero for none where one is expected.
std::optional<std::uint64_t> length_to_tell(const request& what, const body_source* body);

}  // namespace parlance::http
