// A whole connection of a server: whatever a client sends, and in whatever pieces, the answers are well formed, as many
// as were asked for, and nothing follows one that says it is the last.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/http/message/body_reader.hpp>
#include <parlance/http/message/framing.hpp>
#include <parlance/http/message/head_parser.hpp>
#include <parlance/http/server/router.hpp>
#include <parlance/http/server/serve.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/memory_stream.hpp>

#include "send_in_steps.hpp"

namespace {

using namespace parlance;

/// What a server was asked, and what it said.
struct conversation {
  std::vector<std::string> methods;
  std::string said;
  bool reset = false;
};

http::router routes() {
  http::router all;
  const auto add = [&](std::string_view path, http::server_handler handler) {
    all.get(path, handler).post(path, handler);
  };
  add("/{echo}", [](auto& asked, auto& answer) -> io::task<> {
    const std::string body = co_await asked.read_all();
    co_await answer.send(std::string(asked.parameter("echo")) + asked.query("q").value_or("") + body);
  });
  add("/stream", [](auto& asked, auto& answer) -> io::task<> {
    for (std::string_view piece; !(piece = co_await asked.read()).empty();) co_await answer.write(piece);
    co_await answer.write("all");
  });
  add("/unread", [](auto&, auto& answer) -> io::task<> { co_await answer.send_nothing(); });
  add("/thrown", [](auto&, auto&) -> io::task<> {
    throw std::runtime_error("thrown");
    co_return;
  });
  add("/half", [](auto&, auto& answer) -> io::task<> { co_await answer.length(5).write("abc"); });
  return all;
}

io::task<conversation> talk(std::string_view bytes, std::size_t step) {
  conversation result;
  auto [mine, theirs] = net::memory_streams(1 << 20);
  io::event stopping;
  net::caller one{.stream = std::move(theirs), .remote = {}, .local = {}, .stopping = stopping};
  http::server_options options;
  options.limits.head = {.bytes = 512, .fields = 8};
  options.limits.body = 64;
  options.limits.drain = 32;
  options.limits.requests = 8;
  options.on_failure = {};
  const http::server_handler handler = [&, all = routes()](http::server_request& asked,
                                                           http::server_response& answer) -> io::task<> {
    result.methods.push_back(asked.method());
    co_await all(asked, answer);
  };
  io::scope serving;
  serving.spawn(http::serve_connection(one, handler, options));
  serving.spawn(fuzz::send_in_steps(mine, bytes, step));
  try {
    for (std::string_view text; !(text = co_await mine.recv()).empty();) result.said += text;
  } catch (const io::error&) {
    result.reset = true;
  }
  co_await serving.join();
  co_return result;
}

void expect(bool holds) {
  if (!holds) std::abort();
}

/// Gives the answers without their dates and those of 1xx, which depend on when something comes.
std::string check(const conversation& all) {
  std::string result;
  std::string_view rest = all.said;
  std::size_t count = 0;
  bool last = false;
  while (!rest.empty()) {
    expect(!last);
    http::response_parser parser;
    const auto fed = parser.feed(rest);
    expect(fed.has_value());
    if (!*fed) {
      expect(all.reset);
      break;
    }
    http::response_head head = parser.take();
    if (head.status == 100) continue;
    expect(head.fields.count("Date") == 1);
    head.fields.remove("Date");
    // What no handler sees is not HEAD, or its framing is refused: then it has no body.
    const std::string method = count < all.methods.size() ? all.methods[count] : "GET";
    ++count;
    last = head.fields.has_token("Connection", "close");
    result += http::serialise(head);
    const bool is_refused_head = head.status >= 400 && rest.empty();
    const auto how = http::frame_response(is_refused_head ? "HEAD" : method, head);
    expect(how.has_value());
    http::body_reader body(*how);
    while (!body.done() && !rest.empty()) {
      const auto piece = body.next(rest);
      expect(piece.has_value());
      result += *piece;
    }
    if (!body.done() && !all.reset) expect(body.end().has_value());
  }
  expect(count <= 8 && (all.reset || count >= all.methods.size()));
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4096) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  if (bytes.starts_with("PRI * HTTP/2.0")) return 0;  // http2_server_fuzz
  const io::loop here({.backend = "sim"});
  const conversation whole = io::wait(talk(bytes, bytes.size() + 1));
  const conversation pieces = io::wait(talk(bytes, data[0] % 16U + 1));
  const std::string expected = check(whole), found = check(pieces);
  if (!whole.reset && !pieces.reset) expect(expected == found);
  return 0;
}
