#include <fmt/core.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>

#include <parlance/io/error.hpp>
#include <parlance/net/detail/proxy_target.hpp>
#include <parlance/net/detail/received.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/network.hpp>
#include <parlance/net/proxy.hpp>

namespace parlance::net {
namespace {

using namespace std::string_literals;

enum method : std::uint8_t { no_authentication = 0, user_and_password = 2, none_acceptable = 0xff };
enum address_type : std::uint8_t { ipv4 = 1, name = 3, ipv6 = 4 };

[[noreturn]] void refuse(std::string_view why) { throw io::error(errc::proxy, "speak SOCKS5", why); }

/// RFC 1928, section 6.
std::string_view words_for(std::uint8_t reply) {
  constexpr std::string_view all[] = {
      "succeeded",           "general failure",       "not allowed by its rules",
      "network unreachable", "host unreachable",      "connection refused",
      "TTL expired",         "command not supported", "address type not supported"};
  return reply < std::size(all) ? all[reply] : "a reply that is not known";
}

void append(std::string& to, std::string_view text) {
  if (text.empty() || text.size() > 255)
    throw io::error(io::from_errno(EINVAL), "ask for it", "a host, user or password has 1 to 255 bytes");
  to += static_cast<char>(text.size());
  to += text;
}

std::string request_for(const address& to) {
  std::string request = "\x05\x01\x00"s;
  if (const auto ip = endpoint::parse_ip(to.host, 0)) {
    const auto bytes = *ip_bytes(*ip);
    const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const bool v4 = ip->family() == AF_INET;
    request += static_cast<char>(v4 ? ipv4 : ipv6);
    request += v4 ? all.substr(12) : all;
  } else {
    request += static_cast<char>(name);
    append(request, to.host);
  }
  request += static_cast<char>(to.port >> 8);
  request += static_cast<char>(to.port);
  return request;
}

std::string request_as(const proxy_credentials& as) {
  std::string request = "\x01";
  append(request, as.user);
  append(request, as.password);
  return request;
}

io::task<std::uint8_t> next_byte(received& from) {
  co_return static_cast<std::uint8_t>((co_await from.next(1))[0]);
}

io::task<void> expect_version(received& from, std::uint8_t version) {
  if (co_await next_byte(from) != version) refuse("it does not speak SOCKS5");
}

/// RFC 1928, section 3, and RFC 1929.
io::task<void> authenticate(received& answers, const std::optional<std::string>& credentials) {
  co_await answers.where().send(credentials ? "\x05\x02\x00\x02"s : "\x05\x01\x00"s);
  co_await expect_version(answers, 5);
  const std::uint8_t chosen = co_await next_byte(answers);
  if (chosen == no_authentication) co_return;
  if (chosen == none_acceptable)
    refuse(credentials ? "it takes neither nobody nor a user with a password" : "it wants to know who asks");
  if (chosen != user_and_password || !credentials) refuse("it chose what it was not offered");
  co_await answers.where().send(*credentials);
  co_await expect_version(answers, 1);
  if (co_await next_byte(answers) != 0) refuse("it does not take this user and password");
}

/// The reply, with an address that tells nothing of use.
io::task<void> read_reply(received& answers) {
  co_await expect_version(answers, 5);
  const std::uint8_t reply = co_await next_byte(answers);
  if (reply != 0) refuse(fmt::format("it answered {}: {}", reply, words_for(reply)));
  if (co_await next_byte(answers) != 0) refuse("its answer is malformed");
  std::size_t size = 0;
  switch (co_await next_byte(answers)) {
    case ipv4:
      size = 4;
      break;
    case ipv6:
      size = 16;
      break;
    case name:
      size = co_await next_byte(answers);
      break;
    default:
      refuse("its answer is malformed");
  }
  co_await answers.next(size + 2);
}

}  // namespace

io::task<void> socks5_connect(stream& through, address to, proxy_credentials as) {
  const std::string doing =
      fmt::format("connect {} through {}", to.to_string(), through.remote().to_string());
  try {
    const std::string request = request_for(proxy_target(std::move(to)));
    std::optional<std::string> credentials;
    if (!as.user.empty()) credentials = request_as(as);
    received answers(through);
    co_await authenticate(answers, credentials);
    co_await answers.where().send(request);
    co_await read_reply(answers);
  } catch (const io::error& e) {
    throw io::error(e.code(), doing, why(e));
  }
}

}  // namespace parlance::net
