#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <parlance/io/blocking.hpp>
#include <parlance/io/combinators.hpp>
#include <parlance/io/detail/backend.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/process.hpp>
#include <parlance/io/system_call.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::io {

std::string exit_status::to_string() const {
  if (signal == 0) return fmt::format("exited with {}", code);
  if (const char* name = ::sigabbrev_np(signal)) return fmt::format("was killed by SIG{}", name);
  return fmt::format("was killed by signal {}", signal);
}

// --- the start

/// What posix_spawn needs, and what is given back when it fails.
class process::start {
 public:
  explicit start(const std::string& name) : doing_(fmt::format("start {}", name)) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  ~start() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  start(const start&) = delete;
  start& operator=(const start&) = delete;

  /// Our end, when `what` is a pipe.
  owned_fd give(const stdio& what, int target) {
    if (what.of_child_ && target != STDERR_FILENO)
      throw std::logic_error("same_as_out is for the standard error");
    owned_fd ours;
    switch (what.kind_) {
      case stdio::kind::inherit:
        // One that is closed here is closed there, and so is one that is close-on-exec: where a program has
        // closed its own, a descriptor of this library's, or another's, has its number.
        break;
      case stdio::kind::null:
        add(posix_spawn_file_actions_addopen(&actions_, target, "/dev/null", O_RDWR, 0));
        break;
      case stdio::kind::pipe: {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) fail(errno);
        const owned_fd first(ends[0]), second(ends[1]);
        const bool child_reads = target == STDIN_FILENO;
        ours = above_standard(ends[child_reads ? 1 : 0]);
        copy(ends[child_reads ? 0 : 1], target);
        break;
      }
      case stdio::kind::descriptor:
        if (what.of_child_)
          add(posix_spawn_file_actions_adddup2(&actions_, what.fd_, target));
        else
          copy(what.fd_, target);
    }
    return ours;
  }

  pid_t run(std::vector<std::string>& arguments, process_options& options) {
    expect_whole(options.directory, "the directory");
    if (!options.directory.empty())
      add(posix_spawn_file_actions_addchdir_np(&actions_, options.directory.c_str()));
    add(posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1));

    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (options.own_group) flags |= POSIX_SPAWN_SETPGROUP;
    posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));

    std::vector<char*> argv = pointers_to(arguments, "an argument"), variables;
    if (options.environment) variables = pointers_to(*options.environment, "a variable");
    pid_t id = -1;
    const int failed = ::posix_spawnp(&id, argv[0], &actions_, &attributes_, argv.data(),
                                      options.environment ? variables.data() : environ);
    if (failed == 0) return id;
    // The child cannot say which of the two it was.
    struct stat status{};
    if (!options.directory.empty() && (::stat(options.directory.c_str(), &status) != 0 ||
                                       !S_ISDIR(status.st_mode) || ::access(options.directory.c_str(), X_OK)))
      doing_ += fmt::format(" in {}", options.directory);
    fail(failed);
  }

  [[noreturn]] void fail(int number) const { throw error(from_errno(number), doing_); }

 private:
  /// A NUL would end it early, without a word.
  void expect_whole(const std::string& text, const char* what) const {
    if (text.find('\0') != std::string::npos)
      throw error(from_errno(EINVAL), doing_, fmt::format("{} has a NUL byte in it", what));
  }
  std::vector<char*> pointers_to(std::vector<std::string>& texts, const char* what) const {
    std::vector<char*> all;
    for (std::string& text : texts) {
      expect_whole(text, what);
      all.push_back(text.data());
    }
    all.push_back(nullptr);
    return all;
  }

  void add(int failed) const {
    if (failed != 0) fail(failed);
  }
  /// A copy of `fd` that no standard descriptor of the child overwrites before its turn.
  owned_fd above_standard(int fd) const {
    const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (copy < 0) fail(errno);
    return owned_fd(copy);
  }
  void copy(int fd, int target) {
    copies_.push_back(above_standard(fd));
    add(posix_spawn_file_actions_adddup2(&actions_, copies_.back().get(), target));
  }

  std::string doing_;
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
  std::vector<owned_fd> copies_;  // until the child has them
};

process::process(std::vector<std::string> arguments, process_options options) : parent_(::getpid()) {
  if (arguments.empty()) throw std::logic_error("a process without the name of a program");
  name_ = arguments[0];
  group_ = options.own_group;
  start fresh(name_);
  in_ = fresh.give(options.in, STDIN_FILENO);
  out_.fd = fresh.give(options.out, STDOUT_FILENO);
  err_.fd = fresh.give(options.err, STDERR_FILENO);
  // A pipe to write to, of which nobody else has this end, so that the flag is ours alone.
  if (in_.get() >= 0) ::fcntl(in_.get(), F_SETFL, O_NONBLOCK);
  for (const auto& [end, which] : {std::pair(&out_, "output"), std::pair(&err_, "error")})
    if (end->fd.get() >= 0)
      end->from = input(end->fd.get(), fmt::format("read the standard {} of {}", which, name_));
  id_ = fresh.run(arguments, options);
  // glibc has it from 2.36 on, and for C only.
  watch_ = owned_fd(static_cast<int>(::syscall(SYS_pidfd_open, id_, 0)));
  if (watch_.get() >= 0) return;
  const int number = errno;
  end();
  fresh.fail(number);
}

// --- the end

namespace {

/// That somebody who was killed is gone, on a machine that has much else to do.
constexpr int most_to_die_in = 5000;  // ms

void wait_for_end_of(pid_t id) noexcept {
  siginfo_t ignored;
  while (::waitid(P_PID, static_cast<id_t>(id), &ignored, WEXITED) != 0 && errno == EINTR) {
  }
}

}  // namespace

process::process(process&& other) noexcept
    : name_(std::move(other.name_)),
      id_(std::exchange(other.id_, -1)),
      parent_(other.parent_),
      group_(other.group_),
      reaped_(other.reaped_),
      status_(other.status_),
      watch_(std::move(other.watch_)),
      in_(std::move(other.in_)),
      is_cut_(std::exchange(other.is_cut_, false)),
      out_(std::exchange(other.out_, {})),
      err_(std::exchange(other.err_, {})) {}

process& process::operator=(process&& other) noexcept {
  if (this == &other) return *this;
  end();
  name_ = std::move(other.name_);
  id_ = std::exchange(other.id_, -1);
  parent_ = other.parent_;
  group_ = other.group_;
  reaped_ = other.reaped_;
  status_ = other.status_;
  watch_ = std::exchange(other.watch_, {});
  in_ = std::exchange(other.in_, {});
  is_cut_ = std::exchange(other.is_cut_, false);
  out_ = std::exchange(other.out_, {});
  err_ = std::exchange(other.err_, {});
  return *this;
}

process::~process() { end(); }

void process::end() noexcept {
  if (id_ < 0 || reaped_ || parent_ != ::getpid()) return;
  if (group_) ::kill(-id_, SIGKILL);
  const bool killed = ::kill(id_, SIGKILL) == 0;
  reaped_ = true;
  if (is_dying(killed)) return wait_for_end_of(id_);
  try {
    thread_without_signals([id = id_] { wait_for_end_of(id); }).detach();
  } catch (...) {  // it is a zombie then, until this process ends
  }
}

bool process::is_dying(bool killed) const noexcept {
  if (watch_.get() < 0) return true;  // it was started just now, and not even its parent has heard of it
  pollfd gone{.fd = watch_.get(), .events = POLLIN, .revents = 0};
  int ready;
  do ready = ::poll(&gone, 1, killed ? most_to_die_in : 0);
  while (ready < 0 && errno == EINTR);
  return ready != 0;
}

void process::reap() {
  siginfo_t how{};
  int failed;
  do failed = ::waitid(P_PID, static_cast<id_t>(id_), &how, WEXITED);
  while (failed != 0 && errno == EINTR);
  reaped_ = true;
  if (failed != 0) {
    const int number = errno;
    // It is nobody's to signal now.
    id_ = -1;
    throw error(from_errno(number), fmt::format("wait for {}", name_));
  }
  if (how.si_code == CLD_EXITED)
    status_.code = how.si_status;
  else
    status_.signal = how.si_status;
}

task<void> process::ended() {
  const std::string doing = fmt::format("wait for {}", name_);
  co_await checkpoint(doing);
  if (reaped_) co_return;
  try {
    co_await poll_operation(watch_.get(), POLLIN);
  } catch (const error& e) {
    throw error(e.code(), doing);
  }
}

task<exit_status> process::wait() {
  co_await ended();
  if (!reaped_) reap();
  if (id_ < 0) throw error(from_errno(ECHILD), fmt::format("wait for {}", name_));
  co_return status_;
}

bool process::kill(int signal) {
  if (id_ < 0 || reaped_ || parent_ != ::getpid()) return false;
  if (::kill(group_ ? -id_ : id_, signal) == 0) return true;
  if (errno == ESRCH) return false;
  throw error(from_errno(errno), fmt::format("send signal {} to {}", signal, name_));
}

task<exit_status> process::stop(duration grace) {
  kill(SIGTERM);
  try {
    co_return co_await timeout(grace, wait());
  } catch (const error& e) {
    if (e.code() != errc::timed_out || context::current().cancelled()) throw;
  }
  kill(SIGKILL);
  co_return co_await wait();
}

// --- the pipes

class process::one_write {
 public:
  explicit one_write(process& to) : to_(to) {
    if (to.in_ends_ || to.in_.get() < 0) throw error(from_errno(EBADF), "write");
    ++to.writes_;
  }
  ~one_write() {
    if (--to_.writes_ == 0 && std::exchange(to_.in_ends_, false)) to_.in_ = {};
  }
  one_write(const one_write&) = delete;
  one_write& operator=(const one_write&) = delete;

 private:
  process& to_;
};

task<void> process::write(std::string_view text) {
  const auto write_some = [this](std::string_view some) noexcept {
    const without_sigpipe quiet;
    return ::write(in_.get(), some.data(), some.size());
  };
  std::size_t sent = 0;
  try {
    const one_write counted(*this);
    const mutex::guard alone = co_await writing_.lock();
    if (is_cut_) throw error(from_errno(EPIPE), "write");
    while (sent < text.size()) {
      co_await checkpoint("write");
      const ssize_t put = write_some(text.substr(sent));
      if (put >= 0)
        is_cut_ = (sent += static_cast<std::size_t>(put)) != text.size();
      else if (errno == EAGAIN)
        co_await poll_operation(in_.get(), POLLOUT);
      else if (errno != EINTR)
        throw error(from_errno(errno), "write");
    }
  } catch (const error& e) {
    error told(e.code(), fmt::format("write to {}", name_));
    if (sent != 0) is_cut_ = false;  // who wrote knows how much
    throw told.sent(sent);
  }
}

void process::close_in() noexcept {
  if (writes_ > 0)
    in_ends_ = true;
  else
    in_ = {};
}

void process::close(reading& end) noexcept {
  if (end.from) end.from->close();
  end.fd = {};
}

input& process::reading_end(reading& end, const char* which) {
  if (end.fd.get() < 0)
    throw std::logic_error(fmt::format("the standard {} of a process is no pipe here", which));
  return *end.from;
}

// --- one whole run

namespace {

/// `over`: nobody is waited for any more who could read it.
task<void> feed(process& child, std::string_view text, event& over) {
  try {
    co_await race(child.write(text), over);
  } catch (const error& e) {
    // Whoever reads no more has read enough.
    if (e.code() != std::errc::broken_pipe) throw;
  }
  child.close_in();
}

task<std::string> read_all(input& from, std::size_t limit, std::string_view name) {
  std::string all;
  for (std::string_view more; !(more = co_await from.read()).empty(); all += more)
    if (more.size() > limit - all.size())
      throw error(from_errno(EMSGSIZE), fmt::format("run {}", name),
                  fmt::format("it writes more than {} bytes", limit));
  co_return all;
}

}  // namespace

task<run_result> run(std::vector<std::string> arguments, run_options options) {
  const std::string name = arguments.empty() ? std::string() : arguments[0];
  process child(std::move(arguments), {.in = stdio::pipe(),
                                       .out = stdio::pipe(),
                                       .err = stdio::pipe(),
                                       .environment = std::move(options.environment),
                                       .directory = std::move(options.directory),
                                       .own_group = options.own_group});
  // It is reaped last: until then its group is there to be killed, whatever happens.
  event over;
  const auto gather = [&]() -> task<run_result> {
    auto [out, err, ended] = co_await all(read_all(child.out(), options.limit, name),
                                          read_all(child.err(), options.limit, name), child.ended());
    over.set();
    co_return run_result{{}, std::move(out), std::move(err)};
  };
  auto [result, fed] = co_await all(gather(), feed(child, options.input, over));
  result.status = co_await child.wait();
  co_return std::move(result);
}

}  // namespace parlance::io
