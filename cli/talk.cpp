#include "talk.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <csignal>

#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/signals.hpp>
#include <parlance/io/wait.hpp>

#include "verb.hpp"

namespace parlance::cli {
namespace {

io::task<void> supervise(const talk_options& options, const std::function<io::task<void>()>& work,
                         io::signals& stop, bool& interrupted) {
  io::context limits;
  limits.set_deadline(io::after(io::loop::current().now(), options.deadline));
  io::scope watch;
  watch.spawn([&]() -> io::task<void> {
    co_await stop.next();
    interrupted = true;
    limits.cancel();
  });
  bool late = false;
  try {
    co_await io::run_in(limits, work());
  } catch (const io::error& e) {
    late = limits.cancelled() == io::errc::timed_out && e.code() == io::errc::timed_out;
    if (!late) throw;
  }
  if (late)
    throw complaint(timed_out,
                    fmt::format("{} {}: not done by the deadline of {}; allow more with --deadline",
                                options.verb, options.address, in_words(options.deadline)));
}

}  // namespace

void talk_options::say(std::string_view line) const {
  if (!quiet) fmt::print(stderr, "parlance {}: {}\n", verb, line);
}

void talk_options::detail(std::string_view line) const {
  if (verbose) say(line);
}

void add_seconds(CLI::App& verb, const std::string& name, io::duration& into, const std::string& help) {
  constexpr double longest = 1e9;
  const auto set = [&into, name](double seconds) {
    if (!(seconds > 0)) throw CLI::ValidationError(name, "wants seconds, more than 0");
    into = seconds < longest ? std::chrono::round<io::duration>(std::chrono::duration<double>(seconds))
                             : io::unlimited;
  };
  verb.add_option_function<double>(name, set, help)->type_name("SECONDS");
}

void add_talk_options(CLI::App& verb, talk_options& options, const std::string& wait_help) {
  add_seconds(verb, "-w,--wait", options.wait, wait_help);
  add_seconds(verb, "--deadline", options.deadline, "Give up when it is not all done after so long");
  CLI::Option* quiet = verb.add_flag("-q,--quiet", options.quiet, "Nothing on stderr but what went wrong");
  verb.add_flag("-v,--verbose", options.verbose,
                "Tell on stderr who it is, what TLS agreed on, how it ended, bytes and rates")
      ->excludes(quiet);
}

int run(const talk_options& options, const std::function<io::task<void>()>& work,
        const std::function<int()>& when_interrupted) {
  bool interrupted = false;
  try {
    io::signals stop{SIGHUP, SIGINT, SIGTERM};
    io::wait(supervise(options, work, stop, interrupted));
    return success;
  } catch (const stdout_closed&) {
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
    return failure;
  } catch (...) {
    return interrupted ? when_interrupted() : report_failure(options.verb);
  }
}

io::task<void> printer::print(std::string_view text) {
  try {
    co_await out_.write(text);
  } catch (const io::error& e) {
    if (e.code() == std::errc::broken_pipe) throw stdout_closed{};
    if (e.code().category() != std::system_category()) throw;
    throw io::error(e.code(), "write to stdout");
  }
}

io::task<void> tell(std::string line) {
  try {
    io::output out(STDERR_FILENO);
    co_await io::timeout(std::chrono::seconds(1), out.write(line += '\n'));
  } catch (const io::error&) {  // nobody can be told
  }
}

std::string name_of(const net::stream& peer) {
  const net::endpoint remote = peer.remote();
  return (remote.family() == AF_UNIX && remote.path().empty() ? peer.local() : remote).to_string();
}

std::string described(const net::tls_session& session) {
  std::string text = fmt::format("{}, {}", session.version(), session.cipher());
  if (const std::string protocol = session.alpn(); !protocol.empty()) text += ", ALPN " + protocol;
  const std::string fingerprint = session.peer_fingerprint();
  return text + (fingerprint.empty() ? ", no certificate shown" : ", certificate SHA-256 " + fingerprint);
}

std::shared_ptr<net::tls_context> make_context(
    const std::function<std::shared_ptr<net::tls_context>()>& make) {
  try {
    return make();
  } catch (const io::error& e) {
    throw complaint(usage, fmt::format("{}; check the file and its format", e.what()));
  }
}

std::string in_words(io::duration length) {
  const double seconds = std::chrono::duration<double>(length).count();
  if (seconds < 0.1) return fmt::format("{:.3g} ms", seconds * 1000);
  return seconds < 1000 ? fmt::format("{:.3g} s", seconds) : fmt::format("{:.0f} s", seconds);
}

std::string in_words(std::uint64_t number, std::string_view unit) {
  return fmt::format("{} {}{}", number, unit, number == 1 ? "" : "s");
}

std::string rate(std::uint64_t bytes, io::duration length) {
  const double seconds = std::max(std::chrono::duration<double>(length).count(), 1e-6);
  double per_second = static_cast<double>(bytes) / seconds;
  for (const char* unit : {"B/s", "kB/s", "MB/s"}) {
    if (per_second < 1000) return fmt::format("{:.3g} {}", per_second, unit);
    per_second /= 1000;
  }
  return fmt::format("{:.3g} GB/s", per_second);
}

tally::tally() : since(io::loop::current().now()) {}

std::string tally::with_rates() const {
  const io::duration length = io::loop::current().now() - since;
  const auto one = [&](std::uint64_t bytes) {
    return in_words(bytes, "byte") + (bytes != 0 ? fmt::format(" ({})", rate(bytes, length)) : "");
  };
  return fmt::format("sent {}, received {} in {}", one(sent), one(received), in_words(length));
}

std::string tally::so_far() const {
  return fmt::format("after {}, {} sent and {} received", in_words(io::loop::current().now() - since),
                     in_words(sent, "byte"), received);
}

}  // namespace parlance::cli
