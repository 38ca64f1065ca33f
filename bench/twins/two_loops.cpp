// Serves on two loops, each on a thread of its own, and prints on a third what was said: two_loops ADDRESS
#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/experimental/concurrent_channel.hpp>
#include <iostream>
#include <thread>
using asio::awaitable, asio::use_awaitable, asio::ip::tcp;
using lines = asio::experimental::concurrent_channel<void(std::error_code, std::string)>;
using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

awaitable<void> print(lines& said) {
  for (;;) std::cout << co_await said.async_receive(use_awaitable) << std::endl;
}

awaitable<void> note(tcp::socket caller, lines& said) {
  try {
    for (std::string text;;) {
      const auto [failure, size] = co_await asio::async_read_until(
          caller, asio::dynamic_buffer(text, 514), '\n', asio::experimental::as_tuple(use_awaitable));
      if (failure == asio::error::eof && text.empty()) break;
      asio::detail::throw_error(failure);
      const bool has_cr = size > 1 && text[size - 2] == '\r';
      const bool taken = said.try_send(std::error_code(), text.substr(0, size - 1 - has_cr));
      text.erase(0, size);
      co_await asio::async_write(caller, asio::buffer(std::string(taken ? "noted\n" : "busy\n")),
                                 use_awaitable);
    }
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
  }
}

awaitable<void> serve(tcp::endpoint at, lines& said) {
  tcp::acceptor listener(co_await asio::this_coro::executor, at.protocol());
  listener.set_option(tcp::acceptor::reuse_address(true));
  listener.set_option(reuse_port(true));
  listener.bind(at);
  listener.listen();
  for (;;) {
    auto caller = co_await listener.async_accept(use_awaitable);
    asio::co_spawn(listener.get_executor(), note(std::move(caller), said), asio::detached);
  }
}

int main(int argc, char** argv) {
  if (argc != 2) return std::cerr << "usage: two_loops ADDRESS\n", 2;
  const auto rethrow = [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  };
  const std::string at = argv[1];
  const auto colon = at.rfind(':');
  asio::io_context contexts[3]{asio::io_context(1), asio::io_context(1), asio::io_context(1)};
  tcp::resolver resolver(contexts[0]);
  const tcp::endpoint here = *resolver.resolve(at.substr(0, colon), at.substr(colon + 1)).begin();
  lines said(contexts[0], 1000);
  asio::co_spawn(contexts[0], print(said), rethrow);
  for (auto* context : {&contexts[1], &contexts[2]}) asio::co_spawn(*context, serve(here, said), rethrow);
  std::jthread first([&] { contexts[1].run(); }), second([&] { contexts[2].run(); });
  contexts[0].run();
}
