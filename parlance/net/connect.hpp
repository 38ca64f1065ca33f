// Reaching somebody: names, addresses of both families, and the race between them.
//
//   auto s = co_await net::connect("example.com:443", {.tls = true});
#pragma once

#include <sys/socket.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/address.hpp>
#include <parlance/net/connect_observer.hpp>
#include <parlance/net/proxy.hpp>
#include <parlance/net/socket_options.hpp>
#include <parlance/net/stream.hpp>
#include <parlance/net/tls.hpp>

namespace parlance::net {

/// When each part of connecting was done, for those who show it; zero where a part did not happen.
struct connect_times {
  io::duration resolved{}, connected{}, secured{};
};

struct connect_options {
  /// TLS from the start, checked as tls_options says.
  bool tls = false;
  tls_client_options tls_options = {};
  /// Made from tls_options when it is null; give one to share it among many connections.
  std::shared_ptr<tls_context> context = {};
  /// Through a proxy: "socks5://host:1080", "socks4://host:1080", "http://user:password@host:3128" or
  /// "https://host", the latter two by CONNECT, the last with TLS to the proxy itself. What is special in a user or password is
  /// percent-encoded. The proxy looks the name up. Empty: directly.
  std::string proxy = {};
  /// For TLS to the proxy; null: tls_context::default_client().
  std::shared_ptr<tls_context> proxy_context = {};
  /// What a CONNECT to it says besides.
  connect_request proxy_request = {};
  /// Sent to whom it connects before anything else, TLS included: a header of proxy_header.hpp.
  std::string preface = {};
  /// For everything together: the name, every address, the proxy, the TLS handshake.
  io::duration timeout = std::chrono::seconds(30);
  /// Start the next attempt after this long (RFC 8305, section 5). It never ends an earlier one.
  io::duration attempt_delay = std::chrono::milliseconds(250);
  /// Where to call from: "address", "address:port" or ":port", or a name of this machine's; for TCP only.
  /// Only addresses of its families are tried. Empty: the kernel chooses.
  std::string local = {};
  /// Only addresses of this family are tried: AF_INET or AF_INET6. AF_UNSPEC: both.
  int family = AF_UNSPEC;
  /// These are tried, and the host, or the proxy's, is not looked up. Empty: it is.
  std::vector<endpoint> addresses = {};
  /// The name that TLS asks for and checks, where another host stands for it. Empty: the host's.
  std::string tls_name = {};
  /// Of each socket that is tried.
  socket_options socket = {};
  /// Filled in when it is not null.
  connect_times* times = nullptr;
  /// Is told of it as it happens; null: nobody.
  std::shared_ptr<const connect_observer> observer = {};
};

/// Connects to "host:port", "[v6]:port", ":port" (this machine) or "unix:/path". A host's addresses are tried
/// in turn, the families alternating, each attempt beside the earlier ones; the first that answers wins and
/// the others are closed (Happy Eyeballs, RFC 8305). Throws io::error that names each address tried and why
/// it failed.
io::task<stream> connect(std::string to, connect_options options = {});
io::task<stream> connect(address to, connect_options options = {});

}  // namespace parlance::net
