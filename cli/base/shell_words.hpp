// Words as a shell writes them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace parlance::cli {

/// The words of a command line: quotes, backslashes, $'...' and lines that go on behind a backslash. What would
/// do more than name a word (pipes, redirections, variables, substitutions, further commands) is refused with
/// a complaint (usage).
std::vector<std::string> shell_words(std::string_view line);

/// A word that a shell takes for exactly this; in quotes only where it needs them.
std::string shell_quoted(std::string_view word);

}  // namespace parlance::cli
