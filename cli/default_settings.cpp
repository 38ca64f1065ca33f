// The defaults that depend on where the program runs.
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include "configuration.hpp"
#include "configuration_checks.hpp"

namespace parlance::cli {
namespace {

/// Empty when it is not set, or is no absolute path, which the XDG base directory specification has us
/// ignore.
std::string folder_in(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && value[0] == '/' ? value : "";
}

std::string data_folder() {
  const std::string state = folder_in("STATE_DIRECTORY");
  if (!state.empty()) return state.substr(0, state.find(':'));
  if (const std::string data = folder_in("XDG_DATA_HOME"); !data.empty()) return data + "/parlance";
  if (const std::string home = folder_in("HOME"); !home.empty()) return home + "/.local/share/parlance";
  return {};
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

}  // namespace

std::string server_name_for(std::string_view host) {
  std::string name;
  for (const char c : host)
    if (c >= 'A' && c <= 'Z')
      name += static_cast<char>(c - 'A' + 'a');
    else
      name += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ? c : '-';
  if (name.find('.') == name.npos) name += ".local";
  return is_server_name.test(name) ? name : chat::settings().server.name;
}

chat::settings default_settings() {
  chat::settings defaults;
  defaults.server.name = server_name_for(host_name());
  if (std::string folder = data_folder(); is_path.test(folder)) defaults.store.folder = std::move(folder);
  return defaults;
}

}  // namespace parlance::cli
