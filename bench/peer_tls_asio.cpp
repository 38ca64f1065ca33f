// A peer: the echo server of peer_echo_asio.cpp over asio::ssl::stream.
#include <array>
#include <asio.hpp>
#include <asio/ssl.hpp>
#include <utility>

#include "loopback.hpp"

namespace {

using asio::awaitable;
using asio::use_awaitable;
using asio::ip::tcp;

awaitable<void> echo(tcp::socket plain, asio::ssl::context& tls) {
  try {
    asio::ssl::stream<tcp::socket> caller(std::move(plain), tls);
    co_await caller.async_handshake(asio::ssl::stream_base::server, use_awaitable);
    std::array<char, 16'384> buffer;
    for (;;) {
      const std::size_t size = co_await caller.async_read_some(asio::buffer(buffer), use_awaitable);
      co_await asio::async_write(caller, asio::buffer(buffer, size), use_awaitable);
    }
  } catch (const std::system_error&) {
    // The caller has left.
  }
}

awaitable<void> serve(tcp::acceptor listener, asio::ssl::context& tls) {
  for (;;) {
    tcp::socket caller = co_await listener.async_accept(use_awaitable);
    caller.set_option(tcp::no_delay(true));
    asio::co_spawn(listener.get_executor(), echo(std::move(caller), tls), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view usage = "peer_tls_asio CERTIFICATE PORT";
  const auto port = bench::number<std::uint16_t>(argc == 3 ? argv[2] : "", 1, 65'535, usage);
  bench::raise_open_file_limit();
  asio::ssl::context tls(asio::ssl::context::tlsv13_server);
  tls.use_certificate_chain_file(argv[1]);
  tls.use_private_key_file(argv[1], asio::ssl::context::pem);
  asio::io_context context(1);
  asio::co_spawn(context, serve(tcp::acceptor(context, {asio::ip::address_v4::loopback(), port}), tls),
                 asio::detached);
  context.run();
}
