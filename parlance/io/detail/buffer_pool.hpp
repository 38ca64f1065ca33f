// Receive buffers of a loop: as many as are in use at the same time, each reused while it is warm in the
// cache. Poisoned while nobody has it, so that a view kept too long is found.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include <parlance/io/detail/poison.hpp>

namespace parlance::io {

class buffer_pool {
 public:
  static constexpr std::size_t block_size = std::size_t{16} * 1024;
  using block = std::unique_ptr<char[]>;

  block take() {
    block there = try_take();
    if (!there) throw std::bad_alloc();
    return there;
  }
  /// Null: there is no memory.
  block try_take() noexcept {
    if (free_.empty()) return block(new (std::nothrow) char[block_size]);
    block last = std::move(free_.back());
    free_.pop_back();
    unpoison(last.get(), block_size);
    return last;
  }

  void give(block used) noexcept {
    if (!used || free_.size() == kept) return;
    poison(used.get(), block_size);
    free_.push_back(std::move(used));
  }

  buffer_pool() { free_.reserve(kept); }

 private:
  static constexpr std::size_t kept = 64;
  std::vector<block> free_;
};

}  // namespace parlance::io
