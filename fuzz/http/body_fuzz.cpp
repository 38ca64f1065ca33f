// A response's head and body fed in pieces come to what they come to when fed whole, framing and all.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <parlance/http/message/body_reader.hpp>
#include <parlance/http/message/framing.hpp>
#include <parlance/http/message/head_parser.hpp>

namespace {

using namespace parlance::http;

constexpr chunk_limits limits{.line = 64, .extensions = 100, .trailers = {.bytes = 128, .fields = 4}};

/// The body; the trailers, the bytes left over or the error after it.
std::string read(const framing& how, std::string_view text, std::size_t step) {
  body_reader body(how, limits);
  std::string result;
  while (!body.done() && !text.empty()) {
    auto bytes = text.substr(0, step);
    text.remove_prefix(bytes.size());
    for (;;) {
      const auto piece = body.next(bytes);
      if (!piece) return result + "|" + piece.error().text;
      if (piece->empty()) break;
      result += *piece;
    }
    if (body.done())
      return result + "|" + std::string(body.trailers().wire()) + "|" + std::string(bytes) +
             std::string(text);
    if (!bytes.empty() || body.received() != result.size()) std::abort();
  }
  const auto ended = body.end();
  return result + "|" + (ended ? std::string(text) : ended.error().text);
}

void check(const framing& how, std::string_view text, std::size_t step) {
  if (read(how, text, step) != read(how, text, text.size() + 1)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t step = data[0] % 16U + 1;
  check({.kind = body_kind::chunked}, text, step);
  response_parser parser;
  const auto fed = parser.feed(text);
  if (!fed || !*fed) return 0;
  const auto framing = frame_response("GET", parser.take());
  if (framing) check(*framing, text, step);
  return 0;
}
