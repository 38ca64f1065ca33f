#include <cstdio>
#include <stdexcept>
#include <utility>

#include <parlance/io/error.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::io {

void log_errors(std::exception_ptr failure) noexcept {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
  } catch (...) {
    std::fputs("an exception that is no std::exception\n", stderr);
  }
}

scope::~scope() {
  handles_.for_each([](detail::child_handle& one) { one.left_alone(); });
  while (!children_.empty()) {
    entry::promise_type& first = children_.pop_front();
    std::coroutine_handle<entry::promise_type>::from_promise(first).destroy();
  }
  // Nobody joined, so nobody else will ever hear of it.
  if (failure_ && !told_) log_errors(failure_);
}

void scope::start(entry fresh, detail::child_handle* handle) {
  if (failure_) {
    fresh.frame.destroy();
    told_ = true;
    std::rethrow_exception(failure_);
  }
  entry::promise_type& promise = fresh.frame.promise();
  promise.owner = this;
  promise.handle = handle;
  if (handle) handle->frame_ = &promise;
  children_.push_back(promise);
  ++size_;
  context::enter inside(context_);
  fresh.frame.resume();
}

void scope::end(entry::promise_type& one) noexcept {
  std::coroutine_handle<entry::promise_type>::from_promise(one).destroy();
  finished();
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
  if (!loop::current().may_go_on()) co_await yield();  // who joins again and again lets others go on
  if (failure_ && !std::exchange(told_, true)) std::rethrow_exception(failure_);
}

namespace detail {

child_handle::child_handle(scope& in) noexcept : scope_(&in) { in.handles_.push_back(*this); }

child_handle::child_handle(child_handle&& other) noexcept
    : link(),
      awaited_(std::exchange(other.awaited_, true)),
      scope_(std::exchange(other.scope_, nullptr)),
      frame_(std::exchange(other.frame_, nullptr)),
      failure_(std::exchange(other.failure_, nullptr)),
      done_(std::exchange(other.done_, true)),
      cut_off_(other.cut_off_) {
  if (scope_) scope_->handles_.push_back(*this);
  if (frame_) static_cast<scope::entry::promise_type*>(frame_)->handle = this;
}

child_handle::~child_handle() {
  if (frame_)
    scope_->end(*static_cast<scope::entry::promise_type*>(frame_));
  else if (failure_ && scope_)
    scope_->failed(std::move(failure_));
  else if (failure_)
    log_errors(std::move(failure_));
}

void child_handle::check_not_awaited() const {
  if (waiter_ || awaited_) throw std::logic_error("a child of a scope can be awaited once");
}

void child_handle::throw_failure() {
  if (!failure_ && !cut_off_) return;
  awaited_ = true;
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  throw error(errc::cancelled, "wait for a child");
}

void child_handle::over() noexcept {
  done_ = true;
  frame_ = nullptr;
  if (waiter_) waiter_->complete();
}

// Its scope goes.
void child_handle::left_alone() noexcept {
  scope_ = nullptr;
  if (!frame_) return;
  cut_off_ = true;
  over();
}

}  // namespace detail

}  // namespace parlance::io
