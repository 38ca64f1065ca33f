// How the operator's console reads and writes small things.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <parlance/io/time.hpp>

namespace parlance::cli {

/// The first word of `rest`, which gets shorter by it and the spaces after it.
std::string_view take_word(std::string_view& rest);

/// "7s", "12m30s", "3h04m", "2d03h"
std::string age(io::duration length);

/// "2026-11-24 10:00 UTC"; `seconds` since the Unix epoch.
std::string date(std::int64_t seconds);

}  // namespace parlance::cli
