// What --trace calls the bytes that pass by: they come in pieces, the ends of which nobody has seen. The first byte says
// how long a piece is, the second how much is cut off each.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <cli/trace/payload.hpp>

namespace {

using namespace parlance;

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t step = 1UL + data[0];
  cli::payload_namer namer;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    const std::string_view seen =
        piece.substr(0, piece.size() - std::min<std::size_t>(data[1], piece.size()));
    const std::string name = namer.name(seen, piece.size());
    check(!name.empty() && name.size() <= 2000);
    check(std::ranges::none_of(name, [](unsigned char c) { return c < ' ' || c == 0x7f; }));
  }
  return 0;
}
