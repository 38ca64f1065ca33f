#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/semaphore.hpp>
#include <parlance/net/datagram.hpp>
#include <parlance/net/listener.hpp>
#include <parlance/net/tls.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/option_kinds.hpp>
#include <cli/base/peer.hpp>
#include <cli/base/standard_streams.hpp>
#include <cli/base/verb.hpp>
#include <cli/talk/caller_filter.hpp>
#include <cli/talk/crowd.hpp>
#include <cli/talk/service_names.hpp>
#include <cli/talk/talk.hpp>
#include <cli/trace/trace.hpp>

namespace parlance::cli {
namespace {

constexpr const char* about =
    "Waits for one caller; then stdin goes to it, and what it says goes to stdout.\n"
    "\n"
    "The end of stdin ends our side only, and the program ends when both sides have ended.\n";

constexpr const char* more =
    "ADDR is :PORT (every interface, IPv4 and IPv6), HOST:PORT, [IPv6]:PORT or unix:/PATH (unix:@NAME: "
    "abstract).\n"
    "PORT is a number or a service's name (/etc/services); 0 takes any free one. Where it listens is told on "
    "stderr.\n"
    "\n"
    "With --keep, each caller has stdin for as long as it is there, and what is typed while nobody is waits "
    "for the\n"
    "next. A caller that has ended its side is sent what stdin has at that moment, and let go. Once stdin "
    "has ended,\n"
    "each caller is told at once that nothing will come, and heard to its end.\n"
    "\n"
    "With --many, all callers are served at once: what stdin says goes to each, and what they say to stdout. "
    "With\n"
    "--broker, what one says goes to all the others, and not to stdout. One that takes nothing while others "
    "wait\n"
    "for it is cut off after 2 seconds. With --keep or --many, --exec runs the program once for each.\n"
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
    "signal;\n"
    "with --exec the program's, or 128 and the signal that killed it.\n"
    "With --keep, a caller's failure is told on stderr and the next is served. When nobody reads stdout any "
    "more, it\n"
    "ends by SIGPIPE, like any filter.";

struct listen_command : talk_options {
  net::tls_certificate certificate;
  net::tls_server_options tls_options{.tickets = false};
  bool keep = false;
  bool many = false, broker = false;
  std::size_t max_callers = 100;
  caller_filter who;
  int family = AF_UNSPEC;
  std::size_t served = 0;  // just now
  int result = success;
};

/// What goes wrong, or takes longer, is told with --quiet, too.
void warn(std::string_view what) { fmt::print(stderr, "parlance listen: {}\n", what); }

/// With `others`, if there are any.
io::task<void> serve(net::stream caller, listen_command& command,
                     const std::shared_ptr<net::tls_context>& context, crowd* others) {
  if (command.tracer) caller = command.tracer->accepted(std::move(caller));
  const std::string name = name_of(caller);
  command.detail(name + " has called");
  if (context) {
    caller = co_await net::tls_accept(std::move(caller), context,
                                      std::min<io::duration>(command.wait, std::chrono::seconds(15)));
    command.detail(fmt::format("{}: {}", name, described(*caller.tls())));
    if (command.tracer) command.tracer->secured(caller);
  }
  if (others) co_return co_await others->serve(caller);
  command.result = co_await talk(caller, command);
  if (command.keep && command.result != success)
    command.detail(fmt::format("{}: the program ended with {}", name, command.result));
}

/// The same, with what goes wrong told and done with, but for what ends the program.
io::task<void> serve_and_go_on(net::stream caller, listen_command& command,
                               const std::shared_ptr<net::tls_context>& context, crowd* others) {
  try {
    co_await serve(std::move(caller), command, context, others);
  } catch (const stdout_closed&) {
    throw;
  } catch (const std::exception&) {
    if (io::context::current().cancelled()) throw;
    report_failure(command.verb);
  }
}

/// The next whom --allow and --deny admit.
io::task<net::stream> next_caller(net::listener& listener, const listen_command& command) {
  for (;;) {
    net::stream caller = co_await listener.accept();
    if (command.who.admits(caller.remote())) co_return caller;
    command.detail(name_of(caller) + " may not call");
  }
}

/// One after the other, and no more than one without --keep.
io::task<void> serve_in_turn(net::listener& listener, listen_command& command,
                             const std::shared_ptr<net::tls_context>& context) {
  do {
    net::stream caller = co_await next_caller(listener, command);
    ++command.served;
    // Nobody else will be served, so nobody else need wait.
    if (!command.keep) listener.close();
    co_await (command.keep ? serve_and_go_on(std::move(caller), command, context, nullptr)
                           : serve(std::move(caller), command, context, nullptr));
    --command.served;
  } while (command.keep);
}

/// As many at once as may be; others wait to be accepted.
io::task<void> serve_at_once(net::listener& listener, listen_command& command,
                             const std::shared_ptr<net::tls_context>& context) {
  crowd together(command, command.broker);
  io::semaphore places(command.max_callers);
  io::scope all;
  crowd* const with = command.command.empty() ? &together : nullptr;
  if (with) all.spawn(together.say());
  const auto one = [&, with](net::stream& caller, io::semaphore::guard&) -> io::task<void> {
    ++command.served;
    co_await serve_and_go_on(std::move(caller), command, context, with);
    --command.served;
  };
  all.spawn([&]() -> io::task<void> {
    for (;;) {
      io::semaphore::guard place = co_await places.acquire();
      all.spawn(one, co_await next_caller(listener, command), std::move(place));
    }
  });
  co_await all.join();
}

/// Where to listen, for the one family that was asked for.
std::string address_of(const listen_command& command, net::listen_options& options) {
  const std::string address = with_port_number(command.address, command.udp ? "udp" : "tcp");
  if (command.family == AF_UNSPEC) return address;
  if (!address.starts_with(':'))
    throw complaint(
        usage,
        fmt::format("{}: -4 and -6 are for :PORT, every interface; HOST is of its own family", address));
  if (command.family == AF_INET) return "0.0.0.0" + address;
  options.socket.hook = [](int descriptor) {
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  };
  return "[::]" + address;
}

io::task<void> listen_for_streams(listen_command& command) {
  if (!command.certificate.empty()) command.tls_options.certificates = {command.certificate};
  std::shared_ptr<net::tls_context> context;
  if (command.tls) context = make_context([&] { return net::tls_context::server(command.tls_options); });
  net::listen_options options{.patience = patience_at(command.address), .on_pause = warn};
  const std::string address = address_of(command, options);
  net::listener listener = co_await net::listen(address, std::move(options));
  std::string where;
  for (const net::endpoint& at : listener.locals()) where += (where.empty() ? "" : " and ") + at.to_string();
  command.say("listening on " + where);
  if (command.tracer) command.tracer->listening(listener.locals());
  if (context) command.say("the certificate's SHA-256 fingerprint is " + context->fingerprint());
  const bool runs = !command.command.empty();
  if (command.many || command.broker || (command.keep && runs))
    co_await serve_at_once(listener, command, context);
  else
    co_await serve_in_turn(listener, command, context);
}

io::task<void> listen_for_datagrams(listen_command& command) {
  net::listen_options options;
  net::datagram_socket socket =
      co_await net::bind_datagram(address_of(command, options), patience_at(command.address), warn);
  command.say("listening on " + socket.local().to_string());
  co_await talk_to_all(socket, command, [&](const net::endpoint& from) { return command.who.admits(from); });
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
  CLI::Option* udp = verb->add_flag("--udp", command->udp, "Datagrams")->excludes(tls)->excludes(keep);
  CLI::Option* many = verb->add_flag("--many", command->many, "Serve callers at once")->excludes(udp);
  verb->add_flag("--broker", command->broker, "Serve callers at once, and tell each what the others say")
      ->excludes(udp)
      ->excludes(many);
  verb->add_option("--max-callers", command->max_callers,
                   "Most callers at once; more wait (default: 100; for --many, --broker and --keep --exec)")
      ->type_name("NUMBER")
      ->check(CLI::Range(1, 100000))
      ->excludes(udp);
  command->who.add_options(*verb);
  CLI::Option* v4 = verb->add_flag_callback(
      "-4,--ipv4", [command] { command->family = AF_INET; }, "Every IPv4 interface only, for :PORT");
  verb->add_flag_callback(
          "-6,--ipv6", [command] { command->family = AF_INET6; }, "Every IPv6 interface only, for :PORT")
      ->excludes(v4)
      ->excludes(udp);
  add_talk_options(
      *verb, *command,
      "Give up on a caller (exit code 5) when nothing comes or goes for so long, TLS handshake\n"
      "included; waiting for one to call has no limit but --deadline. With --udp: end (exit code 0)\n"
      "when nothing came or went for so long since the first datagram. Default: no limit, but 15\n"
      "for the handshake");
  verb->callback([command, &result] {
    if (command->many || command->broker) command->keep = true;
    if (command->keep) command->end_with_peer = true;
    result = run(
        *command,
        [&] {
          command->who.prepare();
          if (command->broker && !command->command.empty())
            throw complaint(usage, "with --broker callers talk with each other; take --many for --exec");
          return command->udp ? listen_for_datagrams(*command) : listen_for_streams(*command);
        },
        [&] { return command->udp || (command->keep && command->served == 0) ? success : interrupted; });
    if (result == success && !command->keep) result = command->result;
  });
}

}  // namespace parlance::cli
