#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <string>

#include <parlance/io/blocking.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop_thread.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::io {

loop_thread::loop_thread(std::string_view backend) {
  if (backend == "sim") throw error(from_errno(ENOTSUP), "start a thread with a simulated loop");
  std::mutex guard;
  std::condition_variable changed;
  std::exception_ptr failure;
  bool started = false;
  const auto tell = [&](std::exception_ptr why) {
    const std::lock_guard lock(guard);
    failure = std::move(why);
    started = true;
    changed.notify_one();
  };
  thread_ = thread_without_signals([this, &tell, name = std::string(backend)] {
    std::optional<loop> here;
    try {
      here.emplace(loop_options{.backend = name});
    } catch (...) {
      return tell(std::current_exception());
    }
    event end;
    scope tasks(log_errors);
    posts_ = here->posts();
    tasks_ = &tasks;
    ending_->what.end = &end;
    tell(nullptr);  // from here on the constructor's variables may be gone
    try {
      wait(end);
    } catch (...) {
      log_errors(std::current_exception());  // and whoever waits for this loop is answered
    }
  });
  std::unique_lock lock(guard);
  changed.wait(lock, [&] { return started; });
  lock.unlock();
  if (!failure) return;
  thread_.join();
  std::rethrow_exception(failure);
}

loop_thread::~loop_thread() {
  post(std::move(ending_));
  if (thread_.get_id() == std::this_thread::get_id())
    thread_.detach();
  else
    thread_.join();
}

}  // namespace parlance::io
