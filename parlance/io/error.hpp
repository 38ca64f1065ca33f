// What goes wrong, in one plain line: what was tried, to whom, why it failed.
//
//   try {
//     co_await net::connect("localhost:8000");
//   } catch (const io::error& e) {
//     fmt::print(stderr, "{}\n", e.what());  // "connect localhost:8000: connection refused"
//     if (e.code() == std::errc::connection_refused) co_return;
//   }
//
// What a caller can expect, like the end of a stream, is a value and never one of these.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace parlance::io {

/// Why a wait ended early, apart from what the kernel reports (those are in std::system_category()).
enum class errc {
  /// Somebody cancelled it: `context::cancel`, `scope::cancel`, or the operation's socket was closed.
  cancelled = 1,
  /// A deadline passed. Compares equal to std::errc::timed_out; a kernel's ETIMEDOUT does too.
  timed_out,
  /// Nothing is left that could ever end the wait (only the simulated backend can tell).
  deadlock,
};

const std::error_category& io_category() noexcept;
std::error_code make_error_code(errc) noexcept;

/// An errno value, as the kernel gave it (sign ignored).
std::error_code from_errno(int number) noexcept;

/// The reason in words: strerror's, with a small first letter.
std::string reason(const std::error_code&);

/// The exception that this library throws for what a caller could not expect. A std::system_error for those
/// who catch such, but its what() is the one line, without the code's words a second time.
class error : public std::system_error {
 public:
  /// `doing`: what was tried and to whom, as in "connect localhost:8000".
  error(std::error_code code, std::string_view doing);
  /// With the reason in the caller's own words.
  error(std::error_code code, std::string_view doing, std::string_view why);

  const char* what() const noexcept override { return line_.what(); }

  /// For a send that did not finish: how many bytes of it had been taken by then.
  std::size_t bytes_sent() const noexcept { return bytes_sent_; }
  error& sent(std::size_t bytes) noexcept { return bytes_sent_ = bytes, *this; }

 private:
  std::runtime_error line_;  // a string whose copies do not throw
  std::size_t bytes_sent_ = 0;
};

}  // namespace parlance::io

template <> struct std::is_error_code_enum<parlance::io::errc> : std::true_type {};
