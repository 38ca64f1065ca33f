// For messages: a length of time, "12.3 ms", "0.3 s", and a URL.
#pragma once

#include <fmt/core.h>

#include <chrono>
#include <string>

#include <parlance/http/url/url.hpp>
#include <parlance/io/time.hpp>

namespace parlance::http {

inline std::string in_words(io::duration length) {
  const double seconds = std::chrono::duration<double>(length).count();
  return seconds < 0.1 ? fmt::format("{:.3g} ms", seconds * 1000) : fmt::format("{:.4g} s", seconds);
}

/// Without name and password, and no longer than a line bears.
inline std::string shown(const url& target) {
  constexpr std::size_t most = 300;
  std::string text = target.origin() + target.target();
  if (text.size() > most) text = text.substr(0, most) + "...";
  return text;
}

}  // namespace parlance::http
