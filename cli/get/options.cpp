#include <cstdint>
#include <string_view>

#include <parlance/http/base/grammar.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/option_kinds.hpp>
#include <cli/get/curl_options.hpp>
#include <cli/get/options.hpp>

namespace parlance::cli {

CLI::Option* add_each(CLI::App& verb, const std::string& names, std::function<void(const std::string&)> take,
                      const std::string& help, const std::string& type) {
  return verb.add_option_function<std::string>(names, std::move(take), help)
      ->type_name(type)
      ->allow_extra_args(false)
      ->take_last()
      ->trigger_on_parse();
}

bool allows_http(const char* option, std::string_view list) {
  bool http = true, https = true;
  while (auto one = http::next_element(list)) {
    const std::size_t name = one->find_first_not_of("=+-");
    const char how = name == 0 ? '+' : one->front();
    if (name == one->npos || name > 1) throw CLI::ValidationError(option, "wants =https, or =http,https");
    one->remove_prefix(name);
    if (how == '=') http = https = false;
    if (*one == "http" || *one == "all") http = how != '-';
    if (*one == "https" || *one == "all") https = how != '-';
  }
  if (!http && !https)
    throw CLI::ValidationError(option, "leaves nothing to speak; wants =https, or =http,https");
  return http;
}

namespace {

void add_request_options(CLI::App& verb, const request_verb& which, get_command& command) {
  request_parts& parts = command.parts;
  verb.add_option("URL", command.words,
                  "What to ask; behind it, what to send (name=value and the like), and further URLs")
      ->type_name("")
      ->configurable(false);
  add_each(
      verb, "-H,--header", [&](const std::string& line) { parts.headers.push_back(line); },
      "A field of the request's head; 'Name:' leaves out what is sent by itself, 'Name;' is empty;\n"
      "@FILE: each line of a file, or of stdin (@-)",
      "'Name: value'|@FILE")
      ->group("Request");
  const auto add_field = [&](const char* names, const char* field, const char* help, const char* type) {
    return add_each(
               verb, names,
               [&parts, field](const std::string& value) {
                 parts.headers.push_back(std::string(field) + ": " + value);
               },
               help, type)
        ->group("Request");
  };
  add_field("-A,--user-agent", "User-Agent", "Who asks; '' leaves it out", "NAME");
  add_field("-e,--referer", "Referer", "Where the link stood", "URL")->configurable(false);
  add_each(
      verb, "-r,--range", [&](const std::string& range) { parts.headers.push_back("Range: bytes=" + range); },
      "Only these bytes: 0-499, 500-, or -500 for the last ones", "FROM-TO")
      ->group("Request")
      ->configurable(false);
  add_each(
      verb, "--url", [&](const std::string& url) { command.more_urls.push_back(url); },
      "A URL, also where it looks like something else; before those without an option", "URL")
      ->group("Request")
      ->configurable(false);
  verb.add_option("--urls", command.urls_file,
                  "Further URLs, one a line, from a file or stdin (-); lines that begin with # are none")
      ->type_name("FILE|-")
      ->group("Request")
      ->configurable(false);
  // Taken before anything is parsed, as --from-curl and -K are, for they stand for other words.
  verb.add_flag_callback(
          "--next", [] {},
          "Ask for what stands behind it when this is done, with options of its own; cookies go on in a file "
          "(-b, -c)")
      ->group("Request")
      ->configurable(false);
  verb.add_flag("-g,--globoff", command.no_patterns, "{} and [] in a URL are as they are")->group("Request");
  verb.add_flag("--curl", command.as_curl,
                "Print the command of curl that does the same, with logins and all, and send nothing")
      ->group("Request")
      ->configurable(false);
  if (*which.method != '\0') return;
  verb.add_option_function<std::string>(
          "-K,--curl-config", [](const std::string&) {},
          "Options of curl, one a line, as it takes them from such a file; several are joined")
      ->type_name("FILE|-")
      ->group("Request")
      ->configurable(false);
  verb.add_option_function<std::string>(
          "--from-curl", [](const std::string&) {},
          "Do what this command of curl does, as a browser copies it; other options may stand beside it")
      ->type_name("'curl ...'")
      ->group("Request")
      ->configurable(false);
  verb.add_option("-X,--method,--request", parts.method, "GET, or what fits a body, unless it is said")
      ->type_name("METHOD")
      ->group("Request")
      ->configurable(false);
  verb.add_flag("-I,--head", parts.head_only, "Ask for the head alone, and print it")
      ->group("Request")
      ->configurable(false);
  verb.add_flag("-G,--get", parts.data_in_query, "What -d gives goes into the query instead")
      ->group("Request")
      ->configurable(false);
}

void add_body_options(CLI::App& verb, get_command& command) {
  constexpr const char* group = "Body";
  request_parts& parts = command.parts;
  const auto add = [&](const char* names, body_part::kind how, const char* help, const char* type) {
    add_each(
        verb, names, [&parts, how](const std::string& text) { parts.bodies.push_back({how, text}); }, help,
        type)
        ->group(group)
        ->configurable(false);
  };
  verb.add_flag("--json", parts.json, "Items become JSON, as they do anyway; -d is sent as JSON, too")
      ->group(group);
  CLI::Option* form = verb.add_flag_callback(
                              "--form", [&] { parts.how = items_as::form; },
                              "Items become a form (multipart where one is a file)")
                          ->group(group);
  verb.add_flag_callback(
          "--multipart", [&] { parts.how = items_as::multipart; },
          "Items become a multipart form in any case")
      ->excludes(form)
      ->group(group);
  add("-d,--data,--data-ascii", body_part::data,
      "Send this, or what is in a file, or stdin (@-), without its ends of lines. Several are joined by &.\n"
      "It is application/x-www-form-urlencoded unless -H or --json says otherwise",
      "DATA|@FILE|@-");
  add("--data-binary", body_part::data_binary, "The same, each byte as it is", "DATA|@FILE|@-");
  add("--data-raw", body_part::data_raw, "The same, also where it begins with @", "DATA");
  add("--data-urlencode", body_part::data_urlencode,
      "The same, percent-encoded: TEXT, NAME=TEXT, @FILE or NAME@FILE", "DATA");
  add("-F,--part", body_part::form,
      "A part of a multipart form: NAME=TEXT, NAME=@FILE (a file) or NAME=<FILE (the text in a file);\n"
      ";type=MEDIA/TYPE and ;filename=NAME may stand behind it",
      "PART");
  add("--form-string", body_part::form_string, "The same: NAME=TEXT, the text as it is", "PART");
  verb.add_option(
          "-T,--upload-file", parts.upload,
          "Send a file as it is read, or stdin (-) or a pipe as it comes; with PUT, unless another method is "
          "said")
      ->type_name("FILE|-")
      ->group(group)
      ->configurable(false);
}

void add_limits(CLI::App& verb, get_command& command) {
  constexpr const char* group = "Limits";
  http::client_options& limits = command.limits;
  const auto add = [&](const char* names, io::duration& into, const char* help) {
    add_seconds(verb, names, into, help)->group(group);
  };
  add("-t,-m,--timeout,--max-time", limits.timeout,
      "For each URL, redirects, writing and all (default: no limit)");
  add("--connect-timeout", limits.connect_timeout,
      "For the name, the connection and the TLS handshake (default: 30)");
  add("--first-byte", limits.first_byte_timeout, "How long an answer may take to begin (default: 300)");
  add("--stall", limits.stall_timeout, "The longest that nothing more may come, or be taken (default: 60)");
  verb.add_option_function<int>(
          "--max-redirects,--max-redirs",
          [&limits](int most) {
            const bool fits = most >= 0 && static_cast<unsigned>(most) < http::max_redirects;
            limits.max_redirects = fits ? static_cast<unsigned>(most) : http::max_redirects;
          },
          "How many redirects are followed, 20 at most; 0: a redirect is printed like any answer")
      ->type_name("N")
      ->default_str(std::to_string(http::max_redirects))
      ->group(group);
  add_each(
      verb, "--proto", [&](const std::string& list) { command.only_https = !allows_http("--proto", list); },
      "=https: ask by nothing else, and refuse a URL of http://", "=https")
      ->group(group);
  verb.add_option("--parallel,--parallel-max", command.parallel, "How many URLs are fetched at the same time")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000}))
      ->type_name("1..1000")
      ->capture_default_str()
      ->group(group);
}

}  // namespace

void add_get_options(CLI::App& verb, const request_verb& which, get_command& command) {
  command.verb = which.name;
  command.parts.method = which.method;
  command.parts.head_only = command.parts.method == "HEAD";
  add_apart(verb, [&] { add_request_options(verb, which, command); });
  add_apart(verb, [&] { add_body_options(verb, command); });
  add_result_options(verb, command);
  add_apart(verb, [&] { add_limits(verb, command); });
  add_apart(verb, [&] { add_configuration_options(verb, command.configuration); });
  add_policies(verb, command.policies, command);
  if (!curl_options_wait) add_apart(verb, [&] { add_curl_options(verb, command); });
}

}  // namespace parlance::cli
