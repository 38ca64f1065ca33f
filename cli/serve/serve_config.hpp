// The options of `parlance serve` that choose its settings: a file, single keys, and flags that are short for
// some of them. What comes later wins: the defaults, the file, the command line.
//
//   const auto config = std::make_shared<serve_config>();
//   add_configuration_options(*verb, *config);
//   add_shortcut(*verb, *config, "--max-people", "limits.members");
//   verb->callback([config] {
//     const chat::settings settings = config->settings();   // throws `complaint` that tells all that is
//     wrong if (config->tell(settings)) return;                   // --print-config, --check-config
//     ...
//   });
#pragma once

#include <string>
#include <vector>

#include <parlance/chat/core/settings.hpp>

#include <cli/serve/configuration.hpp>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace parlance::cli {

struct serve_config {
  std::string file;                  ///< empty: none
  std::vector<std::string> changes;  ///< "KEY=VALUE", in the order in which they are made
  bool print = false;
  bool check = false;
  bool hash_password = false;
  bool set_up = false;

  /// `unsaid`: what holds where nothing is said.
  chat::settings settings(chat::settings unsaid = default_settings()) const;
  /// Does what was asked for instead of serving. False: serve.
  bool tell(const chat::settings& chosen) const;
};

/// `config` must outlive the verb.
void add_configuration_options(CLI::App& verb, serve_config& config);

/// Makes `name`, an option, short for `--set KEY=`. Its help is the key's comment.
CLI::Option* add_shortcut(CLI::App& verb, serve_config& config, const std::string& name,
                          const std::string& key);

/// The argon2id string of the password that stdin gives as its next line, or a person types at a terminal
/// without seeing it. Throws `complaint` when there is none.
std::string hash_typed_password();
/// That of `password`. Throws `complaint` when it cannot be one.
std::string hash_given_password(std::string password);

}  // namespace parlance::cli
