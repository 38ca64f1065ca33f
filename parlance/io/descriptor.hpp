// Standard input and output, or any pipe, terminal or file, for coroutines: read when there is something,
// write when there is room, and never block the loop.
//
//   io::input typed(STDIN_FILENO);
//   for (std::string_view text; !(text = co_await typed.read()).empty();) co_await peer.send(text);
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>

namespace parlance::io {

/// Whether `fd` is this process's terminal, and somebody else is in its foreground: who reads it then is
/// stopped (SIGTTIN), and takes what was typed for others.
bool in_background(int fd) noexcept;

/// The reading end of a descriptor, which stays the caller's and keeps its flags. A terminal is left alone
/// while this process is in its background.
class input {
 public:
  explicit input(int fd) noexcept;

  /// What is there, waiting until something is; valid until the next read. Empty: the end. Throws io::error.
  task<std::string_view> read();
  /// The next line without its end, waiting until it is whole. The last may lack a newline. False: the end.
  /// A longer one than `limit` bytes, without its end, throws io::error (EMSGSIZE), and stays for a call that
  /// takes more.
  task<bool> read_line(std::string& line, std::size_t limit = 64 * 1024);

 private:
  static constexpr std::size_t room = 64 * 1024;
  static constexpr duration look_again = std::chrono::milliseconds(200);  // nobody tells when it is in front
  int fd_;
  bool terminal_;
  std::unique_ptr<char[]> buffer_;
  std::string rest_;       // read beyond the last line, and before it
  std::size_t taken_ = 0;  // how much of it lines have had
};

/// The writing end.
class output {
 public:
  /// Where a descriptor of its own can be had (pipes and terminals, by /proc), it is opened again without
  /// blocking, so that neither this program waits nor others that share the descriptor notice.
  explicit output(int fd);
  ~output();
  output(const output&) = delete;
  output& operator=(const output&) = delete;

  /// Everything, or throws io::error: EPIPE when nobody reads any more.
  task<void> write(std::string_view text);

 private:
  int fd_;
  bool own_ = false;
  bool blocks_ = false;  // a file or a socket: written as it is
};

}  // namespace parlance::io
