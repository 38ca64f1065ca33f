// What goes wrong between two ends, beyond what io::errc and errno tell.
#pragma once

#include <string_view>
#include <system_error>

#include <parlance/io/error.hpp>

namespace parlance::net {

enum class errc {
  /// A TLS peer ended the connection without close_notify: what was received may not be all (RFC 8446,
  /// section 6.1).
  truncated = 1,
  /// The TLS handshake failed, or a record was not what TLS allows.
  tls,
  /// The peer's certificate is not one to trust, or not that of the host that was asked for.
  certificate,
  /// The host has no address.
  no_address,
  /// The stream was closed on this side.
  closed,
  /// A proxy refused, or what it said is not what its protocol allows.
  proxy,
  /// It ended before all of what was asked for had come: the peer's side, or a file.
  ended_early,
};

const std::error_category& category() noexcept;
std::error_code make_error_code(errc) noexcept;

/// The reason in what an error says, after its first ": ", for those who say it again with more around it.
std::string_view why(const io::error& e) noexcept;

}  // namespace parlance::net

template <> struct std::is_error_code_enum<parlance::net::errc> : std::true_type {};
