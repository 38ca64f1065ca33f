// What `parlance get` does with what comes: where it goes, how it is fetched, and what is shown.
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <string_view>

#include <parlance/http/base/grammar.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/option_kinds.hpp>
#include <cli/get/options.hpp>
#include <cli/trace/option.hpp>

namespace parlance::cli {
namespace {

void add_output_options(CLI::App& verb, get_command& command) {
  constexpr const char* group = "Output";
  verb.add_option("-o,--output", command.outputs,
                  "Where the body goes, instead of stdout (-); the first for the first URL, and so on")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->group(group)
      ->configurable(false);
  verb.add_flag("-O,--remote-name,--remote-name-all", command.remote_name,
                "What is without an -o goes to a file with the last name in its URL")
      ->group(group);
  verb.add_flag("-J,--remote-header-name", command.header_name,
                "With -O: or the name that the server proposes, unless there is such a file already")
      ->group(group);
  verb.add_option("--output-dir", command.output_folder, "The folder for the files of -o and -O")
      ->type_name("FOLDER")
      ->group(group);
  verb.add_flag("--download", command.download,
                "As HTTPie has it: -O, and -J where -C does not need the name before")
      ->group(group);
  verb.add_flag("--create-dirs", command.create_folders, "Make the folders that are missing for a file")
      ->group(group);
  verb.add_flag("-i,--include", command.include, "Print the head of the response before its body")
      ->group(group);
  verb.add_flag("-f,--fail", command.fail,
                "A status of 400 or above is a failure (exit code 8), and its body is dropped")
      ->group(group);
  verb.add_flag("--fail-with-body,--check-status", command.fail_late, "The same, and its body is written")
      ->group(group);
  add_each(
      verb, "-D,--dump-header", [&](const std::string& path) { command.head_file = path; },
      "Keep the head of the response in a file, or print it (-), wherever the body goes", "FILE|-")
      ->group(group)
      ->configurable(false);
  verb.add_flag_callback(
          "--no-decode", [&command] { command.limits.decode = false; },
          "Ask for no compression, and pass the body as it comes")
      ->group(group);
  CLI::Option* quiet =
      verb.add_flag("-q,-s,--quiet,--silent", command.quiet, "Nothing on stderr but what went wrong")
          ->group(group);
  verb.add_flag("-v,--verbose", command.verbose,
                "Tell on stderr what is sent (>), what comes (<), and how long the name, the TCP handshake, "
                "TLS,\nthe first byte and the body took (*)")
      ->excludes(quiet)
      ->group(group);
  verb.add_flag("-L,--location", command.shows_redirects,
                "Redirects are followed anyway; the heads of them are shown (-i, -I) and kept (-D), too")
      ->group(group);
  for (const char* as_ever : {"--compressed", "-S,--show-error", "-N,--no-buffer", "-#,--progress-bar", "-Z",
                              "--basic", "--tlsv1.2", "--retry-connrefused"})
    verb.add_flag_callback(as_ever, [] {}, "Taken for curl's sake: it is so anyway")->group(group);
  for (const char* as_ever : {"--follow", "--ignore-stdin"})
    verb.add_flag_callback(as_ever, [] {}, "Taken for HTTPie's sake: it is so anyway")->group(group);
}

/// "500", "100k", "1.5M": bytes, in units of 1024 as curl has them.
std::uint64_t parse_size(const std::string& name, const std::string& text) {
  std::size_t used = 0;
  double number = -1;
  try {
    number = std::stod(text, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  constexpr std::string_view units = "kmgt";
  const std::string unit = http::lower(text.substr(used));
  const std::size_t power = unit.size() == 1 ? units.find(unit[0]) + 1 : 0;
  const double size = number * std::pow(1024.0, static_cast<double>(power));
  constexpr double most = 1e18;
  if (used == 0 || !(size >= 1 && size < most) || unit.size() > 1 || (unit.size() == 1 && power == 0))
    throw CLI::ValidationError(name, "wants a number of bytes, as in 100k or 1.5M");
  return static_cast<std::uint64_t>(size);
}

void add_download_options(CLI::App& verb, get_command& command) {
  constexpr const char* group = "Download";
  const auto go_on = [&](const std::string& from) {
    if (from != "-") throw CLI::ValidationError("-C", "wants -; a part alone is asked for with -r");
    command.resume = true;
  };
  add_each(verb, "-C,--continue-at", go_on,
           "-C -: go on with a download that ended, if the server proves that it still has the same file",
           "-")
      ->group(group)
      ->configurable(false);
  verb.add_flag("--continue", command.resume, "The same as -C -")->group(group)->configurable(false);
  verb.add_option("--connections", command.connections,
                  "Fetch the parts of each file (-o, -O) over so many connections at once (aria2: -x)")
      ->check(CLI::Range(1U, 16U))
      ->type_name("1..16")
      ->capture_default_str()
      ->group(group);
  verb.add_option(
          "--retry", command.retry.times,
          "How often to try again: a name that was not found, a connection that failed or broke off, and "
          "the\n"
          "statuses 408, 429, 500, 502, 503 and 504 (after Retry-After, at most 10 minutes), if sending\n"
          "again does no harm; a download goes on where it was. -t is for each try")
      ->type_name("TIMES")
      ->group(group);
  verb.add_option_function<double>(
          "--retry-delay",
          [&](double seconds) {
            command.retry.delay.reset();
            if (seconds != 0) parse_seconds("--retry-delay", seconds, command.retry.delay.emplace());
          },
          "Wait so long before each (default, and 0: 1, doubled each time up to 60, less by chance)")
      ->type_name("SECONDS")
      ->group(group);
  add_seconds(verb, "--retry-max-time", command.retry.within,
              "Try again only as long as this after the first try (default: no limit)")
      ->group(group);
  verb.add_flag(
          "--retry-all-errors", command.retry.all_errors,
          "Try again whatever went wrong, with -f after any status of 400 or above, too, and also what\n"
          "may be done twice by that (POST)")
      ->group(group);
  add_each(
      verb, "--limit-rate", [&](const std::string& text) { command.rate = parse_size("--limit-rate", text); },
      "At most so many bytes a second for each URL, both ways", "BYTES[k|M|G]")
      ->group(group);
  add_each(
      verb, "--max-filesize",
      [&](const std::string& text) { command.max_size = parse_size("--max-filesize", text); },
      "A longer body is a failure", "BYTES[k|M|G]")
      ->group(group);
  verb.add_option("--sha256", command.digests,
                  "What the body must have; otherwise nothing of it is written. The first for the first URL, "
                  "and so on")
      ->type_name("HEX")
      ->allow_extra_args(false)
      ->group(group)
      ->configurable(false);
  verb.add_option("--etag-save", command.etag_file, "Keep the ETag of what came in this file")
      ->type_name("FILE")
      ->group(group)
      ->configurable(false);
  verb.add_option("--etag-compare", command.known_etag_file,
                  "Fetch it only if its ETag is another than the one in this file, if there is one")
      ->type_name("FILE")
      ->group(group)
      ->configurable(false);
  verb.add_option(
          "-z,--time-cond", command.known_date,
          "Fetch it only if it is newer than this date, or than this file; with - before it, if older")
      ->type_name("DATE|FILE")
      ->group(group)
      ->configurable(false);
  verb.add_flag("-R,--remote-time", command.keep_time, "Date files as the server dates what is in them")
      ->group(group);
}

pretty_style stdout_pretty(const std::string& how) {
  if (how == "all") return {.indents = true, .colours = true};
  if (how == "colors") return {.colours = true};
  if (how == "format") return {.indents = true};
  if (how == "none") return {};
  if (how != "auto") throw CLI::ValidationError("--pretty", "wants all, colors, format or none");
  if (!::isatty(STDOUT_FILENO)) return {};
  const auto is_set = [](const char* name) {
    const char* const value = std::getenv(name);
    return value && *value;
  };
  const char* const terminal = std::getenv("TERM");
  const bool dumb = terminal && std::string_view(terminal) == "dumb";
  return {.indents = true, .colours = !dumb && !is_set("NO_COLOR")};
}

void set_shown(const std::string& what, get_command& command) {
  if (what.find_first_not_of("HBhb") != what.npos)
    throw CLI::ValidationError("--print", "wants some of the letters H, B, h and b");
  command.show_request_head = what.contains('H');
  command.show_request_body = what.contains('B');
  command.include = what.contains('h');
  command.show_body = what.contains('b');
}

void add_show_options(CLI::App& verb, get_command& command) {
  constexpr const char* group = "Show";
  verb.add_option(
          "-w,--write-out", command.write_out,
          "Print this after each body; %{NAME} is a variable of curl's: http_code, time_total, "
          "size_download,\nurl_effective, num_redirects, content_type, remote_ip, json, ...; %header{NAME} a "
          "field")
      ->type_name("FORMAT|@FILE")
      ->group(group);
  command.pretty = stdout_pretty("auto");
  add_each(
      verb, "--pretty", [&](const std::string& how) { command.pretty = stdout_pretty(how); },
      "How JSON and heads are shown: indented (format), in colour (colors), both (all) or as they come\n"
      "(none); otherwise all on a terminal, without colours if NO_COLOR is set, and none elsewhere",
      "all|colors|format|none")
      ->group(group);
  add_each(
      verb, "--print", [&](const std::string& what) { set_shown(what, command); },
      "What is shown: the request's head (H) and body (B), the answer's head (h) and body (b); otherwise b",
      "HBhb")
      ->group(group);
  verb.add_flag_callback(
          "--headers", [&] { set_shown("h", command); }, "The same as --print h")
      ->group(group);
  verb.add_flag_callback("--body", [&] { set_shown("b", command); }, "The same as --print b")->group(group);
  verb.add_flag(
          "--no-progress-meter", command.no_progress,
          "Do not tell on a terminal (stderr) how far transfers are, how fast, and how long they will take")
      ->group(group);
  verb.add_flag("--offline", command.offline, "Print the request and its body, and send nothing")
      ->group(group)
      ->configurable(false);
  verb.add_flag("--timing", command.timing,
                "Tell on stderr where the time went, with a bar for each redirect")
      ->group(group);
  add_trace(verb, command.trace_path)->group(group)->configurable(false);
  const auto add_transcript = [&](const char* name, transcript_options::form how, const char* help) {
    add_each(
        verb, name, [&command, how](const std::string& path) { command.transcript_to = {path, how}; }, help,
        "FILE|-|%")
        ->group(group)
        ->configurable(false);
  };
  add_transcript(
      "--trace-ascii", transcript_options::form::ascii,
      "Write what is sent and what comes, bodies and passwords, too, as curl does, to a file, stdout\n"
      "(-) or stderr (%)");
  add_transcript("--trace-hex", transcript_options::form::hex,
                 "The same with each byte as a number: curl's --trace FILE, which is taken for this behind\n"
                 "--from-curl, in -K, and where FILE is -, % or begins with / or .");
  verb.add_flag("--trace-time", command.tells_time,
                "With the time of day before each entry of these, and before each line of -v")
      ->group(group);
  verb.add_option("--json-report", command.json_report,
                  "Write what there is to know of each URL to a file or stdout (-), as a line of JSON")
      ->type_name("FILE|-")
      ->group(group)
      ->configurable(false);
  verb.add_option(
          "--har", command.har,
          "Write an archive of requests and answers without bodies and passwords, as browsers read it")
      ->type_name("FILE|-")
      ->group(group)
      ->configurable(false);
}

}  // namespace

void add_result_options(CLI::App& verb, get_command& command) {
  add_apart(verb, [&] { add_output_options(verb, command); });
  add_apart(verb, [&] { add_download_options(verb, command); });
  add_apart(verb, [&] { add_show_options(verb, command); });
}

}  // namespace parlance::cli
