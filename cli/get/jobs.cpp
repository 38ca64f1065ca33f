#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <parlance/http/base/date.hpp>
#include <parlance/http/base/grammar.hpp>

#include <cli/base/read_file.hpp>
#include <cli/base/verb.hpp>
#include <cli/get/file_names.hpp>
#include <cli/get/jobs.hpp>
#include <cli/get/url_list.hpp>
#include <cli/get/written_date.hpp>

namespace parlance::cli {
namespace {

std::string in_folder(const std::string& folder, const std::string& path) {
  return folder.empty() ? path : (std::filesystem::path(folder) / path).native();
}

/// Where a body goes by -o, -O and -J; empty: to stdout.
void choose_output(const get_command& command, const typed_url& from, get_job& job) {
  if (from.word < command.outputs.size()) {
    const std::string& given = command.outputs[from.word];
    if (given != "-") job.output = in_folder(command.output_folder, with_choices(given, from.choices));
    return;
  }
  if (!command.remote_name) return;
  const auto name = name_in_url(job.target);
  if (!name && !command.header_name)
    throw complaint(usage, fmt::format("{} has no name for a file at its end (-O); name one with -o",
                                       http::url_in_quotes(from.text)));
  job.output = in_folder(command.output_folder, name.value_or("index"));
  job.server_names = command.header_name;
}

/// The URL standard has none in an address.
std::string_view about_zone(std::string_view url) {
  const std::size_t open = url.find('['), zone = url.find('%', open), close = url.find(']', open);
  return zone < close && close != url.npos ? "; leave out its zone, and say it by --interface" : "";
}

const std::string& checked_digest(const std::string& given) {
  constexpr std::size_t digits = 64;
  if (given.size() == digits && given.find_first_not_of("0123456789abcdefABCDEF") == given.npos) return given;
  throw complaint(usage, "--sha256 wants 64 hexadecimal digits, not " + http::in_quotes(given));
}

/// What was meant for an option, and is no URL.
void check_word(const get_command& command, const std::string& word, bool wants_url) {
  if (word.starts_with('-'))
    throw complaint(usage, fmt::format("there is no option {}; a host of such a name is given as http://...",
                                       http::in_quotes(word)));
  // No host has such a name, and nobody is to be asked for what was to be sent.
  const std::size_t equals = word.find('=');
  if (wants_url && equals != word.npos && word.find_first_of("/?#:[{") > equals)
    throw complaint(usage, fmt::format("{} is no URL; what is sent stands behind one",
                                       http::in_quotes(word.substr(0, equals + 1) + "...")));
  constexpr std::array methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  if (std::ranges::find(methods, word) != methods.end())
    throw complaint(usage,
                    fmt::format("{} is a method, and no URL: parlance post URL, or -X {}", word, word));
  const bool is_json = word.starts_with("{\"") || word.starts_with("[{") || word.starts_with("{}");
  if (command.parts.json && (is_json || word.starts_with('@')))
    throw complaint(usage, "--json has no value; what is sent as JSON stands behind -d: --json -d '{...}'");
}

}  // namespace

std::vector<typed_url> take_urls(get_command& command) {
  if (command.download) {
    command.remote_name = true;
    command.header_name = command.header_name || !command.resume;
  }
  std::vector<typed_url> urls;
  std::size_t words = 0;
  const auto add = [&](const std::string& word) {
    const auto all = command.no_patterns ? std::vector{listed_url{word}} : expand(word);
    for (const listed_url& one : all) urls.push_back({one.text, one.choices, words});
    ++words;
  };
  for (const std::string& url : command.more_urls) add(url);
  for (const std::string& word : command.words) {
    const bool wants_url = words == 0 && command.urls_file.empty();
    check_word(command, word, wants_url);
    if (auto item = wants_url ? std::nullopt : parse_request_item(word))
      command.parts.items.push_back(*std::move(item));
    else
      add(word);
  }
  if (!command.urls_file.empty())
    for (std::string& line : urls_in(command.urls_file)) urls.push_back({std::move(line), {}, words++});
  if (urls.empty()) throw complaint(usage, "give a URL, or a file of them to --urls");
  if (urls.size() > most_urls)
    throw complaint(usage, fmt::format("these are more than {} URLs, the most at a time", most_urls));
  if (command.outputs.size() > words)
    throw complaint(usage, "there are more -o than URLs; each goes with one, in order");
  if (command.digests.size() > words)
    throw complaint(usage, "there are more --sha256 than URLs; each goes with one, in order");
  return urls;
}

void add_conditions(get_command& command) {
  http::field_list& fields = command.request.fields;
  std::error_code none;
  if (!command.known_etag_file.empty() && std::filesystem::exists(command.known_etag_file, none)) {
    const std::string kept = read_file(command.known_etag_file);
    const std::string_view tag = http::trim(std::string_view(kept).substr(0, kept.find_first_of("\r\n")));
    if (!tag.empty() && !fields.try_append("If-None-Match", tag))
      throw complaint(usage, "there is no ETag in " + command.known_etag_file);
  }
  if (command.known_date.empty()) return;
  const bool older = command.known_date.starts_with('-');
  const std::string given = command.known_date.substr(older ? 1 : 0);
  std::optional<std::time_t> when = parse_written_date(given);
  struct stat status{};
  if (!when && ::stat(given.c_str(), &status) == 0) when = status.st_mtime;
  // What is not there yet is older than anything.
  const bool means_date = given.find_first_not_of("0123456789-/+") == given.npos;
  if (!when && (means_date || given.find_first_of(" :,") != given.npos))
    throw complaint(usage,
                    fmt::format("-z wants a date, as in 2026-11-29 or 'Sun, 06 Nov 1994 08:49:37 GMT', or a "
                                "file, not {}",
                                http::in_quotes(given)));
  command.by_date = when.has_value();
  if (when) fields.append(older ? "If-Unmodified-Since" : "If-Modified-Since", http::format_date(*when));
}

std::vector<get_job> make_jobs(const get_command& command, const std::vector<typed_url>& urls) {
  if (command.once && urls.size() > 1)
    throw complaint(usage,
                    "stdin (-T -) or a pipe is sent once, so to one URL; keep it in a file for several");
  if (command.resume && command.shows_before())
    throw complaint(usage, "-C goes on with a file, which has no heads in it; leave out -i and --print");
  if (command.resume && command.header_name)
    throw complaint(usage,
                    "-C has to know the name of its file before the server proposes one; leave out -J");
  if (command.resume && command.keeps_there)
    throw complaint(usage, "-C goes on with what is there, and --no-clobber leaves it; leave out one");
  if (command.header_name && !command.remote_name)
    throw complaint(usage, "-J takes the name that the server proposes for the file of -O; add that");
  if (urls.size() > 1 && !(command.etag_file.empty() && command.known_etag_file.empty()))
    throw complaint(usage, "an ETag is of one URL; give --etag-save and --etag-compare with one alone");
  if (urls.size() > 1 && !command.head_file.empty() && command.head_file != "-")
    throw complaint(usage, "-D keeps the head of one URL; -D - prints each");
  std::set<std::string> named;
  std::vector<get_job> jobs;
  bool prints = false;
  for (const typed_url& from : urls) {
    // As HTTPie has it, :8080/page and :/page are of this machine.
    const auto target = http::url::parse_typed(
        (from.text.starts_with(':') ? "localhost" : "") + from.text,
        command.keeps_dots ? http::url::dots::kept : http::url::dots::resolved, command.means_https);
    if (!target)
      throw complaint(usage, fmt::format("{}: {}{}", http::url_in_quotes(from.text), target.error(),
                                         about_zone(from.text)));
    if (command.refuses_login_in_url && target->has_credentials())
      throw complaint(usage, fmt::format("{}: it has a name or a password in it, which "
                                         "--disallow-username-in-url refuses",
                                         http::url_in_quotes(from.text)));
    get_job& job = jobs.emplace_back(with_query(upload_target(*target, command.parts.upload), command.query));
    if (urls.size() > 1) job.label = fmt::format("[{}] ", jobs.size());
    choose_output(command, from, job);
    if (from.word < command.digests.size()) job.sha256 = checked_digest(command.digests[from.word]);
    prints = prints || job.output.empty();
    if (job.output.empty() || job.output.starts_with("/dev/") || job.server_names) continue;
    if (!named.insert(std::filesystem::path(job.output).lexically_normal()).second)
      throw complaint(usage, fmt::format("{} is where two bodies would go; give each its own -o",
                                         http::in_quotes(job.output)));
  }
  if (prints && command.resume)
    throw complaint(usage, "-C goes on with a file; name it with -o, or let the URL name it with -O");
  if ((prints || command.head_file == "-") && stdout_was_closed)
    throw complaint(failure, "write to stdout: it is closed; open it, or give a FILE to -o");
  return jobs;
}

}  // namespace parlance::cli
