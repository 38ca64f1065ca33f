// The race between a host's addresses (Happy Eyeballs, RFC 8305). For net::connect, and for its tests.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <parlance/io/stream_socket.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/address.hpp>
#include <parlance/net/connect_observer.hpp>

namespace parlance::net {

/// RFC 8305, section 4: the families in turn, beginning with that of the first.
std::vector<endpoint> interleave(const std::vector<endpoint>& sorted);

/// An address that was tried, and how it went so far.
struct attempt {
  endpoint to;
  std::string outcome = "no answer yet";
};

/// "192.0.2.1:80: connection refused, [2001:db8::1]:80: no answer yet".
std::string outcomes(const std::vector<attempt>& all);

/// Makes the socket of an attempt ready, before it connects. What it throws is how the attempt failed, with
/// ECONNABORTED when that is no io::error.
using preparation = std::function<void(io::stream_socket& socket, int family)>;

/// Tries each address in turn, beside the earlier ones, `delay` after the one before or as soon as one has
/// failed, and gives the first that answers, having closed the others. `log` tells of each that was tried, and
/// of nothing else, also after a cancellation; it must outlive the task, and so must `observer`, who is told of each. Throws
/// io::error that names each and why it failed.
io::task<std::unique_ptr<io::stream_socket>> race(std::vector<endpoint> addresses, io::duration delay,
                                                  std::vector<attempt>& log, preparation prepare = {},
                                                  const connect_observer* observer = nullptr);

}  // namespace parlance::net
