// A site: web_server FOLDER serves its files, /clock tells the seconds as events, and /echo is a WebSocket.
#include <parlance/http.hpp>
#include <parlance/io/combinators.hpp>
#include <parlance/net.hpp>
using namespace parlance;
using namespace std::chrono_literals;

io::task<> tell_seconds(http::server_request& asked, http::server_response& answer) {
  http::event_writer events(answer);
  for (int second = 1;; ++second) {
    co_await events.send({.data = std::to_string(second), .type = "second"});
    auto first = co_await io::race(io::sleep(1s), asked.gone(), asked.stopping());
    if (first.index() != 0) co_return;
  }
}

io::task<> echo(http::server_request& asked, http::server_response& answer) {
  http::websocket_stream socket(co_await http::accept_websocket(asked, answer, {.deflate = true}));
  while (auto message = co_await socket.receive()) {
    if (message->is_text)
      co_await socket.send_text(message->data);
    else
      co_await socket.send_binary(message->data);
  }
}

int main(int argc, char** argv) {
  http::router site;
  site.get("/clock", tell_seconds)
      .get("/echo", echo)
      .get("/{path...}", http::files(argc > 1 ? argv[1] : "."));
  io::wait(http::serve(io::wait(net::listen(":8000")), site));
}
