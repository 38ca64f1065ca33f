#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <utility>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/plain/command.hpp>
#include <parlance/text/sanitizer.hpp>

#include <cli/chat/model/text.hpp>
#include <cli/screen/cluster.hpp>

namespace parlance::cli {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), lower);
  return result;
}

/// Of a word: letters of other alphabets, too.
bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// How many bytes at the beginning are a colour or a style (https://modern.ircdocs.horse/formatting).
std::size_t style_size(std::string_view text) {
  constexpr std::string_view alone = "\x02\x0f\x11\x16\x1d\x1e\x1f";
  std::size_t at = 1;
  const auto digits = [&](std::size_t most, bool (*fits)(char)) {
    std::size_t count = 0;
    while (count < most && at < text.size() && fits(text[at])) ++at, ++count;
    return count;
  };
  if (alone.contains(text.front())) return 1;
  if (text.front() == '\x04') {
    digits(6, is_hex);
    return at;
  }
  if (text.front() != '\x03') return 0;
  if (digits(2, is_digit) != 0 && at + 1 < text.size() && text[at] == ',' && is_digit(text[at + 1])) {
    ++at;
    digits(2, is_digit);
  }
  return at;
}

constexpr std::string_view link_end = " <>\"'`\n";

/// A full stop or a bracket behind a link is the sentence's.
std::string_view without_sentence(std::string_view url) {
  for (; !url.empty(); url.remove_suffix(1)) {
    const char last = url.back();
    if (std::string_view(".,;:!?*_~").contains(last)) continue;
    if (last == ')' && std::ranges::count(url, ')') > std::ranges::count(url, '(')) continue;
    break;
  }
  return url;
}

}  // namespace

std::string shown_text(std::string_view said) {
  std::string plain;
  plain.reserve(said.size());
  while (!said.empty()) {
    const std::size_t style = style_size(said);
    if (style == 0) plain += said.front();
    said.remove_prefix(std::max<std::size_t>(style, 1));
  }
  std::string shown;
  text::sanitizer clean(text::sanitizer::newlines::keep);
  clean.feed(plain, shown);
  clean.finish(shown);
  return shown;
}

bool mentions(std::string_view text, std::string_view nick) {
  if (nick.empty()) return false;
  const std::string in = chat::folded(text);
  const std::string name = chat::folded(nick);
  for (std::size_t at = in.find(name); at != in.npos; at = in.find(name, at + 1)) {
    const std::size_t behind = at + name.size();
    if ((at == 0 || !is_word(in[at - 1])) && (behind == in.size() || !is_word(in[behind]))) return true;
  }
  return false;
}

bool contains_text(std::string_view text, std::string_view part) {
  return chat::folded(text).contains(chat::folded(part));
}

unsigned colour_of(std::string_view name) {
  // FNV-1a over UTF-16, as JavaScript has it.
  std::uint32_t hash = 2166136261;
  const auto mix = [&](std::uint32_t unit) { hash = (hash ^ unit) * 16777619; };
  for (std::size_t at = 0; at < name.size();) {
    const auto lead = static_cast<unsigned char>(name[at]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    std::uint32_t code =
        lead < 0x80 ? static_cast<unsigned char>(lower(name[at])) : lead & (0xff >> (size + 1));
    for (std::size_t i = 1; i < size && at + i < name.size(); ++i)
      code = code << 6 | (static_cast<unsigned char>(name[at + i]) & 0x3f);
    at += size;
    if (code >= 0x10000) {
      mix(0xd800 + ((code - 0x10000) >> 10));
      mix(0xdc00 + ((code - 0x10000) & 0x3ff));
    } else {
      mix(code);
    }
  }
  return hash % name_colours;
}

std::vector<text_link> links_in(std::string_view text) {
  std::vector<text_link> found;
  constexpr std::array<std::string_view, 2> schemes = {"https://", "http://"};
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const bool begins = at == 0 || !is_word(text[at - 1]);
    const auto scheme = std::ranges::find_if(
        schemes, [&](std::string_view one) { return lowered(rest.substr(0, one.size())) == one; });
    if (begins && scheme != schemes.end()) {
      const std::string_view url = without_sentence(rest.substr(0, rest.find_first_of(link_end)));
      if (url.size() > scheme->size()) {
        found.push_back({.at = at, .size = url.size(), .is_room = false});
        at += url.size();
        continue;
      }
    }
    if (begins && rest.front() == '#' && (at == 0 || !std::string_view("/&#").contains(text[at - 1]))) {
      std::size_t size = 1;
      while (size < rest.size() && size < 64 && (is_word(rest[size]) || rest[size] == '.')) ++size;
      while (rest[size - 1] == '.') --size;
      if (size > 1 && rest[1] != '-' && rest[1] != '_') {
        found.push_back({.at = at, .size = size, .is_room = true});
        at += size;
        continue;
      }
    }
    ++at;
  }
  return found;
}

std::vector<std::string> split_text(std::string_view line, std::size_t most) {
  std::vector<std::string> pieces;
  std::string piece;
  while (!line.empty()) {
    const std::size_t size = screen::first_cluster(line).size;
    if (piece.size() + size > most && !piece.empty()) pieces.push_back(std::exchange(piece, {}));
    piece += line.substr(0, size);
    line.remove_prefix(size);
  }
  pieces.push_back(std::move(piece));
  return pieces;
}

bool looks_like_login(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    // Behind a blank, for a slash in front would be escaped.
    if (chat::begins_like_login(fmt::format(" {}", text.substr(0, end)))) return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

}  // namespace parlance::cli
