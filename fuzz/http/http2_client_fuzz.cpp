// A server of HTTP/2 that says anything: each request of a client ends, with an answer or with why there is none.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <parlance/http/base/error.hpp>
#include <parlance/http/client/http2_connection.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/memory_stream.hpp>

#include "send_in_steps.hpp"

namespace {

using namespace parlance;

io::task<> say(net::stream& to, std::string_view bytes, std::size_t step) {
  co_await fuzz::send_in_steps(to, bytes, step);
  try {
    while (!(co_await to.recv()).empty()) continue;
  } catch (const io::error&) {
  }
}

io::task<> ask(http::http2_connection& on, std::string_view method) {
  http::request_head head{.method = std::string(method), .target = "/"};
  head.fields.append("Host", "h");
  try {
    if (!on.available()) co_return;
    const auto asked = on.begin(
        {.head = head, .limits = {.first_byte = std::chrono::seconds(9), .stall = std::chrono::seconds(9)}});
    while ((co_await asked->receive_head()).status < 200) continue;
    std::uint64_t size = 0;
    for (std::string_view piece; !(piece = co_await asked->read()).empty();) size += piece.size();
    if (size != asked->received()) std::abort();
    if (const auto all = asked->announced(); all && *all != size) std::abort();
  } catch (const http::failure&) {
  }
}

io::task<> talk(std::string_view bytes, std::size_t step) {
  auto [mine, theirs] = net::memory_streams(1 << 16);
  io::scope all;
  all.spawn(say(theirs, bytes, step));
  {
    http::http2_connection on(std::move(mine));
    io::scope asking;
    for (const std::string_view method : {"GET", "HEAD", "POST"}) asking.spawn(ask(on, method));
    co_await asking.join();
    co_await ask(on, "GET");
  }
  co_await all.join();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4096) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const io::loop here({.backend = "sim"});
  io::wait(talk(bytes, bytes.size() + 1));
  io::wait(talk(bytes, data[0] % 64U + 1));
  return 0;
}
