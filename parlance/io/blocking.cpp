#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <parlance/io/blocking.hpp>
#include <parlance/io/error.hpp>

namespace parlance::io {
namespace {

using job = std::move_only_function<void()>;

// The threads of a lane. They are made when there is work that no idle one can take. It is never destroyed: a
// call that hangs, on a name server that does not answer, must not keep the process, so its thread ends with
// that.
class worker_pool {
 public:
  explicit worker_pool(unsigned most) : most_(most) {}

  /// When the process ends: takes no more, and lets what is being done come to its end if that is before
  /// `late`.
  void stop(std::chrono::steady_clock::time_point late) {
    std::deque<job> never_begun;
    std::unique_lock lock(mutex_);
    stopping_ = true;
    never_begun.swap(jobs_);
    done_.wait_until(lock, late, [this] { return idle_ == threads_; });
  }

  void run(job next) {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    if (idle_ <= jobs_.size() && threads_ < most_) add_thread();
    jobs_.push_back(std::move(next));
    work_.notify_one();
  }

 private:
  /// When there can be no more, those that there are do it, too.
  void add_thread() {
    try {
      thread_without_signals([this] { work(); }).detach();
      ++threads_;
    } catch (const error&) {
      if (threads_ == 0) throw;
    }
  }

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      ++idle_;
      if (stopping_) done_.notify_all();
      work_.wait(lock, [this] { return !jobs_.empty(); });
      --idle_;
      {
        job next = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        next();
      }
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable work_, done_;
  std::deque<job> jobs_;
  std::size_t threads_ = 0, idle_ = 0;
  const unsigned most_;
  bool stopping_ = false;
};

/// One for each lane.
struct worker_pools {
  void stop() {
    if (stopped.exchange(true)) return;  // by what a parent has left to do at the end, too
    const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    for (worker_pool* pool : {&calls, &look_ups}) pool->stop(late);
  }
  worker_pool calls{workers}, look_ups{look_up_workers};
  std::atomic<bool> stopped = false;
};

// Null in a child that was forked: none of the threads is there, and a mutex may be held by one that is not.
constinit std::atomic<worker_pools*> pools = nullptr;

worker_pools& pools_of_this_process() {
  worker_pools* there = pools.load(std::memory_order_acquire);
  if (there) return *there;
  ::pthread_atfork(nullptr, nullptr, [] { pools.store(nullptr, std::memory_order_relaxed); });
  std::atexit([] {
    if (worker_pools* ending = pools.load(std::memory_order_acquire)) ending->stop();
  });
  auto made = std::make_unique<worker_pools>();
  if (pools.compare_exchange_strong(there, made.get(), std::memory_order_acq_rel)) there = made.release();
  return *there;
}

}  // namespace

std::thread thread_without_signals(std::function<void()> body) {
  sigset_t others, before;
  sigfillset(&others);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT})
    sigdelset(&others, fault);
  pthread_sigmask(SIG_SETMASK, &others, &before);  // a new thread has the mask of the one that makes it
  std::thread made;
  try {
    made = std::thread(std::move(body));
  } catch (const std::system_error& e) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw error(from_errno(e.code().value()), "start a thread");
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return made;
}

void run_on_worker(job next, lane in) {
  worker_pools& here = pools_of_this_process();
  (in == lane::calls ? here.calls : here.look_ups).run(std::move(next));
}

void close_on_worker(int fd) noexcept {
  try {
    run_on_worker([fd] { ::close(fd); });
  } catch (...) {
    ::close(fd);
  }
}

}  // namespace parlance::io
