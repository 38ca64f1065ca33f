#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include <parlance/http/connector.hpp>
#include <parlance/io/blocking.hpp>
#include <parlance/net/tls.hpp>

namespace parlance::http {
namespace {

/// The reason alone says too little where the time was not up in connecting.
[[noreturn]] void tell(const io::error& e, const net::address& to, const net::connect_times& done) {
  if (e.code() == io::errc::timed_out && done.resolved < io::duration::zero())
    throw failure(e.code(), fmt::format("timed out looking up {}", to.host));
  if (e.code() == io::errc::timed_out && done.connected >= io::duration::zero())
    throw failure(e.code(), fmt::format("timed out in the TLS handshake with {}", to.to_string()));
  throw failure(e.code(), e.what());  // it names each address and how far it got
}

}  // namespace

connector::connector(net::tls_client_options tls, std::shared_ptr<net::tls_context> context)
    : tls_(std::move(tls)), context_(std::move(context)) {
  if (tls_.alpn.empty()) tls_.alpn = {"http/1.1"};
}

io::task<void> connector::prepare(const route& way) {
  if (!way.to.secure || context_) co_return;
  try {
    const io::mutex::guard alone = co_await one_reads_.lock();
    if (context_) co_return;
    context_ = co_await io::blocking([tls = tls_] {
      return net::is_default(tls) ? net::tls_context::default_client() : net::tls_context::client(tls);
    });
  } catch (const io::error& e) {
    throw failure(e.code(), e.what());
  }
}

io::task<net::stream> connector::dial(route way, io::duration limit, net::connect_times& times) {
  const io::duration not_yet(-1);
  times = {not_yet, not_yet, not_yet};
  const net::address to{.host = way.to.host, .port = way.to.port, .path = way.unix_path};
  net::connect_options how{
      .tls = way.to.secure, .context = way.to.secure ? context_ : nullptr, .timeout = limit, .times = &times};
  try {
    net::stream connected = co_await net::connect(to, std::move(how));
    for (io::duration* each : {&times.resolved, &times.connected, &times.secured})
      *each = std::max(*each, io::duration::zero());
    co_return connected;
  } catch (const io::error& e) {
    tell(e, to, times);
  }
}

}  // namespace parlance::http
