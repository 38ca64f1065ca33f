#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include <cli/serve/operator_words.hpp>

namespace parlance::cli {

std::string age(io::duration length) {
  const auto s = std::chrono::duration_cast<std::chrono::seconds>(length).count();
  if (s < 60) return fmt::format("{}s", s);
  if (s < 3600) return fmt::format("{}m{:02}s", s / 60, s % 60);
  if (s < 86400) return fmt::format("{}h{:02}m", s / 3600, s / 60 % 60);
  return fmt::format("{}d{:02}h", s / 86400, s / 3600 % 24);
}

std::string date(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", *::gmtime_r(&time, &parts));
}

}  // namespace parlance::cli
