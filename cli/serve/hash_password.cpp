// --hash-password: so that a configuration file needs no password in it.
#include <fmt/core.h>
#include <sodium.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <string>

#include <parlance/chat/accounts/password.hpp>

#include <cli/base/verb.hpp>
#include <cli/base/without_echo.hpp>
#include <cli/serve/serve_config.hpp>

namespace parlance::cli {
namespace {

constexpr std::size_t longest_line = 2048;

complaint not_fit() {
  return {usage, fmt::format("a password is text without control characters, of at most {} bytes",
                             chat::max_password)};
}

std::string read_password() {
  const without_echo hidden(STDIN_FILENO);
  if (hidden.on()) std::fputs("Password: ", stderr);
  std::string typed;
  errno = 0;
  for (int c; (c = std::fgetc(stdin)) != EOF && c != '\n';) {
    if (typed.size() == longest_line) throw not_fit();
    typed += static_cast<char>(c);
  }
  if (std::ferror(stdin) != 0 && errno == EINTR) throw complaint(interrupted, "interrupted");
  if (typed.ends_with('\r')) typed.pop_back();
  if (typed.empty()) throw complaint(usage, "there is no password on stdin");
  return typed;
}

}  // namespace

std::string hash_typed_password() {
  if (::sodium_init() < 0) throw complaint(failure, "the machine gives no random numbers");
  std::string password = read_password();
  if (!chat::is_password(password)) throw not_fit();
  std::string hash;
  try {
    hash = chat::hash_password(password);
  } catch (const std::runtime_error&) {
    throw complaint(failure, "not enough memory to hash a password, which takes 64 MiB");
  }
  chat::wipe(password);
  return hash;
}

}  // namespace parlance::cli
