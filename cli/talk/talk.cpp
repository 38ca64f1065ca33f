#include <fmt/core.h>

#include <cmath>
#include <csignal>

#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/signals.hpp>
#include <parlance/io/wait.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/amounts.hpp>
#include <cli/base/option_kinds.hpp>
#include <cli/base/shell_words.hpp>
#include <cli/base/standard_streams.hpp>
#include <cli/base/verb.hpp>
#include <cli/talk/hex_dump.hpp>
#include <cli/talk/talk.hpp>
#include <cli/trace/option.hpp>

namespace parlance::cli {
namespace {

/// What datagrams do without.
void add_stream_options(CLI::App& verb, talk_options& options) {
  CLI::Option* exec =
      verb.add_option("-e,--exec", options.exec,
                      "Run this program with the conversation as its stdin and stdout, instead of\n"
                      "ours; no shell looks at it. The exit code is its own, unless the\n"
                      "connection has failed before")
          ->type_name("COMMAND")
          ->excludes("--udp");
  CLI::Option* shell = verb.add_option("-c,--sh-exec", options.sh_exec, "The same, by /bin/sh")
                           ->type_name("COMMAND")
                           ->excludes("--udp")
                           ->excludes(exec);
  add_trace(verb, options.trace_path)->excludes("--udp");
  verb.add_flag("-C,--crlf", options.crlf, "Lines that we send end with CR LF; what comes stays as it is")
      ->excludes("--udp");
  verb.add_flag("--raw", options.raw,
                "Keys of the terminal go at once and unseen, Ctrl-C too; Ctrl-] ends it")
      ->excludes("--udp")
      ->excludes(exec)
      ->excludes(shell);
  verb.add_option("--hex", options.hex_path,
                  "Write down what comes and goes, in hexadecimal, with times; '-': on stderr")
      ->type_name("FILE")
      ->excludes("--udp");
}

/// What was said, as it is used. Throws complaint.
void prepare(talk_options& options) {
  if (!options.exec.empty()) options.command = shell_words(options.exec);
  if (!options.sh_exec.empty()) options.command = {"/bin/sh", "-c", options.sh_exec};
  if (!options.hex_path.empty()) options.hex = std::make_shared<hex_dump>(options.hex_path);
  if (!options.trace_path.empty())
    options.tracer = std::make_shared<trace>(options.trace_path, options.verb + " " + options.address);
}

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

void add_talk_options(CLI::App& verb, talk_options& options, const std::string& wait_help) {
  add_seconds(verb, "-w,--wait", options.wait, wait_help);
  add_seconds(verb, "--deadline", options.deadline, "Give up when it is not all done after so long");
  CLI::Option* quiet = verb.add_flag("-q,--quiet", options.quiet, "Nothing on stderr but what went wrong");
  verb.add_flag("-v,--verbose", options.verbose,
                "Tell on stderr who it is, what TLS agreed on, how it ended, bytes and rates")
      ->excludes(quiet);
  add_stream_options(verb, options);
}

int run(talk_options& options, const std::function<io::task<void>()>& work,
        const std::function<int()>& when_interrupted) {
  bool interrupted = false, is_read = true;
  int code = success;
  try {
    prepare(options);
    io::signals stop{SIGHUP, SIGINT, SIGTERM};
    io::wait(supervise(options, work, stop, interrupted));
  } catch (const stdout_closed&) {
    is_read = false;
  } catch (...) {
    code = interrupted ? when_interrupted() : report_failure(options.verb);
  }
  try {
    if (options.tracer) options.tracer->finish();
  } catch (...) {
    const int failed = report_failure(options.verb);
    if (code == success) code = failed;
  }
  if (is_read) return code;
  std::signal(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
  return failure;
}

}  // namespace parlance::cli
