// How much a client wants a content coding (RFC 9110 12.5.3).
#pragma once

#include <string_view>

#include <parlance/http/message/message.hpp>

namespace parlance::http {

/// In thousandths, by Accept-Encoding; 0: not at all, also when there is no such field. "*" speaks for those that
/// are not named.
unsigned weight_of_coding(const field_list& fields, std::string_view coding);

}  // namespace parlance::http
