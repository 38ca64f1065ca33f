#include <fmt/core.h>

#include <algorithm>

#include <parlance/io/error.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/verb.hpp>
#include <cli/talk/caller_filter.hpp>

namespace parlance::cli {
namespace {

std::vector<net::network> networks(const std::vector<std::string>& said, const char* option) {
  std::vector<net::network> read;
  for (const std::string& one : said) {
    try {
      read.push_back(net::network::parse(one));
    } catch (const io::error& e) {
      throw complaint(usage, fmt::format("{}: {}", option, e.what()));
    }
  }
  return read;
}

}  // namespace

void caller_filter::add_options(CLI::App& verb) {
  verb.add_option("--allow", allow_said_,
                  "Who may call, and nobody else: 192.0.2.7, 10.0.0.0/8, 2001:db8::/32, unix")
      ->type_name("NETWORK,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  verb.add_option("--deny", deny_said_, "Who may not call, even though allowed otherwise")
      ->type_name("NETWORK,...")
      ->delimiter(',')
      ->allow_extra_args(false);
}

void caller_filter::prepare() {
  allowed_ = networks(allow_said_, "--allow");
  denied_ = networks(deny_said_, "--deny");
}

bool caller_filter::admits(const io::endpoint& caller) const noexcept {
  const auto has = [&](const net::network& one) { return one.contains(caller); };
  return std::ranges::none_of(denied_, has) && (allowed_.empty() || std::ranges::any_of(allowed_, has));
}

}  // namespace parlance::cli
