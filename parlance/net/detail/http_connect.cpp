#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <parlance/io/error.hpp>
#include <parlance/net/base64.hpp>
#include <parlance/net/detail/proxy_target.hpp>
#include <parlance/net/detail/received.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/proxy.hpp>

namespace parlance::net {
namespace {

constexpr std::size_t longest_head = 16 * 1024;

[[noreturn]] void refuse(std::string_view why) { throw io::error(errc::proxy, "ask by CONNECT", why); }

/// Whether one of these lines is of this name, which is in small letters.
bool has_field(std::string_view lines, std::string_view name) {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  for (; !lines.empty(); lines.remove_prefix(std::min(lines.find('\n'), lines.size() - 1) + 1)) {
    const std::string_view begin = lines.substr(0, name.size());
    if (std::ranges::equal(begin, name, {}, small) && lines.substr(name.size()).starts_with(':')) return true;
  }
  return false;
}

std::string request_for(const address& to, const proxy_credentials& as, const std::string& more) {
  const std::string authority = to.to_string();
  std::string request = fmt::format("CONNECT {0} HTTP/1.1\r\n", authority);
  if (!has_field(more, "host")) request += fmt::format("Host: {}\r\n", authority);
  request += more;
  if (!as.user.empty() && !has_field(more, "proxy-authorization")) {
    if (as.user.find(':') != std::string::npos)
      throw io::error(io::from_errno(EINVAL), "ask for it", "the user has a ':'");
    request += fmt::format("Proxy-Authorization: Basic {}\r\n", base64_encode(as.user + ":" + as.password));
  }
  return request + "\r\n";
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f'; }

bool is_token_character(char c) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         others.find(c) != std::string_view::npos;
}

/// The lines of a head, each without its CR and LF, all of them together within a limit.
class head_lines {
 public:
  explicit head_lines(received& from) noexcept : from_(from) {}

  io::task<std::string> next() {
    std::size_t end = 0;
    for (std::size_t seen = 0;; co_await from_.more()) {
      end = from_.bytes().find('\n', seen);
      if (std::min(end, from_.bytes().size()) >= left_) refuse("its answer is too long");
      if (end != std::string_view::npos) break;
      seen = from_.bytes().size();
    }
    left_ -= end + 1;
    std::string line = from_.take(end + 1);
    if (!line.ends_with("\r\n")) refuse("its answer is no HTTP");
    line.resize(line.size() - 2);
    if (std::ranges::any_of(line, is_control)) refuse("its answer is no HTTP");
    co_return line;
  }

 private:
  received& from_;
  std::size_t left_ = longest_head;
};

/// Its three digits (RFC 9112, section 4).
std::string_view status_in(std::string_view line) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool is_http = line.starts_with("HTTP/1.0 ") || line.starts_with("HTTP/1.1 ");
  const std::string_view status = line.substr(std::min<std::size_t>(9, line.size()), 3);
  if (!is_http || status.size() != 3 || !std::ranges::all_of(status, is_digit) ||
      (line.size() > 12 && line[12] != ' '))
    refuse("its answer is no HTTP");
  return status;
}

/// The status line of the next head, of whose fields none matters: a tunnel has neither a length nor a coding
/// (RFC 9110, section 9.3.6).
io::task<std::string> next_status_line(head_lines& lines, std::string& head) {
  const std::string first = co_await lines.next();
  status_in(first);
  head = first + "\r\n";
  for (std::string field; !(field = co_await lines.next()).empty();) {
    const auto end_of_name = std::ranges::find_if_not(field, is_token_character);
    if (end_of_name == field.begin() || end_of_name == field.end() || *end_of_name != ':')
      refuse("its answer is no HTTP");
    head += field + "\r\n";
  }
  co_return first;
}

io::task<void> read_answer(received& answer, const connect_request& more) {
  head_lines lines(answer);
  std::string head;
  for (;;) {
    const std::string line = co_await next_status_line(lines, head);
    const std::string_view status = status_in(line);
    if (status[0] == '2') co_return;
    if (status[0] == '1' && status != "101") continue;  // an interim one
    if (more.refused) more.refused(head);
    refuse(fmt::format("it answered {}", line.substr(9)));
  }
}

}  // namespace

io::task<void> http_connect(stream& through, address to, proxy_credentials as) {
  return http_connect(through, std::move(to), std::move(as), {});
}

io::task<void> http_connect(stream& through, address to, proxy_credentials as, connect_request more) {
  const std::string doing =
      fmt::format("connect {} through {}", to.to_string(), through.remote().to_string());
  try {
    const std::string request = request_for(proxy_target(std::move(to)), as, more.fields);
    received answer(through);
    co_await through.send(request);
    co_await read_answer(answer, more);
  } catch (const io::error& e) {
    throw io::error(e.code(), doing, why(e));
  }
}

}  // namespace parlance::net
