// Passes each caller on to another address, and what both say to the other: forwarder FROM TO
#include <array>
#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <iostream>
using namespace asio::experimental::awaitable_operators;
using asio::awaitable, asio::use_awaitable, asio::ip::tcp;
using std::chrono::steady_clock;

awaitable<tcp::resolver::results_type> resolve(std::string address) {
  tcp::resolver resolver(co_await asio::this_coro::executor);
  const auto colon = address.rfind(':');
  co_return co_await resolver.async_resolve(address.substr(0, colon), address.substr(colon + 1),
                                            use_awaitable);
}

awaitable<void> pump(tcp::socket& from, tcp::socket& to, steady_clock::time_point& limit) {
  try {
    for (std::array<char, 65'536> buffer;;) {
      limit = steady_clock::now() + std::chrono::minutes(10);
      const auto [failure, size] =
          co_await from.async_read_some(asio::buffer(buffer), asio::experimental::as_tuple(use_awaitable));
      if (failure == asio::error::eof) break;
      asio::detail::throw_error(failure);
      co_await asio::async_write(to, asio::buffer(buffer, size), use_awaitable);
    }
    to.shutdown(tcp::socket::shutdown_send);
  } catch (const std::system_error& e) {
    if (from.is_open()) std::cerr << e.what() << '\n';
    from.close(), to.close();  // which ends the other way, too
  }
}

awaitable<void> watch(steady_clock::time_point& limit) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (limit > steady_clock::now()) {
    timer.expires_at(limit);
    co_await timer.async_wait(use_awaitable);
  }
  std::cerr << "timed out\n";
}

awaitable<void> pass_on(tcp::socket caller, std::string to) {
  try {
    tcp::socket server(caller.get_executor());
    co_await asio::async_connect(server, co_await resolve(to), use_awaitable);
    steady_clock::time_point limit = steady_clock::now() + std::chrono::minutes(10);
    co_await ((pump(caller, server, limit) && pump(server, caller, limit)) || watch(limit));
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
  }
}

awaitable<void> serve(std::string from, std::string to) {
  tcp::acceptor listener(co_await asio::this_coro::executor, *(co_await resolve(from)).begin());
  for (;;) {
    auto caller = co_await listener.async_accept(use_awaitable);
    asio::co_spawn(listener.get_executor(), pass_on(std::move(caller), to), asio::detached);
  }
}

int main(int argc, char** argv) {
  if (argc != 3) return std::cerr << "usage: forwarder FROM TO\n", 2;
  asio::io_context context(1);
  asio::co_spawn(context, serve(argv[1], argv[2]), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });
  context.run();
}
