#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include <cli/screen/cluster.hpp>
#include <cli/screen/wrap.hpp>

namespace parlance::cli::screen {
namespace {

/// A cluster of the text, and where it is.
struct item {
  std::size_t span = 0;
  std::size_t begin = 0;
  std::size_t size = 0;
  int width = 0;
  bool blank = false;
  bool newline = false;
  bool breaks_behind = false;
};

// What East Asian typography does not have at the beginning of a row, and at its end (JLREQ, section 3.1).
constexpr auto not_first =
    std::to_array<std::string_view>({"、", "。", "，", "．", "・", "：", "；", "？", "！", "）", "」",
                                     "』", "】", "〕", "〉", "》", "ー", "々", "’",  "”",  "…"});
constexpr auto not_last =
    std::to_array<std::string_view>({"（", "「", "『", "【", "〔", "〈", "《", "‘", "“"});

/// Whether a row may break between two that stand side by side, neither of which is blank.
bool breaks_between(std::string_view before, std::string_view behind, bool wide) {
  return wide && std::ranges::find(not_last, before) == not_last.end() &&
         std::ranges::find(not_first, behind) == not_first.end();
}

std::vector<item> items_of(const styled_text& text) {
  std::vector<item> items;
  std::string_view earlier, before;
  for (std::size_t s = 0; s < text.size(); ++s) {
    const std::string_view whole = text[s].text;
    for (std::size_t at = 0; at < whole.size();) {
      const cluster next = first_cluster(whole.substr(at));
      const std::string_view own = whole.substr(at, next.size);
      const bool newline = own == "\n";
      const bool blank = next.shown == " ";
      if (!items.empty()) {
        item& last = items.back();
        const bool hyphen =
            before == "-" && is_of_word(earlier) && is_of_word(own) && text[last.span].link.empty();
        last.breaks_behind =
            last.blank || (!blank && !newline &&
                           (hyphen || breaks_between(before, own, last.width == 2 || next.width == 2)));
      }
      items.push_back({.span = s,
                       .begin = at,
                       .size = next.size,
                       .width = newline ? 0 : next.width,
                       .blank = blank,
                       .newline = newline,
                       .breaks_behind = false});
      earlier = std::exchange(before, own);
      at += next.size;
    }
  }
  return items;
}

class wrapping {
 public:
  wrapping(const styled_text& text, int columns, int indent)
      : text_(text),
        items_(items_of(text)),
        columns_(std::max(columns, 2)),
        indent_(std::clamp(indent, 0, std::min(columns_ / 2, columns_ - 2))) {}

  std::vector<styled_text> rows() {
    std::size_t begin = 0;
    for (bool more = true; more;) {
      const std::size_t end = end_of_row(begin);
      more = end < items_.size();
      std::size_t seen = end;
      if (more && !items_[end].newline)
        while (seen > begin && items_[seen - 1].blank) --seen;
      add(begin, seen);
      begin = end;
      if (more && items_[begin].newline) {
        ++begin;
      } else {
        while (begin < items_.size() && items_[begin].blank) ++begin;
        more = more && begin < items_.size();
      }
    }
    return std::move(rows_);
  }

 private:
  int room(std::size_t row) const { return row == 0 ? columns_ : columns_ - indent_; }

  /// The first item that is no longer in the row which begins at `begin`.
  std::size_t end_of_row(std::size_t begin) const {
    int x = 0;
    std::size_t last_break = begin;
    for (std::size_t i = begin; i < items_.size(); ++i) {
      const item& next = items_[i];
      if (next.newline) return i;
      x += next.width;
      if (x > room(rows_.size()) && !next.blank)
        return last_break > begin && word_fits(last_break) ? last_break : std::max(i, begin + 1);
      if (next.breaks_behind) last_break = i + 1;
    }
    return items_.size();
  }

  /// Whether what begins there without a break would fit into a row of its own.
  bool word_fits(std::size_t at) const {
    for (int x = 0; at < items_.size() && !items_[at].newline && !items_[at].blank; ++at) {
      x += items_[at].width;
      if (x > columns_ - indent_) return false;
      if (items_[at].breaks_behind) break;
    }
    return true;
  }

  void add(std::size_t begin, std::size_t end) {
    int left = room(rows_.size());  // blanks at its end may not fit
    for (std::size_t i = begin; i < end; ++i) {
      left -= items_[i].width;
      if (left < 0 && items_[i].blank) end = i;
    }
    styled_text row;
    if (!rows_.empty() && indent_ > 0)
      row.push_back({.text = std::string(static_cast<std::size_t>(indent_), ' '), .look = {}, .link = {}});
    for (std::size_t i = begin; i < end;) {
      const std::size_t s = items_[i].span;
      const std::size_t from = items_[i].begin;
      std::size_t size = 0;
      for (; i < end && items_[i].span == s; ++i) size += items_[i].size;
      row.push_back({.text = text_[s].text.substr(from, size), .look = text_[s].look, .link = text_[s].link});
    }
    rows_.push_back(std::move(row));
  }

  const styled_text& text_;
  std::vector<item> items_;
  int columns_;
  int indent_;
  std::vector<styled_text> rows_;
};

}  // namespace

int width(const styled_text& text) {
  int columns = 0;
  for (const span& one : text) columns += width(one.text);
  return columns;
}

std::vector<styled_text> wrap(const styled_text& text, int columns, int indent) {
  return wrapping(text, columns, indent).rows();
}

int put(const region& into, int x, int y, const styled_text& row) {
  for (const span& one : row) x = into.put(x, y, one.text, one.look, one.link);
  return x;
}

}  // namespace parlance::cli::screen
