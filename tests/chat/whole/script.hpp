// What happens in a trial, as bytes: each choice takes one, so that libFuzzer can learn which bytes lead where, and any
// bytes are a trial. Once they are used up, each choice is the first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string_view>
#include <vector>

namespace parlance::chat::test {

class script {
 public:
  explicit script(std::span<const std::uint8_t> bytes) noexcept : rest_(bytes) {}

  bool is_over() const noexcept { return rest_.empty(); }
  /// 0 to 255.
  unsigned next() noexcept {
    if (rest_.empty()) return 0;
    const unsigned byte = rest_.front();
    rest_ = rest_.subspan(1);
    return byte;
  }
  /// 0 to `n` - 1; `n` is at most 256.
  unsigned below(std::size_t n) noexcept { return n < 2 ? 0 : next() % static_cast<unsigned>(n); }
  /// Once in `n` times.
  bool once_in(unsigned n) noexcept { return below(n) == n - 1; }
  template <class Range> const auto& pick(const Range& from) noexcept { return from[below(from.size())]; }

 private:
  std::span<const std::uint8_t> rest_;
};

/// A script for those who have no bytes: always the same of one seed.
inline std::vector<std::uint8_t> bytes_of_seed(std::uint64_t seed) {
  std::mt19937_64 chance(seed);
  std::vector<std::uint8_t> bytes(200 + chance() % 1800);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(chance());
  return bytes;
}

}  // namespace parlance::chat::test
