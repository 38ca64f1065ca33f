// Receive buffers of a loop: as many as are in use at the same time, each reused while it is warm in the
// cache.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace parlance::io {

class buffer_pool {
 public:
  static constexpr std::size_t block_size = std::size_t{16} * 1024;
  using block = std::unique_ptr<char[]>;

  block take() {
    if (free_.empty()) return std::make_unique_for_overwrite<char[]>(block_size);
    block last = std::move(free_.back());
    free_.pop_back();
    return last;
  }

  void give(block used) noexcept {
    if (used && free_.size() < kept) free_.push_back(std::move(used));
  }

  buffer_pool() { free_.reserve(kept); }

 private:
  static constexpr std::size_t kept = 64;
  std::vector<block> free_;
};

}  // namespace parlance::io
