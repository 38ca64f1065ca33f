// Keeps values by key: SET KEY VALUE, GET KEY and DEL KEY, a line each: key_value_server ADDRESS
// On SIGTERM it takes no more callers, answers what has been asked, and is gone after five seconds at most.
#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <csignal>
#include <iostream>
#include <map>
using namespace asio::experimental::awaitable_operators;
using asio::awaitable, asio::use_awaitable, asio::ip::tcp;
constexpr auto as_tuple = asio::experimental::as_tuple(use_awaitable);

using values = std::map<std::string, std::string, std::less<>>;

std::string obey(std::string_view line, values& kept) {
  const auto word = [&line] {
    const auto first = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), first.size() + 1));
    return first;
  };
  const auto verb = word(), key = word();
  const auto found = kept.find(key);
  if (verb == "SET") return kept.insert_or_assign(std::string(key), line), "OK\n";
  if (verb == "GET") return found == kept.end() ? "NONE\n" : "VALUE " + found->second + "\n";
  if (verb == "DEL") return found == kept.end() ? "NONE\n" : (kept.erase(found), "OK\n");
  return "ERROR SET, GET or DEL?\n";
}

/// `stopping` is over when the server stops.
awaitable<void> answer(tcp::socket caller, values& kept, asio::steady_timer& stopping) {
  try {
    for (std::string text;;) {
      const auto next =
          co_await (asio::async_read_until(caller, asio::dynamic_buffer(text, 65'536), '\n', as_tuple) ||
                    stopping.async_wait(as_tuple));
      if (next.index() == 1) break;
      const auto [failure, size] = std::get<0>(next);
      if (failure == asio::error::eof && text.empty()) break;
      asio::detail::throw_error(failure);
      const bool has_cr = size > 1 && text[size - 2] == '\r';
      const auto line = std::string_view(text).substr(0, size - 1 - has_cr);
      co_await asio::async_write(caller, asio::buffer(obey(line, kept)), use_awaitable);
      text.erase(0, size);
    }
    caller.shutdown(tcp::socket::shutdown_send);
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
  }
}

awaitable<void> serve(tcp::acceptor& listener, values& kept, asio::steady_timer& stopping) {
  asio::signal_set stop(listener.get_executor(), SIGTERM);
  for (;;) {
    auto next = co_await (listener.async_accept(use_awaitable) || stop.async_wait(use_awaitable));
    if (next.index() == 1) break;
    asio::co_spawn(listener.get_executor(), answer(std::get<0>(std::move(next)), kept, stopping),
                   asio::detached);
  }
  listener.close();
  stopping.expires_at(std::chrono::steady_clock::time_point::min());
}

int main(int argc, char** argv) {
  if (argc != 2) return std::cerr << "usage: key_value_server ADDRESS\n", 2;
  const std::string at = argv[1];
  const auto colon = at.rfind(':');
  values kept;
  asio::io_context context(1);
  tcp::resolver resolver(context);
  tcp::acceptor listener(context, *resolver.resolve(at.substr(0, colon), at.substr(colon + 1)).begin());
  asio::steady_timer stopping(context, std::chrono::steady_clock::time_point::max());
  asio::co_spawn(context, serve(listener, kept, stopping), [&](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
    context.stop();
  });
  context.run();
  context.restart();
  context.run_for(std::chrono::seconds(5));
}
