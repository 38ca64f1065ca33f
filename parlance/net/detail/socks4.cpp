#include <fmt/core.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include <parlance/io/error.hpp>
#include <parlance/net/detail/proxy_target.hpp>
#include <parlance/net/detail/received.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/network.hpp>
#include <parlance/net/proxy.hpp>

namespace parlance::net {
namespace {

[[noreturn]] void refuse(std::string_view why) { throw io::error(errc::proxy, "speak SOCKS4", why); }

[[noreturn]] void refuse_to_ask(std::string_view why) {
  throw io::error(io::from_errno(EINVAL), "ask for it", why);
}

std::string_view words_for(std::uint8_t reply) {
  constexpr std::string_view all[] = {"refused, or failed", "it cannot ask who calls (identd)",
                                      "another user is called so (identd)"};
  constexpr std::uint8_t first = 91;
  return reply >= first && reply - first < static_cast<int>(std::size(all)) ? all[reply - first]
                                                                            : "a reply that is not known";
}

/// The address 0.0.0.1 says that a name stands behind the user (SOCKS4a).
std::string request_for(const address& to, const std::string& user) {
  using namespace std::string_literals;
  constexpr std::size_t longest = 255;
  if (user.size() > longest || to.host.size() > longest)
    refuse_to_ask("a host or a user has at most 255 bytes");
  if (user.contains('\0')) refuse_to_ask("the user has a zero byte");
  std::string request = "\x04\x01"s;
  request += static_cast<char>(to.port >> 8);
  request += static_cast<char>(to.port);
  const auto ip = endpoint::parse_ip(to.host, 0);
  if (!ip) return request + "\0\0\0\x01"s + user + '\0' + to.host + '\0';
  if (ip->family() != AF_INET) refuse_to_ask("SOCKS4 knows no IPv6 addresses; SOCKS5 does");
  const auto bytes = *ip_bytes(*ip);
  request += std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()).substr(12);
  return request + user + '\0';
}

io::task<void> read_reply(received& answers) {
  constexpr std::uint8_t granted = 90;
  const std::string reply(co_await answers.next(8));
  if (reply[0] != 0) refuse("it does not speak SOCKS4");
  const auto code = static_cast<std::uint8_t>(reply[1]);
  if (code != granted) refuse(fmt::format("it answered {}: {}", code, words_for(code)));
}

}  // namespace

io::task<void> socks4_connect(stream& through, address to, proxy_credentials as) {
  const std::string doing =
      fmt::format("connect {} through {}", to.to_string(), through.remote().to_string());
  try {
    const std::string request = request_for(proxy_target(std::move(to)), as.user);
    received answers(through);
    co_await answers.where().send(request);
    co_await read_reply(answers);
  } catch (const io::error& e) {
    throw io::error(e.code(), doing, why(e));
  }
}

}  // namespace parlance::net
