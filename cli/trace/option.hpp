// `--trace [FILE.svg]`, an option whose value may be left out.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <cli/trace/trace.hpp>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace parlance::cli {

/// Adds it. `into` becomes "-" or the file; empty: it was not given.
CLI::Option* add_trace(CLI::App& verb, std::string& into);

/// The program's arguments, the last first, with a file behind --trace joined to it: what else stands there, as a
/// URL, is no file of its.
void join_trace_files(std::vector<std::string>& words);

}  // namespace parlance::cli
