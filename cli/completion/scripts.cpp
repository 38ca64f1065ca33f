#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <string_view>

#include <cli/base/shell_words.hpp>
#include <cli/completion/tables.hpp>

namespace parlance::cli {
namespace {

using kind = completed_option::value_kind;

std::vector<std::string> names_of(const std::vector<completed_option>& options) {
  std::vector<std::string> all;
  for (const completed_option& one : options) all.insert(all.end(), one.names.begin(), one.names.end());
  return all;
}

/// With a backslash before each of these.
std::string escaped(std::string_view text, std::string_view marks) {
  std::string made;
  for (const char c : text) {
    if (marks.contains(c)) made += '\\';
    made += c;
  }
  return made;
}

/// Patterns of bash's `case` for VERB:OPTION with a value, and what completes that.
std::string bash_values(const std::string& verb, const std::vector<completed_option>& options) {
  std::string made;
  for (const completed_option& one : options) {
    if (one.value == kind::none) continue;
    std::vector<std::string> patterns;
    for (const std::string& name : one.names) patterns.push_back(shell_quoted(verb + ":" + name));
    std::string what = "return";
    if (one.value == kind::file) what = "_parlance_reply -f";
    if (one.value == kind::folder) what = "_parlance_reply -d";
    if (one.value == kind::choice) what = fmt::format("_parlance_reply -W '{}'", fmt::join(one.choices, " "));
    made += fmt::format("    {}) {}; return ;;\n", fmt::join(patterns, "|"), what);
  }
  return made;
}

std::string zsh_action(const completed_option& one) {
  switch (one.value) {
    case kind::none:
      return "";
    case kind::any:
      return ":value: ";
    case kind::file:
      return ":file:_files";
    case kind::folder:
      return ":folder:_files -/";
    case kind::choice:
      return fmt::format(":value:({})", fmt::join(one.choices, " "));
  }
  return "";
}

/// What _arguments takes, one for each name; any may be repeated.
std::string zsh_specs(const std::vector<completed_option>& options) {
  std::string made;
  for (const completed_option& one : options)
    for (const std::string& name : one.names) {
      const bool is_long = name.starts_with("--");
      const std::string mark = one.value == kind::none ? "" : is_long ? "=" : "+";
      made += " \\\n        " + shell_quoted(fmt::format("*{}{}[{}]{}", name, mark,
                                                         escaped(one.about, "[]:\\"), zsh_action(one)));
    }
  return made;
}

std::string fish_options(const std::string& when, const std::vector<completed_option>& options) {
  std::string made;
  for (const completed_option& one : options) {
    made += fmt::format("complete -c parlance -n '{}'", when);
    for (const std::string& name : one.names)
      made += name.starts_with("--") ? " -l " + name.substr(2) : fmt::format(" -s '{}'", name.substr(1));
    if (one.value == kind::any) made += " -x";
    if (one.value == kind::file) made += " -r -F";
    if (one.value == kind::folder) made += " -x -a '(__fish_complete_directories)'";
    if (one.value == kind::choice) made += fmt::format(" -x -a '{}'", fmt::join(one.choices, " "));
    made += fmt::format(" -d '{}'\n", escaped(one.about, "'\\"));
  }
  return made;
}

}  // namespace

std::string bash_completion(const completion_tables& all) {
  std::vector<std::string> verbs;
  std::string values = bash_values("", all.options), words;
  for (const completed_verb& verb : all.verbs) {
    verbs.push_back(verb.name);
    values += bash_values(verb.name, verb.options);
    words += fmt::format("    {}) _parlance_reply -W '{}' ;;\n", verb.name,
                         fmt::join(names_of(verb.options), " "));
  }
  return fmt::format(R"(# Completes parlance's command lines in bash; made by: parlance completion bash
_parlance_reply() {{
  [[ $1 == -W ]] || compopt -o filenames
  mapfile -t COMPREPLY < <(compgen "$@" -- "$_parlance_word")
}}

_parlance() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} verb= i
  # --name=value are three words.
  if [[ $word == = ]]; then
    word=
  elif [[ $before == = ]]; then
    before=${{COMP_WORDS[COMP_CWORD - 2]}}
  fi
  local _parlance_word=$word
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case ${{COMP_WORDS[i]}} in
    {0}) verb=${{COMP_WORDS[i]}}; break ;;
    esac
  done
  COMPREPLY=()
  case $verb:$before in
{1}  esac
  if [[ -n $verb && $word != -* ]]; then return; fi  # files, by -o default
  case $verb in
    '') _parlance_reply -W '{2} {3}' ;;
{4}  esac
}}
complete -o default -F _parlance parlance
)",
                     fmt::join(verbs, "|"), values, fmt::join(verbs, " "),
                     fmt::join(names_of(all.options), " "), words);
}

std::string zsh_completion(const completion_tables& all) {
  std::string verbs, cases;
  for (const completed_verb& verb : all.verbs) {
    verbs += " \\\n        " + shell_quoted(verb.name + ":" + escaped(verb.about, ":\\"));
    cases += fmt::format("      {}) _arguments -s -S{} \\\n        '*:argument:_files' ;;\n", verb.name,
                         zsh_specs(verb.options));
  }
  return fmt::format(R"(#compdef parlance
# Completes parlance's command lines in zsh; made by: parlance completion zsh
_parlance() {{
  local context state state_descr line curcontext=$curcontext
  local -a verbs
  typeset -A opt_args
  _arguments -C{0} \
        '1:verb:->verb' '*::argument:->rest'
  case $state in
    verb)
      verbs=({1})
      _describe verb verbs ;;
    rest)
      case $line[1] in
{2}      esac ;;
  esac
}}
if [[ $funcstack[1] == _parlance ]]; then _parlance "$@"; else compdef _parlance parlance; fi
)",
                     zsh_specs(all.options), verbs, cases);
}

std::string fish_completion(const completion_tables& all) {
  std::string made = "# Completes parlance's command lines in fish; made by: parlance completion fish\n";
  made += fish_options("__fish_use_subcommand", all.options);
  for (const completed_verb& verb : all.verbs)
    made += fmt::format("complete -c parlance -n '__fish_use_subcommand' -f -a {} -d '{}'\n", verb.name,
                        escaped(verb.about, "'\\"));
  for (const completed_verb& verb : all.verbs)
    made += fish_options("__fish_seen_subcommand_from " + verb.name, verb.options);
  return made;
}

}  // namespace parlance::cli
