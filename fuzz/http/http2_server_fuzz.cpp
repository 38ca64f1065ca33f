// A whole connection of a server of HTTP/2: whatever a client sends behind the preface, and in whatever pieces, every
// handler and the connection come to an end, and what is said is whole frames of no more than was agreed on.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <parlance/http/server/http2_server.hpp>
#include <parlance/http/server/router.hpp>
#include <parlance/http/server/serve.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/memory_stream.hpp>

#include "send_in_steps.hpp"

namespace {

using namespace parlance;

http::router routes() {
  http::router all;
  const auto add = [&](std::string_view path, http::server_handler handler) {
    all.get(path, handler).post(path, handler);
  };
  add("/", [](auto& asked, auto& answer) -> io::task<> { co_await answer.send(co_await asked.read_all()); });
  add("/stream", [](auto& asked, auto& answer) -> io::task<> {
    for (std::string_view piece; !(piece = co_await asked.read()).empty();) co_await answer.write(piece);
    co_await answer.write(std::string(70000, 'a'));
  });
  add("/unread", [](auto&, auto& answer) -> io::task<> { co_await answer.send_nothing(); });
  add("/half", [](auto&, auto& answer) -> io::task<> { co_await answer.length(5).write("abc"); });
  return all;
}

io::task<> say(net::stream& to, std::string_view bytes, std::size_t step) {
  try {
    co_await to.send(http::http2_preface);
  } catch (const io::error&) {
    co_return;
  }
  co_await fuzz::send_in_steps(to, bytes, step);
}

io::task<std::string> talk(std::string_view bytes, std::size_t step) {
  auto [mine, theirs] = net::memory_streams(1 << 16);
  io::event stopping;
  net::caller one{.stream = std::move(theirs), .remote = {}, .local = {}, .stopping = stopping};
  http::server_options options;
  options.limits.head = {.bytes = 512, .fields = 8};
  options.limits.body = 64;
  options.limits.requests = 8;
  options.limits.streams = 4;
  options.on_failure = {};
  const http::server_handler handler = routes();
  io::scope serving;
  serving.spawn(http::serve_connection(one, handler, options));
  serving.spawn(say(mine, bytes, step));
  std::string said;
  try {
    for (std::string_view text; !(text = co_await mine.recv()).empty();) said += text;
  } catch (const io::error&) {
  }
  co_await serving.join();
  co_return said;
}

void expect(bool holds) {
  if (!holds) std::abort();
}

/// It may have been cut by the end of the connection.
void check(std::string_view said) {
  constexpr std::size_t head = 9;
  while (said.size() >= head) {
    const auto at = [&](std::size_t i) { return std::size_t{static_cast<unsigned char>(said[i])}; };
    const std::size_t length = at(0) << 16U | at(1) << 8U | at(2);
    // A client may have allowed more.
    expect(length < 1U << 24U && at(3) <= 9);
    said.remove_prefix(std::min(said.size(), head + length));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4096) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const io::loop here({.backend = "sim"});
  check(io::wait(talk(bytes, bytes.size() + 1)));
  check(io::wait(talk(bytes, data[0] % 64U + 1)));
  return 0;
}
