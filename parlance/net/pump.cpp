#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/pump.hpp>

namespace parlance::net {
namespace {

/// What goes on in a relay.
struct traffic {
  int sending = 0;      // ways that wait until what they have brought is taken
  io::time_point last;  // when that was last so
};

/// Ends by throwing, when neither way has had anything for so long.
io::task<void> silence(const traffic& all, io::duration most) {
  for (;;) {
    const io::time_point now = io::loop::current().now();
    const io::time_point end = io::after(all.sending != 0 ? now : all.last, most);
    if (end <= now) throw io::error(io::errc::timed_out, "relay", "nothing came from either side");
    co_await io::sleep_until(end);
  }
}

io::task<void> send_in(traffic& all, stream& to, std::string_view piece) {
  struct counted {
    explicit counted(int& of) noexcept : count(of) { ++count; }
    ~counted() { --count; }
    int& count;
  } const sending(all.sending);
  co_await to.send(piece);
  all.last = io::loop::current().now();
}

/// Copies, and hands each piece to `send`.
template <class Send>
io::task<std::uint64_t> pump_by(Send send, stream& from, stream& to, pump_options options) {
  std::uint64_t whole = 0;
  const auto went = [&](std::size_t size) {
    whole += size;
    if (size != 0 && options.progress) options.progress(size);
  };
  try {
    for (;;) {
      // A copy, which costs little beside the system calls: whoever closes `from` while `to` takes it slowly
      // takes away what recv has handed out. Until there is one, it has not been received.
      auto piece = std::make_unique<unread_bytes>();
      piece->bytes = co_await io::timeout(options.idle, from.peek());
      if (piece->bytes.empty()) break;
      co_await from.recv();
      std::size_t sent = 0;
      std::exception_ptr failure;
      try {
        co_await send(piece->bytes);
        sent = piece->bytes.size();
      } catch (const io::error& e) {
        failure = std::current_exception();
        sent = e.bytes_sent();
      } catch (...) {  // if any of it has gone, nothing more does
        failure = std::current_exception();
      }
      piece->bytes.erase(0, sent);
      if (failure && from.is_open()) from.unread(std::move(piece));
      went(sent);
      if (failure) std::rethrow_exception(failure);
    }
    if (options.half_close) co_await to.shutdown();
  } catch (const io::error& e) {
    throw io::error(e).sent(whole);
  }
  co_return whole;
}

}  // namespace

io::task<std::uint64_t> pump(stream& from, stream& to, pump_options options) {
  return pump_by([&to](std::string_view piece) { return to.send(piece); }, from, to, std::move(options));
}

io::task<relayed> relay(stream& a, stream& b, relay_options options) {
  relayed own;
  relayed& count = options.so_far ? *options.so_far : own;
  count = {};
  traffic all{.last = io::loop::current().now()};
  bool a_told = false, b_told = false;  // the other's end
  try {
    // When one way fails, or all is called off, each has time to give back what could not go.
    io::scope both;
    const auto way = [&](stream& from, stream& to, std::uint64_t& size, bool& told) -> io::task<void> {
      co_await pump_by([&](std::string_view piece) { return send_in(all, to, piece); }, from, to,
                       {.half_close = true, .progress = [&size](std::size_t more) { size += more; }});
      told = true;
      if (a_told && b_told) both.cancel();
    };
    both.spawn(way(a, b, count.a_to_b, b_told));
    both.spawn(way(b, a, count.b_to_a, a_told));
    if (options.idle != io::unlimited && !(a_told && b_told)) both.spawn(silence(all, options.idle));
    co_await io::shield(both.join());
    if (!(a_told && b_told)) throw io::error(io::context::current().cancelled(), "relay");
  } catch (const std::logic_error&) {  // on another loop than theirs: nothing is done to them
    throw;
  } catch (...) {
    if (!io::context::current().cancelled()) {
      if (!a_told) a.abort();
      if (!b_told) b.abort();
    }
    throw;
  }
  co_return count;
}

}  // namespace parlance::net
