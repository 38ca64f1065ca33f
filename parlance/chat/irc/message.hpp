// One IRC line, taken apart (https://modern.ircdocs.horse/#message-format and IRCv3 message-tags).
//
//   auto line = irc::parse("@+draft/reply=abc PRIVMSG #lobby :Hello, world");
//   if (!line) return refuse(line.error());
//   line->verb() == "PRIVMSG";
//   line->param(0) == "#lobby";  line->param(1) == "Hello, world";
//   line->find_tag("+draft/reply")->value() == "abc";
//
// Everything is a view into the line, which must outlive the message. A line without tags allocates nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::chat::irc {

/// Parameters that are told apart. RFC 2812 has 15; METADATA and others may have more, so there is some room.
inline constexpr std::size_t max_params = 32;
/// Tags that are told apart.
inline constexpr std::size_t max_tags = 64;

struct tag {
  std::string_view key;  ///< with the '+' of a client-only tag, and its vendor
  /// As it stands in the line: escaped, and so fit to be passed on.
  std::string_view escaped;
  /// What it means.
  std::string value() const;
};

enum class parse_error : std::uint8_t {
  empty,          ///< nothing but spaces
  tags_too_long,  ///< more bytes of tags, or more tags, than may be: ERR_INPUTTOOLONG
  too_long,       ///< more bytes after the tags than may be: ERR_INPUTTOOLONG
  bad             ///< no command, or a NUL, CR or LF somewhere
};

/// Bytes without the '@' and the space around tags, and without a line end.
struct line_limits {
  std::size_t tags = 4094;
  std::size_t rest = 510;
};

/// A command in capital letters, to look it up; empty if it is too long to be any.
class verb_text {
 public:
  explicit verb_text(std::string_view command) noexcept;
  std::string_view view() const noexcept { return {text_.data(), size_}; }
  operator std::string_view() const noexcept { return view(); }
  friend bool operator==(const verb_text& a, std::string_view b) noexcept { return a.view() == b; }

 private:
  std::array<char, 16> text_{};
  std::size_t size_ = 0;
};

class message {
 public:
  /// In the order of the line. Of tags with the same key only the last one is here; tags without a key are
  /// not.
  std::vector<tag> tags;
  std::string_view source;   ///< without its colon; empty if there is none
  std::string_view command;  ///< as it was written; never empty, and no colon or '@' is its first character

  verb_text verb() const noexcept { return verb_text(command); }

  std::span<const std::string_view> params() const noexcept { return {params_.data(), param_count_}; }
  std::size_t param_count() const noexcept { return param_count_; }
  /// Empty if there are not so many, as for a parameter that is empty.
  std::string_view param(std::size_t index) const noexcept {
    return index < param_count_ ? params_[index] : std::string_view();
  }

  /// Null if it is not there. Keys are case-sensitive.
  const tag* find_tag(std::string_view key) const noexcept;

 private:
  friend std::expected<message, parse_error> parse(std::string_view, line_limits);
  bool take_tags(std::string_view text);
  void take_params(std::string_view text) noexcept;

  std::array<std::string_view, max_params> params_;
  std::size_t param_count_ = 0;
};

/// `line`: without its line end. Spaces before the command and between parameters may be many. The last of
/// `max_params` parameters takes all that follows, as the last of 15 does in RFC 2812, section 2.3.1.
std::expected<message, parse_error> parse(std::string_view line, line_limits limits = {});

/// A tag's value as it may stand in a line, and back. What stands for nothing loses its backslash.
std::string escape_tag(std::string_view value);
std::string unescape_tag(std::string_view escaped);

/// Whether it is "key", "vendor/key", or either after a '+'.
bool is_tag_key(std::string_view key) noexcept;
/// Whether clients may send each other this tag: a tag key after a '+'.
bool is_client_tag(std::string_view key) noexcept;

/// Whether all of it is UTF-8: no surrogates, nothing overlong, nothing above U+10FFFF.
bool valid_utf8(std::string_view text) noexcept;
/// As many whole characters of it as fit in `bytes`.
std::string_view truncate_utf8(std::string_view text, std::size_t bytes) noexcept;

}  // namespace parlance::chat::irc
