// Where this program's things of a user are (XDG base directory specification).
#pragma once

#include <string>

namespace parlance::cli {

/// $STATE_DIRECTORY and the like: what a variable says when that is an absolute path; otherwise empty, as the
/// specification has it.
std::string folder_in(const char* variable);

/// What is kept: parlance in $XDG_DATA_HOME or ~/.local/share. Empty: neither that nor HOME is set.
std::string data_folder();
/// What is configured: parlance in $XDG_CONFIG_HOME or ~/.config. Empty: the same.
std::string configuration_folder();

}  // namespace parlance::cli
