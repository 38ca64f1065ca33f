#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include <parlance/io/blocking.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/connect.hpp>
#include <parlance/net/race.hpp>

namespace parlance::net {
namespace {

/// How far it got, to be told when the time is up.
struct progress {
  bool secure;  // TLS is wanted
  std::vector<attempt> tried = {};

  std::string to_string() const {
    const bool reached = std::ranges::find(tried, "connected", &attempt::outcome) != tried.end();
    return reached && secure ? "connected, and waiting for the TLS handshake" : outcomes(tried);
  }
};

io::task<stream> connect_all(const address& to, const connect_options& options, progress& so_far) {
  const io::time_point start = io::loop::current().now();
  const auto since = [&] { return io::loop::current().now() - start; };
  std::vector<endpoint> addresses = interleave(co_await resolve(to));
  if (options.times) options.times->resolved = since();
  stream connected(co_await race(std::move(addresses), options.attempt_delay, so_far.tried));
  if (options.times) options.times->connected = since();
  if (!options.tls && !options.context) co_return connected;
  std::shared_ptr<tls_context> context = options.context;
  // Reading the system's authorities takes a while, which nobody else on this loop shall wait for.
  if (!context)
    context = co_await io::blocking([wanted = options.tls_options] {
      return is_default(wanted) ? tls_context::default_client() : tls_context::client(wanted);
    });
  stream secured = co_await tls_connect(std::move(connected), std::move(context),
                                        to.host.empty() ? "localhost" : to.host, options.timeout);
  if (options.times) options.times->secured = since();
  co_return secured;
}

}  // namespace

io::task<stream> connect(std::string to, connect_options options) {
  return connect(address::parse(to), std::move(options));
}

io::task<stream> connect(address to, connect_options options) {
  const std::string whom = to.to_string();
  const io::time_point start = io::loop::current().now();
  progress so_far{.secure = options.tls || options.context};
  try {
    co_return co_await io::timeout(options.timeout, connect_all(to, options, so_far));
  } catch (const io::error& e) {
    if (e.code() == io::errc::cancelled) throw io::error(e.code(), "connect " + whom);
    if (e.code() == io::errc::timed_out) {
      // A deadline from outside may have come first.
      const auto took =
          std::max(io::duration::zero(), std::min(options.timeout, io::loop::current().now() - start));
      const auto rounded = std::chrono::round<std::chrono::milliseconds>(took);
      const std::string limit =
          fmt::format("timed out after {:g} s", std::chrono::duration<double>(rounded).count());
      const std::string where = so_far.to_string();
      throw io::error(e.code(), "connect " + whom,
                      where.empty() ? limit : fmt::format("{} ({})", limit, where));
    }
    // What it says after its own "connect: ", without the address again where there was only that one.
    std::string_view reason = e.what();
    if (reason.starts_with("connect: ")) reason.remove_prefix(9);
    if (reason.starts_with(whom + ": ")) reason.remove_prefix(whom.size() + 2);
    throw io::error(e.code(), "connect " + whom, reason);
  }
}

}  // namespace parlance::net
