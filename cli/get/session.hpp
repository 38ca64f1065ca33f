// What `parlance get --session` keeps from one run to the next: fields, cookies and the login, for one host.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <parlance/http/cookies/cookie_jar.hpp>
#include <parlance/http/message/message.hpp>
#include <parlance/http/url/url.hpp>

#include <cli/get/credentials.hpp>

namespace CLI {
class App;
}

namespace parlance::cli {

struct get_session_options {
  /// A name, or a path when there is a slash in it.
  std::string name;
  /// It is used, and not changed.
  bool read_only = false;
};

void add_session(CLI::App& verb, get_session_options& into);

class get_session {
 public:
  /// Of the host of these URLs; nothing when none was asked for. Throws complaint, also when the hosts differ.
  static std::optional<get_session> open(const get_session_options& said,
                                         const std::vector<http::url>& targets);

  /// What it has, where the command line says nothing of it.
  void give(http::field_list& fields, get_credentials& who, http::cookie_jar& jar);
  /// Keeps what was used, for its owner alone (0600). Throws complaint.
  void keep(const http::cookie_jar& jar) const;

 private:
  struct kept {
    std::vector<std::pair<std::string, std::string>> fields;
    get_login who;
    std::vector<http::cookie> cookies;
  };
  void read();

  std::string path_;
  bool read_only_ = false;
  bool is_over_tls_ = false;  // so that it stays so
  kept kept_;
};

}  // namespace parlance::cli
