#include <algorithm>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/irc/message.hpp>
#include <parlance/http/base/charset.hpp>

namespace parlance::chat::irc {
namespace {

constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_key_character(char c) { return is_letter(c) || is_digit(c) || c == '-'; }

/// A search for each is many times faster than a look at each character.
constexpr bool has_forbidden(std::string_view line) {
  return line.contains('\0') || line.contains('\r') || line.contains('\n');
}

}  // namespace

verb_text::verb_text(std::string_view command) noexcept {
  if (command.size() > text_.size()) return;
  size_ = command.size();
  std::ranges::transform(command, text_.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
}

std::string tag::value() const { return unescape_tag(escaped); }

const tag* message::find_tag(std::string_view key) const noexcept {
  const auto found = std::ranges::find(tags, key, &tag::key);
  return found == tags.end() ? nullptr : &*found;
}

bool message::take_tags(std::string_view text) {
  tags.reserve(
      static_cast<std::size_t>(std::min<std::ptrdiff_t>(std::ranges::count(text, ';') + 1, max_tags)));
  while (!text.empty()) {
    const std::string_view one = take_item(text, ';');
    const std::size_t equals = std::min(one.find('='), one.size());
    const tag found{.key = one.substr(0, equals), .escaped = one.substr(std::min(equals + 1, one.size()))};
    if (found.key.empty()) continue;
    if (const auto earlier = std::ranges::find(tags, found.key, &tag::key); earlier != tags.end())
      tags.erase(earlier);
    if (tags.size() == max_tags) return false;
    tags.push_back(found);
  }
  return true;
}

void message::take_params(std::string_view text) noexcept {
  while (!text.empty()) {
    const bool trailing = text.front() == ':';
    if (trailing || param_count_ + 1 == max_params) {
      params_[param_count_++] = text.substr(trailing ? 1 : 0);
      return;
    }
    params_[param_count_++] = take_word(text);
  }
}

std::expected<message, parse_error> parse(std::string_view line, line_limits limits) {
  std::expected<message, parse_error> result;
  std::string_view rest = line;
  std::string_view tag_text;
  if (rest.starts_with('@')) {
    tag_text = take_word(rest).substr(1);
    if (tag_text.size() > limits.tags) return std::unexpected(parse_error::tags_too_long);
  }
  skip_spaces(rest);
  if (rest.size() > limits.rest) return std::unexpected(parse_error::too_long);
  if (line.find_first_not_of(' ') == std::string_view::npos) return std::unexpected(parse_error::empty);
  if (has_forbidden(line)) return std::unexpected(parse_error::bad);

  if (rest.starts_with(':')) result->source = take_word(rest).substr(1);
  result->command = take_word(rest);
  if (result->command.empty() || result->command.front() == ':' || result->command.front() == '@')
    return std::unexpected(parse_error::bad);
  if (!result->take_tags(tag_text)) return std::unexpected(parse_error::tags_too_long);
  result->take_params(rest);
  return result;
}

std::string escape_tag(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (const char c : value) switch (c) {
      case ';':
        out += "\\:";
        break;
      case ' ':
        out += "\\s";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\0':
        break;  // has no form
      default:
        out += c;
    }
  return out;
}

std::string unescape_tag(std::string_view escaped) {
  std::string out;
  out.reserve(escaped.size());
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '\\') {
      out += escaped[i];
      continue;
    }
    if (++i == escaped.size()) break;
    switch (escaped[i]) {
      case ':':
        out += ';';
        break;
      case 's':
        out += ' ';
        break;
      case 'r':
        out += '\r';
        break;
      case 'n':
        out += '\n';
        break;
      default:
        out += escaped[i];
    }
  }
  return out;
}

bool is_tag_key(std::string_view key) noexcept {
  if (key.starts_with('+')) key.remove_prefix(1);
  if (const std::size_t slash = key.find('/'); slash != std::string_view::npos) {
    const std::string_view vendor = key.substr(0, slash);
    if (vendor.empty() ||
        !std::ranges::all_of(vendor, [](char c) { return is_key_character(c) || c == '.'; }))
      return false;
    key.remove_prefix(slash + 1);
  }
  return !key.empty() && std::ranges::all_of(key, is_key_character);
}

bool is_client_tag(std::string_view key) noexcept { return key.starts_with('+') && is_tag_key(key); }

bool valid_utf8(std::string_view text) noexcept { return http::is_utf8(text); }

std::string_view truncate_utf8(std::string_view text, std::size_t bytes) noexcept {
  if (text.size() <= bytes) return text;
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
  };
  std::size_t end = bytes;
  while (end != 0 && bytes - end < 3 && continues(end)) --end;
  // More of them than a character has: it is no UTF-8 anyway.
  return text.substr(0, continues(end) ? bytes : end);
}

}  // namespace parlance::chat::irc
