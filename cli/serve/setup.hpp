// serve --setup: a configuration for who has never run a server.
#pragma once

#include <string>
#include <vector>

namespace parlance::cli {

/// Asks on stdout, reads the answers from stdin, writes the file (empty: parlance.toml), and tells the next command.
/// What cannot be is asked again; a file that is there is written over only where that is answered with yes, and
/// nothing is written before the last answer. `changes`: as serve_config has them, for what is not asked. Throws
/// `complaint`, also where the answers end before the questions do.
void set_up(std::string file, const std::vector<std::string>& changes);

}  // namespace parlance::cli
