// Who talks with the peer on this machine: stdin and stdout, or a program that is run for it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/io/descriptor.hpp>
#include <parlance/io/process.hpp>
#include <parlance/io/task.hpp>
#include <parlance/net/stream.hpp>

#include <cli/base/standard_streams.hpp>
#include <cli/talk/raw_terminal.hpp>

namespace parlance::cli {

class talk_end {
 public:
  talk_end() = default;
  talk_end(const talk_end&) = delete;
  talk_end& operator=(const talk_end&) = delete;
  virtual ~talk_end() = default;

  /// What it says next; valid until the next read. Empty: it says no more. Throws io::error.
  virtual io::task<std::string_view> read() = 0;
  /// Whether it has something to say just now.
  virtual bool has_something() const noexcept = 0;
  /// What the peer says. False: it listens no more. Throws io::error, or stdout_closed.
  virtual io::task<bool> print(std::string_view text) = 0;
  /// The peer says no more.
  virtual void peer_has_ended() noexcept {}
  /// Waits until it has ended, once it says no more. True: what the peer still says is for nobody.
  virtual io::task<bool> ended() { co_return false; }
  /// A person can still type, and must be told when the peer has ended.
  virtual bool is_person() const noexcept { return false; }
  /// It is told when the peer ends, and says when it ends itself.
  virtual bool is_program() const noexcept { return false; }
  /// What the process is to return when all went well.
  virtual int exit_code() const noexcept { return 0; }
};

/// stdin and stdout.
class standard_end final : public talk_end {
 public:
  /// `raw`: keys go at once, as they are, and Ctrl-] ends it.
  explicit standard_end(bool raw);

  io::task<std::string_view> read() override;
  bool has_something() const noexcept override;
  io::task<bool> print(std::string_view text) override;
  io::task<bool> ended() override { co_return escaped_; }
  bool is_person() const noexcept override;

 private:
  std::optional<raw_terminal> raw_;
  io::input typed_;
  printer out_;
  bool escaped_ = false;
};

/// A program with the conversation as its stdin and stdout. It is told who is there: PARLANCE_REMOTE_ADDR,
/// PARLANCE_REMOTE_PORT, PARLANCE_LOCAL_ADDR and PARLANCE_LOCAL_PORT, for a Unix socket only the addresses.
/// It is killed, with all in its process group, when it goes before it has ended.
class program_end final : public talk_end {
 public:
  /// Throws complaint when it cannot be started.
  program_end(std::vector<std::string> command, const net::stream& peer);

  io::task<std::string_view> read() override;
  bool has_something() const noexcept override { return false; }
  io::task<bool> print(std::string_view text) override;
  void peer_has_ended() noexcept override { child_.close_in(); }
  io::task<bool> ended() override;
  bool is_program() const noexcept override { return true; }
  /// Its own, or 128 and the signal that killed it, as shells have it.
  int exit_code() const noexcept override;

 private:
  io::process child_;
  io::exit_status status_;
};

}  // namespace parlance::cli
