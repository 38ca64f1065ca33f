#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include <parlance/io/loop.hpp>

#include <cli/base/amounts.hpp>

namespace parlance::cli {

std::string in_words(io::duration length) {
  const double seconds = std::chrono::duration<double>(length).count();
  if (seconds < 0.1) return fmt::format("{:.3g} ms", seconds * 1000);
  return seconds < 1000 ? fmt::format("{:.3g} s", seconds) : fmt::format("{:.0f} s", seconds);
}

std::string in_words(std::uint64_t number, std::string_view unit) {
  return fmt::format("{} {}{}", number, unit, number == 1 ? "" : "s");
}

std::string rate(std::uint64_t bytes, io::duration length) {
  const double seconds = std::max(std::chrono::duration<double>(length).count(), 1e-6);
  double per_second = static_cast<double>(bytes) / seconds;
  for (const char* unit : {"B/s", "kB/s", "MB/s"}) {
    if (per_second < 1000) return fmt::format("{:.3g} {}", per_second, unit);
    per_second /= 1000;
  }
  return fmt::format("{:.3g} GB/s", per_second);
}

tally::tally() : since(io::loop::current().now()) {}

std::string tally::with_rates() const {
  const io::duration length = io::loop::current().now() - since;
  const auto one = [&](std::uint64_t bytes) {
    return in_words(bytes, "byte") + (bytes != 0 ? fmt::format(" ({})", rate(bytes, length)) : "");
  };
  return fmt::format("sent {}, received {} in {}", one(sent), one(received), in_words(length));
}

std::string tally::so_far() const {
  return fmt::format("after {}, {} sent and {} received", in_words(io::loop::current().now() - since),
                     in_words(sent, "byte"), received);
}

}  // namespace parlance::cli
