// Fetches the URLs that come as lines on standard input, sixteen at a time, and prints how each went.
// Asio has no HTTP: this knows http:// without redirections, and bodies that end with the connection. It
// blocks while it waits for a line, as Asio cannot wait for a regular file.
#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <iostream>
using asio::awaitable, asio::use_awaitable, asio::ip::tcp;

awaitable<std::string> get(std::string url) {
  if (!url.starts_with("http://")) throw std::runtime_error("no URL of HTTP");
  const auto slash = std::min(url.find('/', 7), url.size());
  const auto authority = url.substr(7, slash - 7);
  const auto colon = std::min(authority.rfind(':'), authority.size());
  const auto port = colon == authority.size() ? "80" : authority.substr(colon + 1);
  tcp::resolver resolver(co_await asio::this_coro::executor);
  tcp::socket server(resolver.get_executor());
  const auto there = co_await resolver.async_resolve(authority.substr(0, colon), port, use_awaitable);
  co_await asio::async_connect(server, there, use_awaitable);
  const auto path = slash == url.size() ? "/" : url.substr(slash);
  const auto request = "GET " + path + " HTTP/1.0\r\nHost: " + authority + "\r\n\r\n";
  co_await asio::async_write(server, asio::buffer(request), use_awaitable);
  std::string answer;
  const auto [failure, size] = co_await asio::async_read(server, asio::dynamic_buffer(answer, 64 << 20),
                                                         asio::experimental::as_tuple(use_awaitable));
  if (failure != asio::error::eof) asio::detail::throw_error(failure ? failure : asio::error::message_size);
  co_return answer;
}

awaitable<void> fetch_some() {
  for (std::string url; std::getline(std::cin, url);) try {
      const auto answer = co_await get(url);
      const auto head = answer.find("\r\n\r\n");
      if (!answer.starts_with("HTTP/1.") || head == answer.npos)
        throw std::runtime_error("no answer of HTTP");
      std::cout << answer.substr(9, 3) << ' ' << answer.size() - head - 4 << ' ' << url << std::endl;
    } catch (const std::exception& e) {
      std::cout << url << ": " << e.what() << std::endl;
    }
}

int main() {
  asio::io_context context(1);
  for (int i = 0; i != 16; ++i) asio::co_spawn(context, fetch_some(), asio::detached);
  context.run();
}
