#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include <parlance/io/blocking.hpp>

namespace parlance::io {
namespace {

// Threads are made when there is work that no idle one can take, and joined when the process ends.
class worker_pool {
 public:
  ~worker_pool() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_.notify_all();
    for (std::thread& t : threads_) t.join();
  }

  void run(std::function<void()> job) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    if (idle_ < jobs_.size() && threads_.size() < workers) threads_.emplace_back([this] { work(); });
    work_.notify_one();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      ++idle_;
      work_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      --idle_;
      if (stopping_) return;
      const std::function<void()> job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace

void run_on_worker(std::function<void()> job) {
  static worker_pool pool;
  pool.run(std::move(job));
}

}  // namespace parlance::io
