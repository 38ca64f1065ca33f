// The beginning of a connection that is anything at all: a PROXY header is read the same whole or in pieces,
// never beyond its end or its limit, and one that was read and written again reads the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/io/error.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/proxy_header.hpp>

namespace {

using namespace parlance;

constexpr std::size_t limit = 600;

/// Empty: more is needed, or `refused`.
std::optional<net::parsed_proxy_header> parse(std::string_view bytes, bool& refused) {
  try {
    return net::parse_proxy_header(bytes, limit);
  } catch (const io::error& e) {
    if (e.code() != net::errc::proxy) std::abort();
    refused = true;
    return std::nullopt;
  }
}

bool same(const net::proxy_header& a, const net::proxy_header& b) {
  return a.local == b.local && a.datagram == b.datagram && a.source.to_string() == b.source.to_string() &&
         a.destination.to_string() == b.destination.to_string() && a.extras == b.extras;
}

void check_written(const net::proxy_header& header) {
  bool refused = false;
  const std::string bytes = net::write_proxy_header(header);
  const auto again = net::parse_proxy_header(bytes);
  if (!again || again->size != bytes.size()) std::abort();
  // A datagram of no family is not told as one, and families that differ cannot be.
  net::proxy_header expected = header;
  if (header.source.family() == AF_UNSPEC) expected.datagram = false;
  if (!same(again->header, expected)) std::abort();
  if (!header.extras.empty()) return;
  const std::string line = net::write_proxy_header(header, net::proxy_version::v1);
  const auto read = parse(line, refused);
  if (refused || !read || read->size != line.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  bool refused = false;
  const auto whole = parse(bytes, refused);
  for (std::size_t part = 0; part < size && part <= limit; ++part) {
    bool refused_early = false;
    const auto some = parse(bytes.substr(0, part), refused_early);
    if (refused_early && !refused) std::abort();
    if (some && (!whole || some->size != whole->size || !same(some->header, whole->header))) std::abort();
    if (some && part < some->size) std::abort();
    if (some || refused_early) break;
  }
  if (!whole) return 0;
  if (whole->size > size || whole->size > limit) std::abort();
  for (int type = 0; type < 256; ++type) whole->header.extra(static_cast<std::uint8_t>(type));
  check_written(whole->header);
  return 0;
}
