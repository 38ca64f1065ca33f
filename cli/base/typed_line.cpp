#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include <cli/base/typed_line.hpp>
#include <cli/base/verb.hpp>
#include <cli/base/without_echo.hpp>

namespace parlance::cli {

std::optional<std::string> read_typed_line() {
  std::string typed;
  errno = 0;
  int c;
  while ((c = std::fgetc(stdin)) != EOF && c != '\n')
    if (typed.size() <= longest_typed_line) typed += static_cast<char>(c);
  if (std::ferror(stdin) != 0 && errno == EINTR) throw complaint(interrupted, "interrupted");
  if (c == EOF && typed.empty()) return std::nullopt;
  if (typed.ends_with('\r')) typed.pop_back();
  return typed;
}

std::optional<std::string> read_hidden_line(const std::string& prompt) {
  const without_echo hidden(STDIN_FILENO);
  if (!hidden.on()) return read_typed_line();
  std::fputs(prompt.c_str(), stderr);
  return hidden.line(longest_typed_line);
}

}  // namespace parlance::cli
