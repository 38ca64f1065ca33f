// For whom a proxy asks: Forwarded (RFC 7239), and X-Forwarded-For, which came before it.
//
//   const auto client = http::find_forwarded_client(head.fields, http::forwarded_by::x_forwarded_for, trusts);
//   if (client && *client) fmt::print("{} asks\n", (*client)->from.address());
//
// Anybody can write anything into these fields: they are to be asked only where the peer is known to be such
// a proxy, and to set, or to add to, the one that is looked at.
#pragma once

#include <expected>
#include <functional>
#include <optional>

#include <parlance/http/base/protocol_error.hpp>
#include <parlance/http/message/message.hpp>
#include <parlance/io/endpoint.hpp>

namespace parlance::http {

/// Which field is looked at. A proxy that sets one may pass on the other as it came, from anybody.
enum class forwarded_by : unsigned char { x_forwarded_for, forwarded };

struct forwarded_client {
  io::endpoint from;  ///< port 0 where none is told
  /// It came by https, as "proto", or the last X-Forwarded-Proto, says.
  bool is_secure = false;
};

/// Who asks: looking from the field's end, the first one that `trusts` says is no proxy of ours. What stands
/// before that, it may have written itself. Nothing when there is no such field, so the proxy asks for itself. An
/// error where a proxy of ours hides who asks ("unknown", "_x": 403), or has written what is no address (400):
/// then nothing is known of who asks, and it must not be taken for the proxy, which may do more.
std::expected<std::optional<forwarded_client>, protocol_error> find_forwarded_client(
    const field_list& fields, forwarded_by field, const std::function<bool(const io::endpoint&)>& trusts);

}  // namespace parlance::http
