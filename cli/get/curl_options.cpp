#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/version.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/file.hpp>
#include <cli/base/option_kinds.hpp>
#include <cli/base/verb.hpp>
#include <cli/get/curl_options.hpp>
#include <cli/get/options.hpp>

namespace parlance::cli {
namespace {

/// Adds the options of one group. The configuration may say them all, unless they are of one request.
class adding {
 public:
  adding(CLI::App& verb, const char* group) : verb_(verb), group_(group) {}

  void flag(const char* names, bool& into, const char* help) {
    verb_.add_flag(names, into, help)->group(group_);
  }
  void flag(const char* names, std::function<void()> set, const char* help) {
    verb_.add_flag_callback(names, std::move(set), help)->group(group_);
  }
  void text(const char* names, std::string& into, const char* help, const char* type) {
    verb_.add_option(names, into, help)->type_name(type)->group(group_);
  }
  void each(const char* names, std::function<void(const std::string&)> take, const char* help,
            const char* type) {
    add_each(verb_, names, std::move(take), help, type)->group(group_);
  }
  void seconds(const char* names, io::duration& into, const char* help) {
    add_seconds(verb_, names, into, help)->group(group_);
  }

 private:
  CLI::App& verb_;
  const char* group_;
};

template <class Number>
Number number_in(const char* option, std::string_view text, Number least, Number most, int base = 10) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number, base);
  if (read.ec != std::errc() || read.ptr != end || number < least || number > most)
    throw CLI::ValidationError(option, fmt::format("wants {} to {}", least, most));
  return number;
}

// --- one request

void add_request(CLI::App& verb, get_command& command) {
  adding to(verb, "Request");
  request_parts& parts = command.parts;
  to.each(
      "--url-query", [&](const std::string& text) { parts.queries.push_back(text); },
      "Goes behind the query of each URL, percent-encoded: TEXT, NAME=TEXT, @FILE or NAME@FILE; +TEXT as it "
      "is",
      "TEXT");
  to.text("--request-target", command.request_target,
          "Stands on the request line instead of the URL's path, as '*' with -X OPTIONS", "TARGET");
  to.flag("--path-as-is", command.keeps_dots, "/../ and /./ in a URL stay");
  to.each(
      "--proto-default",
      [&](const std::string& name) {
        if (name != "http" && name != "https")
          throw CLI::ValidationError("--proto-default", "wants http or https");
        command.means_https = name == "https";
      },
      "What a URL without a scheme means (default: http)", "http|https");
  to.flag("--disallow-username-in-url", command.refuses_login_in_url,
          "Refuse a URL with a name or a password in it");
  http::redirect_rules& rules = command.limits.redirects;
  to.flag("--post301", rules.keeps_post_301, "A POST stays one after a redirect by 301");
  to.flag("--post302", rules.keeps_post_302, "The same, by 302");
  to.flag("--post303", rules.keeps_post_303, "The same, by 303");
}

// --- how much, how fast, and what is kept

/// "2/s", "30/m", "1/5s"; without a unit an hour, as curl has it.
io::duration period_of(const std::string& text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto refuse = [] { throw CLI::ValidationError("--rate", "wants N/s, N/m, N/h or N/d, as in 2/s"); };
  std::string_view unit = slash < text.size() ? std::string_view(text).substr(slash + 1) : "h";
  std::uint64_t units = 1;
  if (const std::size_t digits = unit.find_first_not_of("0123456789"); digits != 0 && digits != unit.npos) {
    units = number_in<std::uint64_t>("--rate", unit.substr(0, digits), 1, 1'000'000);
    unit.remove_prefix(digits);
  }
  constexpr std::string_view names = "smhd";
  constexpr std::array<std::int64_t, 4> lengths = {1, 60, 3600, 86400};
  const std::size_t which = unit.size() == 1 ? names.find(unit[0]) : names.npos;
  if (which == names.npos) refuse();
  const auto times =
      number_in<std::uint64_t>("--rate", std::string_view(text).substr(0, slash), 1, 1'000'000);
  return std::chrono::nanoseconds(std::chrono::seconds(lengths.at(which)) *
                                  static_cast<std::int64_t>(units)) /
         static_cast<std::int64_t>(times);
}

void add_limits(CLI::App& verb, get_command& command) {
  adding to(verb, "Limits");
  to.each(
      "-Y,--speed-limit",
      [&](const std::string& text) {
        command.slowest = number_in<std::uint64_t>("--speed-limit", text, 0, 1ULL << 60);
      },
      "A transfer that is slower than so many bytes a second for the --speed-time is a failure (exit code 5)",
      "BYTES");
  to.seconds("-y,--speed-time", command.slowest_for,
             "How long it may be slower (default: 30); alone: than 1 byte");
  to.each(
      "--rate",
      [&](const std::string& text) {
        command.period = period_of(text);
        command.parallel = 1;
      },
      "Ask for URLs one after the other, at most so many in a second (/s), minute (/m), hour (/h) or day "
      "(/d)",
      "N/s");
  to.flag(
      "--fail-early",
      [&] {
        command.fails_early = true;
        command.parallel = 1;
      },
      "Ask for URLs one after the other, and for none after one that failed");
  to.seconds("--expect100-timeout", command.limits.continue_timeout,
             "How long a long body waits for the server to want it (default: 1)");
  to.each(
      "--proto-redir",
      [&](const std::string& list) {
        command.limits.redirects.only_https = !allows_http("--proto-redir", list);
      },
      "=https: go by redirects to https only", "=https");
}

void add_output(CLI::App& verb, get_command& command) {
  adding to(verb, "Output");
  to.flag("--no-clobber", command.keeps_there,
          "What is there stays: a file gets the first free of the names FILE.1, FILE.2, ... FILE.100 then");
  to.each(
      "--create-file-mode",
      [&](const std::string& text) {
        constexpr unsigned most = 0777;
        command.file_mode = number_in<unsigned>("--create-file-mode", text, 0U, most, 8);
      },
      "The mode of files that are made (octal; default: 0666 without the umask)", "MODE");
  to.flag("--xattr", command.notes_origin,
          "Keep the URL, the referer and the media type of what came in extended attributes of its file, as\n"
          "user.xdg.origin.url, user.xdg.referrer.url and user.mime_type");
  to.text("--stderr", command.stderr_file, "Tell there what is told on stderr; -: on stdout", "FILE|-");
  verb.get_option("--stderr")->configurable(false);
}

void add_session_options(CLI::App& verb, get_command& command) {
  adding to(verb, "Session");
  to.flag("-j,--junk-session-cookies", command.policies.cookies.junks_session,
          "Take none of the cookies in files (-b) that are for a session only");
  to.flag("--netrc-optional", command.policies.who.netrc, "The same as -n");
  to.flag("--location-trusted", command.limits.redirects.tells_others,
          "Send who we are to whatever host a redirect points to, too");
  to.flag("--anyauth", command.policies.who.any, "Prove the password, or send it, as the server asks for it");
}

// --- connections

void add_tcp(CLI::App& verb, get_command& command) {
  adding to(verb, "Connection");
  http::dial_options& dial = command.limits.dial;
  to.each(
      "--keepalive-time",
      [&](const std::string& text) {
        dial.socket.keepalive_idle = std::chrono::seconds(number_in<int>("--keepalive-time", text, 1, 32767));
      },
      "Ask an idle peer after so many seconds whether it is there (default: 60)", "SECONDS");
  to.flag("--no-keepalive", [&] { dial.socket.keepalive = false; }, "Do not");
  to.each(
      "--local-port",
      [&](const std::string& text) {
        const std::size_t dash = std::min(text.find('-'), text.size());
        const auto port = [](std::string_view digits) {
          return number_in<std::uint16_t>("--local-port", digits, 1, 65535);
        };
        dial.first_port = dial.last_port = port(std::string_view(text).substr(0, dash));
        if (dash < text.size()) dial.last_port = port(std::string_view(text).substr(dash + 1));
        if (dial.last_port < dial.first_port)
          throw CLI::ValidationError("--local-port", "wants the smaller number first");
      },
      "Call from this port, or from the first free one of several", "PORT[-PORT]");
  to.each(
      "--happy-eyeballs-timeout-ms",
      [&](const std::string& text) {
        dial.attempt_delay =
            std::chrono::milliseconds(number_in<int>("--happy-eyeballs-timeout-ms", text, 0, 600'000));
      },
      "Try the next address beside one that has not answered for so long (default: 250)", "MILLISECONDS");
  to.flag(
      "--http1.0,-0", [&] { command.limits.versions = http::http_versions::http_1_0; },
      "Speak HTTP/1.0 only");
  to.flag(
      "--raw", [&] { command.limits.decode = !(command.limits.keeps_chunks = true); },
      "A body is kept as it comes, with what frames its chunks (HTTP/1), and is not decoded");
  to.flag("--ignore-content-length", command.limits.ignore_length,
          "A body ends where the connection does, whatever its length was announced as (HTTP/1)");
}

void add_offer(CLI::App& verb, const std::string& before, net::tls_client_options& tls,
               const std::string& of) {
  adding to(verb, "Connection");
  const auto with = [&](const char* name) { return before + name; };
  to.text(with("ciphers").c_str(), tls.ciphers,
          ("Ciphers of TLS 1.2 to offer" + of + ", as OpenSSL writes them").c_str(), "LIST");
  to.text(with("tls13-ciphers").c_str(), tls.ciphersuites, ("The same for TLS 1.3" + of).c_str(), "LIST");
  to.text(with("crlfile").c_str(), tls.crl_file,
          ("Certificates" + of + " that were taken back (PEM); each authority needs a list then").c_str(),
          "FILE");
}

/// What a certificate's file is, is seen.
void check_type(const std::string& option, const std::string& type) {
  constexpr std::array known = {"PEM", "DER", "P12"};
  const auto is = [&](const char* one) { return http::equals_ignoring_case(one, type); };
  if (std::ranges::none_of(known, is))
    throw CLI::ValidationError(option, "wants PEM, DER or P12; there are no engines and providers");
}

void add_types(adding& to, const std::string& before) {
  for (const char* name : {"cert-type", "key-type"}) {
    const std::string option = before + name;
    to.each(
        option.c_str(), [option](const std::string& type) { check_type(option, type); },
        "Taken for curl's sake: PEM, DER and PKCS #12 are told apart by what is in the file", "PEM|DER|P12");
  }
}

void add_tls(CLI::App& verb, get_command& command) {
  adding to(verb, "Connection");
  net::tls_client_options &tls = command.limits.tls, &proxy = command.limits.proxy_tls;
  using net::tls_version;
  to.flag("--tlsv1.3", [&] { tls.least = tls_version::v1_3; }, "Speak no TLS before 1.3");
  to.each(
      "--tls-max",
      [&](const std::string& text) {
        if (text != "1.2" && text != "1.3" && text != "default")
          throw CLI::ValidationError("--tls-max", "wants 1.2 or 1.3; earlier ones are not spoken (RFC 8996)");
        tls.most = text == "1.2" ? tls_version::v1_2 : tls_version::v1_3;
      },
      "Speak no later TLS", "1.2|1.3");
  add_offer(verb, "--", tls, "");
  to.text("--curves", tls.groups, "Groups of key exchange to offer, as OpenSSL writes them", "LIST");
  add_types(to, "--");
  to.flag("--no-sessionid", [&] { tls.resume_sessions = false; }, "Resume no TLS sessions");
  add_offer(verb, "--proxy-", proxy, " to an https:// proxy");
  to.each(
      "--proxy-cert", [&](const std::string& text) { take_certificate(text, proxy.certificate); },
      "The certificate to show to an https:// proxy, as -E has it", "FILE[:PASSWORD]");
  to.text("--proxy-key", proxy.certificate.key_file, "Its key, when that is in another file", "FILE");
  to.each(
      "--proxy-pass", [&](const std::string& password) { proxy.certificate.password = password; },
      "The password of the key", "PASSWORD");
  verb.get_option("--proxy-pass")->configurable(false);
  to.each(
      "--proxy-pinnedpubkey",
      [&](const std::string& text) { proxy.pins = pins_of("--proxy-pinnedpubkey", text); },
      "A key that must be in the chain of an https:// proxy, as --pinnedpubkey has it", "sha256//BASE64");
  add_types(to, "--proxy-");
}

void add_proxies(CLI::App& verb, get_command& command) {
  adding to(verb, "Connection");
  get_network& network = command.policies.network;
  to.flag("-p,--proxytunnel", network.tunnels_all, "An HTTP proxy makes a tunnel for http:// URLs, too");
  to.each(
      "--proxy-header", [&](const std::string& line) { network.proxy_fields.push_back(line); },
      "A field for an HTTP proxy alone", "'Name: value'|@FILE");
  verb.get_option("--proxy-header")->configurable(false);
  to.flag(
      "--proxy-digest,--proxy-anyauth", network.proxy_by_digest,
      "Prove the password by Digest, to an HTTP proxy that asks for that; without it, it is sent (Basic)");
  constexpr std::array<std::pair<const char*, const char*>, 5> kinds = {{{"--socks5", "socks5://"},
                                                                         {"--socks5-hostname", "socks5h://"},
                                                                         {"--socks4", "socks4://"},
                                                                         {"--socks4a", "socks4a://"},
                                                                         {"--proxy1.0", "http://"}}};
  for (const auto& [name, scheme] : kinds) {
    to.each(
        name,
        [&network, scheme](const std::string& where) {
          network.proxy = where.contains("://") || where.empty() ? where : scheme + where;
        },
        fmt::format("The same as -x {}HOST", scheme).c_str(), "HOST[:PORT]");
  }
  to.text("--proxy-capath", network.proxy_ca_folder,
          "Authorities to trust of an https:// proxy, as --capath has them", "FOLDER");
  to.text("--preproxy", network.before, "Go by this proxy (of SOCKS) to the one of -x, if that is of HTTP",
          "URL");
}

/// What needs no doing here. Not told of by --help.
void add_taken(CLI::App& verb, get_command& command) {
  adding to(verb, "");
  for (const char* flag : {"-1,--tlsv1,--tlsv1.0,--tlsv1.1",
                           "--tcp-nodelay",
                           "--tcp-fastopen",
                           "--parallel-immediate",
                           "--remove-on-error",
                           "--suppress-connect-headers",
                           "--styled-output",
                           "--no-styled-output",
                           "--proxy-basic",
                           "--socks5-basic",
                           "--ssl-no-revoke",
                           "--ssl-revoke-best-effort",
                           "--ssl-allow-beast",
                           "--proxy-ssl-allow-beast",
                           "--proxy-tlsv1",
                           "--false-start",
                           "--no-npn",
                           "--tr-encoding",
                           "--http3",
                           "--http0.9",
                           "--ca-native",
                           "--proxy-ca-native",
                           "--no-compressed"})
    to.flag(flag, [] {}, "Taken for curl's sake: it is so anyway");
  for (const char* option : {"--alt-svc", "--egd-file", "--random-file"})
    to.each(option, [](const std::string&) {}, "Taken for curl's sake: nothing is done with it", "FILE");
  to.flag(
      "--no-alpn", [&] { command.limits.versions = http::http_versions::http_1; }, "The same as --http1.1");
  to.flag("--no-location", [&] { command.limits.max_redirects = 0; }, "The same as --max-redirects 0");
  to.flag("--disable", command.configuration.none, "The same as --no-config");
  constexpr std::array<std::pair<const char*, bool get_command::*>, 14> taken_back = {
      {{"--no-fail", &get_command::fail},
       {"--no-fail-with-body", &get_command::fail_late},
       {"--no-include", &get_command::include},
       {"--no-silent", &get_command::quiet},
       {"--no-verbose", &get_command::verbose},
       {"--no-globoff", &get_command::no_patterns},
       {"--no-remote-time", &get_command::keep_time},
       {"--no-remote-name", &get_command::remote_name},
       {"--no-remote-name-all", &get_command::remote_name},
       {"--no-remote-header-name", &get_command::header_name},
       {"--no-create-dirs", &get_command::create_folders},
       {"--no-path-as-is", &get_command::keeps_dots},
       {"--no-xattr", &get_command::notes_origin},
       {"--no-fail-early", &get_command::fails_early}}};
  for (const auto& [name, flag] : taken_back) {
    to.flag(name, [&command, flag] { command.*flag = false; }, "Takes that back, wherever it stands");
    verb.get_option(name)->configurable(false);
  }
  to.flag(
      "--no-insecure",
      [&] {
        command.limits.tls.insecure_accept_any_certificate = false;
        command.limits.proxy_tls.insecure_accept_any_certificate = false;
      },
      "Takes -k back");
  to.flag(
      "-V,--version", [] { throw CLI::CallForVersion("parlance " PARLANCE_VERSION, 0); },
      "The same as --version");
}

// --- what is not had

struct refusal {
  std::string_view names, why;
};
constexpr std::array<refusal, 15> refusals = {{
    {"-a --append -P --ftp-port --ftp-account --ftp-alternative-to-user --ftp-create-dirs --ftp-method "
     "--ftp-pasv "
     "--ftp-pret --ftp-skip-pasv-ip --ftp-ssl-ccc --ftp-ssl-ccc-mode --ftp-ssl-control --disable-eprt "
     "--disable-epsv -Q --quote -l --list-only -B --use-ascii --crlf --krb",
     "is for FTP; here is HTTP"},
    {"--mail-auth --mail-from --mail-rcpt --mail-rcpt-allowfails --login-options --sasl-authzid --sasl-ir "
     "--ssl "
     "--ssl-reqd",
     "is for mail and FTP; here is HTTP, and https:// is what wants TLS"},
    {"--telnet-option --tftp-blksize --tftp-no-options", "is for Telnet and TFTP; here is HTTP"},
    {"--hostpubmd5 --hostpubsha256 --pubkey --compressed-ssh", "is for SSH; here is HTTP"},
    {"--negotiate --ntlm --ntlm-wb --proxy-negotiate --proxy-ntlm --delegation --service-name "
     "--proxy-service-name --socks5-gssapi --socks5-gssapi-nec --socks5-gssapi-service",
     "is for Kerberos and NTLM, which are not had; Basic (-u), Digest (--digest) and tokens (--bearer) are"},
    {"--aws-sigv4", "is for Amazon's signatures, which are not had; a presigned URL needs none"},
    {"--dns-interface --dns-ipv4-addr --dns-ipv6-addr --dns-servers --doh-url --doh-cert-status "
     "--doh-insecure",
     "is for looking names up by oneself; here the system does that (resolv.conf), and --resolve says "
     "addresses"},
    {"--cert-status --tlsauthtype --tlsuser --tlspassword --proxy-tlsauthtype --proxy-tlsuser "
     "--proxy-tlspassword "
     "--engine --ssl-auto-client-cert --proxy-ssl-auto-client-cert",
     "is for what OpenSSL is not asked for here (OCSP staples, SRP, engines)"},
    {"-2 --sslv2 -3 --sslv3", "is for SSL, which nobody speaks any more (RFC 7568); TLS 1.2 and 1.3 are"},
    {"--http3-only", "is for HTTP/3, which is not had; HTTP/2 and HTTP/1 are"},
    {"--libcurl --trace-ids --trace-config",
     "is for curl's library and the insides of its traces; -v and --trace-ascii tell what is sent and comes"},
    {"--mptcp --ip-tos --vlan-priority --keepalive-cnt", "is for how packets go, which is not had"},
    {"--ech --tls-earlydata --sigalgs --dump-ca-embed", "is for what TLS is not asked for here"},
    {"--variable --ipfs-gateway", "is not had; what a URL or a field holds is for the shell to say"},
    {"-M --manual --metalink --form-escape --haproxy-protocol --haproxy-clientip --abstract-unix-socket "
     "--proxy-http2 --parallel-max-host --upload-flags --out-null",
     "is not had; man parlance-get tells what is"},
}};

}  // namespace

std::optional<std::string> why_not_had(std::string_view option) {
  option = option.substr(0, option.find('='));
  if (option.size() < 2 || option[0] != '-' || option.contains(' ')) return std::nullopt;
  if (option[1] != '-') option = option.substr(0, 2);
  if (option.starts_with("--expand-")) option = "--variable";
  for (const refusal& one : refusals)
    if (fmt::format(" {} ", one.names).contains(fmt::format(" {} ", option)))
      return fmt::format("curl's {} {}", option, one.why);
  return std::nullopt;
}

void move_stderr(const std::string& path) {
  if (path.empty()) return;
  const bool to_stdout = path == "-";
  constexpr int mode = 0666;
  const file opened(to_stdout
                        ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                        : ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, mode));
  if (!opened.is_open() || ::dup2(opened.descriptor(), STDERR_FILENO) < 0)
    throw complaint(usage, fmt::format("--stderr: write {}: {}", path, io::reason(io::from_errno(errno))));
}

void add_curl_options(CLI::App& verb, get_command& command) {
  add_request(verb, command);
  add_limits(verb, command);
  add_output(verb, command);
  add_session_options(verb, command);
  add_tcp(verb, command);
  add_tls(verb, command);
  add_proxies(verb, command);
  add_taken(verb, command);
}

}  // namespace parlance::cli
