// The verb that prints what shells complete.
#pragma once

namespace CLI {
class App;
}

namespace parlance::cli {

/// Of `program`, which must have all its other verbs when it is run.
void add_completion(CLI::App& program, int& result);

}  // namespace parlance::cli
