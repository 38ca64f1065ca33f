#include <string>
#include <string_view>
#include <utility>

#include <parlance/io/combinators.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/pump.hpp>

namespace parlance::net {
namespace {

/// Ends by throwing, so long after `last`, which is moved on meanwhile.
io::task<void> silence(const io::time_point& last, io::duration most) {
  while (io::loop::current().now() < io::after(last, most)) co_await io::sleep_until(io::after(last, most));
  throw io::error(io::errc::timed_out, "relay", "nothing came from either side");
}

}  // namespace

io::task<std::uint64_t> pump(stream& from, stream& to, pump_options options) {
  std::uint64_t whole = 0;
  const auto went = [&](std::size_t size) {
    whole += size;
    if (size != 0 && options.progress) options.progress(size);
  };
  try {
    for (;;) {
      const std::string_view piece = co_await io::timeout(options.idle, from.recv());
      if (piece.empty()) break;
      try {
        co_await to.send(piece);
      } catch (const io::error& e) {
        if (from.is_open()) from.unread(std::string(piece.substr(e.bytes_sent())));
        went(e.bytes_sent());
        throw;
      }
      went(piece.size());
    }
    if (options.half_close) co_await to.shutdown();
  } catch (const io::error& e) {
    throw io::error(e).sent(whole);
  }
  co_return whole;
}

io::task<relayed> relay(stream& a, stream& b, relay_options options) {
  relayed own;
  relayed& count = options.so_far ? *options.so_far : own;
  count = {};
  io::time_point last = io::loop::current().now();
  const auto way = [&last](std::uint64_t& size) {
    return pump_options{.half_close = true, .progress = [&last, &size](std::size_t more) {
                          size += more;
                          last = io::loop::current().now();
                        }};
  };
  auto both = io::all(pump(a, b, way(count.a_to_b)), pump(b, a, way(count.b_to_a)));
  if (options.idle == io::unlimited)
    co_await std::move(both);
  else
    co_await io::race(std::move(both), silence(last, options.idle));
  co_return count;
}

}  // namespace parlance::net
