#include <fmt/core.h>

#include <utility>

#include <parlance/http/base/grammar.hpp>

#include <cli/base/shell_words.hpp>
#include <cli/base/verb.hpp>

namespace parlance::cli {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw complaint(usage, fmt::format("--from-curl takes one command with plain words: {}", why));
}

void append_utf8(char32_t c, std::string& out) {
  const auto byte = [&](char32_t bits) { out += static_cast<char>(bits); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xc0 | c >> 6);
  } else {
    if (c < 0x10000) {
      byte(0xe0 | c >> 12);
    } else {
      byte(0xf0 | c >> 18);
      byte(0x80 | (c >> 12 & 0x3f));
    }
    byte(0x80 | (c >> 6 & 0x3f));
  }
  byte(0x80 | (c & 0x3f));
}

class lexer {
 public:
  explicit lexer(std::string_view line) : rest_(line) {}

  std::vector<std::string> words() {
    while (!rest_.empty()) step();
    end_word();
    return std::move(words_);
  }

 private:
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  void step() {
    constexpr std::string_view of_shell = "|&;<>()`";
    const char c = take();
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') return end_word();
    if (of_shell.contains(c))
      refuse(fmt::format("{} is for a shell; put it in quotes where it is part of a word", c));
    begun_ = true;
    if (c == '\'') {
      single_quoted();
    } else if (c == '"') {
      double_quoted();
    } else if (c == '$' && rest_.starts_with('\'')) {
      take();
      with_escapes();
    } else if (c == '$' && !rest_.empty() &&
               (rest_[0] == '(' || rest_[0] == '{' || rest_[0] == '_' || is_letter(rest_[0]))) {
      refuse("$ begins a variable; put it in single quotes where it is part of a word");
    } else if (c == '\\') {
      escaped();
    } else {
      word_ += c;
    }
  }

  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

  /// A backslash outside of quotes: the next character is itself, and a line's end is none.
  void escaped() {
    if (rest_.starts_with("\r\n")) take();
    if (rest_.empty()) return;
    if (const char c = take(); c != '\n')
      word_ += c;
    else if (word_.empty())
      begun_ = false;
  }

  void single_quoted() {
    const std::size_t end = rest_.find('\'');
    if (end == rest_.npos) refuse("a ' has no other");
    word_ += rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
  }

  void double_quoted() {
    for (;;) {
      if (rest_.empty()) refuse("a \" has no other");
      const char c = take();
      if (c == '"') return;
      if (c == '`' ||
          (c == '$' && !rest_.empty() && (rest_[0] == '(' || rest_[0] == '{' || is_letter(rest_[0]))))
        refuse(fmt::format("{} in double quotes is for a shell; write \\{}", c, c));
      if (c == '\\' && !rest_.empty() && std::string_view("\"\\$`\n").contains(rest_[0])) {
        if (const char next = take(); next != '\n') word_ += next;
      } else {
        word_ += c;
      }
    }
  }

  /// $'...', as bash and browsers write it.
  void with_escapes() {
    for (;;) {
      if (rest_.empty()) refuse("a $' has no end");
      const char c = take();
      if (c == '\'') return;
      if (c != '\\' || rest_.empty())
        word_ += c;
      else
        escape();
    }
  }

  void escape() {
    constexpr std::string_view letters = "abefnrtv", meanings = "\a\b\x1b\f\n\r\t\v";
    const char c = take();
    if (const std::size_t known = letters.find(c); known != letters.npos)
      word_ += meanings[known];
    else if (c == 'x')
      word_ += static_cast<char>(digits(2, 16));
    else if (c == 'u' || c == 'U')
      append_utf8(digits(c == 'u' ? 4 : 8, 16), word_);
    else if (c >= '0' && c <= '7')
      word_ += static_cast<char>(digits(2, 8, static_cast<char32_t>(c - '0')));
    else
      word_ += c;
  }

  char32_t digits(unsigned most, unsigned base, char32_t value = 0) {
    for (unsigned i = 0; i < most && !rest_.empty(); ++i) {
      const int digit = http::hex_value(rest_[0]);
      if (digit < 0 || digit >= static_cast<int>(base)) break;
      value = value * base + static_cast<char32_t>(digit);
      take();
    }
    if (value > 0x10ffff) refuse("an escape is beyond Unicode");
    return value;
  }

  void end_word() {
    if (std::exchange(begun_, false)) words_.push_back(std::exchange(word_, {}));
  }

  std::string_view rest_;
  std::string word_;
  bool begun_ = false;
  std::vector<std::string> words_;
};

}  // namespace

std::vector<std::string> shell_words(std::string_view line) { return lexer(line).words(); }

std::string shell_quoted(std::string_view word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_";
  if (!word.empty() && word.find_first_not_of(plain) == word.npos) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + '\'';
}

}  // namespace parlance::cli
