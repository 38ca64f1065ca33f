#include <cstdlib>

#include <cli/base/user_folder.hpp>

namespace parlance::cli {
namespace {

std::string user_folder(const char* variable, const char* otherwise) {
  if (const std::string said = folder_in(variable); !said.empty()) return said + "/parlance";
  if (const std::string home = folder_in("HOME"); !home.empty()) return home + otherwise + "/parlance";
  return {};
}

}  // namespace

std::string folder_in(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && value[0] == '/' ? value : "";
}

std::string data_folder() { return user_folder("XDG_DATA_HOME", "/.local/share"); }
std::string configuration_folder() { return user_folder("XDG_CONFIG_HOME", "/.config"); }

}  // namespace parlance::cli
