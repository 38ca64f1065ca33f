#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <parlance/http/grammar.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/scope.hpp>

#include "get_transfer.hpp"
#include "talk.hpp"
#include "verb.hpp"

namespace parlance::cli {
namespace {

constexpr const char* about =
    "Fetches URLs over HTTP and HTTPS; what they hold goes to stdout.\n"
    "\n"
    "Redirects are followed (never from https to http), compression is taken off, and a body that is "
    "shorter\n"
    "than announced is a failure.\n";

constexpr const char* more =
    "A URL without a scheme means http: localhost:8080/page. A name and a password in it are sent as\n"
    "Basic authorization, also after a redirect to the same origin, and never to another.\n"
    "\n"
    "Several URLs are fetched at once, and none waits for another. On stdout, each body comes out\n"
    "whole, the one that is complete first first; until then it is kept in a file without a name in\n"
    "TMPDIR (/tmp). Each -o goes with a URL, in order; what is without one goes to stdout. On a\n"
    "terminal, text is shown by its charset, with control characters made harmless, and what is no text\n"
    "is refused.\n"
    "\n"
    "FILE appears when it is whole, and not at all on failure. What was there is replaced then; its\n"
    "mode and its owner stay, and a symbolic link is followed. What cannot be replaced (a mount point,\n"
    "a file of several names, of an owner that cannot be kept, or in a folder that cannot be written)\n"
    "is overwritten when the body is whole. A device or a named pipe gets the body as it comes.\n"
    "\n"
    "Exit codes: 0 every body is whole, 1 failure, 2 usage, 3 no such host, 4 no connection, 5 timed\n"
    "out, 6 not trusted (TLS), 7 broken off (reset, or shorter than announced), 8 a status of 400 or\n"
    "above (--fail), 130 interrupted by a signal. Of several URLs, the code of the first in the order\n"
    "given that failed. When nobody reads stdout any more, it ends by SIGPIPE, like any filter.";

struct get_command : get_options {
  std::vector<std::string> urls, outputs;
  std::string data;
  bool has_data = false;
  bool head_only = false;
  std::size_t parallel = 50;
};

// --- the command line

void add_field(http::field_list& fields, const std::string& line) {
  const std::size_t colon = line.find(':');
  if (colon == line.npos || !fields.try_append(line.substr(0, colon), line.substr(colon + 1)))
    throw CLI::ValidationError("--header", "wants 'Name: value', not " + http::in_quotes(line));
}

/// What -d names: itself, or the bytes of a file or of stdin.
std::string read_data(const std::string& given) {
  if (!given.starts_with('@')) return given;
  constexpr std::size_t most = std::size_t{1} << 30;
  const std::string path = given.substr(1);
  const std::string doing = path == "-" ? "read stdin" : "read " + path;
  const int descriptor = path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const std::unique_ptr<const int, void (*)(const int*)> closed(&descriptor,
                                                                [](const int* d) { ::close(*d); });
  std::string data;
  for (ssize_t got = 1; got != 0;) {
    constexpr std::size_t step = 64 * 1024;
    const std::size_t size = data.size();
    data.resize(size + step);
    got = ::read(descriptor, data.data() + size, step);
    if (got < 0) throw complaint(usage, fmt::format("{}: {}", doing, io::reason(io::from_errno(errno))));
    data.resize(size + static_cast<std::size_t>(got));
    if (data.size() > most) throw complaint(usage, doing + ": more than 1 GiB, the most that is sent");
  }
  return data;
}

void settle_request(get_command& command) {
  http::request& request = command.request;
  if (command.has_data) {
    request.body = read_data(command.data);
    if (!request.fields.contains("Content-Type"))
      request.fields.append("Content-Type", "application/x-www-form-urlencoded");
  }
  if (request.method.empty()) request.method = command.has_data ? "POST" : command.head_only ? "HEAD" : "GET";
  if (!http::is_token(request.method))
    throw complaint(usage, "a METHOD is letters, as in POST, not " + http::in_quotes(request.method));
  if (!request.fields.contains("User-Agent"))
    request.fields.append("User-Agent", "parlance/" PARLANCE_VERSION);
  if (command.head_only) command.include = true;
}

std::vector<get_job> make_jobs(const get_command& command) {
  if (command.outputs.size() > command.urls.size())
    throw complaint(usage, "there are more -o than URLs; each goes with one, in order");
  std::vector<get_job> jobs;
  for (const std::string& text : command.urls) {
    auto target = http::url::parse_typed(text);
    if (!target) throw complaint(usage, fmt::format("{}: {}", http::url_in_quotes(text), target.error()));
    get_job& job = jobs.emplace_back(*std::move(target));
    const std::size_t index = jobs.size() - 1;
    if (command.urls.size() > 1) job.label = fmt::format("[{}] ", index + 1);
    if (index >= command.outputs.size() || command.outputs[index] == "-") continue;
    job.output = command.outputs[index];
    if (std::ranges::count(command.outputs, job.output) > 1 && !job.output.starts_with("/dev/"))
      throw complaint(usage, fmt::format("{} is named by two -o", http::in_quotes(job.output)));
  }
  const bool prints = std::ranges::any_of(jobs, [](const get_job& job) { return job.output.empty(); });
  if (prints && stdout_was_closed)
    throw complaint(failure, "write to stdout: it is closed; open it, or give a FILE to -o");
  return jobs;
}

// --- the work

/// All jobs, at most so many at once. Gives the exit code.
class crowd {
 public:
  crowd(const get_command& command, std::vector<get_job> jobs)
      : command_(command), jobs_(std::move(jobs)), codes_(jobs_.size(), success) {}

  io::task<void> run() {
    http::client client(limits());
    io::scope workers;
    for (std::size_t i = 0; i < std::min(jobs_.size(), command_.parallel); ++i) workers.spawn(work(client));
    co_await workers.join();
  }

  int code() const {
    const auto failed = std::ranges::find_if(codes_, [](int code) { return code != success; });
    return failed == codes_.end() ? int{success} : *failed;
  }

 private:
  /// Nobody waits for a connection of another's, also where the rest of a redirect is read beside it. One that
  /// nobody will use again is not kept.
  http::client_options limits() const {
    http::client_options all = command_.limits;
    const std::size_t most = std::min(jobs_.size(), command_.parallel);
    all.connections = {
        .per_route = most, .in_all = most, .waiting = most, .idle = jobs_.size() > 1 ? most : 0};
    return all;
  }

  io::task<void> work(http::client& client) {
    while (next_ < jobs_.size()) {
      const std::size_t mine = next_++;
      report failed{success, {}};
      try {
        co_await transfer(client, command_, jobs_[mine], jobs_.size() > 1 ? &one_at_a_time_ : nullptr);
      } catch (const stdout_closed&) {
        throw;
      } catch (const std::exception&) {
        if (io::context::current().cancelled()) throw;
        failed = describe_failure("get");
      }
      codes_[mine] = failed.code;
      if (!failed.line.empty()) co_await tell(std::move(failed.line));
    }
  }

  const get_command& command_;
  const std::vector<get_job> jobs_;
  std::vector<int> codes_;
  std::size_t next_ = 0;
  io::mutex one_at_a_time_;
};

int get(get_command& command) {
  try {
    settle_request(command);
    std::vector<get_job> jobs = make_jobs(command);
    http::client_options& limits = command.limits;
    limits.tls.alpn = {"http/1.1"};
    // Made once for all, and before anything is sent when it cannot be made.
    const bool secure = std::ranges::any_of(jobs, [](const get_job& job) { return job.target.secure(); });
    if (secure || !limits.tls.ca_file.empty())
      limits.tls_context = make_context([&] { return net::tls_context::client(limits.tls); });
    crowd all(command, std::move(jobs));
    talk_options how;
    how.verb = "get";
    const int code = run(how, [&] { return all.run(); }, [] { return interrupted; });
    return code != success ? code : all.code();
  } catch (...) {
    return report_failure("get");
  }
}

void add_request_options(CLI::App& verb, get_command& command) {
  verb.add_option("URL", command.urls, "What to fetch")->type_name("")->required();
  verb.add_option("-X,--method", command.request.method, "GET, or POST with -d, unless it is said")
      ->type_name("METHOD");
  verb.add_option_function<std::vector<std::string>>(
          "-H,--header",
          [&command](const std::vector<std::string>& lines) {
            for (const std::string& line : lines) add_field(command.request.fields, line);
          },
          "A field of the request's head; may be given several times")
      ->type_name("'Name: value'")
      ->allow_extra_args(false);
  CLI::Option* data = verb.add_option_function<std::string>(
                              "-d,--data",
                              [&command](const std::string& text) {
                                command.data = text;
                                command.has_data = true;
                              },
                              "Send this, or what is in a file, or stdin (@-), as the body. It is "
                              "application/x-www-form-urlencoded\nunless -H says otherwise")
                          ->type_name("DATA|@FILE|@-");
  verb.add_flag("-I,--head", command.head_only, "Ask for the head alone, and print it")->excludes(data);
}

void add_output_options(CLI::App& verb, get_command& command) {
  verb.add_option("-o,--output", command.outputs,
                  "Where the body goes, instead of stdout (-); the first for the first URL, and so on")
      ->type_name("FILE")
      ->allow_extra_args(false);
  verb.add_flag("-i,--include", command.include, "Print the head of the response before its body");
  verb.add_flag("-f,--fail", command.fail,
                "A status of 400 or above is a failure (exit code 8), and its body is dropped");
  verb.add_flag_callback(
      "--no-decode", [&command] { command.limits.decode = false; },
      "Ask for no compression, and pass the body as it comes");
  CLI::Option* quiet = verb.add_flag("-q,--quiet", command.quiet, "Nothing on stderr but what went wrong");
  verb.add_flag("-v,--verbose", command.verbose,
                "Tell on stderr what is sent (>), what comes (<), and how long the name, the TCP handshake, "
                "TLS,\nthe first byte and the body took (*)")
      ->excludes(quiet);
}

void add_limits(CLI::App& verb, get_command& command) {
  http::client_options& limits = command.limits;
  add_seconds(verb, "-t,--timeout", limits.timeout,
              "For each URL, redirects, writing and all (default: no limit)");
  add_seconds(verb, "--connect-timeout", limits.connect_timeout,
              "For the name, the connection and the TLS handshake (default: 30)");
  add_seconds(verb, "--first-byte", limits.first_byte_timeout,
              "How long an answer may take to begin (default: 300)");
  add_seconds(verb, "--stall", limits.stall_timeout,
              "The longest that nothing more may come, or be taken (default: 60)");
  verb.add_option("--max-redirects", limits.max_redirects,
                  "How many redirects are followed; 0: a redirect is printed like any answer")
      ->check(CLI::Range(0U, http::max_redirects))
      ->type_name("0..20")
      ->capture_default_str();
  verb.add_option("--parallel", command.parallel, "How many URLs are fetched at the same time")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000}))
      ->type_name("1..1000")
      ->capture_default_str();
}

void add_trust(CLI::App& verb, net::tls_client_options& tls) {
  CLI::Option* ca = verb.add_option("--ca", tls.ca_file, "Authorities to trust instead of the system's (PEM)")
                        ->type_name("FILE");
  verb.add_flag("--insecure", tls.insecure_accept_any_certificate,
                "Take any certificate: anybody in between can read and change everything")
      ->excludes(ca);
}

}  // namespace

void add_get(CLI::App& program, int& result) {
  const auto command = std::make_shared<get_command>();
  command->request.method.clear();
  CLI::App* verb = program.add_subcommand("get", about);
  verb->footer(more);
  add_request_options(*verb, *command);
  add_output_options(*verb, *command);
  add_limits(*verb, *command);
  add_trust(*verb, command->limits.tls);
  verb->callback([command, &result] { result = get(*command); });
}

}  // namespace parlance::cli
