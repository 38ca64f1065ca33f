#include <fmt/format.h>
#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <utility>

#include <parlance/http/base/charset.hpp>
#include <parlance/http/base/charset_labels.hpp>
#include <parlance/http/base/grammar.hpp>

namespace parlance::http {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view utf8 = "UTF-8";

const charset_entry* find_charset(std::string_view label) noexcept {
  constexpr std::string_view white_space = "\t\n\f\r ";
  label.remove_prefix(std::min(label.find_first_not_of(white_space), label.size()));
  label = label.substr(0, label.find_last_not_of(white_space) + 1);
  for (const auto& each : charsets) {
    for (std::string_view rest = each.labels; !rest.empty();) {
      const auto one = rest.substr(0, rest.find(' '));
      if (equals_ignoring_case(one, label)) return &each;
      rest.remove_prefix(std::min(one.size() + 1, rest.size()));
    }
  }
  return nullptr;
}

/// How many bytes at the front are ASCII, eight at a time.
std::size_t ascii_prefix(std::string_view text) noexcept {
  std::size_t size = 0;
  for (; size + 8 <= text.size(); size += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + size, 8);
    if ((word & 0x8080808080808080) != 0) break;
  }
  while (size < text.size() && static_cast<signed char>(text[size]) >= 0) ++size;
  return size;
}

enum class utf8_kind { valid, malformed, incomplete };

struct utf8_sequence {
  utf8_kind kind;
  /// Of a malformed one: the bytes that one U+FFFD stands for (the Unicode standard's "maximal subpart").
  std::size_t size;
};

/// The sequence that `text` starts with, by table 3-7 of the Unicode standard. `text` is not empty.
utf8_sequence first_sequence(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {utf8_kind::valid, 1};
  if (lead < 0xc2 || lead > 0xf4) return {utf8_kind::malformed, 1};
  const std::size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  // The second byte of these is what would make them overlong, a surrogate, or above U+10FFFF.
  unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  for (std::size_t i = 1; i < size; ++i) {
    if (i == text.size()) return {utf8_kind::incomplete, i};
    if (byte(i) < low || byte(i) > high) return {utf8_kind::malformed, i};
    low = 0x80;
    high = 0xbf;
  }
  return {utf8_kind::valid, size};
}

std::size_t valid_prefix(std::string_view text) noexcept {
  std::size_t size = 0;
  for (;;) {
    size += ascii_prefix(text.substr(size));
    if (size == text.size()) return size;
    const auto sequence = first_sequence(text.substr(size));
    if (sequence.kind != utf8_kind::valid) return size;
    size += sequence.size;
  }
}

}  // namespace

std::string_view charset_name(std::string_view label) noexcept {
  const auto* found = find_charset(label);
  return found ? found->name : std::string_view();
}

bool is_utf8(std::string_view text) noexcept { return valid_prefix(text) == text.size(); }

void text_decoder::iconv_closer::operator()(void* handle) const noexcept { iconv_close(handle); }

std::expected<text_decoder, std::string> text_decoder::make(std::string_view label) {
  const auto name = label.empty() ? utf8 : charset_name(label);
  if (name.empty()) return std::unexpected(fmt::format("charset {} is not known", in_quotes(label)));
  return text_decoder(name);
}

text_decoder::text_decoder(std::string_view charset) { use(charset); }

void text_decoder::use(std::string_view charset) {
  charset_ = charset;
  iconv_.reset();
  if (charset == utf8) return;
  // Labels hold names in small letters, and each name is a label of its own.
  const auto* entry = find_charset(charset);
  const iconv_t handle = iconv_open("UTF-8", entry->iconv_name);
  if (reinterpret_cast<std::intptr_t>(handle) == -1) {
    throw std::system_error(errno, std::system_category(), fmt::format("iconv from {}", entry->iconv_name));
  }
  iconv_.reset(handle);
}

std::string_view text_decoder::next(std::string_view bytes) {
  out_.clear();
  if (!pending_.empty()) {
    joined_.assign(pending_).append(bytes);
    bytes = joined_;
    pending_.clear();
  }
  if (!sniffed_ && !sniff(bytes)) {
    pending_.assign(bytes);
    return {};
  }
  return decode(bytes);
}

std::string_view text_decoder::finish() {
  out_.clear();
  sniffed_ = true;
  joined_ = std::exchange(pending_, {});
  // Three bytes at most wait for a byte order mark; whole characters among them are not lost.
  out_ = std::string(decode(joined_));
  if (!pending_.empty()) out_ += replacement;
  pending_.clear();
  if (iconv_) flush_iconv();
  return out_;
}

/// Looks for a byte order mark and drops it. Says whether there are bytes enough to know.
bool text_decoder::sniff(std::string_view& bytes) {
  struct mark {
    std::string_view bytes;
    std::string_view charset;
  };
  static constexpr auto marks =
      std::to_array<mark>({{"\xEF\xBB\xBF", utf8}, {"\xFE\xFF", "UTF-16BE"}, {"\xFF\xFE", "UTF-16LE"}});
  for (const auto& each : marks) {
    if (bytes.size() < each.bytes.size() && each.bytes.starts_with(bytes)) return false;
    if (!bytes.starts_with(each.bytes)) continue;
    bytes.remove_prefix(each.bytes.size());
    if (charset_ != each.charset) use(each.charset);
    break;
  }
  return sniffed_ = true;
}

std::string_view text_decoder::decode(std::string_view bytes) {
  if (!iconv_) return decode_utf8(bytes);
  decode_with_iconv(bytes);
  return out_;
}

std::string_view text_decoder::decode_utf8(std::string_view bytes) {
  const auto whole = valid_prefix(bytes);
  if (whole == bytes.size()) return bytes;
  while (!bytes.empty()) {
    const auto valid = valid_prefix(bytes);
    out_ += bytes.substr(0, valid);
    bytes.remove_prefix(valid);
    if (bytes.empty()) break;
    const auto sequence = first_sequence(bytes);
    if (sequence.kind == utf8_kind::incomplete) {
      pending_.assign(bytes);
      break;
    }
    out_ += replacement;
    bytes.remove_prefix(sequence.size);
  }
  return out_;
}

void text_decoder::decode_with_iconv(std::string_view bytes) {
  constexpr std::size_t longest_character = 16;
  const std::size_t unit = charset_.starts_with("UTF-16") ? 2 : 1;
  std::array<char, 4096> piece;
  char* in = const_cast<char*>(bytes.data());  // iconv's old signature; it does not write there
  std::size_t left = bytes.size();
  while (left != 0) {
    char* out = piece.data();
    std::size_t room = piece.size();
    const bool failed = iconv(iconv_.get(), &in, &left, &out, &room) == static_cast<std::size_t>(-1);
    const int why = failed ? errno : 0;
    out_.append(piece.data(), out);
    if (why == 0 || why == E2BIG) continue;
    if (why == EINVAL && left < longest_character) {
      pending_.assign(in, left);
      return;
    }
    out_ += replacement;
    const auto skipped = std::min(unit, left);
    in += skipped;
    left -= skipped;
  }
}

/// Some decoders hold a character back to see whether a combining mark follows.
void text_decoder::flush_iconv() {
  std::array<char, 64> piece;
  char* out = piece.data();
  std::size_t room = piece.size();
  iconv(iconv_.get(), nullptr, nullptr, &out, &room);
  out_.append(piece.data(), out);
}

}  // namespace parlance::http
