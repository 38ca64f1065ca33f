// How `connect` comes to whom it calls: from where, by which proxy, over which family, and how often it tries.
#pragma once

#include <sys/socket.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/connect.hpp>
#include <parlance/net/stream.hpp>

namespace CLI {
class App;
}

namespace parlance::cli {

struct reach_options {
  std::string proxy, proxy_user;
  net::tls_client_options proxy_tls;
  std::string source;
  int family = AF_UNSPEC;
  /// For how long it is tried again while nobody answers; zero: once.
  io::duration retry = io::duration::zero();
};

/// Adds the options, which outlive the parsing.
void add_reach_options(CLI::App& verb, reach_options& into);

/// What they make of a call; the caller adds TLS and limits of time. Asks for the proxy's password where it
/// is missing. Throws complaint (usage).
net::connect_options apply(const reach_options& said);

/// Connects, again and again while nobody answers and `retry` lasts, ever more slowly, at least every two
/// seconds. `waits` is told the first failure. Throws what net::connect throws.
io::task<net::stream> reach(const std::string& address, const net::connect_options& how, io::duration retry,
                            const std::function<void(std::string_view)>& waits);

}  // namespace parlance::cli
