#include <CLI/CLI.hpp>

#include "verb.hpp"

namespace parlance::cli {
void add_listen(CLI::App&, int&) {}
}  // namespace parlance::cli
