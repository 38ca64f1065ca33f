// Files that a command line names.
#pragma once

#include <string>

namespace parlance::cli {

/// All of a file, or of stdin ("-"), at most 1 GiB. Throws complaint (usage).
std::string read_file(const std::string& path);

/// Throws complaint (usage) unless it can be opened. Says whether it is a regular file; another is not opened.
bool check_readable(const std::string& path);

}  // namespace parlance::cli
