// --hash-password: so that a configuration file needs no password in it.
#include <fmt/core.h>
#include <sodium.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <parlance/chat/accounts/password.hpp>

#include <cli/base/typed_line.hpp>
#include <cli/base/verb.hpp>
#include <cli/serve/serve_config.hpp>

namespace parlance::cli {

std::string hash_given_password(std::string password) {
  if (::sodium_init() < 0) throw complaint(failure, "the machine gives no random numbers");
  if (!chat::is_password(password))
    throw complaint(usage, fmt::format("a password is text without control characters, of at most {} bytes",
                                       chat::max_password));
  std::string hash;
  try {
    hash = chat::hash_password(password);
  } catch (const std::runtime_error&) {
    throw complaint(failure, "not enough memory to hash a password, which takes 64 MiB");
  }
  chat::wipe(password);
  return hash;
}

std::string hash_typed_password() {
  std::optional<std::string> password = read_hidden_line("Password: ");
  if (!password || password->empty()) throw complaint(usage, "there is no password on stdin");
  return hash_given_password(*std::move(password));
}

}  // namespace parlance::cli
