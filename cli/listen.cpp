#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/net/datagram.hpp>
#include <parlance/net/listener.hpp>
#include <parlance/net/tls.hpp>

#include "talk.hpp"
#include "verb.hpp"

namespace parlance::cli {
namespace {

constexpr const char* about =
    "Waits for one caller; then stdin goes to it, and what it says goes to stdout.\n"
    "\n"
    "The end of stdin ends our side only, and the program ends when both sides have ended.\n";

constexpr const char* more =
    "ADDR is :PORT (every interface, IPv4 and IPv6), HOST:PORT, [IPv6]:PORT or unix:/PATH (unix:@NAME: "
    "abstract).\n"
    "Port 0 takes any free one. Where it listens is told on stderr.\n"
    "\n"
    "With --keep, each caller has stdin for as long as it is there, and what is typed while nobody is waits "
    "for the\n"
    "next. A caller that has ended its side is sent what stdin has at that moment, and let go. Once stdin "
    "has ended,\n"
    "each caller is told at once that nothing will come, and heard to its end.\n"
    "\n"
    "With --udp, every datagram is printed as it comes, and each read of stdin (a line, from a terminal; at "
    "most\n"
    "32 KiB) goes to whoever sent last. Datagrams have no end: it goes on until -w, --deadline or a signal.\n"
    "\n"
    "With --tls and no --cert, a key and a certificate for localhost are made on the spot, and its "
    "fingerprint is told\n"
    "on stderr: parlance connect --tls --fingerprint takes it.\n"
    "\n"
    "Exit codes: 0 both sides ended (or a signal came while --keep or --udp had nobody), 1 failure, 2 "
    "usage,\n"
    "4 cannot listen there, 5 timed out, 6 TLS failed, 7 broken off by the caller, 130 interrupted by a "
    "signal.\n"
    "With --keep, a caller's failure is told on stderr and the next is served. When nobody reads stdout any "
    "more, it\n"
    "ends by SIGPIPE, like any filter.";

struct listen_command : talk_options {
  net::tls_certificate certificate;
  net::tls_server_options tls_options{.tickets = false};
  bool keep = false;
  bool somebody = false;  // is being served
};

/// What goes wrong, or takes longer, is told with --quiet, too.
void warn(std::string_view what) { fmt::print(stderr, "parlance listen: {}\n", what); }

io::task<void> serve(net::stream caller, listen_command& command,
                     const std::shared_ptr<net::tls_context>& context) {
  const std::string name = name_of(caller);
  command.detail(name + " has called");
  if (context) {
    caller = co_await net::tls_accept(std::move(caller), context,
                                      std::min<io::duration>(command.wait, std::chrono::seconds(15)));
    command.detail(fmt::format("{}: {}", name, described(*caller.tls())));
  }
  co_await talk(caller, command);
}

/// The same, with what goes wrong told and done with, but for what ends the program.
io::task<void> serve_and_go_on(net::stream caller, listen_command& command,
                               const std::shared_ptr<net::tls_context>& context) {
  try {
    co_await serve(std::move(caller), command, context);
  } catch (const stdout_closed&) {
    throw;
  } catch (const std::exception&) {
    if (io::context::current().cancelled()) throw;
    report_failure(command.verb);
  }
}

io::task<void> listen_for_streams(listen_command& command) {
  if (!command.certificate.empty()) command.tls_options.certificates = {command.certificate};
  std::shared_ptr<net::tls_context> context;
  if (command.tls) context = make_context([&] { return net::tls_context::server(command.tls_options); });
  net::listener listener =
      co_await net::listen(command.address, {.patience = patience_at(command.address), .on_pause = warn});
  std::string where;
  for (const net::endpoint& at : listener.locals()) where += (where.empty() ? "" : " and ") + at.to_string();
  command.say("listening on " + where);
  if (context) command.say("the certificate's SHA-256 fingerprint is " + context->fingerprint());
  do {
    net::stream caller = co_await listener.accept();
    command.somebody = true;
    // Nobody else will be served, so nobody else need wait.
    if (!command.keep) listener.close();
    co_await (command.keep ? serve_and_go_on(std::move(caller), command, context)
                           : serve(std::move(caller), command, context));
    command.somebody = false;
  } while (command.keep);
}

io::task<void> listen_for_datagrams(listen_command& command) {
  net::datagram_socket socket =
      co_await net::bind_datagram(command.address, patience_at(command.address), warn);
  command.say("listening on " + socket.local().to_string());
  co_await talk_to_all(socket, command);
}

}  // namespace

void add_listen(CLI::App& program, int& result) {
  const auto command = std::make_shared<listen_command>();
  command->verb = "listen";
  command->address = ":8000";
  CLI::App* verb = program.add_subcommand("listen", about);
  verb->footer(more);
  verb->add_option("ADDR", command->address, "Where to listen")->capture_default_str();
  CLI::Option* tls = verb->add_flag("--tls", command->tls, "Speak TLS");
  CLI::Option* cert = verb->add_option("--cert", command->certificate.cert_file,
                                       "The certificate to show, and its chain (PEM)")
                          ->type_name("FILE")
                          ->needs(tls);
  verb->add_option("--key", command->certificate.key_file, "Its key (PEM; default: in the same file)")
      ->type_name("FILE")
      ->needs(cert);
  verb->add_option("--alpn", command->tls_options.alpn, "Protocols to agree on by ALPN, the dearest first")
      ->type_name("NAME,...")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->needs(tls);
  CLI::Option* keep = verb->add_flag("-k,--keep", command->keep, "Serve the next caller after one ends");
  verb->add_flag("--udp", command->udp, "Datagrams")->excludes(tls)->excludes(keep);
  add_talk_options(
      *verb, *command,
      "Give up on a caller (exit code 5) when nothing comes or goes for so long, TLS handshake\n"
      "included; waiting for one to call has no limit but --deadline. With --udp: end (exit code 0)\n"
      "when nothing came or went for so long since the first datagram. Default: no limit, but 15\n"
      "for the handshake");
  verb->callback([command, &result] {
    if (command->keep) command->end_with_peer = true;
    result = run(
        *command,
        [&] { return command->udp ? listen_for_datagrams(*command) : listen_for_streams(*command); },
        [&] { return command->udp || (command->keep && !command->somebody) ? success : interrupted; });
  });
}

}  // namespace parlance::cli
