#include <fmt/core.h>

#include <algorithm>
#include <array>

#include <parlance/chat/door.hpp>

namespace parlance::chat {
namespace {

constexpr std::array<std::string_view, 10> openers = {"CAP",  "NICK", "USER", "PASS",         "QUIT",
                                                      "JOIN", "PING", "PONG", "AUTHENTICATE", "WEBIRC"};
constexpr char handshake_record = 0x16;
constexpr std::size_t longest_word = 20;  // of a method or command

constexpr bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }

std::string_view first_word(std::string_view line) { return line.substr(0, line.find(' ')); }

/// METHOD SP target SP HTTP/d.d
bool is_request_line(std::string_view line) {
  const std::string_view method = first_word(line);
  const std::size_t last = line.rfind(' ');
  if (method.size() == line.size() || last == method.size()) return false;
  const std::string_view target = line.substr(method.size() + 1, last - method.size() - 1);
  const std::string_view version = line.substr(last + 1);
  const auto digit = [&](std::size_t at) { return version[at] >= '0' && version[at] <= '9'; };
  return !target.empty() && target.find(' ') == std::string_view::npos && version.size() == 8 &&
         version.starts_with("HTTP/") && digit(5) && version[6] == '.' && digit(7);
}

}  // namespace

language recognise(std::string_view first, std::size_t most) noexcept {
  if (first.empty()) return language::unknown;
  if (first.front() == handshake_record) return language::tls;

  const std::size_t newline = first.find('\n');
  std::string_view line = first.substr(0, newline);
  const bool whole = newline != std::string_view::npos;
  if (line.size() >= most) return language::plain;
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::string_view word = first_word(line);
  // Every method in use, and every command, is a word of capitals.
  if (word.empty() || word.size() > longest_word || !std::all_of(word.begin(), word.end(), is_capital))
    return language::plain;
  if (!whole) return language::unknown;
  if (is_request_line(line)) return language::http;
  const bool opens = std::find(openers.begin(), openers.end(), word) != openers.end();
  return opens ? language::irc : language::plain;
}

std::string how_to_join(std::string_view nc, std::string_view address) {
  return fmt::format(
      "This is a Parlance chat, not a web site. Join it from a terminal:\n\n  nc {}\n  parlance chat {}\n",
      nc, address);
}

std::string http_answer(std::string_view request, std::string_view nc, std::string_view address) {
  return http_answer(request, how_to_join(nc, address));
}

std::string http_answer(std::string_view request, std::string_view body) {
  // 404 is true of every target and method: there is no such resource here. 426 would have to name a protocol
  // that this very connection could be upgraded to (RFC 9110, section 15.5.22), and there is none.
  return fmt::format(
      "HTTP/1.1 404 Not Found\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n"
      "Content-Length: {}\r\n"
      "Cache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\n"
      "Connection: close\r\n"
      "\r\n"
      "{}",
      body.size(), first_word(request) == "HEAD" ? std::string_view() : body);
}

std::string tls_answer() { return std::string("\x15\x03\x03\x00\x02\x02\x28", 7); }

}  // namespace parlance::chat
