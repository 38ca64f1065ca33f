// Standard input and output, or any pipe, terminal or file, for coroutines: read when there is something,
// write when there is room, and never block the loop.
//
//   io::input typed(STDIN_FILENO);
//   for (std::string_view text; !(text = co_await typed.read()).empty();) co_await peer.send(text);
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <parlance/io/detail/owned_fd.hpp>
#include <parlance/io/mutex.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>

namespace parlance::io {

class poll_operation;

/// Whether `fd` is this process's terminal, and somebody else is in its foreground: who reads it then is
/// stopped (SIGTTIN), and takes what was typed for others.
bool in_background(int fd) noexcept;

/// The reading end of a descriptor, which stays the caller's and keeps its flags. A terminal is opened again
/// without blocking where that can be done (by /proc), for what was typed may go before it is read (Ctrl-C), and
/// is left alone while this process is in its background. One coroutine reads at a time: a second throws io::error
/// (EALREADY), and so does one of a descriptor that cannot be read (EBADF). It outlives its reads.
class input {
 public:
  explicit input(int fd);

  /// What is there, behind the last line that was read, waiting until something is; valid until the next read.
  /// Empty: the end. Throws io::error.
  task<std::string_view> read();
  /// The next line without its end, waiting until it is whole. The last may lack a newline. False: the end.
  /// A longer one than `limit` bytes, without its end, throws io::error (EMSGSIZE), and stays for a call that
  /// takes more.
  task<bool> read_line(std::string& line, std::size_t limit = 64 * 1024);

 private:
  friend class process;
  class only_reader;

  /// `doing`: for errors.
  input(int fd, std::string doing);
  task<std::string_view> read_on();
  ssize_t read_some() noexcept;
  /// Ends a read that waits with errc::cancelled, and each later one with EBADF; the descriptor may be closed
  /// then.
  void close() noexcept;

  static constexpr std::size_t room = 64 * 1024;
  static constexpr duration look_again = std::chrono::milliseconds(200);  // nobody tells when it is in front
  int fd_;
  bool terminal_;
  owned_fd own_;  // the terminal, opened again
  bool regular_;  // a file, which is always ready
  bool reading_ = false;
  poll_operation* waiting_ = nullptr;
  std::string doing_;
  std::unique_ptr<char[]> buffer_;
  std::string rest_;       // read beyond the last line, and before it
  std::size_t taken_ = 0;  // how much of it lines have had
};

/// The writing end. It outlives its writes.
class output {
 public:
  /// The descriptor stays the caller's. Where one of its own can be had (pipes and terminals, by /proc), it is
  /// opened again without blocking, so that neither this program waits nor others that share the descriptor
  /// notice. Another one does not block for the length of each system call. Throws io::error: EBADF for one
  /// that cannot be written.
  explicit output(int fd);
  output(const output&) = delete;
  output& operator=(const output&) = delete;

  /// Everything, after all that was written before, or throws io::error, `bytes_sent` of which says how much
  /// went: EPIPE when nobody reads any more (no SIGPIPE is raised), or when an earlier write was destroyed
  /// after a part of it had gone, of which nobody knows how much.
  task<void> write(std::string_view text);

 private:
  ssize_t write_some(std::string_view text) const noexcept;

  int fd_;
  bool pipe_;
  owned_fd own_;
  bool is_cut_ = false;  // a part of a write has gone, and nobody knows yet, or ever, how much
  std::string doing_;    // for errors
  mutex writing_;
};

}  // namespace parlance::io
