// Answers each line of a caller, ten in a second and a burst of twenty, and a hundred callers at a time:
// rate_limited_server ADDRESS
#include <algorithm>
#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <iostream>
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;
using asio::awaitable, asio::use_awaitable, asio::ip::tcp;
using std::chrono::steady_clock;
constexpr auto as_tuple = asio::experimental::as_tuple(use_awaitable);

constexpr steady_clock::duration pace = 100ms, burst = 20 * pace;

awaitable<void> answer(tcp::socket caller) {
  asio::steady_timer timer(caller.get_executor());
  steady_clock::time_point due{};  // its next line
  for (std::string text;;) {
    timer.expires_after(1min);
    const auto next =
        co_await (asio::async_read_until(caller, asio::dynamic_buffer(text, 514), '\n', as_tuple) ||
                  timer.async_wait(as_tuple));
    if (next.index() == 1) throw std::system_error(asio::error::timed_out);
    const auto [failure, size] = std::get<0>(next);
    if (failure == asio::error::eof && text.empty()) break;
    asio::detail::throw_error(failure);
    due = std::max(due, steady_clock::now() - burst) + pace;
    timer.expires_at(due);
    co_await timer.async_wait(use_awaitable);
    if (size > 1 && text[size - 2] == '\r') text.erase(size - 2, 1);
    const auto line = std::string_view(text).substr(0, text.find('\n') + 1);
    co_await asio::async_write(caller, asio::buffer(line), use_awaitable);
    text.erase(0, line.size());
  }
}

awaitable<void> serve(std::string at) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  const auto colon = at.rfind(':');
  const auto here = co_await resolver.async_resolve(at.substr(0, colon), at.substr(colon + 1), use_awaitable);
  tcp::acceptor listener(executor, *here.begin());
  int callers = 0;
  asio::steady_timer place(executor, steady_clock::time_point::max());  // cancelled when there is one again
  for (;;) {
    while (callers == 100) co_await place.async_wait(as_tuple);
    auto caller = co_await listener.async_accept(use_awaitable);
    ++callers;
    asio::co_spawn(executor, answer(std::move(caller)), [&](std::exception_ptr failure) {
      --callers;
      place.cancel();
      try {
        if (failure) std::rethrow_exception(failure);
      } catch (const std::exception& e) {
        std::cerr << e.what() << '\n';
      }
    });
  }
}

int main(int argc, char** argv) {
  if (argc != 2) return std::cerr << "usage: rate_limited_server ADDRESS\n", 2;
  asio::io_context context(1);
  asio::co_spawn(context, serve(argv[1]), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });
  context.run();
}
