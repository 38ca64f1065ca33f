#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <parlance/io/blocking.hpp>

namespace parlance::io {
namespace {

// Threads are made when there is work that no idle one can take. It is never destroyed: a call that hangs, on
// a name server that does not answer, must not keep the process, so its thread ends with that.
class worker_pool {
 public:
  /// When the process ends: takes no more, and lets what is being done come to its end if that is soon.
  void stop() {
    if (::getpid() != process_) return;  // a child that was forked has no threads
    std::deque<std::function<void()>> never_begun;
    std::unique_lock lock(mutex_);
    stopping_ = true;
    never_begun.swap(jobs_);
    done_.wait_for(lock, std::chrono::seconds(1), [this] { return idle_ == threads_; });
  }

  void run(std::function<void()> job) {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    jobs_.push_back(std::move(job));
    if (idle_ < jobs_.size() && threads_ < workers) {
      thread_without_signals([this] { work(); }).detach();
      ++threads_;
    }
    work_.notify_one();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      ++idle_;
      if (stopping_) done_.notify_all();
      work_.wait(lock, [this] { return !jobs_.empty(); });
      --idle_;
      {
        const std::function<void()> job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
      }
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable work_, done_;
  std::deque<std::function<void()>> jobs_;
  std::size_t threads_ = 0, idle_ = 0;
  const pid_t process_ = ::getpid();
  bool stopping_ = false;
};

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
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return made;
}

void run_on_worker(std::function<void()> job) {
  static worker_pool& pool = *new worker_pool;
  static const struct ending {
    ~ending() { pool.stop(); }
  } at_the_end;
  pool.run(std::move(job));
}

}  // namespace parlance::io
