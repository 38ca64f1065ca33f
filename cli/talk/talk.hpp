// Two ends talking: what stdin says goes to the peer, and what the peer says goes to stdout. What `listen`
// and `connect` share.
//
//   return run(options, [&] { return reach(options); }, [] { return interrupted; });
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/datagram.hpp>
#include <parlance/net/stream.hpp>

namespace CLI {
class App;
}  // namespace CLI

namespace parlance::cli {

class hex_dump;
class trace;

struct talk_options {
  /// Whose lines on stderr these are.
  std::string verb;
  std::string address;
  bool udp = false;
  bool tls = false;
  /// The peer's end is the end: what stdin has at that moment is still sent, and no more is waited for.
  bool end_with_peer = false;
  /// How long nothing may move.
  io::duration wait = io::unlimited;
  io::duration deadline = io::unlimited;
  bool quiet = false;
  bool verbose = false;
  /// Lines that are sent end with CR LF.
  bool crlf = false;
  /// The terminal's keys go at once.
  bool raw = false;
  /// As they were typed; `run` makes the next two of them.
  std::string exec, sh_exec, hex_path;
  /// The program, with its arguments, that talks in place of stdin and stdout; empty: none.
  std::vector<std::string> command;
  /// Who writes down what comes and goes; null: nobody.
  std::shared_ptr<hex_dump> hex;
  /// --trace: "-", a file, or nothing; `run` makes the next of it, and finishes that.
  std::string trace_path;
  std::shared_ptr<trace> tracer;

  /// One line on stderr, unless --quiet.
  void say(std::string_view line) const;
  /// One line on stderr, with --verbose only.
  void detail(std::string_view line) const;
};

/// Adds the options that both verbs have; behind --udp, which some do without. `wait_help` says what --wait
/// limits.
void add_talk_options(CLI::App& verb, talk_options& options, const std::string& wait_help);

/// Talks until both sides have ended (or as end_with_peer says; or the program has), then closes. Throws io::error, or complaint
/// when options.wait has passed, each telling how much was said by then. Gives what the process is to return:
/// 0, or what options.command ended with.
io::task<int> talk(net::stream& peer, const talk_options& options);

/// Talks in datagrams to the peer that `socket` is connected to: each read of stdin is one. After the end of
/// stdin it listens until nothing has come for options.wait, or for a second when that is unlimited.
io::task<void> talk_to_one(net::datagram_socket& socket, const talk_options& options);

/// Prints every datagram that arrives from whom `admits` says so; what stdin says goes to whoever sent last.
/// Ends when, since the first, nothing has come or gone for options.wait.
io::task<void> talk_to_all(net::datagram_socket& socket, const talk_options& options,
                           std::function<bool(const net::endpoint&)> admits);

/// Runs the task that `work` makes to its end, to options.deadline, or to SIGINT, SIGTERM or SIGHUP, and
/// gives the exit code, having reported what went wrong. `when_interrupted` is asked for the code in the last
/// case. When nobody reads stdout any more, it ends the process by SIGPIPE, as filters end.
int run(talk_options& options, const std::function<io::task<void>()>& work,
        const std::function<int()>& when_interrupted);

}  // namespace parlance::cli
