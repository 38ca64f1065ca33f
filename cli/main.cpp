// parlance: sockets that speak. One program, one verb at a time; each verb is a file of its own.
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/io/signals.hpp>
#include <parlance/io/version.hpp>
#include <parlance/text/sanitizer.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/help_formatter.hpp>
#include <cli/base/verb.hpp>
#include <cli/completion/completion.hpp>
#include <cli/get/curl_options.hpp>
#include <cli/get/curl_words.hpp>
#include <cli/get/hidden_words.hpp>
#include <cli/trace/option.hpp>

namespace {

constexpr const char* exit_codes =
    "Exit codes: 0 success, 1 failure, 2 usage, 3 no such host, 4 no connection, 5 timed out, 6 not trusted "
    "(TLS),\n"
    "7 broken off, 8 HTTP status of 400 or above (get --fail), 130 interrupted.\n"
    "\n"
    "Each verb tells all about itself: parlance VERB --help.";

/// Where stdin, stdout or stderr was closed by whoever started us, a socket must not take its number: what we
/// print would go to the peer.
void fill_standard_descriptors() {
  int fd;
  do {
    fd = ::open("/dev/null", O_RDWR);
    if (fd == STDOUT_FILENO) parlance::cli::stdout_was_closed = true;
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) ::close(fd);
}

/// One line, as all of ours. An option that lacks its value takes the URL behind it for one, and nobody is told the
/// password of a URL.
std::string failure_message(const CLI::App* app, const CLI::Error& e) {
  const auto verbs = app->get_subcommands();
  if (!verbs.empty() && dynamic_cast<const CLI::ExtrasError*>(&e))
    for (const std::string& word : verbs.front()->remaining())
      if (const auto why = parlance::cli::why_not_had(word))
        return fmt::format("parlance {}: {}\n", verbs.front()->get_name(), parlance::text::sanitize(*why));
  const std::string verb = app->get_name() + (verbs.empty() ? "" : ' ' + verbs.front()->get_name());
  std::string text = parlance::text::sanitize(e.what());
  for (std::size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at)) {
    const std::size_t behind = std::min(text.find_first_of(" \n", at), text.size());
    const std::size_t begin = text.find_last_of(" \n", at) + 1;  // 0 where there is none
    const std::size_t last = text.rfind('@', behind);
    text.replace(begin, last - begin, "***");
    at = begin + 4;
  }
  if (text.starts_with("The ") || text.starts_with("A "))
    text.front() = static_cast<char>(text.front() | 0x20);
  return fmt::format("{}: {}; {} --help has all that there is\n", verb, text, verb);
}

using adding = void (*)(CLI::App&, int&);
constexpr std::array<adding, 10> verbs = {parlance::cli::add_serve,   parlance::cli::add_admin,
                                          parlance::cli::add_chat,    parlance::cli::add_listen,
                                          parlance::cli::add_connect, parlance::cli::add_get,
                                          parlance::cli::add_backup,  parlance::cli::add_restore,
                                          parlance::cli::add_export,  parlance::cli::add_completion};

/// Those that are run most, and whose options the others do without.
constexpr std::array<std::pair<std::string_view, adding>, 10> apart = {{
    {"get", parlance::cli::add_get},
    {"post", parlance::cli::add_get},
    {"put", parlance::cli::add_get},
    {"patch", parlance::cli::add_get},
    {"delete", parlance::cli::add_get},
    {"head", parlance::cli::add_get},
    {"listen", parlance::cli::add_listen},
    {"connect", parlance::cli::add_connect},
    {"chat", parlance::cli::add_chat},
    {"serve", parlance::cli::add_serve},
}};

/// To make the options of all verbs takes longer than some of them do. `all`: those that few need, too.
void add_verbs(CLI::App& program, const std::vector<std::string>& words, int& result, bool all) {
  parlance::cli::curl_options_wait = false;
  for (const std::string& word : std::views::reverse(words)) {
    const auto named = std::ranges::find(apart, word, &std::pair<std::string_view, adding>::first);
    if (named != apart.end()) {
      parlance::cli::curl_options_wait = !all && named->second == parlance::cli::add_get;
      return named->second(program, result);
    }
    if (!word.starts_with("--backend") && word != "io_uring" && word != "epoll") break;
  }
  for (const adding add : verbs) add(program, result);
}

/// What does not look like an option that is unknown where it is: -0 could be a number.
bool wants_all(std::string_view word) {
  return word == "-h" || word == "--help" || word == "-0" || word == "-1";
}

/// One command, the last word first. Gives the exit code. `all`: with the options that few need.
int run(std::vector<std::string> words, bool all) {
  CLI::App program("Sockets that speak: a chat, a line between two ends, and an HTTP client.", "parlance");
  program.footer(exit_codes);
  program.failure_message(failure_message);
  program.formatter(std::make_shared<parlance::cli::help_formatter>());
  program.set_version_flag("--version", "parlance " PARLANCE_VERSION);
  program.require_subcommand(1);
  program
      .add_option_function<std::string>(
          "--backend", [](const std::string& name) { ::setenv("PARLANCE_BACKEND", name.c_str(), 1); },
          "How to wait for the kernel: io_uring or epoll (default: io_uring where the kernel gives it, but\n"
          "epoll for get and its like; the environment variable PARLANCE_BACKEND says the same)")
      ->check(CLI::IsMember({"io_uring", "epoll"}));

  int result = parlance::cli::success;
  add_verbs(program, words, result, all);
  try {
    parlance::cli::join_trace_files(words);
    program.parse(std::vector(words));
  } catch (const CLI::ExtrasError& e) {
    if (!all) return run(std::move(words), true);
    return program.exit(e) == 0 ? parlance::cli::success : parlance::cli::usage;
  } catch (const CLI::ParseError& e) {
    return program.exit(e) == 0 ? parlance::cli::success : parlance::cli::usage;
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  fill_standard_descriptors();
  parlance::io::ignore_sigpipe();
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of the write, as on a full disk
  std::vector<std::vector<std::string>> commands;
  try {
    commands = parlance::cli::commands_of(argc, argv);
  } catch (const parlance::cli::complaint&) {
    return parlance::cli::report_failure("get");
  }
  parlance::cli::hide_secret_words(argc, argv);
  int first_failure = parlance::cli::success;
  for (std::vector<std::string>& words : commands) {
    const bool ends_early = std::ranges::find(words, "--fail-early") != words.end();
    const bool all = std::ranges::any_of(words, wants_all);
    const int code = run(std::move(words), all);
    if (first_failure == parlance::cli::success) first_failure = code;
    if (code == parlance::cli::interrupted || (code != parlance::cli::success && ends_early)) break;
  }
  return first_failure;
}
