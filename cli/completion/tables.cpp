#include <algorithm>
#include <string_view>

#include <CLI/CLI.hpp>
#include <cli/completion/tables.hpp>

namespace parlance::cli {
namespace {

/// Between marks, without what is empty.
std::vector<std::string> split(std::string_view text, char mark) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(mark), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

/// "all|none", or "TEXT:{all,none}" as CLI11 has it.
std::vector<std::string> choices_in(std::string_view type) {
  const std::size_t open = type.find('{'), close = type.find('}');
  if (open != type.npos && close != type.npos && open < close)
    return split(type.substr(open + 1, close - open - 1), ',');
  const bool plain = std::ranges::all_of(type, [](char c) { return (c >= 'a' && c <= 'z') || c == '|'; });
  return plain && type.contains('|') ? split(type, '|') : std::vector<std::string>();
}

completed_option option_of(const CLI::Option& from) {
  using kind = completed_option::value_kind;
  const std::string help = from.get_description(), type = from.get_type_name();
  completed_option made{.names = {}, .about = help.substr(0, help.find('\n'))};
  for (const std::string& name : from.get_snames()) made.names.push_back("-" + name);
  for (const std::string& name : from.get_lnames()) made.names.push_back("--" + name);
  if (from.get_expected_max() == 0 || from.get_type_size() == 0) return made;
  made.value = kind::any;
  made.choices = choices_in(type);
  if (!made.choices.empty())
    made.value = kind::choice;
  else if (type.starts_with("FOLDER") || type.starts_with("DIR"))
    made.value = kind::folder;
  else if (type.contains("PATH") || (type.contains("FILE") && !type.contains("@FILE")))
    made.value = kind::file;
  return made;
}

std::vector<completed_option> options_of(CLI::App& from) {
  std::vector<completed_option> made;
  for (const CLI::Option* one : from.get_options())
    if (one->nonpositional()) made.push_back(option_of(*one));
  return made;
}

}  // namespace

completion_tables tables_of(CLI::App& program) {
  completion_tables all{.options = options_of(program), .verbs = {}};
  for (CLI::App* verb : program.get_subcommands(nullptr)) {
    // Some add their options when they are asked for.
    try {
      verb->parse(std::vector<std::string>{"--help"});
    } catch (const CLI::CallForHelp&) {
    }
    const std::string about = verb->get_description();
    all.verbs.push_back(
        {.name = verb->get_name(), .about = about.substr(0, about.find('\n')), .options = options_of(*verb)});
  }
  return all;
}

}  // namespace parlance::cli
