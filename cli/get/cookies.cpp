#include <fmt/core.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/cookies/cookie_file.hpp>
#include <parlance/io/error.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/verb.hpp>
#include <cli/get/cookies.hpp>

namespace parlance::cli {
namespace {

/// `a=b; c=d`, for the hosts of the URLs and no others.
void put_typed(http::cookie_jar& jar, std::string_view text, const std::vector<http::url>& targets) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view pair = http::trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    for (const http::url& target : targets) {
      http::cookie one{.name = std::string(http::trim(pair.substr(0, equals))),
                       .value = std::string(http::trim(pair.substr(std::min(equals + 1, pair.size())))),
                       .domain = std::string(target.host_name())};
      if (!jar.put(std::move(one)))
        throw complaint(usage,
                        "-b: a cookie is NAME=VALUE without control characters, of at most 4096 bytes");
    }
  }
}

}  // namespace

void add_cookies(CLI::App& verb, get_cookies& into) {
  verb.add_option(
          "-b,--cookie", into.from,
          "Cookies to begin with, for the hosts of the URLs or from a file as curl has it; those that\n"
          "come are sent back, too")
      ->type_name("'A=B; C=D'|FILE")
      ->allow_extra_args(false);
  verb.add_option("-c,--cookie-jar", into.into,
                  "Keep cookies in this file, as curl does; it need not be there, and is no -b by itself")
      ->type_name("FILE");
}

std::shared_ptr<http::cookie_jar> make_cookies(const get_cookies& said,
                                               const std::vector<http::url>& targets) {
  if (said.from.empty() && said.into.empty()) return nullptr;
  auto jar = std::make_shared<http::cookie_jar>();
  for (const std::string& from : said.from) {
    if (from.contains('=')) {
      put_typed(*jar, from, targets);
      continue;
    }
    try {
      // The first time there is none: `-b jar -c jar` is how one begins.
      http::cookie_jar kept;
      if (!from.empty() && !http::load_cookies(kept, from) && from != said.into)
        throw complaint(
            usage, fmt::format("-b: there is no file {}; a cookie is 'NAME=VALUE'", http::in_quotes(from)));
      if (said.junks_session) kept.end_session();
      for (http::cookie& one : kept.all()) jar->put(std::move(one));
    } catch (const io::error& e) {
      throw complaint(usage, e.what());
    }
  }
  return jar;
}

void keep_cookies(const get_cookies& said, const http::cookie_jar* jar) {
  if (said.into.empty() || !jar) return;
  try {
    http::save_cookies(*jar, said.into);
  } catch (const io::error& e) {
    throw complaint(failure, e.what());
  }
}

}  // namespace parlance::cli
