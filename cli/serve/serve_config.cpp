#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <utility>

#include <CLI/CLI.hpp>
#include <cli/base/verb.hpp>
#include <cli/serve/configuration.hpp>
#include <cli/serve/configuration_checks.hpp>
#include <cli/serve/configuration_keys.hpp>
#include <cli/serve/serve_config.hpp>

namespace parlance::cli {

chat::settings serve_config::settings(chat::settings unsaid) const {
  chat::settings chosen = std::move(unsaid);
  std::vector<std::string> wrong;
  if (!file.empty()) wrong = load_file(file, chosen);
  for (const std::string& change : changes)
    if (std::string why = apply_change(change, chosen); !why.empty()) wrong.push_back(std::move(why));
  if (wrong.empty()) wrong = contradictions(chosen);
  if (!wrong.empty()) throw complaint(usage, fmt::format("{}", fmt::join(wrong, "\n")));
  return chosen;
}

bool serve_config::tell(const chat::settings& chosen) const {
  if (print) fmt::print("{}", print_settings(chosen));
  if (print && std::fflush(stdout) != 0) throw complaint(failure, "cannot write to stdout");
  return print || check;
}

void add_configuration_options(CLI::App& verb, serve_config& config) {
  verb.add_option("--config", config.file, "Read the settings from a TOML file; --print-config writes one")
      ->type_name("FILE");
  verb.add_option_function<std::vector<std::string>>(
          "--set",
          [&config](const std::vector<std::string>& all) {
            config.changes.insert(config.changes.end(), all.begin(), all.end());
          },
          "Change one of the settings, as limits.sendq=1MiB; may be repeated")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->allow_extra_args(false)  // what follows is the address
      ->take_all();
  CLI::Option* print = verb.add_flag("--print-config", config.print,
                                     "Print all settings as they would be, with comments, and end");
  CLI::Option* check =
      verb.add_flag("--check-config", config.check,
                    "Tell what is wrong with them, and with the files that they name, and end");
  CLI::Option* hash =
      verb.add_flag("--hash-password", config.hash_password,
                    "Read a password from stdin, print what to write for it in the file, and end")
          ->excludes(print)
          ->excludes(check);
  verb.add_flag("--setup", config.set_up,
                "Ask five questions, write the configuration that follows from the answers to the file of\n"
                "--config (parlance.toml, if none is named), and end")
      ->excludes(print)
      ->excludes(check)
      ->excludes(hash);
}

CLI::Option* add_shortcut(CLI::App& verb, serve_config& config, const std::string& name,
                          const std::string& key_name) {
  const key& its = known_key(key_name);
  std::string usual = its.get(default_settings());
  std::erase(usual, '"');
  return verb
      .add_option_function<std::string>(
          name,
          [&config, key_name](const std::string& value) { config.changes.push_back(key_name + "=" + value); },
          its.comment)
      ->type_name("VALUE")
      ->default_str(usual);
}

}  // namespace parlance::cli
