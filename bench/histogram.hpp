// Counts times by whole microseconds, so that a percentile of millions of them is exact and costs no sorting.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {

class histogram {
 public:
  /// One of more than two seconds counts as two seconds, a negative one as none.
  void add(std::chrono::steady_clock::duration time) {
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    const auto last = static_cast<decltype(microseconds)>(buckets_.size() - 1);
    ++buckets_[static_cast<std::size_t>(std::clamp<decltype(microseconds)>(microseconds, 0, last))];
    ++count_;
  }

  std::uint64_t count() const { return count_; }

  /// The time in microseconds within which `percent` of a hundred were.
  std::size_t percentile(unsigned percent) const {
    std::uint64_t seen = 0;
    std::size_t microseconds = 0;
    while ((seen += buckets_[microseconds]) * 100 < count_ * percent) ++microseconds;
    return microseconds;
  }

 private:
  std::vector<std::uint32_t> buckets_ = std::vector<std::uint32_t>(2'000'001);
  std::uint64_t count_ = 0;
};

}  // namespace bench
