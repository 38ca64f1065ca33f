// Events fed in pieces come to what they come to when fed at once, stay within their bound, and are read as they were
// when they are written again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <parlance/http/body/server_sent_events.hpp>

namespace {

using namespace parlance::http;

constexpr std::size_t longest = 200;

/// What comes of the bytes; `again`: the events as they are written.
std::string read(std::string_view bytes, std::size_t step, std::string& again) {
  event_parser parser(longest);
  std::string result;
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    for (;;) {
      const auto event = parser.next(piece);
      if (!event) return result + "!";
      if (!*event) break;
      if ((*event)->data.size() > longest) std::abort();
      result.append((*event)->type).append("|").append((*event)->id).append("|").append((*event)->data) +=
          '\n';
      if (!(*event)->type.contains('\0')) append_event(again, **event);
    }
    if (!piece.empty()) std::abort();
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  std::string again, ignored, second, third;
  const std::string whole = read(bytes, bytes.size() + 1, again);
  if (read(bytes, data[0] % 16U + 1, ignored) != whole) std::abort();
  // The first time an id that was taken back is not written, and so the one before stays.
  read(again, again.size() + 1, second);
  read(second, second.size() + 1, third);
  if (second != third) std::abort();
  return 0;
}
