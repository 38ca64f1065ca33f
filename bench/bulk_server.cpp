// Sends or receives in bulk on the public API: what bench/bulk.sh holds against the floors and the peers.
//   bulk_server [--backend io_uring|epoll] [--tls CERTIFICATE] PORT
#include "bulk.hpp"
#include "parlance_server.hpp"

using namespace parlance;

namespace {

io::task<> carry(net::stream caller) {
  try {
    std::string_view bytes = co_await caller.recv();
    if (bytes.starts_with(bench::pull))
      for (;;) co_await caller.send(bench::bulk_piece());
    while (!bytes.empty()) bytes = co_await caller.recv();
  } catch (const io::error&) {
    // A caller who has enough hangs up.
  }
}

}  // namespace

int main(int argc, char** argv) { return bench::run_server(argc, argv, carry); }
