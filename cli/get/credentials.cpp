#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <parlance/http/base/percent.hpp>
#include <parlance/io/error.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/read_file.hpp>
#include <cli/base/verb.hpp>
#include <cli/base/without_echo.hpp>
#include <cli/get/credentials.hpp>
#include <cli/get/options.hpp>

namespace parlance::cli {
namespace {

http::netrc read_netrc(const get_credentials& said) {
  std::string path = said.netrc_file;
  if (path.empty()) {
    const char* const home = std::getenv("HOME");
    if (!home || !*home) throw complaint(usage, "--netrc: HOME is not set; give the file by --netrc-file");
    path = std::string(home) + "/.netrc";
    if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) return {};
  }
  try {
    return http::netrc::read(path);
  } catch (const io::error& e) {
    throw complaint(usage, e.what());
  }
}

/// Those of the configuration, but for origins whose URLs say one themselves. A password that is missing is asked for
/// where the login is needed for sure.
/// Whether --digest is for one of them.
bool add_configured(get_credentials& said, const std::vector<http::url>& targets, http::credentials& to) {
  bool proves_any = false;
  for (auto& [of, login] : said.configured) {
    const auto is_there = [&](const http::url& target) { return http::origin::of(target) == of; };
    const auto says_another = [&](const http::url& target) {
      return is_there(target) && target.has_credentials();
    };
    if (std::ranges::any_of(targets, says_another)) continue;
    const bool is_asked = std::ranges::any_of(targets, is_there);
    if (said.digest && is_asked && !login.user.empty()) proves_any = login.digest = true;
    if (login.bearer.empty() && !login.user.contains(':')) {
      if (!said.empty() || !is_asked) continue;
      ask_for_password(login);
    }
    to.add(of, login_of(login));
  }
  return proves_any;
}

/// As OpenSSL finds them in a folder: by the hash of their names (openssl-rehash(1)).
bool is_named_by_hash(std::string_view name) {
  constexpr std::size_t digits = 8;
  if (name.size() < digits + 2 || name[digits] != '.') return false;
  const std::string_view hash = name.substr(0, digits), number = name.substr(digits + 1);
  return hash.find_first_not_of("0123456789abcdef") == hash.npos &&
         number.find_first_not_of("0123456789") == number.npos;
}

}  // namespace

void take_certificate(const std::string& text, net::tls_certificate& into) {
  std::string file;
  std::size_t at = 0;
  for (; at < text.size() && text[at] != ':'; ++at) {
    const bool escapes =
        text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == ':' || text[at + 1] == '\\');
    file += text[at += escapes ? 1 : 0];
  }
  into.cert_file = std::move(file);
  if (at < text.size()) into.password = text.substr(at + 1);
}

void add_credentials(CLI::App& verb, get_credentials& into) {
  CLI::Option* user =
      verb.add_option("-u,-a,--user,--auth", into.user,
                      "Who asks, for the origins of the URLs and no others; before what a URL says itself.\n"
                      "Without the password it is asked for on the terminal")
          ->type_name("USER[:PASSWORD]")
          ->configurable(false);
  verb.add_flag("--digest", into.digest,
                "Prove the password by Digest, to who asks for that; without it, it is sent (Basic)")
      ->configurable(false);
  add_each(
      verb, "--auth-type",
      [&into](const std::string& type) {
        if (type != "basic" && type != "digest" && type != "bearer")
          throw CLI::ValidationError("--auth-type", "wants basic, digest or bearer");
        into.digest = type == "digest";
        into.is_token = type == "bearer";
      },
      "What -u gives: a password to send, or to prove as --digest does, or a token as --bearer has it",
      "basic|digest|bearer")
      ->configurable(false);
  verb.add_option("--bearer,--oauth2-bearer", into.bearer, "Send this token instead of a name and a password")
      ->type_name("TOKEN")
      ->excludes(user)
      ->configurable(false);
  verb.add_flag("-n,--netrc", into.netrc,
                "Take names and passwords from ~/.netrc, if there is one, for hosts without others");
  verb.add_option("--netrc-file", into.netrc_file, "The same, from this file")->type_name("FILE");
}

void add_trust(CLI::App& verb, get_credentials& into, net::tls_client_options& tls) {
  CLI::Option* ca =
      verb.add_option("--ca,--cacert", tls.ca_file, "Authorities to trust instead of the system's (PEM)")
          ->type_name("FILE");
  CLI::Option* folder = verb.add_option("--capath", into.ca_folder,
                                        "The same, those in a folder that are named by their hashes "
                                        "(openssl rehash)")
                            ->type_name("FOLDER")
                            ->excludes(ca);
  verb.add_flag("-k,--insecure", tls.insecure_accept_any_certificate,
                "Take any certificate: anybody in between can read and change everything")
      ->excludes(ca)
      ->excludes(folder);
  add_each(
      verb, "--verify",
      [&tls](const std::string& what) {
        tls.insecure_accept_any_certificate = what == "no" || what == "false";
        tls.ca_file = tls.insecure_accept_any_certificate || what == "yes" || what == "true" ? "" : what;
      },
      "As HTTPie has it: no is --insecure, a file is --ca", "yes|no|FILE")
      ->excludes(ca)
      ->excludes(folder)
      ->configurable(false);
  tls.certificate.password = [] { return ask_password("Password of the key", "say it: --pass PASSWORD"); };
  add_each(
      verb, "-E,--cert", [&tls](const std::string& text) { take_certificate(text, tls.certificate); },
      "The certificate to show to servers that ask for one (PEM); a colon of its name stands behind a "
      "backslash",
      "FILE[:PASSWORD]");
  verb.add_option("--key,--cert-key", tls.certificate.key_file,
                  "Its key, when that is in another file; its password is asked for on the terminal")
      ->type_name("FILE");
  add_each(
      verb, "--pass", [&tls](const std::string& password) { tls.certificate.password = password; },
      "The password of the key", "PASSWORD")
      ->configurable(false);
  verb.add_option_function<std::string>(
          "--pinnedpubkey", [&tls](const std::string& text) { tls.pins = pins_of("--pinnedpubkey", text); },
          "A key that must be in the chain of certificates, whoever signed it; several behind ';'")
      ->type_name("sha256//BASE64");
}

std::vector<std::string> pins_of(const char* option, std::string_view text) {
  constexpr std::string_view mark = "sha256//";
  constexpr std::size_t size = 44;
  std::vector<std::string> pins;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view pin = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(pin.size() + 1, rest.size()));
    if (!pin.starts_with(mark) || pin.size() != mark.size() + size)
      throw CLI::ValidationError(option, "wants 'sha256//' and 44 characters of base64, several behind ';'");
    pins.emplace_back(pin.substr(mark.size()));
  }
  return pins;
}

std::string authorities_in(const char* option, const std::string& folder) {
  std::string all;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (is_named_by_hash(at->path().filename().native())) all += read_file(at->path().native()) + '\n';
  if (error) throw complaint(usage, fmt::format("{}: read {}: {}", option, folder, error.message()));
  if (all.empty())
    throw complaint(usage,
                    fmt::format("{}: no authority in {} is named by its hash; openssl rehash gives them "
                                "such names",
                                option, folder));
  return all;
}

http::login login_of(const get_login& said) {
  if (!said.bearer.empty()) return {.by = http::login::scheme::bearer, .password = said.bearer};
  const std::size_t colon = said.user.find(':');
  return {.by = said.any      ? http::login::scheme::any
                : said.digest ? http::login::scheme::digest
                              : http::login::scheme::basic,
          .user = said.user.substr(0, colon),
          .password = said.user.substr(colon + 1)};
}

void settle(get_credentials& said, net::tls_client_options& tls) {
  if (!said.ca_folder.empty()) tls.ca_pem = authorities_in("--capath", said.ca_folder);
  if (!std::exchange(said.is_token, false)) return;
  if (said.user.empty()) throw complaint(usage, "--auth-type bearer: give the token by -a TOKEN");
  said.bearer = std::exchange(said.user, {});
}

void ask_for_password(get_login& said) {
  if (said.user.empty() || said.user.contains(':')) return;
  said.user += ':' + ask_password("Password for " + said.user, "say it: -u USER:PASSWORD");
}

std::shared_ptr<http::credentials> make_credentials(get_credentials& said,
                                                    const std::vector<http::url>& targets) {
  const bool reads_netrc = said.netrc || !said.netrc_file.empty();
  if (said.empty() && said.configured.empty() && !said.digest && !said.any && !reads_netrc) return nullptr;
  ask_for_password(said);
  auto known = std::make_shared<http::credentials>();
  try {
    const bool proves_configured = add_configured(said, targets, *known);
    if (!said.empty()) {
      const http::login as = login_of(said);
      for (const http::url& target : targets) known->add(http::origin::of(target), as);
    } else if (said.digest || said.any) {
      bool any = false;
      for (const http::url& target : targets) {
        if (!target.has_credentials()) continue;
        any = true;
        known->add(http::origin::of(target),
                   {.by = said.any ? http::login::scheme::any : http::login::scheme::digest,
                    .user = http::percent_decode(target.username()),
                    .password = http::percent_decode(target.password())});
      }
      if (said.digest && !any && !proves_configured)
        throw complaint(usage, "--digest: for whom? Give -u USER, or put the name into the URL");
    }
  } catch (const std::invalid_argument& e) {
    throw complaint(usage, e.what());
  }
  if (reads_netrc) known->use(read_netrc(said));
  return known;
}

}  // namespace parlance::cli
