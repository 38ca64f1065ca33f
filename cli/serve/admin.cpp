// The operator's console from elsewhere on the same machine.
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include <parlance/io/descriptor.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/signals.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/connect.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/reader.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/standard_streams.hpp>
#include <cli/base/verb.hpp>
#include <cli/chat/console.hpp>
#include <cli/serve/admin_door.hpp>
#include <cli/serve/configuration.hpp>
#include <cli/serve/kept_chat.hpp>

namespace parlance::cli {
namespace {

constexpr const char* about =
    "The operator's console of a parlance serve that runs on this machine: says who is there, puts people "
    "out,\n"
    "sees to rooms and accounts, as at the server's own terminal.\n";

constexpr const char* more =
    "With a COMMAND it prints the answer. The slash in front may be left out, and say TEXT says something:\n"
    "parlance admin who; parlance admin account alice create; parlance admin say 'back at noon'. Without "
    "one,\n"
    "lines are read from stdin: at a terminal what is said in the lobby is shown meanwhile, and Ctrl-D or "
    "/quit\n"
    "leaves the server running. /help tells what there is, /shutdown ends the server.\n"
    "\n"
    "The way in is a Unix socket: console in the folder in which the server keeps the chat, or "
    "console.socket of\n"
    "its settings. Only who runs the server, root, and the group console.group can open it.\n"
    "\n"
    "--json prints each answer as an object of JSON in a line: \"answer\" its lines, \"done\" whether it "
    "could be\n"
    "done, \"things\" what it tells of, as values.\n"
    "\n"
    "Exit codes: 0 done, 1 it could not be done, 2 usage, 4 no server runs there, 7 broken off, 130 "
    "interrupted.";

constexpr std::size_t longest_answer = std::size_t{256} * 1024 * 1024;

struct admin_command {
  std::vector<std::string> words;
  std::string folder;
  std::string socket;
  bool json = false;

  std::string path() const { return socket.empty() ? folder + "/console" : socket; }
  /// The line that is typed at a console.
  std::string line() const {
    std::string whole = fmt::format("{}", fmt::join(words, " "));
    if (words.front() == "say") return whole.substr(std::min(whole.size(), std::size_t{4}));
    if (!whole.starts_with('/')) whole.insert(0, "/");
    return whole;
  }
};

io::task<net::stream> reach(const admin_command& command) {
  const std::string path = command.path();
  try {
    co_return co_await net::connect("unix:" + path);
  } catch (const io::error& e) {
    if (e.code() == std::errc::no_such_file_or_directory || e.code() == std::errc::connection_refused)
      throw complaint(no_connection,
                      fmt::format("no parlance serve has its console at {}; name the folder in "
                                  "which it keeps the chat with --data, or its console.socket "
                                  "with --socket",
                                  path));
    if (e.code() == std::errc::permission_denied)
      throw complaint(
          no_connection,
          fmt::format("{} is for who runs the server, root, and console.group of its settings", path));
    throw;
  }
}

struct told {
  std::string text;  // lines
  bool is_answer = false;
  bool done = true;
};

told read(std::string_view line, bool as_json) {
  const nlohmann::json what = nlohmann::json::parse(line, nullptr, false);
  const bool is_answer = what.is_object() && what.contains("answer");
  const auto lines = what.is_object() ? what.find(is_answer ? "answer" : "heard") : what.end();
  if (lines == what.end() || !lines->is_array())
    throw complaint(failure, "what has the console there is no parlance serve");
  told all{.text = {}, .is_answer = is_answer, .done = what.value("done", true)};
  if (as_json) {
    all.text = std::string(line) + "\n";
    return all;
  }
  for (const nlohmann::json& l : *lines) all.text += (l.is_string() ? l.get<std::string>() : l.dump()) + "\n";
  return all;
}

io::task<std::optional<told>> next(net::reader& in, bool as_json) {
  const std::optional<std::string_view> line = co_await in.until("\n", longest_answer);
  if (!line) co_return std::nullopt;
  co_return read(*line, as_json);
}

/// One line after the other, each with its answer.
class script {
 public:
  script(const admin_command& command, net::stream& server)
      : command_(command), server_(server), in_(server) {}

  io::task<int> run() {
    if (!command_.words.empty()) co_return co_await obey(command_.line()) ? success : failure;
    io::input typed(STDIN_FILENO);
    bool done = true;
    for (std::string line; co_await typed.read_line(line) && line != "/quit";)
      if (!line.empty()) done = co_await obey(line) && done;
    co_return done ? success : failure;
  }

 private:
  io::task<bool> obey(std::string line) {
    line += '\n';
    co_await server_.send(line);
    const std::optional<told> answer = co_await next(in_, command_.json);
    if (!answer) throw complaint(broken_off, "the server has ended before it answered");
    co_await out_.print(answer->text);
    co_return answer->done;
  }

  const admin_command& command_;
  net::stream& server_;
  net::reader in_;
  printer out_;
};

/// At a terminal.
class attendance {
 public:
  attendance(const admin_command& command, net::stream& server) : command_(command), server_(server) {}

  io::task<int> run() {
    io::scope background;
    background.spawn(console_.run());
    io::scope work;
    work.spawn(hear(work));
    work.spawn(type(work));
    work.spawn(watch_signals(work));
    co_await work.join();
    co_await console_.flush(std::chrono::seconds(1));
    co_return is_interrupted_ ? interrupted : success;
  }

 private:
  io::task<void> hear(io::scope& work) {
    net::reader in(server_);
    while (const std::optional<told> what = co_await next(in, command_.json)) console_.print(shown(*what));
    console_.print("-- the server has ended\n");
    work.cancel();
  }

  /// Answers are told from what people say as at the server's own terminal.
  std::string shown(const told& what) const {
    if (!what.is_answer || command_.json) return what.text;
    std::string lines;
    for (std::string_view rest = what.text; !rest.empty();) {
      const std::size_t end = rest.find('\n') + 1;
      lines.append("-- ").append(rest.substr(0, end));
      rest.remove_prefix(end);
    }
    return lines;
  }

  io::task<void> type(io::scope& work) {
    co_await server_.send("/hear\n");
    for (std::string line; co_await console_.read_line(line) && line != "/quit";)
      if (!line.empty()) co_await server_.send(line + "\n");
    work.cancel();
  }

  io::task<void> watch_signals(io::scope& work) {
    for (;;) {
      const int number = co_await signals_.next();
      if (number == SIGWINCH || number == SIGCONT) {
        console_.signalled(number);
      } else {
        is_interrupted_ = number == SIGINT;
        co_return work.cancel();
      }
    }
  }

  const admin_command& command_;
  net::stream& server_;
  io::signals signals_{SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGCONT};
  console console_{true, "> "};
  bool is_interrupted_ = false;
};

io::task<int> attend(const admin_command& command) {
  net::stream server = co_await reach(command);
  if (command.words.empty() && console::can_edit()) {
    attendance here(command, server);
    co_return co_await here.run();
  }
  script here(command, server);
  co_return co_await here.run();
}

}  // namespace

void add_admin(CLI::App& program, int& result) {
  const auto command = std::make_shared<admin_command>();
  CLI::App* verb = program.add_subcommand("admin", about);
  verb->footer(more);
  verb->positionals_at_end();
  verb->add_option("COMMAND", command->words, "What is to be done");
  CLI::Option* folder = add_data_option(*verb, command->folder);
  verb->add_option("--socket", command->socket, "The server's console.socket")
      ->type_name("PATH")
      ->excludes(folder);
  verb->add_flag("--json", command->json, "Print answers as JSON, for programs");
  verb->callback([command, &result] {
    try {
      if (command->socket.empty()) expect_folder(command->folder);
      result = io::wait(attend(*command));
    } catch (const stdout_closed&) {
      std::signal(SIGPIPE, SIG_DFL);
      std::raise(SIGPIPE);
    } catch (...) {
      result = report_failure("admin");
    }
  });
}

}  // namespace parlance::cli
