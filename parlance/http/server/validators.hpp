// Whether a client has what it asks for already, and whether it may change what it thinks it has (RFC 9110 13).
//
//   const http::validators now{.entity_tag = "\"5f3a-20\"", .modified = 1000212360};
//   switch (http::judge(asked.head(), now)) ...
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <parlance/http/message/message.hpp>

namespace parlance::http {

/// What tells one state of something from another.
struct validators {
  /// As in ETag, with its quotation marks, and W/ before a weak one; empty: it has none.
  std::string entity_tag = {};
  /// Seconds since 1970.
  std::optional<std::int64_t> modified = {};
};

enum class precondition : std::uint8_t {
  holds,         ///< do what is asked
  not_modified,  ///< answer 304
  failed,        ///< answer 412
};

/// In the order of RFC 9110 13.2.2; dates that are none are passed over. `exists`: what is asked for.
precondition judge(const request_head& asked, const validators& now, bool exists = true);

/// Whether a Range counts: there is no If-Range, or it is what there is now (RFC 9110 13.1.5).
bool range_applies(const request_head& asked, const validators& now);

}  // namespace parlance::http
