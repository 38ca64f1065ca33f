// Frames fed in pieces come to what they come to when fed at once, in either role, compressed or not; what is held stays within
// its bounds; and what a server answers, a client understands.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/base/charset.hpp>
#include <parlance/http/websocket/websocket.hpp>

namespace {

using namespace parlance::http;
using role = websocket::role;
using kind = websocket_event::kind;

constexpr std::size_t longest_message = 300;
constexpr std::size_t longest_output = (2 + 125) * 2;  // a pong and a Close

void check(const websocket_event& event, const websocket& socket) {
  if (event.data.size() > longest_message) std::abort();
  if (event.what != kind::binary && !is_utf8(event.data)) std::abort();
  if ((event.what == kind::close) != socket.done()) std::abort();
}

/// What comes of the bytes, and the answer.
std::string read(role mine, std::string_view bytes, std::size_t step, bool compressed) {
  websocket socket(mine, longest_message, compressed ? std::optional(deflate_agreement{}) : std::nullopt);
  std::string result;
  while (!bytes.empty()) {
    auto piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    while (const auto event = socket.next(piece)) {
      check(*event, socket);
      result += static_cast<char>('0' + static_cast<int>(event->what));
      result += std::to_string(static_cast<unsigned>(event->code)) + (event->failed ? "!" : ":");
      result.append(event->data) += '\n';
    }
    if (!piece.empty()) std::abort();
  }
  const std::string answer = socket.take_output();
  if (mine == role::client) return result;  // with masks that are never the same
  if (answer.size() > longest_output || socket.has_output()) std::abort();
  websocket peer(role::client, longest_message);
  std::string_view rest = answer;
  bool closed = false;
  while (const auto event = peer.next(rest)) {
    if (event->what != kind::close || event->failed || closed) std::abort();
    closed = true;
  }
  if (closed == socket.can_send()) std::abort();
  return result + answer;
}

/// The same frames with the right mask bit and a mask of zeros, so that more of them get past the first rule.
std::string as_client(std::string_view bytes) {
  std::string wire;
  while (bytes.size() >= 2) {
    const std::size_t size =
        std::min<std::size_t>(static_cast<unsigned char>(bytes[1]) % 126U, bytes.size() - 2);
    wire += bytes[0];
    wire += static_cast<char>(0x80U | size);
    wire += std::string(4, '\0');
    wire += bytes.substr(2, size);
    bytes.remove_prefix(2 + size);
  }
  return wire;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t step = data[0] % 16U + 1;
  const std::string masked = as_client(bytes);
  for (const bool compressed : {false, true}) {
    const auto agree = [&](role mine, std::string_view all) {
      if (read(mine, all, step, compressed) != read(mine, all, all.size() + 1, compressed)) std::abort();
    };
    agree(role::server, masked);
    for (const role mine : {role::server, role::client}) agree(mine, bytes);
  }
  return 0;
}
