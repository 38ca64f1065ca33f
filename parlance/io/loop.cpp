#include <cxxabi.h>
#include <fmt/core.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <typeinfo>
#include <utility>

#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::io {
namespace {

/// A wait that is over so long after it was to be has been held up.
constexpr duration late = std::chrono::milliseconds(10);

thread_local loop* current_loop = nullptr;
constinit thread_local bool last_loop_is_gone = false;

post_queue::item* reversed(post_queue::item* newest) noexcept {
  post_queue::item* oldest = nullptr;
  while (newest) {
    post_queue::item* next = std::exchange(newest->next, oldest);
    oldest = std::exchange(newest, next);
  }
  return oldest;
}

// What stands in an empty queue that takes no more.
struct closed_item final : post_queue::item {
  void run(std::unique_ptr<item>) override {}
};
closed_item closed_mark;

std::unique_ptr<backend> make_backend(loop& owner, const loop_options& options,
                                      std::string& fallback_reason) {
  std::string_view name = options.backend;
  if (name.empty())
    if (const char* wanted = std::getenv("PARLANCE_BACKEND")) name = wanted;
  if (name == "io_uring") return make_uring_backend(owner);
  if (name == "epoll") return make_epoll_backend(owner);
  if (name == "sim") return make_sim_backend(owner, options.sim);
  if (!name.empty())
    throw error(from_errno(EINVAL), fmt::format("use the backend '{}'", name),
                "there are io_uring, epoll and sim");
  try {
    return make_uring_backend(owner);
  } catch (const error& e) {
    fallback_reason = e.what();
    return make_epoll_backend(owner);
  }
}

}  // namespace

bool operation::may_go_on() noexcept {
  if (loop::current().may_go_on()) return true;
  state_ = state::over;
  return false;
}

bool operation::suspend(std::coroutine_handle<> waiter) noexcept {
  waiter_ = waiter;
  context_ = &context::current();
  loop_ = &loop::current();
  if (over()) {
    complete();
    return false;
  }
  state_ = state::waiting;
  context_->add(*this);
  return true;
}

loop& operation::home() const noexcept {
  for (loop* living = current_loop; living; living = living->outer_)
    if (living == loop_) return *living;
  return loop::current();  // its own is no more
}

void operation::complete() noexcept {
  state_ = state::complete;
  link<in_context>::unlink();
  // What is destroyed after the thread's last loop, as a static is, may end waits that nobody will resume.
  if (current_loop || !last_loop_is_gone) home().ready(*this);
}

duration default_long_turn() noexcept {
#if defined(NDEBUG) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return unlimited;
#else
  return std::chrono::milliseconds(100);
#endif
}

loop::loop(const loop_options& options)
    : outer_(current_loop),
      outer_context_(outer_ ? &context::current() : nullptr),
      posts_(std::make_shared<post_queue>()),
      long_turn_(options.long_turn) {
  backend_ = make_backend(*this, options, fallback_reason_);
  now_ = backend_->now();
  current_loop = this;
  detail::running = &root_;
}

loop::~loop() {
  const bool ours = backend_->is_ours();
  const time_point end = now();
  posts_->close();
  backend_.reset();
  // What waits for no kernel is over, too. A child that was forked only forgets.
  if (ours) root_.cancel();
  // One that others are in is only left out: the innermost stays current.
  loop** where = &current_loop;
  while (*where && *where != this) where = &(*where)->outer_;
  if (!*where) return;
  const bool is_innermost = where == &current_loop;
  *where = outer_;
  // Whoever would be back in its context is in what that was in. Who destroys it may be another than who made
  // it, in a context of its own.
  if (detail::running == &root_) detail::running = is_innermost ? outer_context_ : &current_loop->root_;
  for (loop* living = current_loop; living; living = living->outer_) {
    if (living->outer_context_ == &root_) living->outer_context_ = outer_context_;
    if (living->turning_ && living->turning_->outer == &root_) living->turning_->outer = &living->root_;
  }
  if (ours && current_loop) timers_.leave_all(end, current_loop->backend_->now(), current_loop->timers_);
}

loop& loop::current() {
  if (!current_loop) {
    if (last_loop_is_gone) throw std::logic_error("this thread ends: it has no loop any more");
    // Made on first use, kept until the thread ends; it makes itself current.
    thread_local struct last final {
      loop its;
      ~last() { last_loop_is_gone = true; }
    } of_this_thread;
  }
  return *current_loop;
}

loop::turning::turning(loop& of) : owner(of), outer(&context::current()) {
  of.backend_->expect_ours();
  if (of.turning_)
    throw std::logic_error("io::wait inside a coroutine: the loop is busy running it; use co_await instead");
  of.turning_ = this;
  of.now_ = of.backend_->now();
  // What begins here must not go with another loop.
  for (const loop* living = current_loop; living; living = living->outer_)
    if (living != &of && outer == &living->root_) detail::running = &of.root_;
}

loop::turning::~turning() {
  owner.turning_ = nullptr;
  detail::running = outer;
}

void loop::run_ready() {
  const turning guard(*this);
  turn(false);
  backend_->submit();
}

bool loop::is_idle() const noexcept { return ready_.empty() && last_.empty() && posts_->empty(); }

time_point loop::next() const noexcept {
  return is_idle() && !backend_->has_to_submit() ? timers_.soonest() : now();
}

void loop::turn(bool may_wait) {
  // Whatever is left to do, whoever left it: the write that told of a post may have been read since, while a
  // socket took back what the kernel held.
  backend_->wait(may_wait && is_idle() ? timers_.soonest() : time_point::min());
  if (long_turn_ == unlimited) return do_turn();
  const auto start = std::chrono::steady_clock::now();
  longest_ = {};
  do_turn();
  if (const duration took = std::chrono::steady_clock::now() - start; took > long_turn_)
    tell_of_long_turn(took);
}

void loop::do_turn() {
  now_ = backend_->now();
  inline_left_ = going_on_left_ = inline_completions_per_turn;
  // What has arrived comes before what is due: a loop that was late must not take for silent whoever was not.
  // A wait that was interrupted may not have seen it.
  if (timers_.soonest() < now_ - late) backend_->wait(time_point::min());
  posts_->run_all();
  if (timers_.soonest() <= now_) {
    resume_ready();
    timers_.expire(now_);
  }
  resume_ready();
  if (!last_.empty()) {
    while (!last_.empty()) last_.pop_front().complete();
    resume_ready();
  }
}

void loop::resume_ready() {
  list<operation, in_queue> batch;
  batch.splice(ready_);
  try {
    while (!batch.empty()) resume(batch.pop_front());
  } catch (...) {  // of a coroutine that is no task of ours
    batch.splice(ready_);
    ready_.splice(batch);
    throw;
  }
  detail::running = &root_;
}

void loop::resume(operation& op) {
  detail::running = op.loop_ == this ? op.context_ : &root_;  // that of a loop that is gone went with it
  if (long_turn_ == unlimited) return op.waiter_.resume();
  const std::type_info& what = typeid(op);  // it may not outlive this
  const auto start = std::chrono::steady_clock::now();
  op.waiter_.resume();
  if (const duration took = std::chrono::steady_clock::now() - start; took > longest_.took)
    longest_ = {took, &what};
}

void loop::tell_of_long_turn(duration took) const {
  const auto in_ms = [](duration d) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
  };
  std::string line = fmt::format("a turn of the loop took {} ms", in_ms(took));
  if (longest_.after) {
    int failed = 0;
    const std::unique_ptr<char, decltype(&std::free)> name(
        abi::__cxa_demangle(longest_.after->name(), nullptr, nullptr, &failed), std::free);
    line += fmt::format(", {} of them in what went on after {}", in_ms(longest_.took),
                        name ? name.get() : longest_.after->name());
  }
  fmt::print(stderr, "{}\n", line);
}

post_queue::post_queue() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (event_ < 0) throw error(from_errno(errno), "eventfd");
}

post_queue::~post_queue() { ::close(event_); }

bool post_queue::push(std::unique_ptr<item> work) noexcept {
  item* newest = newest_.load(std::memory_order_relaxed);
  do {
    if (newest == &closed_mark) return false;
    work->next = newest;
  } while (!newest_.compare_exchange_weak(newest, work.get(), std::memory_order_release,
                                          std::memory_order_relaxed));
  static_cast<void>(work.release());
  if (!newest) eventfd_write(event_, 1);
  return true;
}

void post_queue::run_all() {
  if (!oldest_ && newest_.load(std::memory_order_relaxed))
    oldest_ = reversed(newest_.exchange(nullptr, std::memory_order_acquire));
  while (oldest_) {
    std::unique_ptr<item> work(std::exchange(oldest_, oldest_->next));
    item& one = *work;
    one.run(std::move(work));
  }
}

void post_queue::close() noexcept {
  while (oldest_) delete std::exchange(oldest_, oldest_->next);
  item* oldest = newest_.exchange(&closed_mark, std::memory_order_acquire);
  while (oldest) delete std::exchange(oldest, oldest->next);
}

}  // namespace parlance::io
