#include <cstdio>
#include <string>

#include <parlance/io/error.hpp>
#include <parlance/io/scope.hpp>

namespace parlance::io {

void log_errors(std::exception_ptr failure) {
  std::string line;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    line = e.what();
  } catch (...) {
    line = "an exception that is no std::exception";
  }
  line += '\n';
  std::fputs(line.c_str(), stderr);
}

scope::~scope() {
  while (!children_.empty()) {
    child::promise_type& first = children_.pop_front();
    std::coroutine_handle<child::promise_type>::from_promise(first).destroy();
  }
  // Nobody joined, so nobody else will ever hear of it.
  if (failure_) log_errors(failure_);
}

void scope::start(child c) {
  c.frame.promise().owner = this;
  children_.push_back(c.frame.promise());
  ++size_;
  context::enter inside(context_);
  c.frame.resume();
}

void scope::finished() noexcept {
  if (--size_ == 0) empty_.set();
}

void scope::failed(std::exception_ptr failure) noexcept {
  if (context_.cancelled()) {
    try {
      std::rethrow_exception(failure);
    } catch (const error& e) {
      if (e.code() == context_.cancelled()) return;
    } catch (...) {
    }
  }
  if (handler_) return handler_(failure);
  if (!failure_) failure_ = std::move(failure);
  cancel();
}

task<void> scope::join() {
  while (size_ != 0) {
    empty_.reset();
    co_await empty_;
  }
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

}  // namespace parlance::io
