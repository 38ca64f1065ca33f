// The options of curl that few people need: a command line that works there works here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace parlance::cli {

struct get_command;

/// Whether they wait until somebody names what is not known without them: to make them takes as long as to make the others.
/// Set by main.
inline bool curl_options_wait = false;

/// Adds them. `command` must outlive the parsing.
void add_curl_options(CLI::App& verb, get_command& command);

/// Why one of curl's is not had here, for who gave it; nothing for one that nobody knows.
std::optional<std::string> why_not_had(std::string_view option);

/// Puts stderr elsewhere, as --stderr says; "-": to stdout. Throws complaint.
void move_stderr(const std::string& path);

}  // namespace parlance::cli
