// Counts those that are at something while they are:  const one_more waits(waiting_);
#pragma once

#include <cstddef>

namespace parlance::chat {

class one_more {
 public:
  /// The count outlives it.
  explicit one_more(std::size_t& count) noexcept : of_(++count) {}
  ~one_more() { --of_; }
  one_more(const one_more&) = delete;
  one_more& operator=(const one_more&) = delete;

 private:
  std::size_t& of_;
};

}  // namespace parlance::chat
