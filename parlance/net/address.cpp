#include <fmt/core.h>
#include <netdb.h>
#include <strings.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <expected>
#include <memory>

#include <parlance/io/blocking.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/sim.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/address.hpp>
#include <parlance/net/domain.hpp>
#include <parlance/net/error.hpp>

namespace parlance::net {
namespace {

/// What somebody wrote, as part of one plain line.
std::string in_quotes(std::string_view text) {
  std::string plain(text.substr(0, 200));
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  std::ranges::replace_if(plain, is_control, '?');
  return "'" + plain + "'";
}

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw io::error(io::from_errno(EINVAL), "understand the address " + in_quotes(text), why);
}

std::uint16_t parse_port(std::string_view digits, std::string_view text) {
  unsigned port = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (failed != std::errc{} || end != digits.data() + digits.size() || port > 65535)
    refuse(text, fmt::format("{} is no port; ports go from 0 to 65535", in_quotes(digits.substr(0, 20))));
  return static_cast<std::uint16_t>(port);
}

/// "localhost" and what is below it (RFC 6761, section 6.3).
bool is_this_machine(std::string_view host) {
  constexpr std::string_view name = "localhost";
  if (host.size() < name.size()) return false;
  const bool is_below = host.size() > name.size();
  if (is_below && host[host.size() - name.size() - 1] != '.') return false;
  return ::strncasecmp(host.substr(host.size() - name.size()).data(), name.data(), name.size()) == 0;
}

/// Does nothing else, so that a tool that must leave glibc's part alone can tell it by this name, which is
/// there also where glibc's own names are not.
int ask_the_resolver(const char* host, const addrinfo& hints, addrinfo** found) {
  return getaddrinfo(host, nullptr, &hints, found);
}

/// Blocks; for a worker.
std::vector<endpoint> look_up(const std::string& host, std::uint16_t port, bool passive) {
  const addrinfo hints{.ai_flags = (passive ? AI_PASSIVE : AI_ADDRCONFIG) | AI_NUMERICSERV,
                       .ai_family = AF_UNSPEC,
                       .ai_socktype = SOCK_STREAM,
                       .ai_protocol = 0,
                       .ai_addrlen = 0,
                       .ai_addr = nullptr,
                       .ai_canonname = nullptr,
                       .ai_next = nullptr};
  addrinfo* found = nullptr;
  int failed = ask_the_resolver(host.c_str(), hints, &found);
  if (failed == EAI_NONAME || failed == EAI_ADDRFAMILY || failed == EAI_NODATA) {
    // On a machine with loopback only, AI_ADDRCONFIG hides even "localhost".
    addrinfo plain = hints;
    plain.ai_flags &= ~AI_ADDRCONFIG;
    failed = ask_the_resolver(host.c_str(), plain, &found);
  }
  if (failed == EAI_SYSTEM) throw io::error(io::from_errno(errno), fmt::format("look up {}", host));
  if (failed != 0) {
    const std::error_code code =
        failed == EAI_MEMORY ? io::from_errno(ENOMEM) : make_error_code(errc::no_address);
    const bool unknown = failed == EAI_NONAME || failed == EAI_NODATA;
    throw io::error(code, fmt::format("look up {}", host), unknown ? "no such host" : gai_strerror(failed));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, freeaddrinfo);
  std::vector<endpoint> endpoints;
  for (const addrinfo* at = found; at; at = at->ai_next) {
    endpoint e(at->ai_addr, at->ai_addrlen);
    e.set_port(port);
    if (std::ranges::find(endpoints, e) == endpoints.end()) endpoints.push_back(e);
  }
  return endpoints;
}

}  // namespace

std::string address::to_string() const {
  if (is_unix()) return "unix:" + path;
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

address address::parse(std::string_view text, std::optional<std::uint16_t> default_port) {
  address parsed;
  if (text.starts_with("unix:")) {
    parsed.path = text.substr(5);
    if (parsed.path.empty()) refuse(text, "the path is empty");
    if (parsed.path.find('\0') != std::string::npos) refuse(text, "the path has a NUL byte");
    return parsed;
  }
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) refuse(text, "'[' without ']'");
    parsed.host = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    has_port = rest.starts_with(':');
    if (has_port) port = rest.substr(1);
    if (!rest.empty() && !has_port) refuse(text, "after ']' comes ':' and a port");
    if (parsed.host.find(':') == std::string::npos || !endpoint::parse_ip(parsed.host, 0))
      refuse(text, fmt::format("{} is no IPv6 address", in_quotes(parsed.host)));
  } else {
    const std::size_t colon = text.rfind(':');
    has_port = colon != std::string_view::npos;
    parsed.host = text.substr(0, colon);
    if (has_port) port = text.substr(colon + 1);
    if (parsed.host.find(':') != std::string::npos)
      refuse(text, "an IPv6 address goes in brackets, as in [::1]:8000");
  }
  if (parsed.host == "unix") refuse(text, "a Unix socket has a path, as in unix:/run/chat");
  if (parsed.host.size() > 255) refuse(text, "a host's name has at most 255 bytes");
  for (const char c : parsed.host)
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f')
      refuse(text, "a host's name has no spaces or control characters");
  if (!has_port && !default_port) refuse(text, "it needs a port, as in HOST:PORT");
  parsed.port = has_port ? parse_port(port, text) : *default_port;
  return parsed;
}

std::string to_ascii(const std::string& host) {
  if (host.find('\0') != std::string::npos) refuse(host, "a host's name has no NUL byte");
  if (std::ranges::all_of(host, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) return host;
  std::expected<std::string, std::string> ascii = domain_to_ascii(host);
  if (!ascii) throw io::error(errc::no_address, fmt::format("look up {}", host), ascii.error());
  return *std::move(ascii);
}

io::task<std::vector<endpoint>> resolve(address of, bool passive) {
  if (of.is_unix()) co_return std::vector{endpoint::unix_path(of.path)};
  if (of.host.empty() && passive) co_return std::vector{endpoint::ipv6({}, of.port)};
  if (of.host.empty())
    co_return std::vector{endpoint::ipv4({127, 0, 0, 1}, of.port),
                          endpoint::ipv6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, of.port)};
  if (const std::optional<endpoint> numeric = endpoint::parse_ip(of.host, of.port))
    co_return std::vector{*numeric};
  const std::string host = to_ascii(of.host);
  // Names below localhost are this machine's, whatever name servers say (RFC 6761 6.3).
  const auto job = [host = is_this_machine(host) ? "localhost" : host, port = of.port, passive] {
    return look_up(host, port, passive);
  };
  try {
    // No name server is asked for this machine's own name, so it does not wait behind those that are.
    if (!io::loop::current().kernel().simulated())
      co_return co_await io::blocking(job, is_this_machine(host) ? io::lane::calls : io::lane::look_ups);
    co_await io::yield();  // a wait like the other: not begun where waits are cancelled
    std::vector<endpoint> found = io::sim_look_up(host);
    if (found.empty()) throw io::error(errc::no_address, fmt::format("look up {}", of.host), "no such host");
    for (endpoint& each : found) each.set_port(of.port);
    co_return found;
  } catch (const io::error& e) {
    if (e.code().category() != io::io_category()) throw;
    throw io::error(e.code(), fmt::format("look up {}", of.host));  // it was not the look-up that failed
  }
}

}  // namespace parlance::net
