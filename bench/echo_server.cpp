// Echoes on the public API: what bench/echo.sh holds against the floors and the peers.
//   echo_server [--backend io_uring|epoll] [--tls CERTIFICATE] PORT
#include "parlance_server.hpp"

using namespace parlance;
using namespace std::chrono_literals;

namespace {

io::task<> echo(net::stream caller) {
  caller.set_recv_timeout(5min);
  for (std::string_view text; !(text = co_await caller.recv()).empty();) co_await caller.send(text);
  co_await caller.close();
}

}  // namespace

int main(int argc, char** argv) { return bench::run_server(argc, argv, echo); }
