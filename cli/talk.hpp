// Two ends talking: what stdin says goes to the peer, and what the peer says goes to stdout. What `listen`
// and `connect` share.
//
//   return run(options, [&] { return reach(options); }, [] { return interrupted; });
#pragma once

#include <unistd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <parlance/io/descriptor.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/datagram.hpp>
#include <parlance/net/stream.hpp>
#include <parlance/net/tls.hpp>

namespace CLI {
class App;
}

namespace parlance::cli {

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

  /// One line on stderr, unless --quiet.
  void say(std::string_view line) const;
  /// One line on stderr, with --verbose only.
  void detail(std::string_view line) const;
};

/// Adds an option that takes a length of time, more than none.
void add_seconds(CLI::App& verb, const std::string& name, io::duration& into, const std::string& help);

/// Adds the options that both verbs have. `wait_help` says what --wait limits.
void add_talk_options(CLI::App& verb, talk_options& options, const std::string& wait_help);

/// Talks until both sides have ended (or as end_with_peer says), then closes. Throws io::error, or complaint
/// when options.wait has passed, each telling how much was said by then.
io::task<void> talk(net::stream& peer, const talk_options& options);

/// Talks in datagrams to the peer that `socket` is connected to: each read of stdin is one. After the end of
/// stdin it listens until nothing has come for options.wait, or for a second when that is unlimited.
io::task<void> talk_to_one(net::datagram_socket& socket, const talk_options& options);

/// Prints every datagram that arrives; what stdin says goes to whoever sent last. Ends when, since the first,
/// nothing has come or gone for options.wait.
io::task<void> talk_to_all(net::datagram_socket& socket, const talk_options& options);

/// Runs the task that `work` makes to its end, to options.deadline, or to SIGINT, SIGTERM or SIGHUP, and
/// gives the exit code, having reported what went wrong. `when_interrupted` is asked for the code in the last
/// case. When nobody reads stdout any more, it ends the process by SIGPIPE, as filters end.
int run(const talk_options& options, const std::function<io::task<void>()>& work,
        const std::function<int()>& when_interrupted);

/// Nobody reads stdout any more.
struct stdout_closed {};

/// stdout. Throws stdout_closed, or io::error.
class printer {
 public:
  io::task<void> print(std::string_view text);

 private:
  io::output out_{STDOUT_FILENO};
};

/// Prints a line on stderr, or what of it can be written in a second.
io::task<void> tell(std::string line);

/// "127.0.0.1:8000". A caller on a Unix socket has no address of its own; it gets that of the listener.
std::string name_of(const net::stream& peer);

/// What was agreed on: version, cipher, ALPN's protocol, and the fingerprint of the peer's certificate.
std::string described(const net::tls_session& session);

/// What `make` gives. What keeps it from making a context lies in the command line and the files it names, so
/// that is a complaint about usage.
std::shared_ptr<net::tls_context> make_context(
    const std::function<std::shared_ptr<net::tls_context>()>& make);

/// "1.25 s", "3 ms".
std::string in_words(io::duration length);

/// "1 byte", "2 bytes".
std::string in_words(std::uint64_t number, std::string_view unit);

/// "1.6 GB/s".
std::string rate(std::uint64_t bytes, io::duration length);

/// "sent 5 bytes (5 B/s), received 10 bytes (10 B/s) in 1.004 s".
struct tally {
  std::uint64_t sent = 0, received = 0;
  io::time_point since;

  tally();
  std::string with_rates() const;
  /// "after 1.004 s, 5 bytes sent and 10 received": to go on with after a reason.
  std::string so_far() const;
};

}  // namespace parlance::cli
