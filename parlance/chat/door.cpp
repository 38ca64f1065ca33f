#include <fmt/core.h>

#include <algorithm>
#include <array>

#include <parlance/chat/door.hpp>
#include <parlance/chat/names.hpp>

namespace parlance::chat {
namespace {

// Commands that a client may begin with, or that someone gives who has not registered; in capitals.
constexpr auto openers = std::to_array<std::string_view>({
    "CAP",  "NICK", "USER",   "PASS",    "QUIT",     "JOIN", "PING",     "PONG",   "AUTHENTICATE", "WEBIRC",
    "OPER", "NS",   "NOTICE", "PRIVMSG", "NICKSERV", "MODE", "REGISTER", "SERVER", "STARTTLS",     "PROTOCTL",
});
// Those that are one in any case of letters, if what follows is as they want it: people say "pass the salt".
constexpr auto registering =
    std::to_array<std::string_view>({"CAP", "NICK", "USER", "PASS", "AUTHENTICATE", "WEBIRC"});
constexpr auto methods = std::to_array<std::string_view>(
    {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PRI"});

constexpr char handshake_record = 0x16;
constexpr std::size_t longest_word = 20;  // of a method or command

constexpr bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_letter(char c) { return fold(c) >= 'a' && fold(c) <= 'z'; }

std::string_view first_word(std::string_view line) { return line.substr(0, line.find(' ')); }

/// What is behind the word and the blanks that follow it.
std::string_view behind(std::string_view line, std::string_view word) {
  line.remove_prefix(word.size());
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return line;
}

std::string_view without_blank_lines(std::string_view first) {
  first.remove_prefix(std::min(first.find_first_not_of("\r\n"), first.size()));
  return first;
}

/// Without the tags and the source that a client may put before its command (RFC 1459, section 2.3.1).
std::string_view command_of(std::string_view line) {
  for (const char mark : {'@', ':'})
    if (line.starts_with(mark)) line = behind(line, first_word(line));
  return line;
}

template <std::size_t N> bool has_word(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}
template <std::size_t N>
bool has_word_in_any_case(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::ranges::any_of(words, [&](std::string_view w) { return same_name(w, word); });
}
template <std::size_t N>
bool begins_a_word(const std::array<std::string_view, N>& words, std::string_view part) {
  return std::ranges::any_of(words, [&](std::string_view w) { return w.starts_with(part); });
}
template <std::size_t N>
bool begins_a_word_in_any_case(const std::array<std::string_view, N>& words, std::string_view part) {
  return std::ranges::any_of(words,
                             [&](std::string_view w) { return same_name(w.substr(0, part.size()), part); });
}

/// Parameters as IRC counts them: what follows a colon is one.
std::size_t count_parameters(std::string_view rest) {
  std::size_t count = 0;
  for (; !rest.empty(); ++count) {
    if (rest.front() == ':') return count + 1;
    rest = behind(rest, first_word(rest));
  }
  return count;
}

/// Whether a line whose command is not in capitals is one of those that register a client.
bool registers(std::string_view line) {
  line = command_of(line);
  const std::string_view word = first_word(line), rest = behind(line, word);
  const std::size_t count = count_parameters(rest);
  const auto is = [&](std::string_view name) { return same_name(word, name); };
  if (is("CAP"))
    return has_word_in_any_case(std::to_array<std::string_view>({"LS", "LIST", "REQ", "END"}),
                                first_word(rest));
  if (is("NICK") || is("PASS") || is("AUTHENTICATE")) return count == 1;
  return (is("USER") || is("WEBIRC")) && count >= 4;
}

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

/// Whether it is meant for one, whatever is wrong with it, or what of it is still to come.
bool resembles_request_line(std::string_view line) {
  const std::string_view method = first_word(line);
  if (method.size() == line.size()) return false;
  const std::string_view target = line.substr(method.size() + 1);
  return has_word(methods, method) && (target.starts_with('/') || target.starts_with('*') ||
                                       target.contains("://") || line.contains(" HTTP/"));
}

/// The same of one whose end is not there: every word of capitals may be a method.
bool may_become_request_line(std::string_view line) {
  const std::string_view method = first_word(line);
  return resembles_request_line(line) || (!method.empty() && std::ranges::all_of(method, is_capital) &&
                                          line.substr(method.size()).starts_with(" /"));
}

/// Of a line that is whole, or longer than a line may be.
language decide(std::string_view line, bool is_whole) {
  const std::string_view word = first_word(line);
  const bool has_capitals =
      !word.empty() && word.size() <= longest_word && std::ranges::all_of(word, is_capital);
  if (has_capitals &&
      (is_whole ? is_request_line(line) || resembles_request_line(line) : may_become_request_line(line)))
    return language::http;
  if (has_word(openers, first_word(command_of(line)))) return language::irc;
  if (is_whole ? registers(line) : has_word_in_any_case(registering, first_word(command_of(line))))
    return language::irc;
  return language::plain;
}

/// Whether a line that begins so may become something else than plain text.
bool may_be_more(std::string_view line) {
  const bool is_marked = line.starts_with('@') || line.starts_with(':');
  const std::string_view rest = command_of(line), word = first_word(rest);
  if (is_marked && rest.empty()) return true;
  if (word.empty() || word.size() > longest_word || !std::ranges::all_of(word, is_letter)) return false;
  if (!is_marked && std::ranges::all_of(word, is_capital)) return true;
  const bool is_open = word.size() == rest.size();  // the word may go on
  if (is_marked && (is_open ? begins_a_word(openers, word) : has_word(openers, word))) return true;
  return is_open ? begins_a_word_in_any_case(registering, word) : has_word_in_any_case(registering, word);
}

}  // namespace

language recognise(std::string_view first, std::size_t most) noexcept {
  if (first.empty()) return language::unknown;
  if (first.front() == handshake_record) return language::tls;

  const std::string_view text = without_blank_lines(first);
  most -= std::min(most, first.size() - text.size());
  const std::size_t newline = text.find('\n');
  std::string_view line = text.substr(0, newline);
  if (line.size() >= most) return decide(line.substr(0, most), false);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (newline != std::string_view::npos) return decide(line, true);
  return line.empty() || may_be_more(line) ? language::unknown : language::plain;
}

pause_means weigh_pause(std::string_view first) noexcept {
  using enum pause_means;
  std::string_view line = without_blank_lines(first);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line == "Q" || line == "q") return plain;  // it leaves, and so would QUIT
  if (may_become_request_line(line) || (line.contains(' ') && has_word(methods, first_word(line))))
    return more;
  const std::string_view rest = command_of(line), word = first_word(rest);
  if (word.empty()) return line.ends_with(' ') ? maybe_more : plain;  // after tags, or a source
  if (word.size() != rest.size())
    return has_word(openers, word) || has_word_in_any_case(registering, word) ? more : plain;
  return begins_a_word(openers, word) || begins_a_word(methods, word) ||
                 begins_a_word_in_any_case(registering, word)
             ? maybe_more
             : plain;
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
