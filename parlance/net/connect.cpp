#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include <parlance/io/blocking.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/connect.hpp>
#include <parlance/net/detail/race.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/proxy.hpp>

namespace parlance::net {
namespace {

/// How far it got, to be told when the time is up.
struct progress {
  std::vector<attempt> tried = {};
  std::string_view next = {};  // what comes after the connection, as long as it is not there

  std::string to_string() const {
    return next.empty() ? outcomes(tried) : fmt::format("connected, and waiting for {}", next);
  }
};

/// Reading the system's authorities takes a while, which nobody else on this loop shall wait for.
io::task<std::shared_ptr<tls_context>> made_of(tls_client_options wanted) {
  co_return co_await io::blocking([wanted = std::move(wanted)] {
    return is_default(wanted) ? tls_context::default_client() : tls_context::client(wanted);
  });
}

/// The addresses to call from; none when nothing was said of them.
io::task<std::vector<endpoint>> own_addresses(const address& to, const std::string& local) {
  if (local.empty()) co_return std::vector<endpoint>();
  const address own = address::parse(local, 0);
  if (to.is_unix() || own.is_unix())
    throw io::error(io::from_errno(EINVAL), "connect from " + local, "only TCP connects from an address");
  if (own.host.empty())
    co_return std::vector<endpoint>{endpoint::ipv4({}, own.port), endpoint::ipv6({}, own.port)};
  co_return co_await resolve(own, true);
}

/// Binds a socket to the first address of its family.
void bind_to_own(io::stream_socket& socket, int family, const std::vector<endpoint>& own) {
  const auto at = std::ranges::find(own, family, &endpoint::family);
  if (at == own.end()) return;
  if (const int fd = socket.native_handle(); fd >= 0) {
    constexpr int on = 1;
    // A port that was given may still be in TIME_WAIT from the last time; one that was not is chosen when it
    // is known whom to call, and can be the same for several.
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (at->port() == 0) ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  }
  socket.bind(*at);
}

/// The addresses to try. Of a Unix socket the one, whatever the family.
io::task<std::vector<endpoint>> candidates(const address& called, const connect_options& options) {
  std::vector<endpoint> found = options.addresses;
  if (found.empty()) {
    if (options.observer && options.observer->looking_up && !called.is_unix() && !called.host.empty() &&
        !endpoint::parse_ip(called.host, 0))
      options.observer->looking_up(called.host);
    found = co_await resolve(called);
  }
  if (options.family == AF_UNSPEC || called.is_unix()) co_return found;
  std::erase_if(found, [&](const endpoint& one) { return one.family() != options.family; });
  if (found.empty())
    throw io::error(errc::no_address, "connect",
                    fmt::format("{} has no IPv{} address", called.host, options.family == AF_INET ? 4 : 6));
  co_return found;
}

/// A connection to `to`, by way of the proxy if there is one.
io::task<stream> reach(const address& to, const std::optional<proxy>& by_way_of,
                       const connect_options& options, progress& so_far) {
  const io::time_point start = io::loop::current().now();
  const auto since = [&] { return io::loop::current().now() - start; };
  const address& called = by_way_of ? by_way_of->at : to;
  const std::vector<endpoint> own = co_await own_addresses(called, options.local);
  std::vector<endpoint> addresses = interleave(co_await candidates(called, options));
  if (!own.empty())
    std::erase_if(addresses, [&own](const endpoint& one) {
      return std::ranges::find(own, one.family(), &endpoint::family) == own.end();
    });
  if (addresses.empty())
    throw io::error(io::from_errno(EAFNOSUPPORT), "connect from " + options.local,
                    "the host has no address of the same family");
  if (options.times) options.times->resolved = since();
  if (options.observer && options.observer->resolved) options.observer->resolved(addresses);
  const auto prepare = [&](io::stream_socket& socket, int family) {
    apply(options.socket, socket, family);
    bind_to_own(socket, family, own);
  };
  stream connected(co_await race(std::move(addresses), options.attempt_delay, so_far.tried, prepare,
                                 options.observer.get()));
  if (options.observer && options.observer->connected)
    connected = options.observer->connected(std::move(connected));
  if (by_way_of) {
    so_far.next = "the proxy";
    if (by_way_of->tls) {
      std::shared_ptr<tls_context> context = options.proxy_context;
      if (!context) context = co_await made_of({});
      co_await connected.start_tls(std::move(context), by_way_of->at.host, options.timeout);
    }
    co_await connect_through(connected, *by_way_of, to, options.proxy_request);
  }
  if (options.times) options.times->connected = since();
  co_return connected;
}

io::task<stream> connect_all(const address& to, const std::optional<proxy>& by_way_of,
                             const connect_options& options, progress& so_far) {
  const io::time_point start = io::loop::current().now();
  stream connected = co_await reach(to, by_way_of, options, so_far);
  if (!options.preface.empty()) co_await connected.send(options.preface);
  if (!options.tls && !options.context) co_return connected;
  so_far.next = "the TLS handshake";
  std::shared_ptr<tls_context> context = options.context;
  if (!context) context = co_await made_of(options.tls_options);
  std::string name = options.tls_name.empty() ? to.host : options.tls_name;
  if (name.empty()) name = "localhost";
  co_await connected.start_tls(std::move(context), std::move(name), options.timeout);
  if (options.times) options.times->secured = io::loop::current().now() - start;
  co_return connected;
}

}  // namespace

io::task<stream> connect(std::string to, connect_options options) {
  return connect(address::parse(to), std::move(options));
}

io::task<stream> connect(address to, connect_options options) {
  std::optional<proxy> by_way_of;
  if (!options.proxy.empty()) by_way_of = proxy::parse(options.proxy);
  const std::string whom = to.to_string();
  const std::string doing = "connect " + whom + (by_way_of ? " through " + by_way_of->to_string() : "");
  const io::time_point start = io::loop::current().now();
  progress so_far;
  if (options.times) *options.times = {};
  try {
    co_return co_await io::timeout(options.timeout, connect_all(to, by_way_of, options, so_far));
  } catch (const io::error& e) {
    if (e.code() == io::errc::cancelled) throw io::error(e.code(), doing);
    if (e.code() == io::errc::timed_out) {
      // A deadline from outside may have come first.
      const auto took =
          std::max(io::duration::zero(), std::min(options.timeout, io::loop::current().now() - start));
      const auto rounded = std::chrono::round<std::chrono::milliseconds>(took);
      const std::string limit =
          fmt::format("timed out after {:g} s", std::chrono::duration<double>(rounded).count());
      const std::string where = so_far.to_string();
      throw io::error(e.code(), doing, where.empty() ? limit : fmt::format("{} ({})", limit, where));
    }
    // What it says after its own "connect: ", without the address again where there was only that one.
    std::string_view reason = e.what();
    if (reason.starts_with("connect: ")) reason.remove_prefix(9);
    if (reason.starts_with(whom + ": ")) reason.remove_prefix(whom.size() + 2);
    if (by_way_of && reason.starts_with("connect " + whom + " through ")) reason = why(e);
    const bool proxy_is_away = by_way_of && so_far.next.empty();
    throw io::error(e.code(), doing,
                    fmt::format("{}{}", proxy_is_away ? "cannot reach the proxy: " : "", reason));
  }
}

}  // namespace parlance::net
