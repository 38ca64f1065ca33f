#include <netinet/in.h>
#include <pcap/sll.h>

#include <algorithm>
#include <array>
#include <cstring>

#include <cli/trace/packet.hpp>

namespace parlance::cli {
namespace {

constexpr std::size_t link_head = 16;  // SLL_HDR_LEN

/// Big-endian numbers out of bytes that may be too few.
class reading {
 public:
  explicit reading(std::string_view bytes) noexcept : bytes_(bytes) {}
  bool has(std::size_t size) const noexcept { return bytes_.size() >= size; }
  unsigned number(std::size_t at, std::size_t size) const noexcept {
    unsigned value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned char>(bytes_[at + i]);
    return value;
  }
  std::string_view from(std::size_t at) const noexcept { return bytes_.substr(std::min(at, bytes_.size())); }

 private:
  std::string_view bytes_;
};

template <std::size_t N> std::array<std::uint8_t, N> address(std::string_view bytes) {
  std::array<std::uint8_t, N> made{};
  std::memcpy(made.data(), bytes.data(), N);
  return made;
}

/// The segment behind an IP head, of `size` bytes on the wire.
bool read_segment(std::string_view bytes, std::size_t size, captured_packet& into) {
  const reading tcp(bytes);
  if (!tcp.has(20) || size < 20) return false;
  const std::size_t head = 4 * (tcp.number(12, 1) >> 4);
  if (head < 20 || head > size) return false;
  const unsigned flags = tcp.number(13, 1);
  into.segment = {.fin = (flags & 1) != 0,
                  .seen = {{.sequence = tcp.number(4, 4),
                            .acknowledged = tcp.number(8, 4),
                            .window = static_cast<std::uint16_t>(tcp.number(14, 2))}},
                  .size = size - head};
  into.segment.syn = (flags & 2) != 0;
  into.segment.rst = (flags & 4) != 0;
  into.segment.psh = (flags & 8) != 0;
  into.segment.ack = (flags & 16) != 0;
  into.from.set_port(static_cast<std::uint16_t>(tcp.number(0, 2)));
  into.to.set_port(static_cast<std::uint16_t>(tcp.number(2, 2)));
  into.payload = tcp.from(head).substr(0, into.segment.size);
  return true;
}

}  // namespace

std::optional<captured_packet> read_packet(std::string_view bytes, std::size_t size) {
  captured_packet read;
  const reading link(bytes);
  if (!link.has(link_head)) return {};
  read.leaves = link.number(0, 2) == LINUX_SLL_OUTGOING;
  const reading ip(link.from(link_head));
  if (!ip.has(20)) return {};
  if (ip.number(0, 1) >> 4 == 4) {
    const std::size_t head = 4 * (ip.number(0, 1) & 15);
    std::size_t total = ip.number(2, 2);
    // Where the network card cuts it into segments, it has no length yet.
    if (total == 0) total = size - link_head;
    const bool is_later_fragment = (ip.number(6, 2) & 0x1fff) != 0;
    if (head < 20 || total < head || ip.number(9, 1) != IPPROTO_TCP || is_later_fragment) return {};
    read.from = io::endpoint::ipv4(address<4>(ip.from(12)), 0);
    read.to = io::endpoint::ipv4(address<4>(ip.from(16)), 0);
    if (!read_segment(ip.from(head), total - head, read)) return {};
    return read;
  }
  if (!ip.has(40) || ip.number(0, 1) >> 4 != 6 || ip.number(6, 1) != IPPROTO_TCP) return {};
  std::size_t total = ip.number(4, 2);
  if (total == 0) total = size - link_head - 40;
  read.from = io::endpoint::ipv6(address<16>(ip.from(8)), 0);
  read.to = io::endpoint::ipv6(address<16>(ip.from(24)), 0);
  if (!read_segment(ip.from(40), total, read)) return {};
  return read;
}

}  // namespace parlance::cli
