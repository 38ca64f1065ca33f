#include <atomic>
#include <csignal>
#include <exception>

#include <CLI/CLI.hpp>
#include <cli/base/verb.hpp>
#include <cli/serve/configuration.hpp>
#include <cli/serve/kept_chat.hpp>

namespace parlance::cli {
namespace {

std::atomic<bool> is_interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);

}  // namespace

CLI::Option* add_data_option(CLI::App& verb, std::string& folder) {
  folder = default_settings().store.folder;
  return verb
      .add_option("--data", folder,
                  "The folder in which the server keeps the chat (store.folder of its settings)")
      ->type_name("DIR")
      ->default_str("$STATE_DIRECTORY, or parlance in $XDG_DATA_HOME or ~/.local/share");
}

void expect_folder(const std::string& folder) {
  if (folder.empty())
    throw complaint(usage, "which folder the chat is kept in is not known; name it with --data");
}

void run_until_interrupted(const std::function<void(const std::function<bool()>& is_stopped)>& work) {
  struct sigaction noting{};
  noting.sa_handler = [](int) { is_interrupted = true; };
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before{};
    ::sigaction(number, nullptr, &before);
    if (before.sa_handler != SIG_IGN) ::sigaction(number, &noting, nullptr);  // nohup
  }
  try {
    work([] { return is_interrupted.load(); });
  } catch (const std::exception&) {
    if (is_interrupted) throw complaint(interrupted, "interrupted");
    throw;
  }
}

}  // namespace parlance::cli
