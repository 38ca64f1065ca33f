// When a failed request is made again, and how long that waits.
#pragma once

#include <optional>
#include <string_view>
#include <system_error>

#include <parlance/io/time.hpp>

namespace parlance::cli {

struct retry_options {
  /// How often; 0: not at all.
  unsigned times = 0;
  /// Before each; none: one second, doubled each time up to a minute, less up to a half by chance, so that
  /// those who failed together do not come back together.
  std::optional<io::duration> delay = {};
};

/// A server that says so waits no longer than this; one that wants more is not asked again.
inline constexpr io::duration longest_retry_after = std::chrono::minutes(10);

/// 408, 429, 500, 502, 503 or 504: another time it may be better.
bool is_passing(unsigned status) noexcept;
/// The connection was refused, reset or cut, or took too long.
bool is_passing(const std::error_code& code) noexcept;

/// Before the `number`th of them, from 1. `retry_after`: that field of the answer, seconds or a date; empty:
/// none. Nothing: it is more than anybody waits for.
std::optional<io::duration> wait_before(unsigned number, const retry_options& options,
                                        std::string_view retry_after);

}  // namespace parlance::cli
