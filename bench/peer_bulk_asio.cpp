// A peer: bench/bulk.sh's server on Asio with C++20 coroutines, plain or over asio::ssl::stream.
//   peer_bulk_asio [--tls CERTIFICATE] PORT
#include <array>
#include <asio.hpp>
#include <asio/ssl.hpp>
#include <memory>
#include <string_view>
#include <utility>

#include "bulk.hpp"
#include "loopback.hpp"

namespace {

using asio::awaitable;
using asio::use_awaitable;
using asio::ip::tcp;

template <class Stream> awaitable<void> carry_over(Stream& caller) {
  std::array<char, 65'536> buffer;
  std::size_t size = co_await caller.async_read_some(asio::buffer(buffer), use_awaitable);
  if (buffer[0] == bench::pull)
    for (;;) co_await asio::async_write(caller, asio::buffer(bench::bulk_piece()), use_awaitable);
  while (size != 0) size = co_await caller.async_read_some(asio::buffer(buffer), use_awaitable);
}

awaitable<void> carry(tcp::socket plain, asio::ssl::context* tls) {
  try {
    if (!tls) co_return co_await carry_over(plain);
    asio::ssl::stream<tcp::socket> caller(std::move(plain), *tls);
    co_await caller.async_handshake(asio::ssl::stream_base::server, use_awaitable);
    co_await carry_over(caller);
  } catch (const std::system_error&) {
    // The caller has left.
  }
}

awaitable<void> serve(tcp::acceptor listener, asio::ssl::context* tls) {
  for (;;) {
    tcp::socket caller = co_await listener.async_accept(use_awaitable);
    asio::co_spawn(listener.get_executor(), carry(std::move(caller), tls), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view usage = "peer_bulk_asio [--tls CERTIFICATE] PORT";
  std::unique_ptr<asio::ssl::context> tls;
  if (argc == 4 && std::string_view(argv[1]) == "--tls") {
    tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tlsv13_server);
    tls->use_certificate_chain_file(argv[2]);
    tls->use_private_key_file(argv[2], asio::ssl::context::pem);
  }
  const char* const port = argc == 2 || tls ? argv[argc - 1] : "";
  const auto number = bench::number<std::uint16_t>(port, 1, 65'535, usage);
  asio::io_context context(1);
  asio::co_spawn(context,
                 serve(tcp::acceptor(context, {asio::ip::address_v4::loopback(), number}), tls.get()),
                 asio::detached);
  context.run();
}
