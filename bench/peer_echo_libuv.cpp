// A peer: an echo server on libuv. It writes at once what the socket takes (uv_try_write) and queues only the
// rest, the quickest way that libuv offers.
#include <uv.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "loopback.hpp"

namespace {

void check(int result, std::string_view what) {
  if (result < 0) bench::fail(what, -result);
}

uv_stream_t* as_stream(uv_tcp_t* socket) { return reinterpret_cast<uv_stream_t*>(socket); }

void hang_up(uv_stream_t* caller) {
  uv_close(reinterpret_cast<uv_handle_t*>(caller),
           [](uv_handle_t* closed) { delete reinterpret_cast<uv_tcp_t*>(closed); });
}

/// Bytes that the socket had no room for, kept until libuv has written them.
struct queued_write {
  uv_write_t request{};
  std::string bytes;
};

void queue(uv_stream_t* caller, std::span<const char> rest) {
  auto* write = new queued_write{.bytes{rest.begin(), rest.end()}};
  write->request.data = write;
  const uv_buf_t bytes = uv_buf_init(write->bytes.data(), static_cast<unsigned>(write->bytes.size()));
  check(uv_write(&write->request, caller, &bytes, 1,
                 [](uv_write_t* done, int) { delete static_cast<queued_write*>(done->data); }),
        "uv_write");
}

void lend_buffer(uv_handle_t*, std::size_t, uv_buf_t* buffer) {
  static std::array<char, 65'536> bytes;
  *buffer = uv_buf_init(bytes.data(), bytes.size());
}

void echo(uv_stream_t* caller, ssize_t size, const uv_buf_t* buffer) {
  if (size < 0) return hang_up(caller);
  if (size == 0) return;
  const uv_buf_t answer = uv_buf_init(buffer->base, static_cast<unsigned>(size));
  const std::size_t written = static_cast<std::size_t>(std::max(uv_try_write(caller, &answer, 1), 0));
  const std::span<const char> all(buffer->base, static_cast<std::size_t>(size));
  if (written < all.size()) queue(caller, all.subspan(written));
}

void accept_one(uv_stream_t* listener, int status) {
  check(status, "listen");
  auto* caller = new uv_tcp_t;
  check(uv_tcp_init(listener->loop, caller), "uv_tcp_init");
  check(uv_accept(listener, as_stream(caller)), "uv_accept");
  check(uv_tcp_nodelay(caller, 1), "uv_tcp_nodelay");
  check(uv_read_start(as_stream(caller), lend_buffer, echo), "uv_read_start");
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view usage = "peer_echo_libuv PORT";
  const auto port = bench::number<std::uint16_t>(argc == 2 ? argv[1] : "", 1, 65'535, usage);
  bench::raise_open_file_limit();
  uv_loop_t* loop = uv_default_loop();
  uv_tcp_t listener;
  const sockaddr_in address = bench::loopback(port);
  check(uv_tcp_init(loop, &listener), "uv_tcp_init");
  check(uv_tcp_bind(&listener, reinterpret_cast<const sockaddr*>(&address), 0), "bind");
  check(uv_listen(as_stream(&listener), 4096, accept_one), "listen");
  return uv_run(loop, UV_RUN_DEFAULT);
}
