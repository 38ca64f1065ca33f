#include <CLI/CLI.hpp>

#include "verb.hpp"

namespace parlance::cli {
void add_connect(CLI::App&, int&) {}
}  // namespace parlance::cli
