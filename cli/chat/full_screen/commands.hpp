// What begins with a slash: a table, from which completion and help come, too.
#pragma once

#include <span>
#include <string_view>

namespace parlance::cli {

class chat_client;

struct chat_command {
  std::string_view name;
  std::string_view takes;  ///< what is typed behind it
  std::string_view about;
  void (*run)(chat_client&, std::string_view rest);
};

std::span<const chat_command> commands();

/// Does what a line says that begins with a slash. False: there is no such command.
bool run_command(chat_client& in, std::string_view line);
/// Whether it may have a password in it, so that it is not to be remembered.
bool is_secret_command(std::string_view line);

}  // namespace parlance::cli
