#include <algorithm>
#include <array>
#include <ctime>
#include <random>

#include <parlance/http/base/date.hpp>
#include <parlance/http/base/error.hpp>
#include <parlance/http/base/grammar.hpp>
#include <parlance/net/error.hpp>

#include <cli/get/retry.hpp>

namespace parlance::cli {
namespace {

/// 408, 429, 500, 502, 503 or 504: another time it may be better.
bool is_passing(unsigned status) noexcept {
  constexpr std::array<unsigned, 6> passing = {408, 429, 500, 502, 503, 504};
  return std::ranges::find(passing, status) != passing.end();
}

/// The connection was refused, reset or cut, or took too long.
bool is_passing(const std::error_code& code) noexcept {
  // A name, too, may be unknown only until the network is up.
  if (code == http::errc::incomplete || code == net::errc::truncated || code == net::errc::no_address)
    return true;
  constexpr std::array passing = {std::errc::timed_out,        std::errc::connection_refused,
                                  std::errc::connection_reset, std::errc::connection_aborted,
                                  std::errc::broken_pipe,      std::errc::network_unreachable,
                                  std::errc::host_unreachable, std::errc::network_down};
  return std::ranges::any_of(passing, [&](std::errc one) { return code == one; });
}

}  // namespace

bool retry_options::heeds(unsigned status) const noexcept {
  return all_errors ? status >= 400 : is_passing(status);
}

bool retry_options::heeds(const std::error_code& code) const noexcept {
  return all_errors || is_passing(code);
}

std::optional<io::duration> wait_before(unsigned number, const retry_options& options,
                                        std::string_view retry_after) {
  using std::chrono::seconds;
  std::optional<io::duration> asked;
  if (const auto length = http::parse_decimal(retry_after))
    asked = seconds(std::min<std::uint64_t>(*length, 1'000'000));
  else if (const auto date = http::parse_date(http::trim(retry_after)))
    asked = seconds(std::clamp<std::int64_t>(*date - std::time(nullptr), 0, 1'000'000));
  if (asked && *asked > longest_retry_after) return std::nullopt;
  if (asked) return asked;
  if (options.delay) return options.delay;
  constexpr unsigned most_doublings = 6;
  constexpr io::duration longest = seconds(60);
  const io::duration whole =
      std::min<io::duration>(longest, seconds(1 << std::min(number - 1, most_doublings)));
  std::random_device any;
  std::uniform_int_distribution<io::duration::rep> part(whole.count() / 2, whole.count());
  return io::duration(part(any));
}

}  // namespace parlance::cli
