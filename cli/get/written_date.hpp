// A date as people write it, in any of the ways that curl takes (-z).
#pragma once

#include <ctime>
#include <optional>
#include <string_view>

namespace parlance::cli {

/// "2026-11-29", "20261129", "29 Nov 2026 10:00", "Nov 29 10:00:30 2026 +0200", "Sun, 29-Nov-26 10:00:00 GMT": the parts in
/// any order, a day of the week for nothing, UTC where no zone is said, and midnight where no time is. Nothing for what is
/// none, as a date that no calendar has.
std::optional<std::time_t> parse_written_date(std::string_view text);

}  // namespace parlance::cli
