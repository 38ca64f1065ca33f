// The command line of `parlance get`, `post`, `put`, `patch`, `delete` and `head`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cli/get/configuration.hpp>
#include <cli/get/policies.hpp>
#include <cli/get/request_parts.hpp>
#include <cli/get/transcript.hpp>
#include <cli/get/transfer.hpp>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace parlance::cli {

/// One of the verbs that make a request.
struct request_verb {
  const char* name;
  /// What it always sends; empty: what the options say.
  const char* method;
  const char* about;
};

/// What was asked for.
struct get_command : get_options {
  request_parts parts;
  /// The first URL, and what stands behind it: items of the request, and further URLs.
  std::vector<std::string> words;
  /// --url: before those.
  std::vector<std::string> more_urls;
  /// -o, in the order of the URLs.
  std::vector<std::string> outputs;
  /// Before each of them that is no whole path.
  std::string output_folder;
  /// -O: those that are left are named by their URLs, and with -J by their servers.
  bool remote_name = false;
  bool header_name = false;
  /// --download: both, where they can be.
  bool download = false;
  /// A file with further URLs; empty: none.
  std::string urls_file;
  /// --etag-compare: a file with an ETag that is known, and -z: a date, or a file with it; empty: none.
  std::string known_etag_file, known_date;
  /// --sha256, in the order of the URLs.
  std::vector<std::string> digests;
  /// URLs are as they are.
  bool no_patterns = false;
  /// --proto =https: others are refused.
  bool only_https = false;
  /// --path-as-is, --proto-default https, --disallow-username-in-url.
  bool keeps_dots = false, means_https = false, refuses_login_in_url = false;
  /// --request-target; empty: as the URL has it.
  std::string request_target;
  /// --stderr; empty: it stays.
  std::string stderr_file;
  /// -y and -Y, as they were said.
  std::optional<std::uint64_t> slowest;
  io::duration slowest_for{};
  /// --rate: from one URL to the next; and --fail-early: none after one that failed.
  io::duration period{};
  bool fails_early = false;
  /// The JSON of items, and whether a command of curl is printed instead of sending it.
  std::string body_text;
  bool as_curl = false;
  /// --trace-ascii, --trace-hex.
  transcript_options transcript_to;
  /// Nothing tells how far it is.
  bool no_progress = false;
  std::size_t parallel = 50;
  get_policies policies;
  configuration_file configuration;
};

/// Adds the options of a verb. `command` must outlive the parsing.
void add_get_options(CLI::App& verb, const request_verb& which, get_command& command);

/// Those of them that say what is done with what comes.
void add_result_options(CLI::App& verb, get_command& command);

/// "=https" is false, "=http,https" true, as `option` has it. Throws CLI::ValidationError.
bool allows_http(const char* option, std::string_view list);

/// An option that may be given several times, and is told each time, so that the order with others stays.
CLI::Option* add_each(CLI::App& verb, const std::string& names, std::function<void(const std::string&)> take,
                      const std::string& help, const std::string& type);

}  // namespace parlance::cli
