// The twin of examples/client.cpp on Asio: connects, sends a word, prints the answer. compile.sh compares the
// two.
#include <asio.hpp>
#include <exception>
#include <iostream>
#include <string>

namespace {

using asio::awaitable;
using asio::use_awaitable;
using asio::ip::tcp;

awaitable<void> ask() {
  const auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  const auto addresses = co_await resolver.async_resolve("localhost", "8000", use_awaitable);
  tcp::socket server(executor);
  co_await asio::async_connect(server, addresses, use_awaitable);
  co_await asio::async_write(server, asio::buffer("hello", 5), use_awaitable);
  std::string answer(4096, '\0');
  const std::size_t size = co_await server.async_read_some(asio::buffer(answer), use_awaitable);
  std::cout << answer.substr(0, size) << '\n';
}

}  // namespace

int main() {
  asio::io_context context(1);
  asio::co_spawn(context, ask(), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });
  context.run();
}
