#include <fmt/core.h>

#include <chrono>

#include <parlance/io/error.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/option_kinds.hpp>
#include <cli/base/verb.hpp>

namespace parlance::cli {

void parse_seconds(const std::string& name, double seconds, io::duration& into) {
  constexpr double longest = 1e9;
  if (!(seconds > 0)) throw CLI::ValidationError(name, "wants seconds, more than 0");
  into = seconds < longest ? std::chrono::round<io::duration>(std::chrono::duration<double>(seconds))
                           : io::unlimited;
}

CLI::Option* add_seconds(CLI::App& verb, const std::string& name, io::duration& into,
                         const std::string& help) {
  const auto set = [&into, name](double seconds) { parse_seconds(name, seconds, into); };
  return verb.add_option_function<double>(name, set, help)->type_name("SECONDS");
}

std::shared_ptr<net::tls_context> make_context(
    const std::function<std::shared_ptr<net::tls_context>()>& make) {
  try {
    return make();
  } catch (const io::error& e) {
    throw complaint(usage, fmt::format("{}; check the file and its format", e.what()));
  }
}

}  // namespace parlance::cli
