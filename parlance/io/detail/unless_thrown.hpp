// For what is given away by moving it, which may throw: it is to stay where it is then.
#pragma once

#include <exception>
#include <utility>

namespace parlance::io::detail {

/// Calls `F` when it goes, but not by an exception:
///
///   const unless_thrown taken([this]() noexcept { values_.pop_front(); });
///   return std::move(values_.front());
template <class F> class [[nodiscard]] unless_thrown {
 public:
  explicit unless_thrown(F then) noexcept : then_(std::move(then)) {}
  unless_thrown(const unless_thrown&) = delete;
  unless_thrown& operator=(const unless_thrown&) = delete;
  ~unless_thrown() {
    if (std::uncaught_exceptions() == thrown_) then_();
  }

 private:
  F then_;
  const int thrown_ = std::uncaught_exceptions();
};

}  // namespace parlance::io::detail
