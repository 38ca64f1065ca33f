#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <parlance/chat/base/words.hpp>

#include <cli/chat/model/server_address.hpp>

namespace parlance::cli {
namespace {

constexpr std::uint16_t our_port = 8000, plain_port = 6667, tls_port = 6697;

struct v4_block {
  std::uint32_t network;
  int bits;
};

bool is_in(std::uint32_t host, v4_block block) { return (host ^ block.network) >> (32 - block.bits) == 0; }

bool is_loopback(const std::string& host) {
  if (host.empty() || host == "localhost" || host == "::1") return true;
  in_addr v4{};
  return ::inet_pton(AF_INET, host.c_str(), &v4) == 1 && is_in(ntohl(v4.s_addr), {0x7f000000, 8});
}

/// RFC 1918, 3927, 4193, 4291, 6598; and names that are in no public DNS.
bool is_private(const std::string& host) {
  if (in_addr v4{}; ::inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    constexpr std::array<v4_block, 5> blocks = {
        {{0x0a000000, 8}, {0xac100000, 12}, {0xc0a80000, 16}, {0xa9fe0000, 16}, {0x64400000, 10}}};
    return std::ranges::any_of(blocks, [&](v4_block one) { return is_in(ntohl(v4.s_addr), one); });
  }
  const std::string v6_text = host.substr(0, host.find('%'));
  if (in6_addr v6{}; ::inet_pton(AF_INET6, v6_text.c_str(), &v6) == 1)
    return (v6.s6_addr[0] & 0xfe) == 0xfc || (v6.s6_addr[0] == 0xfe && (v6.s6_addr[1] & 0xc0) == 0x80);
  return !host.contains('.') || host.ends_with(".local") || host.ends_with(".lan") ||
         host.ends_with(".internal");
}

}  // namespace

bool server_address::is_here() const { return at.is_unix() || is_loopback(at.host); }

server_address server_address::parse(std::string_view text, std::optional<bool> tls) {
  server_address result;
  const std::size_t behind_scheme = text.find("://");
  bool is_irc = false;
  if (behind_scheme != text.npos) {
    const std::string_view scheme = text.substr(0, behind_scheme);
    if (scheme == "tls" || scheme == "ircs") tls = true;
    if (scheme == "irc") tls = tls.value_or(false);
    is_irc = scheme == "irc" || scheme == "ircs";
    if (is_irc || scheme == "tls") {
      text.remove_prefix(behind_scheme + 3);
      std::string_view rest = text;
      text = chat::take_item(rest, '/');
      for (const std::string_view room : chat::items_of(rest.substr(0, rest.find('?')), ','))
        result.rooms.emplace_back(room.starts_with('#') ? std::string(room) : "#" + std::string(room));
    }
  }
  result.at = net::address::parse(text, std::uint16_t{0});
  const bool near = result.is_here() || is_private(result.at.host);
  result.tls = !result.at.is_unix() && tls.value_or(!near);
  if (!result.at.is_unix() && result.at.port == 0)
    result.at.port = near && !is_irc ? our_port : result.tls ? tls_port : plain_port;
  return result;
}

}  // namespace parlance::cli
