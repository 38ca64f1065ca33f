// What the verbs share that handle what a chat has kept: backup, restore and export.
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace parlance::cli {

/// --data: the folder, or the one that `parlance serve` takes by itself.
CLI::Option* add_data_option(CLI::App& verb, std::string& folder);

/// Throws `complaint` when no folder was named and there is none to take.
void expect_folder(const std::string& folder);

/// Runs what cleans up behind itself when it is stopped: SIGINT, SIGTERM and SIGHUP only answer its question.
/// Throws `complaint` then.
void run_until_interrupted(const std::function<void(const std::function<bool()>& is_stopped)>& work);

}  // namespace parlance::cli
