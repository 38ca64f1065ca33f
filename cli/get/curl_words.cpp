#include <fmt/core.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/percent.hpp>
#include <parlance/http/client/policy.hpp>
#include <parlance/io/version.hpp>
#include <parlance/text/sanitizer.hpp>

#include <cli/base/read_file.hpp>
#include <cli/base/shell_words.hpp>
#include <cli/base/verb.hpp>
#include <cli/get/curl_file.hpp>
#include <cli/get/curl_options.hpp>
#include <cli/get/curl_words.hpp>

namespace parlance::cli {
namespace {

/// Options of curl that have no value behind them, and are taken as they are.
constexpr std::array<std::string_view, 73> long_flags = {"--anyauth",
                                                         "--basic",
                                                         "--create-dirs",
                                                         "--digest",
                                                         "--disable",
                                                         "--disallow-username-in-url",
                                                         "--fail",
                                                         "--fail-early",
                                                         "--fail-with-body",
                                                         "--false-start",
                                                         "--get",
                                                         "--globoff",
                                                         "--head",
                                                         "--http0.9",
                                                         "--http1.0",
                                                         "--http1.1",
                                                         "--http2",
                                                         "--http2-prior-knowledge",
                                                         "--http3",
                                                         "--ignore-content-length",
                                                         "--include",
                                                         "--insecure",
                                                         "--ipv4",
                                                         "--ipv6",
                                                         "--junk-session-cookies",
                                                         "--netrc",
                                                         "--netrc-optional",
                                                         "--no-alpn",
                                                         "--no-buffer",
                                                         "--no-clobber",
                                                         "--no-keepalive",
                                                         "--no-npn",
                                                         "--no-progress-meter",
                                                         "--no-sessionid",
                                                         "--no-styled-output",
                                                         "--parallel-immediate",
                                                         "--path-as-is",
                                                         "--post301",
                                                         "--post302",
                                                         "--post303",
                                                         "--progress-bar",
                                                         "--proxy-anyauth",
                                                         "--proxy-basic",
                                                         "--proxy-digest",
                                                         "--proxy-insecure",
                                                         "--proxy-ssl-allow-beast",
                                                         "--proxy-tlsv1",
                                                         "--proxytunnel",
                                                         "--raw",
                                                         "--remote-header-name",
                                                         "--remote-name",
                                                         "--remote-name-all",
                                                         "--remote-time",
                                                         "--remove-on-error",
                                                         "--retry-all-errors",
                                                         "--retry-connrefused",
                                                         "--show-error",
                                                         "--socks5-basic",
                                                         "--ssl-allow-beast",
                                                         "--ssl-no-revoke",
                                                         "--ssl-revoke-best-effort",
                                                         "--styled-output",
                                                         "--suppress-connect-headers",
                                                         "--tcp-fastopen",
                                                         "--tcp-nodelay",
                                                         "--tlsv1",
                                                         "--tlsv1.0",
                                                         "--tlsv1.1",
                                                         "--tlsv1.2",
                                                         "--tlsv1.3",
                                                         "--tr-encoding",
                                                         "--trace-time",
                                                         "--xattr"};

/// Those that say nothing here, for all URLs are asked for at once.
constexpr std::array<std::string_view, 1> left_out = {"--parallel"};

struct renamed {
  std::string_view from, to;
};
constexpr std::array<renamed, 1> renamings = {{{"--form", "-F"}}};

/// Flags of one letter, which may stand together, as in -sSLo FILE; and those that are left out.
constexpr std::string_view flags = "sSLkfiIvGgOJRN#q46n01jZp", flags_left_out = "LN#qZsv";

template <std::size_t Size>
bool is_in(const std::array<std::string_view, Size>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

using words = std::vector<std::string>;

/// Files of options that name others.
constexpr int most_files = 20;

class translation {
 public:
  /// `whole`: a command of curl, which follows redirects and takes codings off only if it says so.
  translation(words all, bool whole)
      : words_(std::move(all)), where_(whole ? "--from-curl" : "-K"), whole_(whole) {
    while (at_ < words_.size()) step();
    end_command();
  }
  /// One command, or with --next several.
  std::vector<words> take() { return std::move(made_); }

 private:
  void step() {
    const std::string word = words_[at_++];
    if (is_in(left_out, word)) return;
    if (word == "--silent") return void(silent_ = true);
    if (word == "--verbose") return void(verbose_ = true);
    if (word == "--location") return void(follows_ = true);
    if (word == "--compressed") return void(decodes_ = true);
    if (word == "--location-trusted") {
      follows_ = true;
      return add({word});
    }
    if (word == "--next") return begin_next();
    if (word == "--config") return add_file(next(word));
    if (word == "--url") return add_url(next(word));
    if (word == "--trace") return add_trace(next(word));
    if (word == "--json")
      return add({"--json", "-H", "Accept: application/json", "--data-binary", next(word)});
    if (const auto known = std::ranges::find(renamings, word, &renamed::from); known != renamings.end())
      return add({std::string(known->to), next(word)});
    if (!word.starts_with('-') || word.size() < 2) return add_url(word);
    if (word[1] != '-') return add_letters(word);
    // What stands behind others is theirs, whatever it looks like.
    // Others are refused by who knows why.
    if (whole_ && word == "--cookie") return add({"-b", there_or_none(next(word))});
    if (word.starts_with("--no-")) return take_back(word);
    if (is_in(long_flags, word) || (why_not_had(word) && at_ == words_.size())) return add({word});
    add({word, next(word)});
  }

  /// --no-FLAG.
  void take_back(const std::string& word) {
    if (word == "--no-location")
      follows_ = false;
    else if (word == "--no-compressed")
      decodes_ = false;
    else if (word == "--no-silent")
      silent_ = false;
    else if (word == "--no-verbose")
      verbose_ = false;
    else
      add({word});
  }

  /// curl's, but for what it never wrote.
  void add_trace(const std::string& path) {
    if (path.ends_with(".svg"))
      add({"--trace=" + path});
    else
      add({"--trace-hex", path});
  }

  /// What has no scheme could be an item of the request (name:value).
  void add_url(const std::string& url) {
    const std::string_view before = std::string_view(url).substr(0, url.find("://"));
    const bool has_scheme = before.size() < url.size() && before.find_first_of("/?#:@.") == before.npos;
    add({has_scheme ? url : "http://" + url});
  }

  /// -sSL, or -sSLo FILE, or -XPOST.
  void add_letters(const std::string& word) {
    std::size_t at = 1;
    std::string kept = "-";
    for (; at < word.size() && flags.contains(word[at]); ++at) {
      follows_ = follows_ || word[at] == 'L';
      silent_ = silent_ || word[at] == 's';
      verbose_ = verbose_ || word[at] == 'v';
      if (!flags_left_out.contains(word[at])) kept += word[at];
    }
    if (kept.size() > 1) add({kept});
    if (at == word.size()) return;
    const std::string option = {'-', word[at]};
    if (option == "-:") return begin_next();
    const std::string value = at + 1 < word.size() ? word.substr(at + 1) : next(option);
    if (option == "-K") return add_file(value);
    add({option, option == "-b" && whole_ ? there_or_none(value) : value});
  }

  /// Of cookies: with a file that is not there, curl begins with none.
  static std::string there_or_none(const std::string& cookies) {
    const bool is_file = !cookies.contains('=');
    return is_file && ::access(cookies.c_str(), F_OK) != 0 ? "" : cookies;
  }

  /// What is for one URL ends here; how much is told is for all.
  void begin_next() {
    end_command();
    made_.emplace_back();
    follows_ = false;
  }

  void end_command() {
    if (whole_ && !follows_) add({"--max-redirects", "0"});
    if (follows_) add({"-L"});
    if (whole_ && !std::exchange(decodes_, false)) add({"--no-decode"});
    if (verbose_)
      add({"-v"});
    else if (silent_)
      add({"-s"});
  }

  void add_file(const std::string& path) {
    if (++files_ > most_files) refuse(fmt::format("these are more than {} files of options", most_files));
    const std::string outer = where_;
    words before = std::move(words_);
    const std::size_t at = at_;
    for (curl_line& line : curl_lines(read_file(path), path)) {
      where_ = fmt::format("{}:{}", text::sanitize(path), line.number);
      words_ = {std::move(line.option)};
      if (line.value) words_.push_back(*std::move(line.value));
      at_ = 0;
      step();
      if (at_ < words_.size()) refuse(http::in_quotes(words_.front()) + " has no value");
    }
    where_ = outer;
    words_ = std::move(before);
    at_ = at;
  }

  std::string next(const std::string& option) {
    if (at_ == words_.size()) refuse(option + " wants something behind it");
    return words_[at_++];
  }

  void add(words more) {
    for (std::string& one : more) made_.back().push_back(std::move(one));
  }

  [[noreturn]] void refuse(const std::string& why) const {
    throw complaint(usage, fmt::format("{}: {}", where_, why));
  }

  words words_;
  std::size_t at_ = 0;
  std::vector<words> made_ = {{}};
  std::string where_;
  const bool whole_;
  int files_ = 0;
  bool follows_ = false, decodes_ = false, silent_ = false, verbose_ = false;
};

/// Whether what stands behind --trace is a file, as curl has it, and neither a URL nor a picture.
bool is_file_of_trace(std::string_view word) {
  if (word == "-" || word == "%") return true;
  return word.find_first_of("/.") == 0 && !word.ends_with(".svg");
}

/// What -K stands in, as in -sK FILE.
bool has_file_letter(std::string_view word) {
  const std::size_t at = word.find('K');
  return word.starts_with('-') && at != word.npos && at > 0 &&
         word.substr(1, at - 1).find_first_not_of(flags) == word.npos;
}

/// --from-curl COMMAND, or -K FILE, at `args[i]`: what stands for it. `i` is its last word then.
std::optional<std::vector<words>> taken_for_curl(std::span<char*> args, std::size_t& i) {
  const std::string_view word = args[i];
  const auto value_of = [&](std::string_view option) -> std::optional<std::string> {
    if (word == option && i + 1 < args.size()) return args[++i];
    if (word.starts_with(option) && word.substr(option.size()).starts_with('='))
      return std::string(word.substr(option.size() + 1));
    return std::nullopt;
  };
  if (const auto command = value_of("--from-curl")) return words_of_curl(*command);
  if (const auto path = value_of("--curl-config")) return translation({"-K", *path}, false).take();
  if (!has_file_letter(word)) return std::nullopt;
  words of_curl = {std::string(word)};
  if (word.ends_with('K') && i + 1 < args.size()) of_curl.emplace_back(args[++i]);
  return translation(std::move(of_curl), false).take();
}

}  // namespace

std::vector<std::vector<std::string>> words_of_curl(std::string_view command) {
  words all = shell_words(command);
  if (all.empty() || all.front().substr(all.front().rfind('/') + 1) != "curl")
    throw complaint(usage, "--from-curl wants a whole command, which begins with curl");
  all.erase(all.begin());
  return translation(std::move(all), true).take();
}

std::vector<std::vector<std::string>> commands_of(int argc, char** argv) {
  constexpr std::array<std::string_view, 6> verbs = {"get", "post", "put", "patch", "delete", "head"};
  const std::span<char*> args(argv, static_cast<std::size_t>(std::max(argc, 1)));
  std::vector<words> commands(1);
  // Up to the verb, and what stands beside --from-curl, which is for each of the commands that one stands for.
  words before, beside;
  std::size_t first = 0;  // of those
  const auto add = [&](const std::string& word) {
    beside.push_back(word);
    for (std::size_t i = first; i < commands.size(); ++i) commands[i].push_back(word);
  };
  bool all_as_it_is = false;
  for (std::size_t i = 1; i < args.size(); ++i) {
    const std::string word = args[i];
    all_as_it_is = all_as_it_is || word == "--";
    const bool is_get = !before.empty() && before.back() == "get";
    if (const auto of_curl = is_get && !all_as_it_is ? taken_for_curl(args, i) : std::nullopt) {
      for (const words& one : *of_curl) {
        if (&one != &of_curl->front()) commands.push_back(beside);
        commands.back().insert(commands.back().end(), one.begin(), one.end());
      }
    } else if ((word == "--next" || word == "-:") && !before.empty()) {
      first = commands.size();
      beside = before;
      commands.push_back(before);
      all_as_it_is = false;
    } else if (word == "--trace" && !before.empty() && !all_as_it_is && i + 1 < args.size() &&
               is_file_of_trace(args[i + 1])) {
      add("--trace-hex");
      add(args[++i]);
    } else {
      add(word);
    }
    if (before.empty() && std::ranges::find(verbs, word) != verbs.end()) before = beside;
  }
  for (words& one : commands) std::ranges::reverse(one);
  return commands;
}

// --- the other way

namespace {

class line {
 public:
  void add(std::string_view word) {
    if (!text_.empty()) text_ += ' ';
    text_ += shell_quoted(word);
  }
  void add(std::string_view option, std::string_view value) {
    add(option);
    add(value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

const char* option_of(body_part::kind how) {
  switch (how) {
    case body_part::data:
      return "-d";
    case body_part::data_raw:
      return "--data-raw";
    case body_part::data_binary:
      return "--data-binary";
    case body_part::data_urlencode:
      return "--data-urlencode";
    case body_part::form:
      return "-F";
    case body_part::form_string:
      return "--form-string";
  }
  return "-d";
}

bool is_of_body(const request_item& item) {
  return item.kind == item_kind::text || item.kind == item_kind::json || item.kind == item_kind::file;
}

void add_item_parts(const request_parts& parts, line& to) {
  for (const request_item& item : parts.items) {
    if (!is_of_body(item)) continue;
    if (item.kind == item_kind::file)
      to.add("-F", fmt::format("{}=@{}", item.name, item.value));
    else if (item.from_file)
      to.add("-F", fmt::format("{}=<{}", item.name, item.value));
    else
      to.add("--form-string", fmt::format("{}={}", item.name, item.value));
  }
}

void add_body(const get_command& command, line& to) {
  const request_parts& parts = command.parts;
  const std::string& type = command.request.body.media_type();
  const bool items = std::ranges::any_of(parts.items, is_of_body);
  if (!parts.upload.empty()) return to.add("-T", parts.upload);
  if (items && type.starts_with("multipart/")) return add_item_parts(parts, to);
  if (items && parts.how == items_as::json) {
    to.add("--data-raw", command.body_text);
  } else if (items) {
    for (const request_item& item : parts.items)
      if (is_of_body(item))
        to.add("--data-urlencode", http::percent_encode(item.name, http::encode_set::component) +
                                       (item.from_file ? '@' : '=') + item.value);
  } else if (!parts.data_in_query) {  // otherwise it is in the URL
    for (const body_part& part : parts.bodies) to.add(option_of(part.how), part.text);
  }
  const bool said = command.request.fields.contains("Content-Type") || command.request.omits("Content-Type");
  if (!said && type == "application/json") to.add("-H", "Content-Type: " + type);
}

void add_login(const get_login& said, line& to) {
  if (!said.user.empty()) to.add("-u", said.user);
  if (said.digest) to.add("--digest");
  if (said.any) to.add("--anyauth");
  if (!said.bearer.empty()) to.add("--oauth2-bearer", said.bearer);
}

void add_policies(const get_policies& said, const http::url& target, line& to) {
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty()) to.add(option, value);
  };
  if (!said.session.name.empty())
    throw complaint(usage, "--curl: curl has no --session; name its cookies and fields yourself");
  const auto configured = said.who.configured.find(http::origin::of(target));
  if (said.who.empty() && !target.has_credentials() && configured != said.who.configured.end())
    add_login(configured->second, to);
  else
    add_login(said.who, to);
  if (said.who.netrc) to.add("-n");
  add("--netrc-file", said.who.netrc_file);
  for (const std::string& cookies : said.cookies.from) to.add("-b", cookies);
  add("-c", said.cookies.into);
  add("--hsts", said.network.hsts);
  if (said.network.proxy) to.add("-x", *said.network.proxy);
  if (said.network.no_proxy) to.add("--noproxy", *said.network.no_proxy);
  add("-U", said.network.proxy_user);
  add("--preproxy", said.network.before);
  add("--proxy-capath", said.network.proxy_ca_folder);
  if (said.network.tunnels_all) to.add("-p");
  if (said.network.proxy_by_digest) to.add("--proxy-digest");
  for (const std::string& line : said.network.proxy_fields) to.add("--proxy-header", line);
  if (said.cookies.junks_session) to.add("-j");
  for (const std::string& one : said.network.resolve) to.add("--resolve", one);
  for (const std::string& one : said.network.connect_to) to.add("--connect-to", one);
  add("--interface", said.network.from);
}

std::string in_seconds(io::duration time) {
  return fmt::format("{:g}", std::chrono::duration<double>(time).count());
}

void add_limits(const get_command& command, line& to) {
  const http::client_options usual, &limits = command.limits;
  if (limits.timeout != io::unlimited) to.add("-m", in_seconds(limits.timeout));
  if (limits.connect_timeout != usual.connect_timeout)
    to.add("--connect-timeout", in_seconds(limits.connect_timeout));
  if (limits.max_redirects > 0 && limits.max_redirects != usual.max_redirects)
    to.add("--max-redirs", std::to_string(limits.max_redirects));
  if (limits.dial.family == AF_INET) to.add("-4");
  if (limits.dial.family == AF_INET6) to.add("-6");
  const auto add_pins = [&](const char* option, const std::vector<std::string>& all) {
    std::string pins;
    for (const std::string& one : all) pins += (pins.empty() ? "sha256//" : ";sha256//") + one;
    if (!pins.empty()) to.add(option, pins);
  };
  add_pins("--pinnedpubkey", limits.tls.pins);
  add_pins("--proxy-pinnedpubkey", limits.proxy_tls.pins);
  if (!limits.proxy_tls.ca_file.empty()) to.add("--proxy-cacert", limits.proxy_tls.ca_file);
  if (limits.proxy_tls.insecure_accept_any_certificate) to.add("--proxy-insecure");
}

/// In a file's name, behind which a colon begins a password.
std::string escaped_colons(const std::string& name) {
  std::string escaped;
  for (const char c : name) {
    if (c == ':' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

void add_certificate(const net::tls_certificate& own, const char* cert, const char* pass, const char* key,
                     line& to) {
  if (!own.cert_file.empty()) to.add(cert, escaped_colons(own.cert_file));
  if (const auto* password = std::get_if<std::string>(&own.password); password && !password->empty())
    to.add(pass, *password);
  if (!own.key_file.empty()) to.add(key, own.key_file);
}

void add_tls(const net::tls_client_options& tls, const std::string& before, line& to) {
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty()) to.add(before + option, value);
  };
  add("ciphers", tls.ciphers);
  add("tls13-ciphers", tls.ciphersuites);
  add("crlfile", tls.crl_file);
}

void add_connections(const get_command& command, line& to) {
  const http::client_options& limits = command.limits;
  const http::dial_options& dial = limits.dial;
  add_tls(limits.tls, "--", to);
  add_tls(limits.proxy_tls, "--proxy-", to);
  if (!limits.tls.groups.empty()) to.add("--curves", limits.tls.groups);
  if (limits.tls.least == net::tls_version::v1_3) to.add("--tlsv1.3");
  if (limits.tls.most == net::tls_version::v1_2) to.add("--tls-max", "1.2");
  if (!limits.tls.resume_sessions) to.add("--no-sessionid");
  add_certificate(limits.proxy_tls.certificate, "--proxy-cert", "--proxy-pass", "--proxy-key", to);
  if (dial.first_port != 0) to.add("--local-port", fmt::format("{}-{}", dial.first_port, dial.last_port));
  if (const auto& idle = dial.socket.keepalive_idle)
    to.add("--keepalive-time", std::to_string(idle->count()));
  if (dial.socket.keepalive == false) to.add("--no-keepalive");
  if (dial.attempt_delay != http::dial_options().attempt_delay)
    to.add("--happy-eyeballs-timeout-ms",
           fmt::format("{}", dial.attempt_delay / std::chrono::milliseconds(1)));
  if (limits.keeps_chunks) to.add("--raw");
  if (limits.ignore_length) to.add("--ignore-content-length");
  const http::redirect_rules& rules = limits.redirects;
  if (rules.keeps_post_301) to.add("--post301");
  if (rules.keeps_post_302) to.add("--post302");
  if (rules.keeps_post_303) to.add("--post303");
  if (rules.tells_others) to.add("--location-trusted");
  if (rules.only_https) to.add("--proto-redir", "=https");
  if (command.keeps_dots) to.add("--path-as-is");
  if (!command.request_target.empty()) to.add("--request-target", command.request_target);
}

void add_download(const get_command& command, line& to) {
  if (command.retry.times > 0) to.add("--retry", std::to_string(command.retry.times));
  if (command.retry.delay) to.add("--retry-delay", in_seconds(*command.retry.delay));
  if (command.retry.within != io::unlimited) to.add("--retry-max-time", in_seconds(command.retry.within));
  if (command.retry.all_errors) to.add("--retry-all-errors");
  if (command.rate > 0) to.add("--limit-rate", std::to_string(command.rate));
  if (command.too_slow > 0) {
    to.add("--speed-limit", std::to_string(command.too_slow));
    to.add("--speed-time", in_seconds(command.too_slow_for));
  }
  if (command.limits.continue_timeout != http::client_options().continue_timeout)
    to.add("--expect100-timeout", in_seconds(command.limits.continue_timeout));
  if (command.fails_early) to.add("--fail-early");
  if (command.keeps_there) to.add("--no-clobber");
  if (command.file_mode != get_options().file_mode)
    to.add("--create-file-mode", fmt::format("{:04o}", command.file_mode));
  if (command.notes_origin) to.add("--xattr");
  if (command.max_size != std::numeric_limits<std::uint64_t>::max())
    to.add("--max-filesize", std::to_string(command.max_size));
  if (command.resume) to.add("-C", "-");
  if (command.keep_time) to.add("-R");
  if (command.create_folders) to.add("--create-dirs");
  if (!command.head_file.empty()) to.add("-D", command.head_file);
  if (!command.etag_file.empty()) to.add("--etag-save", command.etag_file);
  if (const transcript_options& told = command.transcript_to; !told.path.empty())
    to.add(told.how == transcript_options::form::ascii ? "--trace-ascii" : "--trace", told.path);
  if (command.tells_time) to.add("--trace-time");
  if (!command.write_out.empty()) to.add("-w", command.write_out);
}

}  // namespace

std::string as_curl(const get_command& command, const get_job& job) {
  line to;
  if (!job.sha256.empty()) throw complaint(usage, "--curl: curl has no --sha256; check what comes yourself");
  to.add("curl");
  const http::request& request = command.request;
  const bool has_body = !request.body.empty() || !command.parts.bodies.empty();
  const std::string fitting = !command.parts.upload.empty()              ? "PUT"
                              : has_body && !command.parts.data_in_query ? "POST"
                                                                         : "GET";
  if (request.method == "HEAD")
    to.add("-I");
  else if (request.method != fitting)
    to.add("-X", request.method);
  if (command.limits.max_redirects > 0) to.add("-L");
  if (command.limits.decode) to.add("--compressed");
  const auto add_field = [&](const http::field& f) {
    to.add("-H", f.value.empty() ? fmt::format("{};", f.name) : fmt::format("{}: {}", f.name, f.value));
  };
  for (const http::field f : request.fields) add_field(f);
  http::request asked = request;
  asked.target = job.target;
  for (const http::field f : http::fields_for(command.limits.usual, asked))
    if (!request.omits(f.name) && f.value != "parlance/" PARLANCE_VERSION) add_field(f);
  for (const std::string& name : request.omitted) to.add("-H", name + ":");
  add_body(command, to);
  add_policies(command.policies, job.target, to);
  if (!job.output.empty()) to.add("-o", job.output);
  if (command.include && request.method != "HEAD") to.add("-i");
  if (command.fail) to.add("-f");
  if (command.fail_late) to.add("--fail-with-body");
  if (command.limits.tls.insecure_accept_any_certificate) to.add("-k");
  if (!command.limits.tls.ca_file.empty()) to.add("--cacert", command.limits.tls.ca_file);
  if (!command.policies.who.ca_folder.empty()) to.add("--capath", command.policies.who.ca_folder);
  add_certificate(command.limits.tls.certificate, "-E", "--pass", "--key", to);
  if (!command.limits.unix_path.empty()) to.add("--unix-socket", command.limits.unix_path);
  if (command.limits.versions == http::http_versions::http_1) to.add("--http1.1");
  if (command.limits.versions == http::http_versions::http_1_0) to.add("--http1.0");
  if (command.limits.versions == http::http_versions::http_2) to.add("--http2-prior-knowledge");
  add_limits(command, to);
  add_connections(command, to);
  add_download(command, to);
  to.add("-g");  // the URL is as it is
  to.add(job.target.str());
  return to.take();
}

}  // namespace parlance::cli
