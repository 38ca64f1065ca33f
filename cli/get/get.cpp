#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <parlance/http/base/grammar.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/version.hpp>
#include <parlance/io/wait.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/option_kinds.hpp>
#include <cli/base/read_file.hpp>
#include <cli/base/standard_streams.hpp>
#include <cli/base/verb.hpp>
#include <cli/get/curl_options.hpp>
#include <cli/get/curl_words.hpp>
#include <cli/get/jobs.hpp>
#include <cli/get/options.hpp>
#include <cli/get/output.hpp>
#include <cli/get/reports.hpp>
#include <cli/get/write_out.hpp>
#include <cli/talk/talk.hpp>
#include <cli/trace/trace.hpp>

namespace parlance::cli {
namespace {

constexpr const char* about =
    "Fetches URLs over HTTP and HTTPS; what they hold goes to stdout.\n"
    "\n"
    "Redirects are followed (never from https to http), compression is taken off, and a body that is "
    "shorter\n"
    "than announced is a failure.\n";

constexpr const char* more =
    "A URL without a scheme means http: localhost:8080/page; the first may be :8080/page. A name and a\n"
    "password in it are sent as Basic authorization, also after a redirect to the same origin, and never\n"
    "to another; nor is a field whose name says that it is secret, as X-Api-Key.\n"
    "\n"
    "Words behind the first URL say what is sent: name=text and name:=JSON make an object of JSON (or a\n"
    "form, with --form), name@FILE a file of a form, name==text a part of the query, and Name:value a\n"
    "field; Name: leaves a field out, Name; sends it empty. =@, :=@, ==@ and :@ take the value from a\n"
    "file. In JSON, a[b]=, a[]= and a[0]= reach into objects and lists. A backslash takes its meaning\n"
    "from a mark: a\\=b=c. What begins with http:// or https://, or has none of these marks, is another\n"
    "URL, as is HOST:PORT where HOST is localhost, has a dot or stands in brackets. What could be either\n"
    "is refused.\n"
    "\n"
    "Several URLs are fetched at once, and none waits for another. On stdout, each body comes out\n"
    "whole, the one that is complete first first; until then it is kept in a file without a name in\n"
    "TMPDIR (/tmp). Each -o goes with a URL, in order; what is without one goes to stdout. On a\n"
    "terminal, text is shown by its charset, with control characters made harmless, and what is no text\n"
    "is refused.\n"
    "\n"
    "In a URL, {a,b} stands for each of these, and [1-10], [01-10], [a-z] or [0-100:10] for each of those;\n"
    "#1 in its -o is what the first of them stands for. A name that the server proposes (-J) is a name in\n"
    "the folder: no path, no hidden file, and never one that is there already.\n"
    "\n"
    "FILE appears when it is whole, and not at all on failure. What was there is replaced then; its\n"
    "mode and its owner stay, and a symbolic link is followed. What cannot be replaced (a mount point,\n"
    "a file of several names, of an owner that cannot be kept, or in a folder that cannot be written)\n"
    "is overwritten when the body is whole. A device or a named pipe gets the body as it comes.\n"
    "\n"
    "With --connections, a file of 2 MiB or more comes in parts over so many connections at once, if its\n"
    "server gives ranges of it and proves by a strong ETag or Last-Modified that they are of one file;\n"
    "otherwise over one, as ever. A connection that fails leaves its part to the others. With -C -, all\n"
    "that came of each part is kept.\n"
    "\n"
    "With -C -, what has come of FILE stays in FILE.part when the download ends, and what it is of in\n"
    "FILE.part.json; the next one asks for the rest if it is still the same by a strong ETag or a strong\n"
    "Last-Modified, and for all of it otherwise. A FILE that is as long as what the server has is whole, if\n"
    "it has the --sha256 that is given.\n"
    "\n"
    "What holds for every request stands in get.toml (--config), in TOML: its keys are the long names of\n"
    "options (timeout = 30), and the command line goes before it. What is one origin's alone (header, user,\n"
    "bearer, digest) stands under [sites.\"https://api.example.com\"] and is sent to nobody else. A file "
    "that\n"
    "others may write, or may read though it has a password, a token or a site's fields, is refused.\n"
    "\n"
    "Exit codes: 0 every body is whole, 1 failure, 2 usage, 3 no such host, 4 no connection, 5 timed\n"
    "out, 6 not trusted (TLS), 7 broken off (reset, or shorter than announced), 8 a status of 400 or\n"
    "above (--fail, -C), 130 interrupted by a signal. Of several URLs, the code of the first in the order\n"
    "given that failed. When nobody reads stdout any more, it ends by SIGPIPE, like any filter.";

constexpr std::array verbs = {
    request_verb{"get", "", about},
    request_verb{"post", "POST", "Sends what stands behind the URL with POST; what comes goes to stdout.\n"},
    request_verb{"put", "PUT", "Sends what stands behind the URL with PUT; what comes goes to stdout.\n"},
    request_verb{"patch", "PATCH",
                 "Sends what stands behind the URL with PATCH; what comes goes to stdout.\n"},
    request_verb{"delete", "DELETE", "Asks for DELETE; what comes goes to stdout.\n"},
    request_verb{"head", "HEAD", "Asks for the heads of URLs alone, and prints them.\n"},
};

// --- the command line

void settle_request(get_command& command) {
  described_request made = make_request(command.parts);
  command.request = std::move(made.request);
  command.query = std::move(made.query);
  command.once = made.once;
  command.body_text = std::move(made.json);
  const http::request& request = command.request;
  http::field_list& usual = command.limits.usual.all;
  const auto add_default = [&](const char* name, const char* value) {
    if (!usual.contains(name)) usual.append(name, value);
  };
  command.request.request_target = command.request_target;
  add_default("User-Agent", "parlance/" PARLANCE_VERSION);
  if (made.sends_json) add_default("Accept", "application/json, */*;q=0.5");
  if (request.method == "HEAD" && command.parts.head_only) command.include = true;
}

/// What is too slow, and who sends nothing at all.
void settle_speed(get_command& command) {
  if (command.slowest_for > io::duration::zero()) command.too_slow_for = command.slowest_for;
  const bool is_said = command.slowest || command.slowest_for > io::duration::zero();
  if (is_said) command.too_slow = command.slowest.value_or(1);
  if (command.too_slow == 0) return;
  http::client_options& limits = command.limits;
  limits.stall_timeout = std::min(limits.stall_timeout, command.too_slow_for);
  limits.first_byte_timeout = std::min(limits.first_byte_timeout, command.too_slow_for);
}

// --- the work

/// All jobs, at most so many at once. Gives the exit code.
class crowd {
 public:
  crowd(const get_command& command, std::vector<get_job> jobs)
      : command_(command),
        jobs_(std::move(jobs)),
        codes_(jobs_.size(), success),
        reports_(command, shared_.stdout_turn) {
    shared_.alone = jobs_.size() == 1;
  }

  io::task<void> run() {
    http::client client(limits());
    std::optional<progress> meter;
    io::scope workers, drawing;
    if (shows_progress()) {
      shared_.meter = &meter.emplace(jobs_.size());
      drawing.spawn(meter->draw());
    }
    for (std::size_t i = 0; i < std::min(jobs_.size(), command_.parallel); ++i) workers.spawn(work(client));
    co_await workers.join();
    drawing.cancel();
    meter.reset();
    co_await reports_.finish();
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
    const std::size_t most = std::min(jobs_.size(), command_.parallel) * command_.connections;
    all.connections = {
        .per_route = most, .in_all = most, .waiting = most, .idle = jobs_.size() > 1 || most > 1 ? most : 0};
    return all;
  }

  io::task<void> work(http::client& client) {
    while (next_ < jobs_.size()) {
      const std::size_t mine = next_++;
      co_await wait_for_turn();
      transfer_record record{
          .asked = jobs_[mine].target, .method = command_.request.method, .number = mine + 1};
      report failed{success, {}};
      record.began = std::chrono::system_clock::now();
      const io::time_point since = io::loop::current().now();
      try {
        if (command_.offline)
          co_await print_offline(jobs_[mine]);
        else
          co_await transfer(client, command_, jobs_[mine], shared_, record);
      } catch (const stdout_closed&) {
        throw;
      } catch (const std::exception&) {
        if (io::context::current().cancelled()) throw;
        failed = describe_failure(command_.verb);
      }
      co_await end_transcript(failed);
      record.took = io::loop::current().now() - since;
      record.exit_code = codes_[mine] = failed.code;
      if (failed.code != success && command_.fails_early) next_ = jobs_.size();
      record.error = failed.line;
      if (!failed.line.empty()) co_await tell_without_blocking(std::move(failed.line));
      co_await reports_.add(record);
    }
  }

  /// What is still to be written there of a transfer.
  io::task<void> end_transcript(report& ended) {
    if (!command_.told) co_return;
    if (!ended.line.empty()) command_.told->note(ended.line);
    try {
      co_await command_.told->flush();
    } catch (const complaint&) {
      if (ended.code == success) ended = describe_failure(command_.verb);
    }
  }

  /// --rate.
  io::task<void> wait_for_turn() {
    if (command_.period == io::duration::zero()) co_return;
    const io::time_point when = std::max(not_before_, io::loop::current().now());
    not_before_ = when + command_.period;
    if (when > io::loop::current().now()) co_await io::sleep_until(when);
  }

  /// Where it disturbs neither who looks at bodies nor who looks at heads.
  bool shows_progress() const {
    const bool prints = std::ranges::any_of(jobs_, [](const get_job& job) { return job.output.empty(); });
    // What one sends is shown until its answer comes.
    const bool disturbs =
        prints && ::isatty(STDOUT_FILENO) && (!shared_.alone || command_.request.body.empty());
    return ::isatty(STDERR_FILENO) && !disturbs && !command_.quiet && !command_.verbose &&
           !command_.no_progress && !command_.offline;
  }

  io::task<void> print_offline(const get_job& job) {
    const io::mutex::guard turn = co_await shared_.stdout_turn.lock();
    co_await print_request(command_, job);
  }

  const get_command& command_;
  const std::vector<get_job> jobs_;
  std::vector<int> codes_;
  std::size_t next_ = 0;
  io::time_point not_before_{};  // the next
  get_shared shared_;
  reporter reports_;
};

int get(CLI::App& verb, get_command& command) {
  try {
    apply_configuration(verb, command);
    move_stderr(command.stderr_file);
    settle_speed(command);
    settle(command.policies.who, command.limits.tls);
    const std::vector<typed_url> urls = take_urls(command);
    settle_request(command);
    add_conditions(command);
    if (command.write_out.starts_with('@')) command.write_out = read_file(command.write_out.substr(1));
    check_write_out(command.write_out);
    std::vector<get_job> jobs = make_jobs(command, urls);
    if (command.as_curl) {
      for (const get_job& job : jobs) fmt::print("{}\n", as_curl(command, job));
      return std::fflush(stdout) == 0 ? success : failure;
    }
    http::client_options& limits = command.limits;
    limits.tls = http::with_versions(std::move(limits.tls), limits.versions);
    begin(command.policies, command, jobs);
    for (const get_job& job : jobs)
      if (command.only_https && !job.target.secure())
        throw complaint(usage,
                        fmt::format("{}: is not asked by https, as --proto wants it", shown(job.target)));
    // Made once for all, and before anything is sent when it cannot be made.
    const bool secure = std::ranges::any_of(jobs, [](const get_job& job) { return job.target.secure(); });
    if (secure || !limits.tls.ca_file.empty() || !limits.tls.certificate.empty())
      limits.tls_context = make_context([&] { return net::tls_context::client(limits.tls); });
    talk_options how;
    if (!command.trace_path.empty()) {
      how.tracer = command.tracer = std::make_shared<trace>(
          command.trace_path, fmt::format("{} {}", command.verb, shown(jobs.front().target)));
      limits.dial.observer = how.tracer->observer();
    }
    if (!command.transcript_to.path.empty())
      command.told = std::make_shared<transcript>(command.transcript_to, command.tells_time);
    crowd all(command, std::move(jobs));
    how.verb = command.verb;
    const int code = run(how, [&] { return all.run(); }, [] { return interrupted; });
    finish(command.policies, command);
    return code != success ? code : all.code();
  } catch (...) {
    return report_failure(command.verb);
  }
}

}  // namespace

void add_get(CLI::App& program, int& result) {
  for (const request_verb& which : verbs) {
    const auto command = std::make_shared<get_command>();
    CLI::App* verb = program.add_subcommand(which.name, which.about);
    verb->footer(more);
    // Most of them are not asked for, and their options are many.
    verb->preparse_callback(
        [verb, &which, command](std::size_t) { add_get_options(*verb, which, *command); });
    verb->callback([verb, command, &result] {
      // A ring costs more to make than one small GET waits, and with few connections it gains nothing (bench/client.sh).
      ::setenv("PARLANCE_BACKEND", "epoll", 0);
      result = get(*verb, *command);
    });
  }
}

}  // namespace parlance::cli
