// What holds for every `parlance get` and its kin unless the command line says otherwise: a TOML file, whose keys are
// the long names of options, and tables for what is one origin's alone.
//
//   timeout = 30
//   header = ["Accept-Language: de"]
//
//   [sites."https://api.example.com"]
//   header = ["X-Api-Key: secret"]
//   user = "me:secret"
//
// Nothing in it is guessed: what is unknown or of the wrong kind is told with its line.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace parlance::cli {

struct get_command;

struct configuration_file {
  /// --config; empty: get.toml in configuration_folder(), if there is one.
  std::string path = {};
  /// --no-config.
  bool none = false;
};

/// Adds the options that choose the file. `into` outlives the parsing.
void add_configuration_options(CLI::App& verb, configuration_file& into);

/// Sets the options that were not given and what requests have in general, once the command line is parsed. Throws
/// complaint (usage), also for a file that another user could have written, or could read where it has a secret.
void apply_configuration(CLI::App& verb, get_command& command);

}  // namespace parlance::cli
