// `parlance completion`: a script for a shell that completes the program's command lines.
#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <cli/base/verb.hpp>
#include <cli/completion/completion.hpp>
#include <cli/completion/tables.hpp>

namespace parlance::cli {
namespace {

constexpr const char* about =
    "Prints a script with which a shell completes the verbs and options of this program.\n";

constexpr const char* more =
    "bash:  parlance completion bash > ~/.local/share/bash-completion/completions/parlance\n"
    "zsh:   parlance completion zsh > FOLDER/_parlance, in a folder of $fpath; or, behind compinit,\n"
    "       source <(parlance completion zsh)\n"
    "fish:  parlance completion fish > ~/.config/fish/completions/parlance.fish\n"
    "\n"
    "An installed parlance has them in place already.";

}  // namespace

void add_completion(CLI::App& program, int& result) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* verb = program.add_subcommand("completion", about);
  verb->footer(more);
  verb->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  verb->callback([&program, shell, &result] {
    const std::string which = *shell;
    const completion_tables all = tables_of(program);
    const std::string text = which == "bash"  ? bash_completion(all)
                             : which == "zsh" ? zsh_completion(all)
                                              : fish_completion(all);
    const bool put = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    result = put && std::fflush(stdout) == 0 ? success : failure;
  });
}

}  // namespace parlance::cli
