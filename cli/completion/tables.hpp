// What shells complete on a command line of the program: its verbs and their options, as --help has them.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace parlance::cli {

struct completed_option {
  /// With their dashes.
  std::vector<std::string> names;
  /// The first line of its help.
  std::string about;
  enum class value_kind : unsigned char { none, any, file, folder, choice } value = value_kind::none;
  /// One of these, where it is a choice.
  std::vector<std::string> choices = {};
};

struct completed_verb {
  std::string name;
  std::string about;
  std::vector<completed_option> options;
};

struct completion_tables {
  /// Before a verb.
  std::vector<completed_option> options;
  std::vector<completed_verb> verbs;
};

completion_tables tables_of(CLI::App& program);

/// A script for each shell.
std::string bash_completion(const completion_tables& all);
std::string zsh_completion(const completion_tables& all);
std::string fish_completion(const completion_tables& all);

}  // namespace parlance::cli
