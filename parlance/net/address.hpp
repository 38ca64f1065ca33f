// Where to connect or listen, as people write it: "example.com:443", ":8000", "[::1]:8000", "unix:/run/chat".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/io/endpoint.hpp>
#include <parlance/io/task.hpp>

namespace parlance::net {

using io::endpoint;

struct address {
  /// A name, or a numeric address without brackets; empty stands for every interface (listening) or this
  /// machine (connecting). Not for Unix sockets.
  std::string host;
  std::uint16_t port = 0;
  /// Of a Unix socket; '@' first: an abstract name. Empty for TCP and UDP.
  std::string path;

  bool is_unix() const noexcept { return !path.empty(); }
  std::string to_string() const;

  /// Throws io::error (EINVAL) that quotes `text` and says what is wrong with it. Without a port in the text,
  /// `default_port` is taken, and without that it is an error.
  static address parse(std::string_view text, std::optional<std::uint16_t> default_port = {});
};

/// The name as the network has it: its A-labels, as browsers read it (UTS 46; domain.hpp). One that is ASCII stays as it is.
/// Throws io::error naming the host.
std::string to_ascii(const std::string& host);

/// Every address of a host, in the order in which to try them (RFC 6724, as getaddrinfo(3) gives it), on a
/// worker thread: one of the sixteen (io::look_up_workers) that ask name servers, or, for "localhost", of the
/// others, so that servers that do not answer keep nothing else waiting. Numeric ones need no thread. A name
/// that is not ASCII is looked up by its A-label (to_ascii). `passive`: for binding. Throws io::error naming
/// the host.
io::task<std::vector<endpoint>> resolve(address of, bool passive = false);

}  // namespace parlance::net
