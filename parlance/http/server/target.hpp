// What a request is for: its target taken apart in each of the four forms, and its Host checked (RFC 9112 3.2).
//
//   const auto target = http::take_apart(head);
//   if (!target) co_await refuse(target.error().status, target.error().text);
#pragma once

#include <expected>
#include <string_view>

#include <parlance/http/base/protocol_error.hpp>
#include <parlance/http/message/message.hpp>

namespace parlance::http {

/// Views into the head.
struct target_parts {
  /// Of the target where it has one, else of the Host field. Empty: none was told.
  std::string_view host;
  /// Begins with a slash; "*" of asterisk-form.
  std::string_view path;
  /// Without its question mark.
  std::string_view query;
};

/// Refused: a Host, or an authority in the target, that is no `host [ ":" port ]` (400); a scheme that is
/// neither http nor https, a fragment, a name and password (400); CONNECT, which asks for a proxy (501). That
/// there is not one Host in HTTP/1.1, the parser has seen to.
std::expected<target_parts, protocol_error> take_apart(const request_head& head);

/// Whether it is host and port as they stand in a Host field: `uri-host [ ":" port ]` (RFC 3986 3.2.2). A name,
/// percent-encoded bytes in it too, an IPv4 address, or one of IPv6 in brackets; not empty.
bool is_host_and_port(std::string_view text) noexcept;

}  // namespace parlance::http
