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
  /// None is made that would begin so long after the first attempt.
  io::duration within = io::unlimited;
  /// Whatever went wrong, and whatever sending again does.
  bool all_errors = false;

  /// Whether another attempt may do better.
  bool heeds(unsigned status) const noexcept;
  bool heeds(const std::error_code& code) const noexcept;
};

/// A server that says so waits no longer than this; one that wants more is not asked again.
inline constexpr io::duration longest_retry_after = std::chrono::minutes(10);

/// Before the `number`th of them, from 1. `retry_after`: that field of the answer, seconds or a date; empty:
/// none. Nothing: it is more than anybody waits for.
std::optional<io::duration> wait_before(unsigned number, const retry_options& options,
                                        std::string_view retry_after);

}  // namespace parlance::cli
