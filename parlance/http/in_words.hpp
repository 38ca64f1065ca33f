// A length of time, for messages: "12.3 ms", "0.3 s".
#pragma once

#include <fmt/core.h>

#include <chrono>
#include <string>

#include <parlance/io/time.hpp>

namespace parlance::http {

inline std::string in_words(io::duration length) {
  const double seconds = std::chrono::duration<double>(length).count();
  return seconds < 0.1 ? fmt::format("{:.3g} ms", seconds * 1000) : fmt::format("{:.4g} s", seconds);
}

}  // namespace parlance::http
