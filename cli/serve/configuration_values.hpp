// How durations, sizes and texts are written in a configuration, and read back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/io/time.hpp>

namespace parlance::cli {

/// "90s", "1h30m", "30d", "250ms": whole numbers with the units w, d, h, m, s and ms, the greatest first,
/// each once; or "0". Nothing else, and nothing that is longer than io::duration can be.
std::optional<io::duration> parse_duration(std::string_view text);
/// The shortest that parse_duration reads as the same; what is below a millisecond is dropped.
std::string format_duration(io::duration length);

/// "262144" or "256KiB": a whole number, alone or of KiB, MiB or GiB.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// In the greatest unit of which it is a whole number.
std::string format_size(std::uint64_t size);

/// A whole number in decimal digits.
std::optional<std::uint64_t> parse_number(std::string_view text);

/// A basic string of TOML 1.0, on one line. `text` must be UTF-8.
std::string toml_string(std::string_view text);

}  // namespace parlance::cli
