#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <parlance/chat/plain.hpp>
#include <parlance/chat/server.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/signals.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/address.hpp>
#include <parlance/net/listener.hpp>

#include "console.hpp"
#include "join_addresses.hpp"
#include "operator_console.hpp"
#include "serve_config.hpp"
#include "verb.hpp"

namespace parlance::cli {
namespace {

constexpr const char* about =
    "A chat that anybody can join: with nc, with a script that opens a socket, with parlance chat.\n"
    "\n"
    "What a caller says is heard by everybody else in #lobby; /help tells callers what else they can do.\n";

constexpr const char* more =
    "ADDR is :PORT (every interface, IPv4 and IPv6), HOST:PORT, [IPv6]:PORT or unix:/PATH. Port 0 takes any "
    "free one.\n"
    "How others can join is printed at the start, ready to paste.\n"
    "\n"
    "A line is a message. From a caller that has not sent a newline yet, so is a text that nothing follows "
    "for 0.15 s;\n"
    "it is taken for a program, and hears its own messages as the room hears them. A lone Q or q leaves.\n"
    "\n"
    "At a terminal you are the operator: a line is said to the lobby, and /help tells the rest: /to, /me, "
    "/who,\n"
    "/kick, /quit. With --console, a script is: lines from stdin are the operator's, and what callers say "
    "goes to\n"
    "stdout, one line each, answers with -- in front; the end of stdin ends only the console. Without "
    "either, stdin\n"
    "is left alone.\n"
    "\n"
    "/quit, Ctrl-D, SIGINT and SIGTERM end it politely: nobody else is taken, everybody is told, what is due "
    "is sent,\n"
    "and it exits with 0. A second signal ends it at once, with 130.\n"
    "\n"
    "Exit codes: 0 ended, 1 failure, 2 usage, 3 no such host, 4 cannot listen there, 130 ended by a second "
    "signal.";

struct serve_command {
  std::string address;  // empty: those of the settings
  serve_config config;
  chat::settings settings;
  bool console = false;
  bool quiet = false;
  bool verbose = false;
  double grace = 5;
};

io::duration as_duration(double seconds) {
  return std::chrono::duration_cast<io::duration>(std::chrono::duration<double>(seconds));
}

/// Each caller is a descriptor, and the soft limit of 1,024 is there for programs that use select(2).
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// One run of the verb: the server, and where its words go.
class run {
 public:
  explicit run(const serve_command& command)
      : command_(command),
        has_console_(command.console || console::is_attended()),
        console_(console::can_edit(), "> "),
        server_({.settings = command.settings,
                 .log = [this](std::string_view text) { detail(text); },
                 .warn = [this](std::string_view text) { warn(text); }}) {}

  io::task<int> serve() {
    server_.chat().on_stop = [] { ::kill(::getpid(), SIGTERM); };
    background_.spawn(console_.run());
    background_.spawn(errors_.run());
    std::vector<net::listener> doors;
    for (const std::string& address : command_.settings.server.listen)
      doors.push_back(
          co_await net::listen(address, {.on_pause = [this](std::string_view why) { warn(why); }}));
    for (const net::listener& door : doors) tell_how_to_join(door.local());
    {
      io::scope work;
      for (net::listener& door : doors) work.spawn(server_.accept(door));
      work.spawn(wait_for_signal(work));
      if (has_console_) work.spawn(obey_operator(work));
      co_await work.join();
    }
    doors.clear();
    const int result = co_await drain();
    co_await console_.flush(std::chrono::seconds(1));
    co_await errors_.flush(std::chrono::seconds(1));
    co_return result;
  }

 private:
  void warn(std::string_view text) { note(fmt::format("parlance serve: {}\n", text)); }
  void detail(std::string_view text) {
    if (command_.verbose) note(fmt::format("parlance serve: {}\n", text));
  }
  /// To stderr; by way of the console when that is the same terminal.
  void note(std::string_view line) {
    if (console_.edits() && ::isatty(STDERR_FILENO)) return console_.print(line);
    errors_.print(line);
  }

  void tell_how_to_join(const net::endpoint& here) {
    std::string text = fmt::format("parlance serve: listening on {}; join with any of\n", here.to_string());
    for (const net::endpoint& at : reachable_at(here))
      text += fmt::format("  {}\n  {}\n", with_nc(at), with_parlance(at));
    if (console_.edits()) text += "What you type is said to the lobby; /help tells what else you can do.\n";
    // A script's stdout is for what callers say.
    if (has_console_ && !console_.edits()) return command_.quiet ? void() : errors_.print(text);
    if (!command_.quiet) console_.print(text);
    const io::loop& loop = io::loop::current();
    if (!loop.fallback_reason().empty()) detail("waits with epoll: " + loop.fallback_reason());
  }

  io::task<void> obey_operator(io::scope& work) {
    operator_.emplace(server_, console_);
    for (std::string line; co_await console_.read_line(line);)
      if (!operator_->obey(line)) co_return work.cancel();
    if (console_.edits()) work.cancel();
  }

  io::task<void> wait_for_signal(io::scope& work) {
    for (;;) {
      const int number = co_await signals_.next();
      if (number == SIGINT || number == SIGTERM) co_return work.cancel();
      console_.signalled(number);
    }
  }

  io::task<int> drain() {
    bool again = false;
    io::context patience;
    io::scope impatience;
    impatience.spawn([&]() -> io::task<void> {
      for (int number = 0; number != SIGINT && number != SIGTERM;) number = co_await signals_.next();
      again = true;
      patience.cancel();
    });
    try {
      co_await io::run_in(patience, server_.drain(as_duration(command_.grace),
                                                  chat::plain_notice("The server is closing. Goodbye.")));
    } catch (const io::error& e) {
      if (!again) throw;
    }
    co_return again ? interrupted : success;
  }

  const serve_command& command_;
  io::signals signals_{SIGINT, SIGTERM, SIGWINCH, SIGCONT};
  const bool has_console_;
  console console_;
  line_printer errors_{STDERR_FILENO};
  chat::server server_;
  std::optional<operator_console> operator_;
  io::scope background_;
};

void add_shortcuts(CLI::App& verb, serve_config& config) {
  add_shortcut(verb, config, "--max-people", "limits.members");
  add_shortcut(verb, config, "--max-line", "limits.line");
  add_shortcut(verb, config, "--sendq", "limits.sendq");
  add_shortcut(verb, config, "--rate", "limits.message_rate");
  add_shortcut(verb, config, "--burst", "limits.message_burst");
}

}  // namespace

void add_serve(CLI::App& program, int& result) {
  const auto command = std::make_shared<serve_command>();
  CLI::App* verb = program.add_subcommand("serve", about);
  verb->footer(more);
  verb->add_option("ADDR", command->address, "Where to listen")->default_str(":8000");
  verb->add_flag("--console", command->console,
                 "Take the operator's lines from stdin although it is no terminal");
  verb->add_option("--grace", command->grace,
                   "At the end, wait so long for callers to take what is due to them")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  CLI::Option* quiet = verb->add_flag("-q,--quiet", command->quiet, "Tell only what went wrong");
  verb->add_flag("-v,--verbose", command->verbose, "Tell who calls and how each call ends, on stderr")
      ->excludes(quiet);
  add_configuration_options(*verb, command->config);
  add_shortcuts(*verb, command->config);
  verb->callback([command, &result] {
    try {
      if (command->config.hash_password) return fmt::print("{}\n", hash_typed_password());
      command->settings = command->config.settings();
      if (!command->address.empty()) {
        net::address::parse(command->address);
        command->settings.server.listen = {command->address};
      }
      if (command->config.tell(command->settings)) return;
      raise_descriptor_limit();
      run whole(*command);
      result = io::wait(whole.serve());
    } catch (...) {
      result = report_failure("serve");
    }
  });
}

}  // namespace parlance::cli
