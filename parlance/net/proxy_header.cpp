#include <arpa/inet.h>
#include <fmt/core.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <utility>

#include <parlance/io/error.hpp>
#include <parlance/net/detail/received.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/network.hpp>
#include <parlance/net/proxy_header.hpp>

namespace parlance::net {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view signature_of_v1 = "PROXY ";
constexpr std::string_view signature_of_v2 = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t longest_v1 = 107;
constexpr std::size_t head_of_v2 = 16;
constexpr std::size_t unix_path_size = 108;

[[noreturn]] void refuse(std::string_view why) { throw io::error(errc::proxy, "read the PROXY header", why); }

// --- version 1

/// As far as it has come.
struct word {
  std::string_view text;
  bool is_whole;
};

void check_protocol(word given) {
  const auto may_be = [&](std::string_view known) {
    return given.is_whole ? given.text == known : known.starts_with(given.text);
  };
  if (!may_be("TCP4") && !may_be("TCP6") && !may_be("UNKNOWN"))
    refuse("its protocol is none of TCP4, TCP6 and UNKNOWN");
}

endpoint read_address(int family, word given) {
  const bool may_be = given.text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
  const auto ip = may_be && given.is_whole ? endpoint::parse_ip(given.text, 0) : std::nullopt;
  if (!may_be || (given.is_whole && (!ip || ip->family() != family)))
    refuse("its address is none of the family that it names");
  return ip.value_or(endpoint());
}

std::uint16_t read_port(word given) {
  const std::string_view text = given.text;
  if (text.empty() && !given.is_whole) return 0;
  std::uint16_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [last, failed] = std::from_chars(text.data(), end, number);
  if (failed != std::errc{} || last != end || (text.size() > 1 && text[0] == '0')) refuse("its port is none");
  return number;
}

std::optional<parsed_proxy_header> parse_v1(std::string_view arrived, std::size_t limit) {
  const std::size_t most = std::min(limit, longest_v1);
  const std::size_t end = std::min(arrived.find('\r'), arrived.size());
  if (end + 2 > most) refuse(fmt::format("its line is longer than {} bytes", most));
  const bool is_whole = end + 2 <= arrived.size();
  if (is_whole && arrived[end + 1] != '\n') refuse("its line does not end with CR and LF");
  if (end < signature_of_v1.size()) return std::nullopt;
  std::string_view rest = arrived.substr(signature_of_v1.size(), end - signature_of_v1.size());
  const auto next = [&, is_ended = end != arrived.size()] {
    const std::size_t space = rest.find(' ');
    const word given{rest.substr(0, space), is_ended || space != std::string_view::npos};
    rest.remove_prefix(given.text.size() == rest.size() ? rest.size() : space + 1);
    return given;
  };
  parsed_proxy_header read{.header = {}, .size = end + 2};
  const word protocol = next();
  check_protocol(protocol);
  if (protocol.is_whole && protocol.text != "UNKNOWN") {
    const int family = protocol.text == "TCP4" ? AF_INET : AF_INET6;
    read.header.source = read_address(family, next());
    read.header.destination = read_address(family, next());
    read.header.source.set_port(read_port(next()));
    read.header.destination.set_port(read_port({rest, end != arrived.size()}));
  }
  return is_whole ? std::optional(read) : std::nullopt;
}

// --- version 2

std::uint16_t read_number(std::string_view two) {
  return static_cast<std::uint16_t>(static_cast<std::uint8_t>(two[0]) << 8 |
                                    static_cast<std::uint8_t>(two[1]));
}

template <std::size_t size> std::array<std::uint8_t, size> read_bytes(std::string_view from) {
  std::array<std::uint8_t, size> bytes;
  std::memcpy(bytes.data(), from.data(), size);
  return bytes;
}

/// A path that ends with NUL, or an abstract name, which begins with it; none at all is unnamed (unix(7)).
endpoint read_path(std::string_view field) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, field.data(), unix_path_size);
  const std::size_t last = field.find_last_not_of('\0');
  std::size_t size = last == std::string_view::npos ? 0 : last + 1;
  if (size != 0 && field[0] != '\0') size = std::min(field.find('\0'), unix_path_size);
  return {reinterpret_cast<const sockaddr*>(&address),
          static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size)};
}

/// How many bytes the two addresses have.
std::size_t size_of_addresses(unsigned family) {
  constexpr std::size_t sizes[] = {0, 12, 36, 2 * unix_path_size};
  return sizes[family];
}

void read_addresses(proxy_header& into, unsigned family, std::string_view block) {
  if (family == 1) {
    into.source = endpoint::ipv4(read_bytes<4>(block), read_number(block.substr(8)));
    into.destination = endpoint::ipv4(read_bytes<4>(block.substr(4)), read_number(block.substr(10)));
  } else if (family == 2) {
    into.source = endpoint::ipv6(read_bytes<16>(block), read_number(block.substr(32)));
    into.destination = endpoint::ipv6(read_bytes<16>(block.substr(16)), read_number(block.substr(34)));
  } else if (family == 3) {
    into.source = read_path(block.substr(0, unix_path_size));
    into.destination = read_path(block.substr(unix_path_size, unix_path_size));
  }
}

/// Takes the next TLV off `rest`: its type and value.
std::optional<std::pair<std::uint8_t, std::string_view>> next_extra(std::string_view& rest) noexcept {
  if (rest.size() < 3) return std::nullopt;
  const std::size_t size = read_number(rest.substr(1));
  if (rest.size() - 3 < size) return std::nullopt;
  const std::pair extra(static_cast<std::uint8_t>(rest[0]), rest.substr(3, size));
  rest.remove_prefix(3 + size);
  return extra;
}

std::optional<parsed_proxy_header> parse_v2(std::string_view arrived, std::size_t limit) {
  if (arrived.size() < signature_of_v2.size() + 1) return std::nullopt;
  if (static_cast<std::uint8_t>(arrived[12]) >> 4 != 2) refuse("its version is not 2");
  const unsigned command = arrived[12] & 0xf;
  if (command > 1) refuse("its command is neither LOCAL nor PROXY");
  const bool is_local = command == 0;  // whatever else it says
  if (arrived.size() < signature_of_v2.size() + 2) return std::nullopt;
  const unsigned family = static_cast<std::uint8_t>(arrived[13]) >> 4, protocol = arrived[13] & 0xf;
  if (!is_local && (family > 3 || protocol > 2 || (family == 0) != (protocol == 0)))
    refuse("its family is none that there is");
  if (arrived.size() < head_of_v2) return std::nullopt;
  const std::size_t size = head_of_v2 + read_number(arrived.substr(14));
  if (size > limit) refuse(fmt::format("it has {} bytes, and {} are allowed", size, limit));
  if (!is_local && size - head_of_v2 < size_of_addresses(family)) refuse("it is too short for its addresses");
  if (arrived.size() < size) return std::nullopt;
  parsed_proxy_header read{.header = {.local = is_local}, .size = size};
  if (is_local) return read;
  std::string_view rest = arrived.substr(head_of_v2, size - head_of_v2);
  read.header.datagram = protocol == 2;
  read_addresses(read.header, family, rest);
  rest.remove_prefix(size_of_addresses(family));
  read.header.extras = rest;
  while (!rest.empty())
    if (!next_extra(rest)) refuse("one of its TLVs is cut");
  return read;
}

// --- writing

void append_number(std::string& to, std::size_t number) {
  to += static_cast<char>(number >> 8);
  to += static_cast<char>(number);
}

/// 4 or 16 bytes.
std::string ip_text(const endpoint& of, bool v4) {
  const auto bytes = *ip_bytes(of);
  return {reinterpret_cast<const char*>(bytes.data()) + (v4 ? 12 : 0), v4 ? 4U : 16U};
}

/// 1: IPv4, 2: IPv6, 3: Unix, 0: none of them, as version 2 has it.
unsigned family_of(const proxy_header& header) {
  if (header.source.family() == AF_UNIX && header.destination.family() == AF_UNIX) return 3;
  const auto from = ip_bytes(header.source), to = ip_bytes(header.destination);
  if (!from || !to) return 0;
  return is_ipv4(*from) && is_ipv4(*to) ? 1 : 2;
}

std::string path_text(const endpoint& of) {
  std::string field(reinterpret_cast<const sockaddr_un*>(of.data())->sun_path,
                    of.size() - offsetof(sockaddr_un, sun_path));
  field.resize(unix_path_size);
  return field;
}

std::string write_v1(const proxy_header& header) {
  if (!header.extras.empty())
    throw io::error(io::from_errno(EINVAL), "write a PROXY header", "version 1 has no place for extras");
  const unsigned family = header.local || header.datagram ? 0 : family_of(header);
  if (family != 1 && family != 2) return "PROXY UNKNOWN\r\n";
  const auto address = [&](const endpoint& of) {
    char text[INET6_ADDRSTRLEN];
    return std::string(
        ::inet_ntop(family == 1 ? AF_INET : AF_INET6, ip_text(of, family == 1).data(), text, sizeof text));
  };
  return fmt::format("PROXY TCP{} {} {} {} {}\r\n", family == 1 ? 4 : 6, address(header.source),
                     address(header.destination), header.source.port(), header.destination.port());
}

std::string write_v2(const proxy_header& header) {
  const unsigned family = header.local ? 0 : family_of(header);
  std::string block;
  if (family == 1 || family == 2) {
    block = ip_text(header.source, family == 1) + ip_text(header.destination, family == 1);
    append_number(block, header.source.port());
    append_number(block, header.destination.port());
  } else if (family == 3) {
    block = path_text(header.source) + path_text(header.destination);
  }
  block += header.extras;
  if (block.size() > 0xffff) throw io::error(io::from_errno(EMSGSIZE), "write a PROXY header");
  std::string whole(signature_of_v2);
  whole += static_cast<char>(header.local ? 0x20 : 0x21);
  whole += static_cast<char>(family == 0 ? 0 : family << 4 | (header.datagram ? 2 : 1));
  append_number(whole, block.size());
  return whole + block;
}

}  // namespace

std::optional<std::string_view> proxy_header::extra(std::uint8_t type) const noexcept {
  std::string_view rest = extras;
  while (const auto next = next_extra(rest))
    if (next->first == type) return next->second;
  return std::nullopt;
}

std::optional<parsed_proxy_header> parse_proxy_header(std::string_view arrived, std::size_t limit) {
  const auto may_be = [&](std::string_view signature) {
    const std::size_t known = std::min(arrived.size(), signature.size());
    return arrived.substr(0, known) == signature.substr(0, known);
  };
  if (may_be(signature_of_v1)) return parse_v1(arrived, limit);
  if (may_be(signature_of_v2)) return parse_v2(arrived, limit);
  refuse("there is none");
}

std::string write_proxy_header(const proxy_header& header, proxy_version version) {
  return version == proxy_version::v1 ? write_v1(header) : write_v2(header);
}

io::task<proxy_header> accept_proxied(stream& from, std::size_t limit) {
  const std::string doing = "read the PROXY header of " + from.remote().to_string();
  received so_far(from);
  try {
    for (;;) {
      if (auto whole = parse_proxy_header(so_far.bytes(), limit)) {
        so_far.take(whole->size);
        co_return std::move(whole->header);
      }
      co_await so_far.more();
    }
  } catch (const io::error& e) {
    throw io::error(e.code(), doing, why(e));
  }
}

}  // namespace parlance::net
