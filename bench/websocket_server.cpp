// A WebSocket echo server on the public API: what bench/echo.sh --websocket measures.
//   websocket_server [--backend io_uring|epoll] PORT
#include <cstdio>
#include <string>
#include <string_view>

#include <parlance/http.hpp>
#include <parlance/net.hpp>

using namespace parlance;

int main(int argc, char** argv) {
  const bool names_backend = argc == 4 && std::string_view(argv[1]) == "--backend";
  if (argc != 2 && !names_backend)
    return std::fprintf(stderr, "usage: %s [--backend io_uring|epoll] PORT\n", argv[0]), 2;
  try {
    const io::loop loop{{.backend = names_backend ? argv[2] : ""}};
    const http::server_handler echo = [](auto& asked, auto& answer) -> io::task<> {
      http::websocket_stream socket(co_await http::accept_websocket(asked, answer));
      while (const auto message = co_await socket.receive())
        co_await (message->is_text ? socket.send_text(message->data) : socket.send_binary(message->data));
    };
    io::wait(http::serve(io::wait(net::listen("127.0.0.1:" + std::string(argv[argc - 1]))), echo));
  } catch (const std::exception& e) {
    return std::fprintf(stderr, "%s: %s\n", argv[0], e.what()), 1;
  }
}
