// Other programs, run and awaited.
//
// One whole run, with what goes in and all that comes out:
//
//   const io::run_result sorted = co_await io::run({"sort", "-u"}, {.input = "b\na\nb\n"});
//   if (sorted.status.success()) use(sorted.out);   // "a\nb\n"
//
// Or a child to talk with:
//
//   io::process child({"bc"}, {.in = io::stdio::pipe(), .out = io::stdio::pipe()});
//   co_await child.write("6 * 7\n");
//   std::string answer;
//   co_await child.out().read_line(answer);         // "42"
//   child.close_in();                               // it sees the end of its input
//   const io::exit_status end = co_await child.wait();
//
// Nobody is left behind: a child whose `process` goes is killed (SIGKILL) and reaped on the spot, and so is
// the one of a `run` that is cancelled, late or destroyed. There are no zombies. One that this process may not
// kill (it runs as somebody else, as sudo(8) does), or that the kernel does not let go for five seconds, is
// reaped when it ends, by a thread that waits for nothing else. Those whom a child has started itself go with
// it only when it has a group of its own (`own_group`).
//
// A child has its three standard descriptors and no other one of this process, close-on-exec or not. Its
// signals are as in a fresh process: none is blocked, none is ignored, but for the two that glibc keeps for itself (32 and 33).
//
// One thread. Not for programs that ignore SIGCHLD or that reap children that are not theirs: then `wait`
// throws ECHILD. In a child that was forked, a copy of a `process` only closes its descriptors. See
// posix_spawn(3), pidfd_open(2).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/io/descriptor.hpp>
#include <parlance/io/detail/owned_fd.hpp>
#include <parlance/io/mutex.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>

namespace parlance::io {

struct run_options;
struct run_result;

/// How a program ended.
struct exit_status {
  /// What it returned from main, 0 to 255.
  int code = 0;
  /// The signal that killed it, or 0.
  int signal = 0;

  bool success() const noexcept { return code == 0 && signal == 0; }
  /// "exited with 3", "was killed by SIGTERM".
  std::string to_string() const;
  friend bool operator==(const exit_status&, const exit_status&) = default;
};

/// What a child gets as one of its standard descriptors.
class stdio {
 public:
  /// That of this process. One that is close-on-exec, or closed, is closed in the child.
  static constexpr stdio inherit() noexcept { return stdio(kind::inherit); }
  /// /dev/null.
  static constexpr stdio null() noexcept { return stdio(kind::null); }
  /// A pipe, whose other end the `process` has.
  static constexpr stdio pipe() noexcept { return stdio(kind::pipe); }
  /// A copy of `fd`, which stays the caller's and may be closed once the child has started.
  static constexpr stdio descriptor(int fd) noexcept { return stdio(kind::descriptor, fd); }
  /// For the standard error: the same as the standard output, as 2>&1 in a shell.
  static constexpr stdio same_as_out() noexcept { return stdio(kind::descriptor, 1, true); }

 private:
  friend class process;
  enum class kind : unsigned char { inherit, null, pipe, descriptor };
  constexpr explicit stdio(kind its, int fd = -1, bool of_child = false) noexcept
      : kind_(its), of_child_(of_child), fd_(fd) {}

  kind kind_;
  bool of_child_;  // fd_ is one of the child's
  int fd_;
};

struct process_options {
  stdio in = stdio::inherit();
  stdio out = stdio::inherit();
  stdio err = stdio::inherit();
  /// "NAME=value" each; without it, those of this process. The program is looked for in this process's PATH.
  std::optional<std::vector<std::string>> environment = {};
  /// Where it starts; empty: where this process is.
  std::string directory = {};
  /// The child leads a process group of its own (setpgid(2)): signals that `kill` sends, and the end of the
  /// `process`, go to all in it, and a Ctrl-C at the terminal does not.
  bool own_group = false;
};

/// A child process. Outlives the waits on it, and moves while there are none.
class process {
 public:
  /// Starts a program: `arguments[0]` is its path or, without a slash, is looked for in PATH. Throws
  /// io::error naming it: ENOENT when there is no such program, EMFILE when there are no descriptors left,
  /// EINVAL for a NUL byte in an argument, a variable or the directory, and what else posix_spawn(3) says; the
  /// child is not there then. The thread waits until it runs, for well under a millisecond as a rule.
  explicit process(std::vector<std::string> arguments, process_options options = {});
  process(process&& other) noexcept;
  process& operator=(process&& other) noexcept;
  /// Kills it, with its group if it leads one, and reaps it. Nothing happens to one that was awaited.
  ~process();

  pid_t id() const noexcept { return id_; }

  /// Waits for its end, which it says as often as it is asked, to several at once, too. Its pipes may hold
  /// output that nobody has read yet; a child that fills one does not end before somebody reads. A wait that
  /// is cancelled, late or destroyed leaves the child alone. Throws io::error.
  task<exit_status> wait();

  /// Sends a signal, to its whole group if it leads one. False: it has ended, and was awaited, so that its
  /// number may be another's by now. Throws io::error (EPERM, EINVAL).
  bool kill(int signal);
  /// The polite end: SIGTERM, and SIGKILL when that has not helped after `grace`, to its whole group if it
  /// leads one. It waits for the child alone: when that heeds SIGTERM, others of its group may live on.
  /// A cancellation leaves the child alone, though it may have had the SIGTERM.
  task<exit_status> stop(duration grace);

  /// Writes to its standard input, after all that was written before. Throws io::error, `bytes_sent` of which
  /// says how much went: EPIPE when it reads no more (no SIGPIPE is raised), or when an earlier write was
  /// destroyed after a part of it had gone, of which nobody knows how much; EBADF when that is no pipe, or
  /// closed.
  task<void> write(std::string_view text);
  /// It reads the end, after all that was written, and what waits to be. Twice is once. Behind a write that was
  /// destroyed half-way it takes what it has for all: `kill` it first.
  void close_in() noexcept;

  /// Its standard output, and error, where they are pipes; else throws std::logic_error. They end when it,
  /// and whoever has got them from it, has closed them.
  input& out() { return reading_end(out_, "output"); }
  input& err() { return reading_end(err_, "error"); }
  /// Nobody reads any more: what it writes then ends it by SIGPIPE, as a rule. A read that waits ends with
  /// errc::cancelled, and `out` throws from then on.
  void close_out() noexcept { close(out_); }
  void close_err() noexcept { close(err_); }

 private:
  struct reading {
    owned_fd fd;
    std::optional<input> from;
  };
  class start;
  class one_write;

  friend task<run_result> run(std::vector<std::string> arguments, run_options options);
  /// Waits for its end, but does not reap it: its number, and that of its group, cannot be another's.
  task<void> ended();
  static input& reading_end(reading& end, const char* which);
  static void close(reading& end) noexcept;
  void reap();
  void end() noexcept;
  /// Whether it is gone, or soon enough to be waited for.
  bool is_dying(bool killed) const noexcept;

  std::string name_;
  pid_t id_ = -1;  // -1 once it is reaped and nobody's
  pid_t parent_ = -1;
  bool group_ = false;
  bool reaped_ = false;
  exit_status status_;
  owned_fd watch_;  // a pidfd
  owned_fd in_;
  bool is_cut_ = false;  // a part of a write has gone, and nobody knows yet, or ever, how much
  mutex writing_;        // to it; this and the next stay when the rest moves, while there are no waits
  unsigned writes_ = 0;
  bool in_ends_ = false;  // once they are over
  reading out_, err_;
};

struct run_options {
  /// What the program reads on its standard input, and whoever got that from it, until the run is over. That
  /// not all of it is read is no error.
  std::string input = {};
  /// The most that is kept of each of its outputs, in bytes. A program that writes more is killed, and `run`
  /// throws io::error (EMSGSIZE).
  std::size_t limit = 16 * 1024 * 1024;
  /// As in process_options.
  std::optional<std::vector<std::string>> environment = {};
  std::string directory = {};
  bool own_group = false;
};

struct run_result {
  exit_status status;
  std::string out, err;
};

/// Runs a program to its end, and gives all that it wrote. Whether that was a success is in `status`, and no
/// exception. It is over when the program has ended and its outputs too, which those who got them from it may
/// hold open. Throws what `process` throws. Cancelled, late (io::timeout), destroyed or over the limit: kills
/// the program, and its group if it leads one, also when it has ended before the others of that.
task<run_result> run(std::vector<std::string> arguments, run_options options = {});

}  // namespace parlance::io
