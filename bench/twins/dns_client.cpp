// Prints the IPv4 addresses of a host, as a name server tells them over UDP, or over TCP when there are more
// than UDP takes: dns_client HOST SERVER:PORT
#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <iostream>
#include <random>
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;
using asio::awaitable, asio::use_awaitable, asio::ip::tcp, asio::ip::udp;

std::size_t number(std::string_view in, std::size_t at) {
  return static_cast<unsigned char>(in.at(at)) * 256U + static_cast<unsigned char>(in.at(at + 1));
}

std::string bytes_of(std::size_t number) {
  return {static_cast<char>(number >> 8), static_cast<char>(number)};
}

/// RFC 1035, section 4.1: a header, and what is asked for.
std::string question_for(std::string_view host) {
  std::string text = bytes_of(std::random_device()()) + std::string("\1\0\0\1\0\0\0\0\0\0", 10);
  for (std::size_t end = 0; end != host.npos; host.remove_prefix(end == host.npos ? 0 : end + 1)) {
    const auto label = host.substr(0, end = host.find('.'));
    text += static_cast<char>(label.size());
    text += label;
  }
  return text + std::string("\0\0\1\0\1", 5);
}

/// What `done` gives, within `limit`.
awaitable<std::string> timeout(std::chrono::seconds limit, awaitable<std::string> done) {
  asio::steady_timer timer(co_await asio::this_coro::executor, limit);
  auto [order, failure, answer, late] =
      co_await asio::experimental::make_parallel_group(
          [&](auto token) { return asio::co_spawn(timer.get_executor(), std::move(done), token); },
          [&](auto token) { return timer.async_wait(token); })
          .async_wait(asio::experimental::wait_for_one(), use_awaitable);
  if (order[0] == 1) throw std::system_error(asio::error::timed_out);
  if (failure) std::rethrow_exception(failure);
  co_return answer;
}

awaitable<std::string> answer_over_udp(udp::socket& server, std::string_view question) {
  co_await server.async_send(asio::buffer(question), use_awaitable);
  for (std::string answer;;) {
    answer.resize(65'536);
    answer.resize(co_await server.async_receive(asio::buffer(answer), use_awaitable));
    if (answer.starts_with(question.substr(0, 2))) co_return answer;
  }
}

awaitable<std::string> answer_over_tcp(udp::endpoint to, std::string_view question) {
  tcp::socket server(co_await asio::this_coro::executor);
  co_await server.async_connect({to.address(), to.port()}, use_awaitable);
  co_await asio::async_write(server, asio::buffer(bytes_of(question.size()).append(question)), use_awaitable);
  std::string answer(2, '\0');
  co_await asio::async_read(server, asio::buffer(answer), use_awaitable);
  answer.resize(number(answer, 0));
  co_await asio::async_read(server, asio::buffer(answer), use_awaitable);
  co_return answer;
}

awaitable<std::string> ask(std::string to, std::string question) {
  udp::resolver resolver(co_await asio::this_coro::executor);
  udp::socket server(resolver.get_executor());
  const auto colon = to.rfind(':');
  const auto there =
      co_await resolver.async_resolve(to.substr(0, colon), to.substr(colon + 1), use_awaitable);
  co_await asio::async_connect(server, there, use_awaitable);
  for (int tries = 1;; ++tries) {
    try {
      std::string answer = co_await timeout(2s, answer_over_udp(server, question));
      if ((answer.at(2) & 2) == 0) co_return answer;  // it is whole
      break;
    } catch (const std::system_error& e) {
      if (tries == 3 || e.code() != asio::error::timed_out) throw;
    }
  }
  co_return co_await timeout(5s, answer_over_tcp(server.remote_endpoint(), question));
}

std::size_t after_name(std::string_view in, std::size_t at) {
  while (in.at(at) != 0 && (in.at(at) & 0xc0) == 0) at += number(in, at) / 256 + 1;
  return at + (in.at(at) == 0 ? 1 : 2);  // the rest of a name may lie elsewhere
}

void print_addresses(std::string_view answer) {
  std::size_t at = after_name(answer, 12) + 4;
  for (std::size_t left = number(answer, 6); left != 0; --left) {
    at = after_name(answer, at);
    if (number(answer, at) == 1)
      for (std::size_t i = 10; i < 14; ++i)
        std::cout << number(answer, at + i - 1) % 256 << (i < 13 ? "." : "\n");
    at += 10 + number(answer, at + 8);
  }
}

int main(int argc, char** argv) {
  if (argc != 3) return std::cerr << "usage: dns_client HOST SERVER:PORT\n", 2;
  asio::io_context context(1);
  asio::co_spawn(context, ask(argv[2], question_for(argv[1])),
                 [](std::exception_ptr failure, std::string answer) {
                   if (failure) std::rethrow_exception(failure);
                   print_addresses(answer);
                 });
  context.run();
}
