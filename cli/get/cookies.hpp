// The cookies of `parlance get`: where they come from, and where they are kept.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <parlance/http/cookies/cookie_jar.hpp>
#include <parlance/http/url/url.hpp>

namespace CLI {
class App;
}

namespace parlance::cli {

struct get_cookies {
  /// Each a file, or "a=b; c=d".
  std::vector<std::string> from;
  /// Where they are kept afterwards; empty: nowhere.
  std::string into;
  /// Of those in files, what is for a session only is left out.
  bool junks_session = false;
};

void add_cookies(CLI::App& verb, get_cookies& into);

/// What was said, for these URLs; null when nothing was. Throws complaint.
std::shared_ptr<http::cookie_jar> make_cookies(const get_cookies& said,
                                               const std::vector<http::url>& targets);
/// Keeps them where that was said. Throws complaint.
void keep_cookies(const get_cookies& said, const http::cookie_jar* jar);

}  // namespace parlance::cli
