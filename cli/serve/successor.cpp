#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <parlance/io/process.hpp>

#include <cli/base/verb.hpp>
#include <cli/serve/successor.hpp>

namespace parlance::cli {
namespace {

constexpr const char* where_it_is = "PARLANCE_SUCCESSOR_OF";

[[noreturn]] void refuse(std::string_view why) {
  throw complaint(failure, fmt::format("the program stays as it is: {}", why));
}

/// Descriptors stay open over execve(2).
void keep_over_exec(int descriptor) {
  if (::fcntl(descriptor, F_SETFD, 0) != 0) refuse(std::strerror(errno));
}

}  // namespace

successor::successor() {
  std::error_code none;
  program_ = std::filesystem::read_symlink("/proc/self/exe", none).string();
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  for (std::string one; std::getline(in, one, '\0');) arguments_.push_back(std::exchange(one, {}));
  termios now{};
  if (::tcgetattr(STDIN_FILENO, &now) == 0) terminal_ = now;
}

io::task<void> successor::try_out() const {
  if (program_.empty() || arguments_.empty()) refuse("/proc does not tell how it was started");
  std::vector<std::string> command = arguments_;
  command[0] = program_;
  command.emplace_back("--check-config");
  io::run_result tried;
  try {
    tried = co_await io::run(std::move(command));
  } catch (const io::error& e) {
    refuse(e.what());
  }
  if (tried.status.success()) co_return;
  while (tried.err.ends_with('\n')) tried.err.pop_back();
  refuse(
      fmt::format("{} {}{}{}", program_, tried.status.to_string(), tried.err.empty() ? "" : ": ", tried.err));
}

void successor::take_over(const chat::carried& all) const {
  const std::string text = chat::text_of(all);
  const int left = ::memfd_create("parlance-successor", 0);
  if (left < 0) refuse(std::strerror(errno));
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t size = ::write(left, text.data() + at, text.size() - at);
    if (size < 0) refuse(std::strerror(errno));
    at += static_cast<std::size_t>(size);
  }
  for (const auto& one : all.listeners)
    for (const int descriptor : one.descriptors) keep_over_exec(descriptor);
  for (const auto& one : all.newcomers) keep_over_exec(one.descriptor);
  for (const auto& one : all.callers) keep_over_exec(one.descriptor);
  ::setenv(where_it_is, std::to_string(left).c_str(), 1);
  if (terminal_) ::tcsetattr(STDIN_FILENO, TCSANOW, &*terminal_);
  std::vector<char*> words;
  for (const std::string& one : arguments_) words.push_back(const_cast<char*>(one.c_str()));
  words.push_back(nullptr);
  ::execv(program_.c_str(), words.data());
  refuse(std::strerror(errno));
}

std::optional<chat::carried> left_by_predecessor() {
  const char* const named = std::getenv(where_it_is);
  if (!named) return {};
  const std::string_view name = named;
  int left = -1;
  std::from_chars(name.data(), name.data() + name.size(), left);
  ::unsetenv(where_it_is);
  std::string text;
  char room[1 << 16];
  ssize_t size = 0;
  for (off_t at = 0; (size = ::pread(left, room, sizeof room, at)) > 0; at += size)
    text.append(room, static_cast<std::size_t>(size));
  const bool is_read = size == 0;
  ::close(left);
  std::string why = fmt::format("{} names nothing that can be read", where_it_is);
  if (is_read) try {
      return chat::read_carried(text);
    } catch (const std::invalid_argument& e) {
      why = e.what();
    }
  // Everybody is dropped, and comes back; better than none being there. Nothing else is open yet.
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  fmt::print(stderr, "parlance serve: what the program before has left is not readable: {}\n", why);
  return {};
}

}  // namespace parlance::cli
