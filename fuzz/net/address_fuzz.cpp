// What parses as an address prints as one that parses to the same; what does not is refused in one plain
// line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include <parlance/io/error.hpp>
#include <parlance/net/address.hpp>

namespace {

using parlance::net::address;

void check(std::string_view text, std::optional<std::uint16_t> default_port) {
  try {
    const address parsed = address::parse(text, default_port);
    const address again = address::parse(parsed.to_string());
    if (again.host != parsed.host || again.port != parsed.port || again.path != parsed.path) std::abort();
  } catch (const parlance::io::error& e) {
    const std::string_view said = e.what();
    if (std::ranges::any_of(said, [](unsigned char c) { return c < ' ' || c == 0x7f; })) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text, {});
  check(text, 443);
  return 0;
}
