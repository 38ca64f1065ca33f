#include <fmt/core.h>

#include <algorithm>
#include <array>

#include <parlance/chat/door.hpp>
#include <parlance/chat/names.hpp>

namespace parlance::chat {
namespace {

// Commands that a client may begin with, in capitals.
constexpr auto openers = std::to_array<std::string_view>(
    {"CAP", "NICK", "USER", "PASS", "QUIT", "JOIN", "PING", "PONG", "AUTHENTICATE", "WEBIRC"});
// Those that are one in any case of letters, if what follows is as they want it: people say "pass the salt".
constexpr auto registering =
    std::to_array<std::string_view>({"CAP", "NICK", "USER", "PASS", "AUTHENTICATE", "WEBIRC"});
constexpr auto methods = std::to_array<std::string_view>(
    {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PRI"});

constexpr char handshake_record = 0x16;
constexpr std::size_t longest_word = 40;  // of a method or command

constexpr bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
/// What a method is made of (RFC 9110, section 5.6.2).
constexpr bool is_token(char c) {
  return (fold(c) >= 'a' && fold(c) <= 'z') || is_digit(c) || std::string_view("!#$%&'*+-.^_`|~").contains(c);
}
bool is_token(std::string_view word) {
  return !word.empty() && word.size() <= longest_word &&
         std::ranges::all_of(word, [](char c) { return is_token(c); });
}
bool is_in_capitals(std::string_view word) {
  return is_token(word) && std::ranges::none_of(word, [](char c) { return c >= 'a' && c <= 'z'; }) &&
         std::ranges::any_of(word, is_capital);
}

std::string_view first_word(std::string_view line) { return line.substr(0, line.find_first_of(" \t")); }

/// What is behind the word and the blanks that follow it.
std::string_view behind(std::string_view line, std::string_view word) {
  line.remove_prefix(word.size());
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return line;
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

/// Whether a line whose command is not in capitals is one of those that register a client, or, when it is not
/// whole, may become one.
bool registers(std::string_view line, bool is_whole) {
  line = command_of(line);
  const std::string_view word = first_word(line), rest = behind(line, word);
  const std::size_t count = count_parameters(rest);
  const auto is = [&](std::string_view name) { return same_name(word, name); };
  if (is("CAP")) {
    constexpr auto known = std::to_array<std::string_view>({"LS", "LIST", "REQ", "END"});
    const std::string_view what = first_word(rest);
    return is_whole || what.size() != rest.size() ? has_word_in_any_case(known, what)
                                                  : begins_a_word_in_any_case(known, what);
  }
  if (is("NICK") || is("PASS") || is("AUTHENTICATE")) return count == 1 || (!is_whole && count == 0);
  return (is("USER") || is("WEBIRC")) && (count >= 4 || !is_whole);
}

/// "HTTP/1.1", "RTSP/1.0", "SIP/2.0".
bool is_version(std::string_view word) {
  const std::size_t slash = word.find('/');
  return slash != std::string_view::npos && slash != 0 && word.size() == slash + 4 &&
         std::ranges::all_of(word.substr(0, slash), is_capital) && is_digit(word[slash + 1]) &&
         word[slash + 2] == '.' && is_digit(word[slash + 3]);
}

/// A path, a URL, or a star.
bool resembles_target(std::string_view word) {
  return word.starts_with('/') || word == "*" || word.contains("://");
}

/// METHOD SP target SP HTTP/d.d, by whoever means one, whatever is wrong with it. Never what a person would
/// say.
bool is_request_line(std::string_view line) {
  const std::string_view method = first_word(line), target = first_word(behind(line, method));
  if (method.size() == line.size()) return false;
  if (is_version(method)) return true;  // of an answer
  if (method == "PROXY")                // what a proxy says first (PROXY protocol, version 1)
    return has_word(std::to_array<std::string_view>({"TCP4", "TCP6", "UNKNOWN"}), target);
  if (!is_token(method)) return false;
  const std::string_view last = line.substr(line.find_last_of(" \t") + 1);
  const bool has_version = is_version(last) && !target.empty();
  if (has_version && (is_in_capitals(method) || resembles_target(target) || target.contains(':')))
    return true;
  return has_word(methods, method) &&
         (resembles_target(target) || line.contains(" HTTP/") || line.contains("\tHTTP/"));
}

/// The same of one whose end is not there.
bool may_become_request_line(std::string_view line) {
  const std::string_view method = first_word(line), target = behind(line, method);
  if (is_request_line(line) || line.starts_with("HTTP/")) return true;
  if (method.size() == line.size() || target.empty()) return false;
  if (method == "PROXY" && (target.starts_with("TCP") || target.starts_with("UNK"))) return true;
  if (method == "CONNECT" && target.contains(':')) return true;
  return is_in_capitals(method) && (resembles_target(first_word(target)) || target.starts_with('*'));
}

/// Of a line that is whole, or longer than a line may be.
language decide(std::string_view line, bool is_whole) {
  if (is_whole ? is_request_line(line) : may_become_request_line(line)) return language::http;
  if (has_word(openers, first_word(command_of(line)))) return language::irc;
  if (is_whole ? registers(line, true) : has_word_in_any_case(registering, first_word(command_of(line))))
    return language::irc;
  return language::plain;
}

/// Whether a line that begins so may become something else than plain text.
bool may_be_more(std::string_view line) {
  const std::string_view rest = command_of(line), word = first_word(rest);
  if (rest.size() != line.size() && word.empty()) return true;              // tags, or a source, and no more
  return is_token(word) || is_in_capitals(word.substr(0, word.find('/')));  // a method, or a version
}

}  // namespace

std::string_view first_line_of(std::string_view first) noexcept {
  constexpr std::string_view mark = "\xef\xbb\xbf";  // that a text is UTF-8, as some editors have it
  for (std::size_t before = 0; before != first.size();) {
    before = first.size();
    first.remove_prefix(std::min(first.find_first_not_of(std::string_view("\r\n \t\0", 5)), first.size()));
    if (first.starts_with(mark)) first.remove_prefix(mark.size());
  }
  return first;
}

language recognise(std::string_view first, std::size_t most) noexcept {
  if (first.empty()) return language::unknown;
  if (first.front() == handshake_record) return language::tls;

  const std::string_view text = first_line_of(first);
  const std::size_t newline = text.find('\n');
  std::string_view line = text.substr(0, newline);
  if (line.size() >= most) return decide(line.substr(0, most), false);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (newline != std::string_view::npos) return decide(line, true);
  return line.empty() || may_be_more(line) ? language::unknown : language::plain;
}

pause_means weigh_pause(std::string_view first) noexcept {
  using enum pause_means;
  std::string_view line = first_line_of(first);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line == "Q" || line == "q") return plain;  // it leaves, and so would QUIT
  if (may_become_request_line(line)) return more;
  const std::string_view rest = command_of(line), word = first_word(rest);
  const bool is_marked = rest.size() != line.size();
  if (word.empty()) return is_marked && (line.ends_with(' ') || line.ends_with('\t')) ? maybe_more : plain;
  if (word.size() != rest.size()) {
    if (has_word(openers, word)) return more;
    if (has_word(methods, word) && behind(rest, word).empty()) return maybe_more;
    return has_word_in_any_case(registering, word) && registers(line, false) ? maybe_more : plain;
  }
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
