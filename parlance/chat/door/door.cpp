#include <algorithm>
#include <array>
#include <utility>

#include <parlance/chat/base/line_end.hpp>
#include <parlance/chat/base/names.hpp>
#include <parlance/chat/door/door.hpp>
#include <parlance/chat/plain/command.hpp>

namespace parlance::chat {
namespace {

// Commands that a client may begin with, in capitals.
constexpr auto openers =
    std::to_array<std::string_view>({"CAP", "NICK", "USER", "PASS", "QUIT", "JOIN", "PING", "PONG",
                                     "AUTHENTICATE", "WEBIRC", "STARTTLS", "PROTOCTL"});
// Those of them that a password, or what tells of one, may follow.
constexpr auto secrets = std::to_array<std::string_view>({"PASS", "AUTHENTICATE", "WEBIRC"});
// Those that are one in any case of letters, if what follows is as they want it: people say "pass the salt".
constexpr auto registering =
    std::to_array<std::string_view>({"CAP", "NICK", "USER", "PASS", "AUTHENTICATE", "WEBIRC"});
constexpr auto methods = std::to_array<std::string_view>(
    {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PRI"});

constexpr std::string_view mark = "\xef\xbb\xbf";  // that a text is UTF-8, as some editors have it
constexpr char handshake_record = 0x16;

constexpr bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
/// Whether it is made of what a method is (RFC 9110, section 5.6.2) but small letters.
bool is_in_capitals(std::string_view word) {
  return std::ranges::any_of(word, is_capital) && std::ranges::all_of(word, [](char c) {
           return is_capital(c) || is_digit(c) || std::string_view("!#$%&'*+-.^_`|~").contains(c);
         });
}

std::string_view first_word(std::string_view line) { return line.substr(0, line.find_first_of(" \t")); }

/// What is behind the word and the blanks that follow it.
std::string_view behind(std::string_view line, std::string_view word) {
  line.remove_prefix(word.size());
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return line;
}

/// Without the tags and the source that a client may put before its command (RFC 1459, section 2.3.1; IRCv3
/// message-tags). "@bob" and ":)" are none.
std::string_view command_of(std::string_view line) {
  if (const std::string_view tags = first_word(line); tags.starts_with('@') && tags.contains('='))
    line = behind(line, tags);
  if (const std::string_view source = first_word(line);
      source.size() > 1 && source.front() == ':' && fold(source[1]) >= 'a' && fold(source[1]) <= 'z')
    line = behind(line, source);
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
  if (is("WEBIRC")) return count >= 4 || !is_whole;
  if (!is("USER")) return false;
  if (!is_whole) return true;
  // "USER name 0 * :real name", and no sentence of five words.
  const std::string_view second = first_word(behind(rest, first_word(rest)));
  return count >= 4 && (rest.contains(" :") || std::ranges::all_of(second, is_digit));
}

constexpr auto protocols = std::to_array<std::string_view>({"HTTP", "RTSP", "SIP", "ICAP"});

/// "HTTP/1.1", "RTSP/1.0", "sip/2", whatever the numbers.
bool is_version(std::string_view word) {
  const std::size_t slash = word.find('/');
  return slash != std::string_view::npos && has_word_in_any_case(protocols, word.substr(0, slash)) &&
         slash + 1 != word.size() && is_digit(word[slash + 1]) &&
         std::ranges::all_of(word.substr(slash + 1), [](char c) { return is_digit(c) || c == '.'; });
}
bool begins_a_version(std::string_view part) {
  return is_version(part) || begins_a_word_in_any_case(protocols, part.substr(0, part.find('/')));
}

/// "HTCPCP/1.0", as protocols are called that are not known here (RFC 9110, section 2.5). `is_whole`: or what may
/// become one.
bool resembles_version(std::string_view word, bool is_whole = true) {
  const std::size_t slash = word.find('/');
  if (slash == std::string_view::npos || !is_in_capitals(word.substr(0, slash))) return false;
  const std::string_view numbers = word.substr(slash + 1), minor = numbers.substr(numbers.find('.') + 1);
  if (!std::ranges::all_of(numbers, [](char c) { return is_digit(c) || c == '.'; })) return false;
  return !is_whole || (minor.size() + 1 < numbers.size() && !minor.empty() && !minor.contains('.'));
}

/// Whether a word may be the method of a protocol that is not known here: "I run QT/5.1" is said.
bool resembles_method(std::string_view word) {
  return word.size() > 1 && is_in_capitals(word) && !has_word(openers, word);
}

/// A path, a URL, or a star.
bool resembles_target(std::string_view word) {
  return word.starts_with('/') || word == "*" || word.contains("://");
}

/// The words of a line, of which the fourth stands for all that follow.
struct first_words {
  explicit first_words(std::string_view line) {
    while (!line.empty() && count < words.size()) {
      words[count] = first_word(line);
      line = behind(line, words[count]);
      ++count;
    }
  }
  std::array<std::string_view, 4> words{};
  std::size_t count = 0;
};

/// What ends in HTTP/d.d, or begins with a method, by whoever means a request, whatever is wrong with it; one of any
/// protocol whose requests have that form (RFC 9112, section 3); the first line of an answer; and what a proxy says
/// first (PROXY protocol, version 1). A body may follow that is not meant for a room.
bool is_request_line(std::string_view line) {
  line = line.substr(0, line.find_last_not_of(" \t") + 1);
  if (is_version(line.substr(line.find_last_of(" \t") + 1))) return true;
  const first_words w(line);
  const auto& [method, target, version, more] = w.words;
  if (w.count < 2) return false;
  if (w.count == 3 && resembles_method(method) && resembles_version(version)) return true;
  if (is_version(method)) return target.size() == 3 && std::ranges::all_of(target, is_digit);
  if (method == "PROXY")
    return has_word(std::to_array<std::string_view>({"TCP4", "TCP6", "UNKNOWN"}), target);
  if (has_word(methods, method))
    return line.contains(" HTTP/") || line.contains("\tHTTP/") || (w.count == 2 && resembles_target(target));
  return false;
}

/// What a line whose end is not there may become: `more` by a method that is known, `maybe_more` by any other
/// word in capitals, or in small letters.
pause_means weigh_request(std::string_view line) {
  using enum pause_means;
  const first_words w(line);
  const auto& [method, target, version, rest] = w.words;
  if (is_request_line(line)) return more;
  if (method.starts_with("HTTP/")) return w.count == 1 || is_digit(target.front()) ? more : plain;
  if (w.count < 2) return plain;
  if (method == "PROXY") return target.starts_with("TCP") || target.starts_with("UNK") ? more : plain;
  if (w.count == 3 && resembles_method(method) && resembles_version(version, false)) return more;
  const bool goes_on = w.count == 2 || (w.count == 3 && begins_a_version(version));
  if (!goes_on || !(is_in_capitals(method) || has_word_in_any_case(methods, method))) return plain;
  if (version.contains('/')) return more;
  const bool is_known = has_word(methods, method);
  // Any word may be the host that it asks for.
  if (method == "CONNECT" || (is_known && resembles_target(target))) return more;
  return resembles_target(target) || (is_known && target.contains(':')) ? maybe_more : plain;
}

/// Of a line that is whole, or longer than a line may be. `was_greeted`: then only what a client registers
/// with is IRC.
language decide(std::string_view line, bool is_whole, bool was_greeted) {
  const bool is_client = registers(line, is_whole);  // perhaps one whose real name is HTTP/1.1
  if (is_whole ? !is_client && is_request_line(line) : weigh_request(line) != pause_means::plain)
    return language::http;
  return is_client || (!was_greeted && has_word(openers, first_word(line))) ? language::irc : language::plain;
}

}  // namespace

std::string_view first_line_of(std::string_view first) noexcept {
  for (std::size_t before = 0; before != first.size();) {
    before = first.size();
    first.remove_prefix(std::min(first.find_first_not_of(std::string_view("\r\n \t\0", 5)), first.size()));
    if (first.starts_with(mark)) first.remove_prefix(mark.size());
  }
  return first;
}

language recognise(std::string_view first, bool was_greeted, std::size_t most) noexcept {
  if (first.empty()) return language::unknown;
  if (first.front() == handshake_record) return language::tls;

  const std::string_view text = first_line_of(first);
  const std::string_view line = text.substr(0, length_of_line(text));
  // Some end their lines with NUL. That is nothing that is understood here, but what it is must not be said.
  const std::string_view before_nul = line.substr(0, line.find('\0'));
  if (before_nul.size() != line.size() && before_nul.size() < most) {
    const language found = decide(before_nul, true, was_greeted);
    if (found != language::plain) return found;
  }
  if (line.size() >= most) return decide(line.substr(0, most), false, was_greeted);
  if (line.size() != text.size()) return decide(line, true, was_greeted);
  return language::unknown;
}

namespace {

pause_means weigh_protocol(std::string_view line) {
  using enum pause_means;
  if (const pause_means as_request = weigh_request(line); as_request != plain) return as_request;
  const std::string_view rest = command_of(line), word = first_word(rest);
  const bool is_marked = rest.size() != line.size();
  if (word.empty()) return plain;
  const bool is_whole_word = word.size() != rest.size();
  if (is_whole_word && has_word(secrets, word)) return registers(rest, false) ? more : maybe_more;
  if (is_whole_word && has_word(methods, word) && behind(rest, word).empty()) return maybe_more;
  if (is_whole_word)
    return (!is_marked && has_word(openers, word)) ||
                   (has_word_in_any_case(registering, word) && registers(rest, false))
               ? maybe_more
               : plain;
  return begins_a_word(openers, word) || begins_a_word(methods, word) ||
                 begins_a_word_in_any_case(registering, word)
             ? maybe_more
             : plain;
}

}  // namespace

pause_means weigh_pause(std::string_view first) {
  const std::string_view line = first_line_of(first);
  if (line == "Q" || line == "q") return pause_means::plain;  // it leaves, and so would QUIT
  return std::max(weigh_protocol(line), weigh_login(line));
}

std::string tls_answer() { return std::string("\x15\x03\x03\x00\x02\x02\x28", 7); }

}  // namespace parlance::chat
