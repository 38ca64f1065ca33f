#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <parlance/io/channel.hpp>
#include <parlance/io/descriptor.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/signals.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/connect.hpp>
#include <parlance/text/sanitizer.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/standard_streams.hpp>
#include <cli/base/stop_signal.hpp>
#include <cli/base/verb.hpp>
#include <cli/chat/console.hpp>
#include <cli/chat/full_screen/client.hpp>
#include <cli/chat/irc_options.hpp>
#include <cli/chat/script.hpp>
#include <cli/screen/terminal.hpp>

namespace parlance::cli {
namespace {

constexpr const char* about =
    "Joins a chat: a server of ours, or any IRC network.\n"
    "\n"
    "On a terminal it takes the whole screen: rooms, people, what is said, and what you type. The bottom "
    "line\n"
    "says what the keys do; F1 shows all keys and commands. A lost connection comes back by itself, and "
    "what\n"
    "was missed is there.\n"
    "\n"
    "--line is for one conversation line by line: what you type is said, what arrives never breaks the line "
    "you\n"
    "type, and the arrow keys bring back earlier lines. /help asks the server what else there is.\n"
    "\n"
    "For scripts: --join says what comes from a pipe in that room, --tail prints what is said there.\n";

constexpr const char* more =
    "ADDR is HOST:PORT, :PORT (this machine), [IPv6]:PORT or unix:/PATH, or a URL like "
    "ircs://irc.libera.chat/parlance.\n"
    "Without a port, 8000 is meant on this machine and in private networks, elsewhere 6697 (6667 without "
    "TLS). "
    "Several\n"
    "addresses are several networks at once, and passwords are for the first. With --line: one, and port "
    "8000.\n"
    "\n"
    "No password is taken from the command line, where others can read it, and none is sent where others can "
    "read\n"
    "along: an account's goes by TLS, within this machine, or by SCRAM, which does not tell it.\n"
    "\n"
    "With --line, Ctrl-D and Ctrl-C leave politely: what is due still arrives. A second Ctrl-C ends at "
    "once.\n"
    "\n"
    "When stdin or stdout is no terminal it is a plain filter: stdin goes to the server as it is, what the "
    "server says\n"
    "goes to stdout, and the end of stdin ends our side only: printf 'hi\\n/who\\n' | parlance chat HOST "
    "prints the\n"
    "answers. Control characters and escape sequences never reach stdout.\n"
    "\n"
    "With --join, what comes from a pipe is said in these rooms, on any IRC network, lines that come at once "
    "as one\n"
    "message where the server knows that: echo deploy done | parlance chat HOST -j '#ops' -n ci. It ends "
    "when all of\n"
    "it is kept. With --tail, stdin is not read. Both come back after a lost connection; nothing is lost or "
    "there twice.\n"
    "\n"
    "Exit codes: 0 the conversation ended, 1 failure, 2 usage, 3 no such host, 4 no connection, 5 timed "
    "out,\n"
    "6 not trusted (TLS), 7 broken off, 130 interrupted by a signal (at a terminal: by a second one).";

constexpr io::duration moment = std::chrono::milliseconds(100);

struct chat_words {
  std::vector<std::string> addresses;
  std::string address = "localhost:8000";
  std::string name;
  double wait = 10;
  bool line = false;
  std::vector<std::string> tail;
  std::size_t last = 0;
  bool json = false;
  irc_options irc;
};

io::duration as_duration(double seconds) {
  return std::chrono::duration_cast<io::duration>(std::chrono::duration<double>(seconds));
}

/// What the server says, fit to show, in whole lines as far as it sends any: a text without a newline is
/// given one when nothing follows it for a moment.
io::task<void> hear(net::stream& from, std::function<io::task<void>(std::string_view)> show) {
  text::sanitizer clean(text::sanitizer::newlines::keep);
  for (std::string text;;) {
    std::string_view bytes;
    bool silent = false;
    try {
      bytes = co_await io::timeout(text.empty() ? io::unlimited : moment, from.recv());
    } catch (const io::error& e) {
      if (text.empty() || e.code() != io::errc::timed_out) throw;
      silent = true;
    }
    const bool ended = !silent && bytes.empty();
    clean.feed(bytes, text);
    if (ended) clean.finish(text);
    if ((silent || ended) && !text.empty() && !text.ends_with('\n')) text += '\n';
    const std::size_t whole = text.rfind('\n') + 1;
    if (whole != 0) co_await show(std::string_view(text).substr(0, whole));
    text.erase(0, whole);
    if (ended) co_return;
  }
}

io::task<net::stream> join(const chat_words& command) {
  net::stream server = co_await net::connect(net::address::parse(command.address, 8000));
  if (!command.name.empty()) co_await server.send(fmt::format("/nick {}\n", command.name));
  co_return server;
}

/// Ends our side, and gives the server until `limit` to end its own.
io::task<void> leave(net::stream& server, io::scope& work, io::duration limit) {
  co_await server.shutdown();
  co_await io::sleep(limit);
  work.cancel();
}

// --- a person at a terminal

class visit {
 public:
  explicit visit(const chat_words& command) : command_(command) {}

  io::task<int> run() {
    io::scope background;
    background.spawn(console_.run());
    net::stream server = co_await join(command_);
    console_.print(fmt::format("-- joined {}; Ctrl-D leaves\n", command_.address));
    io::scope work;
    work.spawn([&]() -> io::task<void> {
      co_await hear(server, [this](std::string_view lines) -> io::task<void> {
        console_.print(lines);
        co_return;
      });
      if (!leaving_) console_.print("-- the server has ended the conversation\n");
      work.cancel();
    });
    work.spawn(type(server, work));
    work.spawn(send(server));
    work.spawn(watch_signals(server, work));
    co_await work.join();
    co_await console_.flush(std::chrono::seconds(1));
    if (!interrupted_) co_await server.close();
    co_return interrupted_ ? interrupted : success;
  }

 private:
  /// Reads ahead of what is sent, or a Ctrl-C behind a long paste would not be seen.
  io::task<void> type(net::stream& server, io::scope& work) {
    for (std::string line; co_await console_.read_line(line) && !leaving_;)
      if (!line.empty()) co_await typed_.send(std::move(line));
    typed_.close();
    co_await sent_;
    if (std::exchange(leaving_, true)) co_return;
    co_await leave(server, work, std::chrono::seconds(2));
  }

  /// No faster than a server takes it from one caller, or it would wait in between, out of our reach.
  io::task<void> send(net::stream& server) {
    constexpr io::duration each = std::chrono::milliseconds(50);
    constexpr int at_once = 10;
    io::time_point next{};
    while (const std::optional<std::string> line = co_await typed_.receive()) {
      next = std::max(next, io::loop::current().now() - each * at_once) + each;
      co_await io::sleep_until(next);
      if (leaving_) break;
      co_await server.send(*line + "\n");
    }
    sent_.set();
  }

  io::task<void> watch_signals(net::stream& server, io::scope& work) {
    for (;;) {
      const int number = co_await signals_.next();
      if (number == SIGWINCH || number == SIGCONT) {
        console_.signalled(number);
      } else if (!std::exchange(leaving_, true)) {
        work.spawn(leave(server, work, std::chrono::seconds(2)));
      } else {
        interrupted_ = true;
        co_return work.cancel();
      }
    }
  }

  const chat_words& command_;
  io::signals signals_{SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGCONT};
  console console_{true, "> "};
  bool leaving_ = false;
  bool interrupted_ = false;
  io::channel<std::string> typed_{10'000};  // lines
  io::event sent_;                          // all that will be
};

// --- a filter

io::task<void> say_all(net::stream& server, io::scope& work, io::duration wait) {
  io::input typed(STDIN_FILENO);
  for (std::string_view bytes; !(bytes = co_await typed.read()).empty();) co_await server.send(bytes);
  co_await leave(server, work, wait);
}

io::task<int> filter(const chat_words& command) {
  stop_signal stop;
  io::scope work;
  work.spawn(stop.cancels(work));
  work.spawn([&]() -> io::task<void> {
    printer out;
    net::stream server = co_await join(command);
    io::scope talking;
    talking.spawn(say_all(server, talking, as_duration(command.wait)));
    talking.spawn([&]() -> io::task<void> {
      co_await hear(server, [&](std::string_view lines) { return out.print(lines); });
      talking.cancel();
    });
    co_await talking.join();
    co_await server.close();
    work.cancel();
  });
  co_await work.join();
  co_return stop.came() ? interrupted : success;
}

// --- one program to many people

int run_script(const chat_words& command) {
  using job = chat_script::job;
  if (command.addresses.size() > 1)
    throw complaint(usage, "several networks at once are for the full screen");
  const bool prints = !command.tail.empty();
  chat_memory memory(command.irc.memory_file());
  network_options network = command.irc.networks({command.address}, command.name, memory).front();
  network.rooms = irc_options::room_names(prints ? command.tail : command.irc.rooms);
  chat_script script(std::move(network), {.what = !prints        ? job::say
                                                  : command.json ? job::print_json
                                                                 : job::print,
                                          .last = command.last,
                                          .patience = as_duration(command.wait)});
  return io::wait(script.run());
}

int run_screen(const chat_words& command) {
  chat_memory memory(command.irc.memory_file());
  std::vector<std::string> addresses = command.addresses;
  if (addresses.empty()) addresses = memory.to_start();
  if (addresses.empty()) addresses = {command.address};
  chat_client client(command.irc.networks(addresses, command.name, memory), memory,
                     irc_options::log_folder());
  return io::wait(client.run());
}

int run_lines(const chat_words& command) {
  if (command.addresses.size() > 1)
    throw complaint(usage, "several networks at once are for the full screen");
  for (const CLI::Option* one : command.irc.options)
    if (one->count() != 0)
      throw complaint(usage, one->get_name() +
                                 " is for the full screen, on a terminal and without --line, or goes " +
                                 "with --tail, or with --join in a pipe");
  if (!console::can_edit()) return io::wait(filter(command));
  visit here(command);
  return io::wait(here.run());
}

int run(const chat_words& command) {
  if (!command.tail.empty()) return run_script(command);
  if (!command.line && screen::terminal::usable()) return run_screen(command);
  if (!command.line && !command.irc.rooms.empty() && ::isatty(STDIN_FILENO) == 0) return run_script(command);
  return run_lines(command);
}

}  // namespace

void add_chat(CLI::App& program, int& result) {
  const auto command = std::make_shared<chat_words>();
  CLI::App* verb = program.add_subcommand("chat", about);
  verb->footer(more);
  verb->add_option("ADDR", command->addresses, "Where the chat is")->default_str("localhost:8000");
  verb->add_option("-n,--name,--nick", command->name, "Be called so")->type_name("NAME");
  verb->add_option(
          "-w,--wait", command->wait,
          "As a filter, after the end of stdin: wait so long for the server's end, or until all is kept")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  verb->add_flag("-l,--line", command->line, "Line by line also on a terminal, without the full screen");
  CLI::Option* const tail =
      verb->add_option("--tail", command->tail, "Print what is said in these rooms, and read no stdin")
          ->type_name("#ROOM,...")
          ->delimiter(',')
          ->allow_extra_args(false);
  verb->add_flag("--json", command->json, "As lines of JSON: time, room, kind, nick, text, id, reply_to")
      ->needs(tail);
  verb->add_option("--last", command->last, "And so much of what was said before")
      ->type_name("MESSAGES")
      ->check(CLI::Range(std::size_t{0}, std::size_t{100}))
      ->needs(tail);
  command->irc.add_to(*verb);
  verb->callback([command, &result] {
    try {
      if (!command->addresses.empty()) command->address = command->addresses.front();
      result = run(*command);
    } catch (const stdout_closed&) {
      std::signal(SIGPIPE, SIG_DFL);
      std::raise(SIGPIPE);
    } catch (...) {
      result = report_failure("chat");
    }
  });
}

}  // namespace parlance::cli
