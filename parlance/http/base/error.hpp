// What goes wrong in an exchange, beyond what the connection's own errors tell.
#pragma once

#include <stdexcept>
#include <string>
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
  /// The server does not do what was asked for: open a WebSocket.
  refused,
};

const std::error_category& category() noexcept;
std::error_code make_error_code(errc) noexcept;

/// Why an exchange went no further: a code and a reason in words, from those that do not know its URL. Who
/// asked for the exchange is told an io::error.
class failure : public std::runtime_error {
 public:
  failure(std::error_code code, const std::string& why) : std::runtime_error(why), code_(code) {}
  const std::error_code& code() const noexcept { return code_; }

 private:
  std::error_code code_;
};

}  // namespace parlance::http

template <> struct std::is_error_code_enum<parlance::http::errc> : std::true_type {};
