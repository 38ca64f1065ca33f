// How the operator's console writes small things.
#pragma once

#include <cstdint>
#include <string>

#include <parlance/io/time.hpp>

namespace parlance::cli {

/// "7s", "12m30s", "3h04m", "2d03h"
std::string age(io::duration length);

/// "2026-11-24 10:00 UTC"; `seconds` since the Unix epoch.
std::string date(std::int64_t seconds);

}  // namespace parlance::cli
