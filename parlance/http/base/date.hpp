// Dates as HTTP writes them (RFC 9110 5.6.7).
//
//   http::format_date(1000212360)                               // Tue, 11 Sep 2001 12:46:00 GMT
//   http::parse_date("Sunday, 06-Nov-94 08:49:37 GMT")          // 784111777
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::http {

/// IMF-fixdate, of seconds since 1970. Years from 0 to 9999; what is beyond is brought to the end of those.
std::string format_date(std::int64_t seconds);

/// Of now, for the Date field. Made once a second on each thread; valid until its next call there.
std::string_view date_now();

/// All three forms that a recipient must take. Nothing for what is none, as a date that no calendar has.
std::optional<std::int64_t> parse_date(std::string_view text) noexcept;

}  // namespace parlance::http
