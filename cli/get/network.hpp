// How `parlance get` comes to servers: over https only, by which proxy, where to, and from where.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <parlance/http/client/client_options.hpp>

namespace CLI {
class App;
}

namespace parlance::cli {

struct get_network {
  /// A file of hosts that are asked over https only; empty: none.
  std::string hsts;
  /// Nothing: as the environment says. Empty: none.
  std::optional<std::string> proxy, no_proxy;
  std::string proxy_user;
  /// -p, --proxy-digest, --proxy-header and --preproxy.
  bool tunnels_all = false, proxy_by_digest = false;
  std::vector<std::string> proxy_fields;
  std::string before;
  /// --proxy-capath; empty: none.
  std::string proxy_ca_folder;
  /// Each as it was typed.
  std::vector<std::string> resolve, connect_to;
  /// An address of ours, or the name of an interface.
  std::string from;
};

/// Adds the options. Both outlive the parsing.
void add_network(CLI::App& verb, get_network& into, http::client_options& options);

/// Puts what was said into the options. Throws complaint.
void apply_network(const get_network& said, http::client_options& options);
/// Keeps what was learnt. Throws complaint.
void keep_network(const get_network& said, const http::client_options& options);

}  // namespace parlance::cli
