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

/// What `make` gives. What keeps it from making a context lies in the command line and the files it names, so
/// that is a complaint about usage.
std::shared_ptr<net::tls_context> make_context(
    const std::function<std::shared_ptr<net::tls_context>()>& make);

}  // namespace parlance::cli
