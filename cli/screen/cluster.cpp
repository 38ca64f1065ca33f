#include <utf8proc.h>

#include <algorithm>
#include <optional>

#include <cli/screen/cluster.hpp>

namespace parlance::cli::screen {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";
constexpr std::string_view ellipsis = "\u2026";
constexpr char32_t zero_width_joiner = 0x200d, keycap = 0x20e3, text_presentation = 0xfe0e,
                   emoji_presentation = 0xfe0f, soft_hyphen = 0xad;
constexpr int farthest = 16;  // a terminal does not take more columns for one cluster

struct code_point {
  char32_t value = 0;
  std::size_t size = 0;  // in UTF-8
};

/// Nothing where the text is malformed.
std::optional<code_point> first_code_point(std::string_view text) {
  utf8proc_int32_t value = 0;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const utf8proc_ssize_t size = ::utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size()), &value);
  if (size <= 0) return {};
  return code_point{.value = static_cast<char32_t>(value), .size = static_cast<std::size_t>(size)};
}

utf8proc_category_t category(char32_t c) { return ::utf8proc_category(static_cast<utf8proc_int32_t>(c)); }

/// As parlance/text has it, for what comes another way.
bool steers(char32_t c) {
  const utf8proc_category_t is = category(c);
  return is == UTF8PROC_CATEGORY_CC || is == UTF8PROC_CATEGORY_ZL || is == UTF8PROC_CATEGORY_ZP ||
         (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

bool is_regional_indicator(char32_t c) { return c >= 0x1f1e6 && c <= 0x1f1ff; }
bool is_skin_tone(char32_t c) { return c >= 0x1f3fb && c <= 0x1f3ff; }
bool is_among_emoji(char32_t c) { return c >= 0x1f000 && c <= 0x1faff; }
/// An emoji newer than the library's table breaks as the others do.
utf8proc_int32_t breaks_as(char32_t c) {
  constexpr utf8proc_int32_t some_emoji = 0x1f600;
  return is_among_emoji(c) && category(c) == UTF8PROC_CATEGORY_CN ? some_emoji
                                                                  : static_cast<utf8proc_int32_t>(c);
}
bool is_pictographic(char32_t c) {
  return ::utf8proc_get_property(breaks_as(c))->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

/// One code point's, and whether terminals may have another: of those that are nobody's.
struct code_point_width {
  int columns = 0;
  bool ambiguous = false;
};

code_point_width measure(char32_t c) {
  const utf8proc_category_t is = category(c);
  // What Unicode will assign there is wide: emoji, and ideographs (EastAsianWidth.txt).
  if (is == UTF8PROC_CATEGORY_CN) return {is_among_emoji(c) || (c >= 0x20000 && c <= 0x3fffd) ? 2 : 1, true};
  if (is == UTF8PROC_CATEGORY_CO) return {1, true};
  if (c == soft_hyphen) return {0, false};
  return {::utf8proc_charwidth(static_cast<utf8proc_int32_t>(c)), false};
}

/// What is seen of a cluster's code points, one after the other.
class measured {
 public:
  void add(char32_t c) {
    const code_point_width one = measure(c);
    if (count_++ == 0) {
      base_ = c;
      pictographic_ = is_pictographic(c);
      first_ = one.columns;
    } else {
      follow(c, one);
    }
    ambiguous_ = ambiguous_ || one.ambiguous;
    sum_ += one.columns;
  }

  void give(cluster& to) const {
    to.width = columns();
    // An emoji is as wide as the table that a terminal has is new.
    to.ambiguous = ambiguous_ || pictographic_ || is_regional_indicator(base_);
    to.reach = std::min(to.ambiguous ? std::max({to.width, sum_ + extra_, 2}) : to.width, farthest);
  }

 private:
  void follow(char32_t c, const code_point_width& one) {
    const bool emoji = pictographic_ && (c == emoji_presentation || is_skin_tone(c));
    const bool flag = is_regional_indicator(base_) && is_regional_indicator(c);
    wide_ = wide_ || emoji || flag || c == keycap || (pictographic_ && c == zero_width_joiner);
    // All agree about what only stands above or below a letter.
    const bool stands_alone = category(c) != UTF8PROC_CATEGORY_MN;
    if (stands_alone || c == emoji_presentation || c == text_presentation) ambiguous_ = true;
    if (one.columns == 0 && stands_alone) ++extra_;
  }

  int columns() const {
    // Letters of which several stand beside one another, as those of Devanagari, never need more.
    if (wide_) return 2;
    if (pictographic_ && count_ > 1) return first_;
    return std::min(sum_, 2);
  }

  char32_t base_ = 0;
  int count_ = 0;
  int first_ = 0;
  int sum_ = 0;
  int extra_ = 0;
  bool pictographic_ = false;
  bool wide_ = false;
  bool ambiguous_ = false;
};

constexpr bool is_printable_ascii(char c) { return c >= ' ' && c <= '~'; }

/// Where the one begins that ends at `at`, which is not 0.
std::size_t code_point_before(std::string_view text, std::size_t at) {
  for (std::size_t begin = at - 1;; --begin) {
    const std::optional<code_point> one = first_code_point(text.substr(begin, at - begin));
    if (one && one->size == at - begin) return begin;
    if (begin == 0 || at - begin == 4) return at - 1;
  }
}

/// Whether what is before does not matter.
bool always_breaks(std::string_view one, std::string_view next) {
  const std::optional<code_point> a = first_code_point(one), b = first_code_point(next);
  if (!a || !b) return true;
  return a->value != zero_width_joiner && ::utf8proc_grapheme_break(breaks_as(a->value), breaks_as(b->value));
}

cluster replaced(std::size_t size) {
  return {.shown = replacement, .size = size, .width = 1, .reach = 1, .ambiguous = false};
}

}  // namespace

cluster first_cluster(std::string_view text) {
  if (is_printable_ascii(text.front()) && (text.size() == 1 || static_cast<signed char>(text[1]) > 0))
    return {.shown = text.substr(0, 1), .size = 1, .width = 1, .reach = 1, .ambiguous = false};
  const std::optional<code_point> first = first_code_point(text);
  if (!first) return replaced(1);
  if (first->value == '\t') return {.shown = " ", .size = 1, .width = 1, .reach = 1, .ambiguous = false};
  if (steers(first->value)) return replaced(first->size);

  measured all;
  all.add(first->value);
  std::size_t shown = first->size;
  std::size_t end = first->size;
  utf8proc_int32_t state = 0;
  for (char32_t before = first->value; end < text.size();) {
    const std::optional<code_point> next = first_code_point(text.substr(end));
    if (!next || ::utf8proc_grapheme_break_stateful(breaks_as(before), breaks_as(next->value), &state)) break;
    end += next->size;
    before = next->value;
    if (shown + next->size > longest_cluster || shown + next->size != end) continue;
    shown = end;
    all.add(next->value);
  }
  cluster whole{.shown = text.substr(0, shown), .size = end};
  all.give(whole);
  return whole;
}

bool is_of_word(std::string_view cluster) {
  const std::optional<code_point> first = cluster.empty() ? std::nullopt : first_code_point(cluster);
  if (!first) return false;
  const utf8proc_category_t is = category(first->value);
  return (is >= UTF8PROC_CATEGORY_LU && is <= UTF8PROC_CATEGORY_NO) || is == UTF8PROC_CATEGORY_PC;
}

bool is_right_to_left(std::string_view cluster) {
  const std::optional<code_point> first = cluster.size() < 2 ? std::nullopt : first_code_point(cluster);
  if (!first) return false;
  const auto is = ::utf8proc_get_property(static_cast<utf8proc_int32_t>(first->value))->bidi_class;
  return is == UTF8PROC_BIDI_CLASS_R || is == UTF8PROC_BIDI_CLASS_AL;
}

int width(std::string_view text) {
  int columns = 0;
  while (!text.empty()) {
    const cluster next = first_cluster(text);
    columns += next.width;
    text.remove_prefix(next.size);
  }
  return columns;
}

std::string_view beginning(std::string_view text, int columns) {
  std::size_t end = 0;
  while (end < text.size()) {
    const cluster next = first_cluster(text.substr(end));
    columns -= next.width;
    if (columns < 0) break;
    end += next.size;
  }
  return text.substr(0, end);
}

std::string shortened(std::string_view text, int columns) {
  const std::string_view whole = beginning(text, columns);
  if (whole.size() == text.size()) return std::string(text);
  if (columns < 1) return {};
  std::string cut(beginning(whole, columns - 1));
  cut += ellipsis;
  return cut;
}

std::size_t cluster_before(std::string_view text, std::size_t at) {
  at = std::min(at, text.size());
  if (at == 0) return 0;
  // Back to where one begins for certain, whatever is before.
  std::size_t begin = code_point_before(text, at);
  while (begin > 0) {
    const std::size_t before = code_point_before(text, begin);
    if (always_breaks(text.substr(before), text.substr(begin))) break;
    begin = before;
  }
  for (;;) {
    const std::size_t end = begin + first_cluster(text.substr(begin)).size;
    if (end >= at) return begin;
    begin = end;
  }
}

std::size_t cluster_behind(std::string_view text, std::size_t at) {
  return at >= text.size() ? text.size() : at + first_cluster(text.substr(at)).size;
}

}  // namespace parlance::cli::screen
