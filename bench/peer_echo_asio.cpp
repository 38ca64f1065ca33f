// A peer: an echo server as Asio's users write it, with C++20 coroutines. Asio fixes its backend when it is
// compiled, so this is built twice: peer_echo_asio_epoll, and peer_echo_asio_uring with ASIO_HAS_IO_URING and
// ASIO_DISABLE_EPOLL.
#include <array>
#include <asio.hpp>
#include <utility>

#include "loopback.hpp"

namespace {

using asio::awaitable;
using asio::use_awaitable;
using asio::ip::tcp;

awaitable<void> echo(tcp::socket caller) {
  try {
    std::array<char, 65'536> buffer;
    for (;;) {
      const std::size_t size = co_await caller.async_read_some(asio::buffer(buffer), use_awaitable);
      co_await asio::async_write(caller, asio::buffer(buffer, size), use_awaitable);
    }
  } catch (const std::system_error&) {
    // The caller has left.
  }
}

awaitable<void> serve(tcp::acceptor listener) {
  for (;;) {
    tcp::socket caller = co_await listener.async_accept(use_awaitable);
    caller.set_option(tcp::no_delay(true));
    asio::co_spawn(listener.get_executor(), echo(std::move(caller)), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view usage = "peer_echo_asio PORT";
  const auto port = bench::number<std::uint16_t>(argc == 2 ? argv[1] : "", 1, 65'535, usage);
  bench::raise_open_file_limit();
  asio::io_context context(1);
  asio::co_spawn(context, serve(tcp::acceptor(context, {asio::ip::address_v4::loopback(), port})),
                 asio::detached);
  context.run();
}
