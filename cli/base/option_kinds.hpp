// Options whose values are more than a word or a number.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <parlance/io/time.hpp>
#include <parlance/net/tls.hpp>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace parlance::cli {

/// Seconds, more than none, from the value of the option `name`. Throws CLI::ValidationError.
void parse_seconds(const std::string& name, double seconds, io::duration& into);

/// Adds an option that takes a length of time, more than none.
CLI::Option* add_seconds(CLI::App& verb, const std::string& name, io::duration& into,
                         const std::string& help);

/// Has `add` add options to the verb. CLI11 compares the names of each new option with those of all before it, which is as
/// much work for a hundred as a request; these are compared with one another alone. A test sees that all of a verb differ.
void add_apart(CLI::App& verb, const std::function<void()>& add);

/// What `make` gives. What keeps it from making a context lies in the command line and the files it names, so
/// that is a complaint about usage.
std::shared_ptr<net::tls_context> make_context(
    const std::function<std::shared_ptr<net::tls_context>()>& make);

}  // namespace parlance::cli
