// What goes wrong in an exchange, beyond what the connection's own errors tell.
#pragma once

#include <system_error>

#include <parlance/io/error.hpp>

namespace parlance::http {

enum class errc {
  /// The URL makes no sense.
  url = 1,
  /// What came is not HTTP, or breaks its rules.
  malformed,
  /// The connection ended before the message did.
  incomplete,
  /// A redirect that must not be followed.
  redirect,
  /// The content coding is unknown or its data broken.
  coding,
  /// More than a limit allows.
  too_large,
};

const std::error_category& category() noexcept;
std::error_code make_error_code(errc) noexcept;

}  // namespace parlance::http

template <> struct std::is_error_code_enum<parlance::http::errc> : std::true_type {};
