// Tests a protocol over sockets that cut what is said: a thousand runs, each cut in a way of its own, and in
// each an hour of silence by a clock of the test's. Nothing is delayed or reset. What is tested is a
// template, so that it takes such sockets and such a clock.
#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <iostream>
#include <random>
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;
using asio::awaitable, asio::use_awaitable;
constexpr auto as_tuple = asio::experimental::as_tuple(use_awaitable);

/// Adds up what a caller says, a number a line, and hangs up after an hour of silence.
template <class Stream, class Timer> awaitable<void> add_up(Stream caller) {
  int sum = 0;
  for (std::string text;;) {
    Timer limit(caller.get_executor(), 1h);
    const auto next =
        co_await (asio::async_read_until(caller, asio::dynamic_buffer(text, 12), '\n', as_tuple) ||
                  limit.async_wait(as_tuple));
    if (next.index() == 1 || get<0>(get<0>(next))) break;
    sum += std::stoi(text);
    text.erase(0, get<1>(get<0>(next)));
    co_await asio::async_write(caller, asio::buffer(std::to_string(sum) + "\n"), use_awaitable);
  }
}

/// Takes and gives only a part at a time.
struct cut_socket : asio::local::stream_protocol::socket {
  using asio::local::stream_protocol::socket::socket;
  static inline std::minstd_rand dice;
  template <class Buffers> static auto part(const Buffers& of) {
    return asio::buffer(*asio::buffer_sequence_begin(of), 1 + dice() % 4);
  }
  template <class Buffers, class Token> auto async_read_some(const Buffers& to, Token&& token) {
    return asio::local::stream_protocol::socket::async_read_some(part(to), std::forward<Token>(token));
  }
  template <class Buffers, class Token> auto async_write_some(const Buffers& from, Token&& token) {
    return asio::local::stream_protocol::socket::async_write_some(part(from), std::forward<Token>(token));
  }
};

struct test_clock : std::chrono::steady_clock {
  static inline time_point time{};
  static time_point now() { return time; }
};

/// Never sleeps, but looks at the clock again.
struct test_wait : asio::wait_traits<test_clock> {
  static test_clock::duration to_wait_duration(test_clock::duration) { return {}; }
};

using test_timer = asio::basic_waitable_timer<test_clock, test_wait>;

awaitable<void> run_clock() {
  for (;; test_clock::time += 10s) co_await asio::post(use_awaitable);
}

awaitable<bool> holds() {
  const auto executor = co_await asio::this_coro::executor;
  cut_socket caller(executor), server(executor);
  asio::local::connect_pair(caller, server);
  asio::co_spawn(executor, add_up<cut_socket, test_timer>(std::move(server)), asio::detached);
  co_await asio::async_write(caller, asio::buffer("1\n20\n300\n", 9), use_awaitable);
  std::string answers(9, '\0');
  co_await asio::async_read(caller, asio::buffer(answers), use_awaitable);
  if (answers != "1\n21\n321\n") co_return false;
  const auto start = test_clock::time;
  const auto end = co_await (asio::async_read(caller, asio::buffer(answers), as_tuple) || run_clock());
  const auto silence = test_clock::time - start;
  co_return std::get<0>(end) == std::tuple(asio::error::eof, 0) && silence > 59min && silence < 61min;
}

int main() {
  for (unsigned seed = 0; seed != 1000; ++seed) {
    cut_socket::dice.seed(seed + 1);
    asio::io_context context(1);
    bool good = false;
    asio::co_spawn(context, holds(), [&](std::exception_ptr, bool held) { good = held; });
    context.run();
    if (!good) return std::cout << "seed " << seed << " fails\n", 1;
  }
  std::cout << "all hold\n";
}
