// Command lines of curl, taken and made: what a browser copies "as cURL" can be run as it is, and what was tried
// here can be handed to others.
//
//   words_of_curl("curl -L 'https://host/' -H 'X: y'")     // {{"https://host/", "-H", "X: y"}}
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <cli/get/options.hpp>

namespace parlance::cli {

/// The arguments of `parlance get` that do what this command does, and those of each --next in it. Quotes are those
/// of a shell, $'...' too; what a shell would do more (pipes, variables, other commands) is refused. Throws
/// complaint (usage).
std::vector<std::vector<std::string>> words_of_curl(std::string_view command);

/// The commands in the arguments of this program: one, or with --next several, which all begin with what stands up
/// to the verb. Each has the last word first, and the options of `--from-curl COMMAND` and `-K FILE` in their
/// place. Throws complaint (usage).
std::vector<std::vector<std::string>> commands_of(int argc, char** argv);

/// The command of curl that makes the request of a job, on one line.
std::string as_curl(const get_command& command, const get_job& job);

}  // namespace parlance::cli
