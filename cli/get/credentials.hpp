// Who `parlance get` is to servers: the options for logins and certificates.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <parlance/http/authentication/credentials.hpp>
#include <parlance/http/url/url.hpp>
#include <parlance/net/tls_options.hpp>

namespace CLI {
class App;
}

namespace parlance::cli {

struct get_login {
  /// USER[:PASSWORD], or instead a token.
  std::string user, bearer;
  bool digest = false;
  /// Digest or Basic, as the server asks.
  bool any = false;

  bool empty() const noexcept { return user.empty() && bearer.empty(); }
};

struct get_credentials : get_login {
  /// --auth-type bearer: `user` is the token.
  bool is_token = false;
  std::string netrc_file;
  /// --capath; empty: none.
  std::string ca_folder;
  bool netrc = false;
  /// Of the configuration, where neither the command line nor the URL says another.
  std::map<http::origin, get_login> configured = {};
};

/// Adds the options for logins. `into` outlives the parsing.
void add_credentials(CLI::App& verb, get_credentials& into);
/// Adds those for TLS: whom to trust, and what to show.
void add_trust(CLI::App& verb, get_credentials& into, net::tls_client_options& tls);

/// FILE, or FILE:PASSWORD; a colon of the file's name stands behind a backslash, as curl has it.
void take_certificate(const std::string& text, net::tls_certificate& into);

/// "sha256//BASE64", several behind ';', as pins. Throws CLI::ValidationError.
std::vector<std::string> pins_of(const char* option, std::string_view text);

/// The certificates in a folder that are named by their hashes, as PEM. Throws complaint.
std::string authorities_in(const char* option, const std::string& folder);

/// Puts what --auth-type bearer and --capath mean in its place. Throws complaint.
void settle(get_credentials& said, net::tls_client_options& tls);

/// Asks for the password of `user` on the terminal when it is missing. Throws complaint.
void ask_for_password(get_login& said);

/// Of one whose password is there.
http::login login_of(const get_login& said);

/// What was said, for the origins of these URLs, and what is configured; null when nothing was. Asks for a password
/// that is missing, and reads .netrc. Throws complaint.
std::shared_ptr<http::credentials> make_credentials(get_credentials& said,
                                                    const std::vector<http::url>& targets);

}  // namespace parlance::cli
