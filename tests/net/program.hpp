// Other people's programs at the other end.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/io/descriptor.hpp>

#include "net/support.hpp"

namespace parlance::net::test {

/// A program with pipes at its standard input and output; ended with this.
class program {
 public:
  explicit program(std::vector<std::string> words) {
    int in[2], out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    const int failed = ::posix_spawnp(&pid_, pointers[0], &actions, nullptr, pointers.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
    stdin_ = in[1];
    stdout_ = out[0];
    if (failed) throw std::runtime_error("start " + words[0]);
  }
  ~program() {
    ::close(stdin_);
    ::close(stdout_);
    kill();
  }
  program(const program&) = delete;
  program& operator=(const program&) = delete;

  void kill() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    if (pid_ > 0) ::waitpid(std::exchange(pid_, -1), nullptr, 0);
  }
  /// How it exits by itself.
  int wait() {
    int status = -1;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void say(std::string_view text) const {
    EXPECT_EQ(::write(stdin_, text.data(), text.size()), ssize_t(text.size()));
  }
  int output() const { return stdout_; }

 private:
  pid_t pid_ = -1;
  int stdin_ = -1, stdout_ = -1;
};

/// Where openssl's s_server, just started, listens: "ACCEPT 127.0.0.1:43210".
inline task<std::string> address_of(const program& server) {
  io::input printed(server.output());
  std::string line;
  while (co_await io::timeout(10s, printed.read_line(line)))
    if (line.starts_with("ACCEPT ")) co_return line.substr(7);
  throw std::runtime_error("the server does not listen");
}

/// What a caller that says "hello" turned out to be.
struct caller {
  std::optional<peer_certificate> shown;
  bool resumed = false;
};

/// Answers a program of OpenSSL's; `printed`: a line that it printed of what it got.
inline task<caller> answer(listener& here, std::shared_ptr<tls_context> context,
                           std::vector<std::string> with) {
  std::vector<std::string> words{"openssl", "s_client", "-quiet", "-connect", here.local().to_string()};
  words.insert(words.end(), with.begin(), with.end());
  program client(words);
  stream s = co_await tls_accept(co_await here.accept(), std::move(context));
  const caller found{.shown = s.tls()->peer(), .resumed = s.tls()->resumed()};
  client.say("hello");
  EXPECT_EQ(co_await recv_until(s, 5), "hello");
  co_await s.send("and the answer\n");
  io::input printed(client.output());
  std::string line;
  EXPECT_TRUE(co_await printed.read_line(line));
  EXPECT_EQ(line, "and the answer");
  co_await s.close();
  EXPECT_EQ(client.wait(), 0);
  co_return found;
}

}  // namespace parlance::net::test
