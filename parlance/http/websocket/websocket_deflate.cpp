#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/websocket/websocket_deflate.hpp>

namespace parlance::http {
namespace {

/// What ends a message's data, and is left out of it (RFC 7692 7.2.1).
constexpr std::string_view tail("\x00\x00\xff\xff", 4);
constexpr std::size_t block = 16384;

struct offer {
  deflate_agreement agreed;
  bool is_fit = true;
};

/// A number of bits, without quotation marks or with: from 8 to 15, and no leading zero.
std::optional<int> parse_bits(std::string_view text) {
  std::string held;
  if (text.starts_with('"'))
    held = take_quoted(text);
  else
    held = text;
  const auto value = parse_decimal(held);
  if (!value || *value < 8 || *value > 15 || held.starts_with('0')) return std::nullopt;
  return static_cast<int>(*value);
}

/// One parameter of an offer; each may stand there once.
void take_parameter(std::string_view text, std::string& seen, offer& into) {
  const std::size_t equals = text.find('=');
  const std::string name = lower(trim(text.substr(0, equals)));
  const bool has_value = equals != text.npos;
  const std::string_view value = has_value ? trim(text.substr(equals + 1)) : std::string_view();
  if (seen.contains(";" + name + ";")) into.is_fit = false;
  seen += ";" + name + ";";
  if (name == "server_no_context_takeover" || name == "client_no_context_takeover") {
    into.is_fit = into.is_fit && !has_value;
  } else if (name == "client_max_window_bits") {
    // That it can have a smaller one is nothing to who inflates with the largest.
    into.is_fit = into.is_fit && (!has_value || parse_bits(value));
  } else if (name == "server_max_window_bits") {
    const auto bits = parse_bits(value);
    // Of 8 bits zlib makes no raw stream.
    into.is_fit = into.is_fit && bits && *bits > 8;
    if (bits) into.agreed = {.server_window = *bits, .tells_window = true};
  } else {
    into.is_fit = false;
  }
}

/// Of zlib; without memory it throws std::bad_alloc.
struct inflater {
  explicit inflater(std::string_view from) {
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(from.data()));
    z.avail_in = static_cast<uInt>(from.size());
    if (::inflateInit2(&z, -15) != Z_OK) throw std::bad_alloc();
  }
  ~inflater() { ::inflateEnd(&z); }
  inflater(const inflater&) = delete;
  inflater& operator=(const inflater&) = delete;
  z_stream z{};
};

struct deflater {
  deflater(std::string_view from, int window) {
    constexpr int memory = 8;
    if (::deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -window, memory, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(from.data()));
    z.avail_in = static_cast<uInt>(from.size());
  }
  ~deflater() { ::deflateEnd(&z); }
  deflater(const deflater&) = delete;
  deflater& operator=(const deflater&) = delete;
  z_stream z{};
};

}  // namespace

std::string deflate_agreement::answer() const {
  std::string text = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
  if (tells_window) text += fmt::format("; server_max_window_bits={}", server_window);
  return text;
}

std::optional<deflate_agreement> agree_on_deflate(std::string_view offers) {
  while (const auto element = next_element(offers)) {
    std::string_view rest = *element;
    const auto name = next_element(rest, ';');
    if (!name || !equals_ignoring_case(*name, "permessage-deflate")) continue;
    offer one;
    std::string seen;
    while (const auto parameter = next_element(rest, ';')) take_parameter(*parameter, seen, one);
    if (one.is_fit) return one.agreed;
  }
  return std::nullopt;
}

std::string deflate_message(std::string_view message, int window) {
  deflater out(message, window);
  std::string payload(::deflateBound(&out.z, static_cast<uLong>(message.size())) + 16, '\0');
  out.z.next_out = reinterpret_cast<Bytef*>(payload.data());
  out.z.avail_out = static_cast<uInt>(payload.size());
  if (::deflate(&out.z, Z_SYNC_FLUSH) != Z_OK || out.z.avail_out == 0) throw std::bad_alloc();
  payload.resize(payload.size() - out.z.avail_out);
  payload.resize(payload.size() - tail.size());
  return payload;
}

std::optional<std::string> inflate_message(std::string_view payload, std::size_t most, bool& is_long) {
  is_long = false;
  std::string whole(payload);
  whole += tail;
  inflater in(whole);
  std::string message;
  std::array<char, block> piece;
  for (;;) {
    in.z.next_out = reinterpret_cast<Bytef*>(piece.data());
    in.z.avail_out = block;
    const int result = ::inflate(&in.z, Z_SYNC_FLUSH);
    const std::size_t size = block - in.z.avail_out;
    if (size > most - message.size()) return is_long = true, std::nullopt;
    message.append(piece.data(), size);
    if (result == Z_STREAM_END) {
      // A client may end a block with BFINAL set; what follows begins another stream (RFC 7692 7.2.3.5).
      if (::inflateReset(&in.z) != Z_OK) return std::nullopt;
    } else if (result == Z_BUF_ERROR || (result == Z_OK && in.z.avail_in == 0 && in.z.avail_out != 0)) {
      // The tail ends a block, or it was cut within one.
      constexpr int between_blocks = 128;  // of data_type, as zlib.h has it
      const bool is_whole = in.z.avail_in == 0 && (in.z.data_type & between_blocks) != 0;
      return is_whole ? std::optional(std::move(message)) : std::nullopt;
    } else if (result != Z_OK) {
      return std::nullopt;
    }
  }
}

}  // namespace parlance::http
