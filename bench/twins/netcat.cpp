// Sends what is typed to a peer and prints what it says, until it ends: netcat HOST:PORT
// Input and output are not to be regular files, for which Asio cannot wait.
#include <unistd.h>

#include <array>
#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <iostream>
using asio::awaitable, asio::use_awaitable, asio::ip::tcp;

constexpr auto rethrow = [](std::exception_ptr failure) {
  if (failure) std::rethrow_exception(failure);
};

/// Until the end of what is there to read.
awaitable<void> pump(auto& from, auto& to) {
  for (std::array<char, 65'536> buffer;;) {
    const auto [failure, size] =
        co_await from.async_read_some(asio::buffer(buffer), asio::experimental::as_tuple(use_awaitable));
    if (failure == asio::error::eof) break;
    asio::detail::throw_error(failure);
    co_await asio::async_write(to, asio::buffer(buffer, size), use_awaitable);
  }
}

awaitable<void> send_what_is_typed(tcp::socket& peer) {
  asio::posix::stream_descriptor typed(peer.get_executor(), ::dup(STDIN_FILENO));
  co_await pump(typed, peer);
  peer.shutdown(tcp::socket::shutdown_send);
}

awaitable<void> talk(tcp::socket& peer, std::string to) {
  tcp::resolver resolver(peer.get_executor());
  const auto colon = to.rfind(':');
  const auto there =
      co_await resolver.async_resolve(to.substr(0, colon), to.substr(colon + 1), use_awaitable);
  co_await asio::async_connect(peer, there, use_awaitable);
  asio::co_spawn(peer.get_executor(), send_what_is_typed(peer), rethrow);
  asio::posix::stream_descriptor shown(peer.get_executor(), ::dup(STDOUT_FILENO));
  co_await pump(peer, shown);
}

int main(int argc, char** argv) {
  if (argc != 2) return std::cerr << "usage: netcat HOST:PORT\n", 2;
  asio::io_context context(1);
  tcp::socket peer(context);
  asio::co_spawn(context, talk(peer, argv[1]), [&](std::exception_ptr failure) {
    rethrow(failure);
    context.stop();
  });
  context.run();
}
