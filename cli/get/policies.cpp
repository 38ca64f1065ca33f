#include <memory>

#include <CLI/CLI.hpp>
#include <cli/base/option_kinds.hpp>
#include <cli/get/policies.hpp>

namespace parlance::cli {

void add_policies(CLI::App& verb, get_policies& into, get_options& options) {
  verb.option_defaults()->group("Session");
  add_apart(verb, [&] { add_credentials(verb, into.who); });
  add_apart(verb, [&] { add_cookies(verb, into.cookies); });
  add_apart(verb, [&] { add_session(verb, into.session); });
  verb.option_defaults()->group("Connection");
  add_apart(verb, [&] { add_trust(verb, into.who, options.limits.tls); });
  add_apart(verb, [&] { add_network(verb, into.network, options.limits); });
  verb.option_defaults()->group("Options");
}

void begin(get_policies& said, get_options& options, std::vector<get_job>& jobs) {
  http::client_options& limits = options.limits;
  apply_network(said.network, limits);
  std::vector<http::url> targets;
  for (get_job& job : jobs) {
    // Before anything is bound to its origin.
    if (limits.hsts) job.target = limits.hsts->upgraded(job.target).value_or(job.target);
    targets.push_back(job.target);
  }
  said.open_session = get_session::open(said.session, targets);
  limits.cookies = make_cookies(said.cookies, targets);
  if (said.open_session) {
    if (!limits.cookies) limits.cookies = std::make_shared<http::cookie_jar>();
    said.open_session->give(options.request.fields, said.who, *limits.cookies);
  }
  limits.credentials = make_credentials(said.who, targets);
}

void finish(const get_policies& said, const get_options& options) {
  keep_network(said.network, options.limits);
  if (said.open_session) said.open_session->keep(*options.limits.cookies);
  keep_cookies(said.cookies, options.limits.cookies.get());
}

}  // namespace parlance::cli
