// What `parlance get` knows beyond one request: logins, cookies, sessions, and the ways to servers.
#pragma once

#include <optional>
#include <vector>

#include <cli/get/cookies.hpp>
#include <cli/get/credentials.hpp>
#include <cli/get/network.hpp>
#include <cli/get/session.hpp>
#include <cli/get/transfer.hpp>

namespace parlance::cli {

struct get_policies {
  get_credentials who;
  get_cookies cookies;
  get_session_options session;
  get_network network;
  /// While it runs.
  std::optional<get_session> open_session = {};
};

/// Adds the options. Both outlive the parsing.
void add_policies(CLI::App& verb, get_policies& into, get_options& options);

/// Puts what was said into the options that all jobs share, and turns jobs to https where that is known to be
/// asked for. Throws complaint.
void begin(get_policies& said, get_options& options, std::vector<get_job>& jobs);
/// Keeps what is to be kept. Throws complaint.
void finish(const get_policies& said, const get_options& options);

}  // namespace parlance::cli
