#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include <parlance/io/error.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/proxy.hpp>

namespace parlance::net {
namespace {

[[noreturn]] void refuse(std::string_view why) {
  throw io::error(io::from_errno(EINVAL), "understand the proxy", why);
}

std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    unsigned char byte = 0;
    const char* const begin = text.data() + i + 1;
    if (text.size() - i < 3 || std::from_chars(begin, begin + 2, byte, 16).ptr != begin + 2)
      refuse("after '%' come two hexadecimal digits");
    plain += static_cast<char>(byte);
    i += 2;
  }
  return plain;
}

std::string_view scheme_of(const proxy& one) {
  if (one.speaks == proxy::protocol::socks5) return "socks5";
  if (one.speaks == proxy::protocol::socks4) return "socks4";
  return one.tls ? "https" : "http";
}

}  // namespace

proxy proxy::parse(std::string_view url) {
  const std::size_t colon = url.find("://");
  const std::string_view scheme = url.substr(0, colon);
  proxy read;
  std::uint16_t port = 1080;
  const bool is_socks = scheme == "socks5" || scheme == "socks4";
  if (colon == std::string_view::npos || (!is_socks && scheme != "http" && scheme != "https"))
    refuse("it begins with none of socks5://, socks4://, http:// and https://");
  if (scheme == "socks4") read.speaks = protocol::socks4;
  if (!is_socks) {
    read.speaks = protocol::http;
    read.tls = scheme == "https";
    port = read.tls ? 443 : 80;
  }
  std::string_view rest = url.substr(colon + 3);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view credentials = rest.substr(0, at);
    const std::size_t between = credentials.find(':');
    read.as.user = decoded(credentials.substr(0, between));
    if (between != std::string_view::npos) read.as.password = decoded(credentials.substr(between + 1));
    if (read.as.user.empty()) refuse("the user is empty");
    rest.remove_prefix(at + 1);
  }
  if (rest.find_first_of("/?#") != std::string_view::npos) refuse("after the address comes nothing");
  read.at = address::parse(rest, port);
  if (read.at.is_unix() || read.at.host.empty() || read.at.port == 0) refuse("it has no host and port");
  return read;
}

std::string proxy::to_string() const { return fmt::format("{}://{}", scheme_of(*this), at.to_string()); }

io::task<void> connect_through(stream& through, proxy by, address to, connect_request more) {
  switch (by.speaks) {
    case proxy::protocol::socks5:
      return socks5_connect(through, std::move(to), std::move(by.as));
    case proxy::protocol::socks4:
      return socks4_connect(through, std::move(to), std::move(by.as));
    case proxy::protocol::http:
      break;
  }
  return http_connect(through, std::move(to), std::move(by.as), std::move(more));
}

}  // namespace parlance::net
