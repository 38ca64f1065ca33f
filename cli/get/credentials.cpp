#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>

#include <parlance/http/base/percent.hpp>
#include <parlance/io/error.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/verb.hpp>
#include <cli/base/without_echo.hpp>
#include <cli/get/credentials.hpp>

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

}  // namespace

void add_credentials(CLI::App& verb, get_credentials& into) {
  CLI::Option* user =
      verb.add_option("-u,--user", into.user,
                      "Who asks, for the origins of the URLs and no others; before what a URL says itself.\n"
                      "Without the password it is asked for on the terminal")
          ->type_name("USER[:PASSWORD]")
          ->configurable(false);
  verb.add_flag("--digest", into.digest,
                "Prove the password by Digest, to who asks for that; without it, it is sent (Basic)")
      ->configurable(false);
  verb.add_option("--bearer,--oauth2-bearer", into.bearer, "Send this token instead of a name and a password")
      ->type_name("TOKEN")
      ->excludes(user)
      ->configurable(false);
  verb.add_flag("-n,--netrc", into.netrc,
                "Take names and passwords from ~/.netrc, if there is one, for hosts without others");
  verb.add_option("--netrc-file", into.netrc_file, "The same, from this file")->type_name("FILE");
}

void add_trust(CLI::App& verb, net::tls_client_options& tls) {
  CLI::Option* ca =
      verb.add_option("--ca,--cacert", tls.ca_file, "Authorities to trust instead of the system's (PEM)")
          ->type_name("FILE");
  verb.add_flag("-k,--insecure", tls.insecure_accept_any_certificate,
                "Take any certificate: anybody in between can read and change everything")
      ->excludes(ca);
  verb.add_option("-E,--cert", tls.certificate.cert_file,
                  "The certificate to show to servers that ask for one (PEM)")
      ->type_name("FILE");
  verb.add_option("--key", tls.certificate.key_file,
                  "Its key, when that is in another file; its password is asked for on the terminal")
      ->type_name("FILE");
  tls.certificate.password = [] {
    return ask_password("Password of the key", "take it off: openssl pkey -in FILE -out FILE");
  };
  verb.add_option_function<std::string>(
          "--pinnedpubkey",
          [&tls](const std::string& text) {
            for (std::string_view rest = text; !rest.empty();) {
              const std::size_t end = std::min(rest.find(';'), rest.size());
              std::string_view pin = rest.substr(0, end);
              rest.remove_prefix(std::min(end + 1, rest.size()));
              if (!pin.starts_with("sha256//") || pin.size() != 8 + 44)
                throw CLI::ValidationError(
                    "--pinnedpubkey", "wants 'sha256//' and 44 characters of base64, several behind ';'");
              tls.pins.emplace_back(pin.substr(8));
            }
          },
          "A key that must be in the chain of certificates, whoever signed it; several behind ';'")
      ->type_name("sha256//BASE64");
}

http::login login_of(const get_login& said) {
  if (!said.bearer.empty()) return {.by = http::login::scheme::bearer, .password = said.bearer};
  const std::size_t colon = said.user.find(':');
  return {.by = said.digest ? http::login::scheme::digest : http::login::scheme::basic,
          .user = said.user.substr(0, colon),
          .password = said.user.substr(colon + 1)};
}

void ask_for_password(get_login& said) {
  if (said.user.empty() || said.user.contains(':')) return;
  said.user += ':' + ask_password("Password for " + said.user, "say it: -u USER:PASSWORD");
}

std::shared_ptr<http::credentials> make_credentials(get_credentials& said,
                                                    const std::vector<http::url>& targets) {
  const bool reads_netrc = said.netrc || !said.netrc_file.empty();
  if (said.empty() && said.configured.empty() && !said.digest && !reads_netrc) return nullptr;
  ask_for_password(said);
  auto known = std::make_shared<http::credentials>();
  try {
    const bool proves_configured = add_configured(said, targets, *known);
    if (!said.empty()) {
      const http::login as = login_of(said);
      for (const http::url& target : targets) known->add(http::origin::of(target), as);
    } else if (said.digest) {
      bool any = false;
      for (const http::url& target : targets) {
        if (!target.has_credentials()) continue;
        any = true;
        known->add(http::origin::of(target), {.by = http::login::scheme::digest,
                                              .user = http::percent_decode(target.username()),
                                              .password = http::percent_decode(target.password())});
      }
      if (!any && !proves_configured)
        throw complaint(usage, "--digest: for whom? Give -u USER, or put the name into the URL");
    }
  } catch (const std::invalid_argument& e) {
    throw complaint(usage, e.what());
  }
  if (reads_netrc) known->use(read_netrc(said));
  return known;
}

}  // namespace parlance::cli
