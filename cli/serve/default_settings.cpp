// The defaults that depend on where the program runs.
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>

#include <cli/base/user_folder.hpp>
#include <cli/serve/configuration.hpp>
#include <cli/serve/configuration_checks.hpp>

namespace parlance::cli {
namespace {

std::string folder_of_store() {
  const std::string state = folder_in("STATE_DIRECTORY");
  return state.empty() ? data_folder() : state.substr(0, state.find(':'));
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
  if (std::string folder = folder_of_store(); is_path.test(folder)) defaults.store.folder = std::move(folder);
  return defaults;
}

}  // namespace parlance::cli
