// What --trace makes of packets, as the kernel hands them over. The first byte says how much of the packet was cut off.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <cli/trace/packet.hpp>

namespace {

using namespace parlance;

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto read = cli::read_packet(bytes, bytes.size() + 16UL * data[0]);
  if (!read) return 0;
  // 16 of the link, at least 20 of IP and 20 of TCP.
  check(bytes.size() >= 56 && read->payload.size() <= bytes.size() - 56);
  check(read->payload.size() <= read->segment.size && bytes.contains(read->payload));
  check(read->segment.seen.has_value() && !read->segment.outgoing);
  check(!read->from.to_string().empty());
  return 0;
}
