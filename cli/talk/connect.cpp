#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <string>
#include <utility>

#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/net/connect.hpp>
#include <parlance/net/datagram.hpp>
#include <parlance/net/tls.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/amounts.hpp>
#include <cli/base/option_kinds.hpp>
#include <cli/base/peer.hpp>
#include <cli/base/verb.hpp>
#include <cli/talk/port_check.hpp>
#include <cli/talk/reach.hpp>
#include <cli/talk/service_names.hpp>
#include <cli/talk/talk.hpp>
#include <cli/trace/trace.hpp>

namespace parlance::cli {
namespace {

constexpr const char* about =
    "Calls somebody; then stdin goes to them, and what they say goes to stdout.\n"
    "\n"
    "The end of stdin ends our side only, and the program ends when both sides have ended: the answer to\n"
    "printf hello | parlance connect HOST:PORT is printed, however late it comes.\n";

constexpr const char* more =
    "ADDR is HOST:PORT, [IPv6]:PORT, :PORT (this machine) or unix:/PATH (unix:@NAME: abstract). All "
    "addresses of a\n"
    "host are tried, of both families, each beside the earlier ones; the first that answers is taken. PORT "
    "is "
    "a\n"
    "number or a service's name (/etc/services), and may be an argument of its own: connect HOST PORT.\n"
    "\n"
    "With -z, nothing is said: for each port of connect -z HOST PORTS (22,http,8000-8080) it tells whether "
    "somebody\n"
    "answers, TLS included, with -v why not, and the exit code is 0 when all do, else 4. It waits for each "
    "at most\n"
    "3 seconds (-w).\n"
    "\n"
    "With --exec, the program ends the conversation when it ends. It finds who is there in "
    "PARLANCE_REMOTE_ADDR,\n"
    "PARLANCE_REMOTE_PORT, PARLANCE_LOCAL_ADDR and PARLANCE_LOCAL_PORT.\n"
    "\n"
    "With --tls, the server's certificate must be from an authority that the system trusts (or --ca) and for "
    "HOST.\n"
    "\n"
    "With --udp, each read of stdin (a line, from a terminal; at most 32 KiB) is a datagram, and every "
    "datagram that\n"
    "comes is printed. Datagrams have no end: it ends when stdin has and nothing has come for a second "
    "(-w).\n"
    "\n"
    "Exit codes: 0 both sides ended, 1 failure, 2 usage, 3 no such host, 4 no connection, 5 timed out, 6 not "
    "trusted\n"
    "(TLS), 7 broken off by the peer, 130 interrupted by a signal. When nobody reads stdout any more, it "
    "ends by\n"
    "SIGPIPE, like any filter. With --exec: the program's, or 128 and the signal that killed it.";

constexpr io::duration connect_limit = std::chrono::seconds(30), check_limit = std::chrono::seconds(3);

struct connect_command : talk_options {
  net::tls_client_options tls_options;
  std::string fingerprint;  // 64 hexadecimal digits
  reach_options way;
  std::string port;    // when it is an argument of its own
  bool check = false;  // -z
  int result = success;
};

/// What -z was given as one, "HOST:PORTS", as two.
void split_address(std::string& host, std::string& ports) {
  if (host.starts_with("unix:")) throw complaint(usage, "-z checks ports, and unix: has none");
  if (ports.empty()) {
    const std::size_t colon = host.rfind(':');
    if (colon == host.npos || host.find(']', colon) != host.npos)
      throw complaint(usage, "-z wants ports to check: parlance connect -z HOST 22,http,8000-8080");
    ports = host.substr(colon + 1);
    host.erase(colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
}

/// The digits of a fingerprint as people copy it: with colons or without, in either case.
std::string digits_of(std::string_view text) {
  std::string digits;
  for (const char c : text)
    if (c != ':') digits += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return digits;
}

void check_fingerprint(const net::stream& peer, const connect_command& command) {
  const std::string shown = peer.tls()->peer_fingerprint();
  if (command.fingerprint.empty() || digits_of(shown) == command.fingerprint) return;
  throw complaint(
      not_trusted,
      fmt::format("TLS with {}: its certificate has the fingerprint {}, not the one given; somebody "
                  "else may answer there",
                  name_of(peer), shown));
}

std::string told(const net::connect_times& times) {
  std::string text = fmt::format("name {}, connection {}", in_words(times.resolved),
                                 in_words(times.connected - times.resolved));
  if (times.secured != io::duration::zero()) text += ", TLS " + in_words(times.secured - times.connected);
  return text;
}

io::task<void> connect_stream(connect_command& command) {
  std::shared_ptr<net::tls_context> context;
  if (command.tls) context = make_context([&] { return net::tls_context::client(command.tls_options); });
  net::connect_times times;
  const io::duration limit = command.wait == io::unlimited ? connect_limit : command.wait;
  net::connect_options how = apply(command.way);
  how.context = context;
  how.timeout = std::min(limit, command.deadline);
  how.times = &times;
  if (command.tracer) how.observer = command.tracer->observer();
  net::stream peer = co_await reach(command.address, how, command.way.retry, [&](std::string_view why) {
    command.say(fmt::format("{}; trying again", why));
  });
  command.detail(fmt::format("connected to {} ({})", name_of(peer), told(times)));
  if (peer.tls()) {
    if (command.tracer) command.tracer->secured(peer);
    command.detail(described(*peer.tls()));
    check_fingerprint(peer, command);
  }
  command.result = co_await talk(peer, command);
}

io::task<void> check(connect_command& command) {
  port_check asked{.host = command.address,
                   .ports = {},
                   .how = apply(command.way),
                   .verbose = command.verbose,
                   .quiet = command.quiet};
  if (command.tracer) asked.how.observer = command.tracer->observer();
  asked.ports = ports_of(command.port, "tcp");
  if (command.tls)
    asked.how.context = make_context([&] { return net::tls_context::client(command.tls_options); });
  asked.how.timeout = command.wait == io::unlimited ? check_limit : command.wait;
  if (!co_await all_answer(std::move(asked))) command.result = no_connection;
}

io::task<void> connect_datagrams(connect_command& command) {
  net::datagram_socket socket = co_await net::connect_datagram(command.address);
  command.detail(fmt::format("from {} to {}", socket.local().to_string(), socket.remote().to_string()));
  co_await talk_to_one(socket, command);
}

io::task<void> begin(connect_command& command) {
  const char* const protocol = command.udp ? "udp" : "tcp";
  if (command.check) {
    split_address(command.address, command.port);
    return check(command);
  }
  command.address = command.port.empty() ? with_port_number(command.address, protocol)
                                         : joined(command.address, command.port, protocol);
  return command.udp ? connect_datagrams(command) : connect_stream(command);
}

void add_tls_options(CLI::App& verb, connect_command& command) {
  net::tls_client_options& options = command.tls_options;
  CLI::Option* tls = verb.add_flag("--tls", command.tls, "Speak TLS");
  CLI::Option* ca =
      verb.add_option("--ca", options.ca_file, "Authorities to trust instead of the system's (PEM)")
          ->type_name("FILE")
          ->needs(tls);
  CLI::Option* cert =
      verb.add_option("--cert", options.certificate.cert_file, "A certificate to show, and its chain (PEM)")
          ->type_name("FILE")
          ->needs(tls);
  verb.add_option("--key", options.certificate.key_file, "Its key (PEM; default: in the same file)")
      ->type_name("FILE")
      ->needs(cert);
  verb.add_option("--server-name", options.server_name, "The name to ask for and to check (default: HOST)")
      ->type_name("NAME")
      ->needs(tls);
  verb.add_option("--alpn", options.alpn, "Protocols to offer by ALPN, the dearest first")
      ->type_name("NAME,...")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->needs(tls);
  CLI::Option* insecure =
      verb.add_flag("--insecure", options.insecure_accept_any_certificate,
                    "Take any certificate: anybody in between can read and change everything")
          ->needs(tls)
          ->excludes(ca);
  const auto pin = [&command](const std::string& text) {
    command.fingerprint = digits_of(text);
    const bool hexadecimal =
        std::ranges::all_of(command.fingerprint, [](unsigned char c) { return std::isxdigit(c); });
    if (command.fingerprint.size() != 64 || !hexadecimal)
      throw CLI::ValidationError("--fingerprint", "wants 64 hexadecimal digits, with or without colons");
    command.tls_options.insecure_accept_any_certificate = true;
  };
  verb.add_option_function<std::string>(
          "--fingerprint", pin,
          "Take the certificate with this SHA-256 fingerprint and no other, whatever its\n"
          "name and whoever signed it (parlance listen --tls tells its own)")
      ->type_name("SHA256")
      ->needs(tls)
      ->excludes(ca)
      ->excludes(insecure);
}

}  // namespace

void add_connect(CLI::App& program, int& result) {
  const auto command = std::make_shared<connect_command>();
  command->verb = "connect";
  CLI::App* verb = program.add_subcommand("connect", about);
  verb->footer(more);
  verb->add_option("ADDR", command->address, "Whom to call")->required();
  verb->add_option("PORT", command->port, "The port, when ADDR has none; with -z: PORTS");
  add_tls_options(*verb, *command);
  verb->add_flag("--udp", command->udp, "Datagrams")->excludes("--tls");
  verb->add_flag("--end-with-peer", command->end_with_peer,
                 "End when the peer has ended its side, even though stdin has not")
      ->excludes("--udp");
  verb->add_flag("-z,--zero", command->check, "Tell which of the PORTS answer, and say nothing there")
      ->excludes("--udp")
      ->excludes("--end-with-peer");
  add_reach_options(*verb, command->way);
  add_talk_options(
      *verb, *command,
      "Give up (exit code 5) when connecting, TLS included, takes longer (default: 30), or when, after\n"
      "that, nothing comes or goes for so long (default: no limit). With --udp: how long to listen\n"
      "after the end of stdin (default: 1)");
  verb->callback([command, &result] {
    result = run(*command, [&] { return begin(*command); }, [] { return interrupted; });
    if (result == success) result = command->result;
  });
}

}  // namespace parlance::cli
