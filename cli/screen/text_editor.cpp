#include <algorithm>
#include <utility>

#include <parlance/text/sanitizer.hpp>

#include <cli/screen/cluster.hpp>
#include <cli/screen/text_editor.hpp>

namespace parlance::cli::screen {
namespace {

constexpr std::size_t most_versions = 200, most_kills = 32;

std::string cleaned(std::string_view text) {
  std::string lines;
  text::sanitizer clean(text::sanitizer::newlines::keep);
  clean.feed(text, lines);
  clean.finish(lines);
  return lines;
}

/// At most so many bytes of whole characters.
std::string_view cut(std::string_view text, std::size_t longest) {
  if (text.size() <= longest) return text;
  while (longest > 0 && (static_cast<unsigned char>(text[longest]) & 0xc0) == 0x80) --longest;
  return text.substr(0, longest);
}

bool is_space(std::string_view text, std::size_t at) { return text[at] == ' ' || text[at] == '\n'; }

}  // namespace

// --- what every change has in common

/// Before the text changes: what `undo` brings back. What is typed or erased in one go is one change.
void text_editor::change(action what) {
  const bool goes_on = what == last_ && (what == action::typing || what == action::erasing);
  if (!goes_on) {
    done_.push_back({.text = text_, .cursor = cursor_});
    std::size_t bytes = 0;
    for (const version& one : done_) bytes += one.text.size();
    for (; done_.size() > most_versions || (done_.size() > 1 && bytes > 4 * longest_); done_.pop_front())
      bytes -= done_.front().text.size();
  }
  undone_.clear();
  if (what != action::completing) completion_.reset();
  last_ = what;
}

void text_editor::moved() noexcept {
  last_ = action::other;
  completion_.reset();
}

/// The first place between clusters from there on: what was put together may be one now.
std::size_t text_editor::settled(std::size_t at) const {
  while (at < text_.size() && (static_cast<unsigned char>(text_[at]) & 0xc0) == 0x80) ++at;
  at = std::min(at, text_.size());
  return at == 0 ? 0 : cluster_behind(text_, cluster_before(text_, at));
}

void text_editor::remove(std::size_t begin, std::size_t end) {
  text_.erase(begin, end - begin);
  cursor_ = settled(begin);
}

/// At the cursor, without cleaning. Gives where it ends: the cursor is behind what it has become one with.
std::size_t text_editor::put_in(std::string_view text) {
  const std::string_view fits = cut(text, longest_ - text_.size());
  const std::size_t end = cursor_ + fits.size();
  text_.insert(cursor_, fits);
  cursor_ = settled(end);
  return end;
}

void text_editor::replace(std::string_view text) {
  change(action::other);
  text_ = cut(cleaned(text), longest_);
  cursor_ = text_.size();
}

void text_editor::set_cursor(std::size_t at) {
  moved();
  cursor_ = settled(at);
}

void text_editor::set_cursor(point at, int columns) {
  const layout shown = lay_out(columns);
  const std::size_t row = std::min(static_cast<std::size_t>(std::max(at.y, 0)), shown.rows.size() - 1);
  moved();
  cursor_ = place_in(shown, row, at.x);
}

void text_editor::set_text(std::string_view text) { replace(text); }

std::string text_editor::take() {
  cursor_ = back_ = 0;
  done_.clear();
  undone_.clear();
  draft_.clear();
  moved();
  return std::exchange(text_, {});
}

bool text_editor::insert(std::string_view text) {
  const std::string clean = cleaned(text);
  if (clean.empty()) return true;
  // A word is one step to undo.
  if (last_ == action::typing && is_space(clean, 0) && cursor_ > 0 && !is_space(text_, cursor_ - 1))
    last_ = action::other;
  change(clean.size() > longest_cluster ? action::other : action::typing);
  const std::size_t begin = cursor_;
  return put_in(clean) - begin == clean.size();
}

bool text_editor::undo() { return swap_version(done_, undone_); }
bool text_editor::redo() { return swap_version(undone_, done_); }

bool text_editor::swap_version(std::deque<version>& from, std::deque<version>& to) {
  moved();
  if (from.empty()) return false;
  to.push_back({.text = std::exchange(text_, std::move(from.back().text)), .cursor = cursor_});
  cursor_ = from.back().cursor;
  from.pop_back();
  return true;
}

// --- moving

void text_editor::left() {
  moved();
  cursor_ = cluster_before(text_, cursor_);
}

void text_editor::right() {
  moved();
  cursor_ = cluster_behind(text_, cursor_);
}

std::size_t text_editor::word_before(std::size_t at) const {
  bool inside = false;
  while (at > 0) {
    const std::size_t before = cluster_before(text_, at);
    const bool of_word = is_of_word(std::string_view(text_).substr(before, at - before));
    if (inside && !of_word) break;
    inside = of_word;
    at = before;
  }
  return at;
}

std::size_t text_editor::word_behind(std::size_t at) const {
  bool inside = false;
  while (at < text_.size()) {
    const std::size_t behind = cluster_behind(text_, at);
    const bool of_word = is_of_word(std::string_view(text_).substr(at, behind - at));
    if (inside && !of_word) break;
    inside = of_word;
    at = behind;
  }
  return at;
}

void text_editor::word_left() {
  moved();
  cursor_ = word_before(cursor_);
}

void text_editor::word_right() {
  moved();
  cursor_ = word_behind(cursor_);
}

void text_editor::line_begin() {
  moved();
  cursor_ = cursor_ == 0 ? 0 : text_.rfind('\n', cursor_ - 1) + 1;  // npos + 1 is 0
}

void text_editor::line_end() {
  moved();
  cursor_ = std::min(text_.find('\n', cursor_), text_.size());
}

layout text_editor::lay_out(int columns) const {
  columns = std::max(columns, 2);
  layout shown;
  shown.rows.push_back({});
  int x = 0;
  const auto begin_row = [&](std::size_t at) {
    shown.rows.push_back({.begin = at, .end = at});
    x = 0;
  };
  const auto place_cursor = [&] { shown.cursor = {.x = x, .y = static_cast<int>(shown.rows.size()) - 1}; };
  for (std::size_t at = 0; at < text_.size();) {
    if (text_[at] == '\n') {
      if (at == cursor_) {
        if (x == columns) begin_row(at);
        place_cursor();
      }
      begin_row(++at);
      continue;
    }
    const cluster next = first_cluster(std::string_view(text_).substr(at));
    if (x + next.width > columns) begin_row(at);
    if (at == cursor_) {
      if (x == columns) begin_row(at);
      place_cursor();
    }
    x += next.width;
    at += next.size;
    shown.rows.back().end = at;
  }
  if (cursor_ == text_.size()) {
    if (x == columns) begin_row(cursor_);
    place_cursor();
  }
  return shown;
}

/// The place in a row that is nearest to a column, where the cursor is shown in that row.
std::size_t text_editor::place_in(const layout& shown, std::size_t row, int column) const {
  const layout::row& in = shown.rows[row];
  const bool wrapped = row + 1 < shown.rows.size() && shown.rows[row + 1].begin == in.end;
  std::size_t at = in.begin;
  for (int x = 0; at < in.end;) {
    const cluster next = first_cluster(std::string_view(text_).substr(at));
    x += next.width;
    if (x > column || (wrapped && at + next.size >= in.end)) break;
    at += next.size;
  }
  return at;
}

bool text_editor::move_by_row(int columns, bool upwards) {
  const layout shown = lay_out(columns);
  const auto row = static_cast<std::size_t>(shown.cursor.y);
  if (upwards ? row == 0 : row + 1 == shown.rows.size()) return false;
  const int column = last_ == action::vertical ? wanted_column_ : shown.cursor.x;
  moved();
  cursor_ = place_in(shown, upwards ? row - 1 : row + 1, column);
  wanted_column_ = column;
  last_ = action::vertical;
  return true;
}

bool text_editor::up(int columns) { return move_by_row(columns, true); }
bool text_editor::down(int columns) { return move_by_row(columns, false); }

// --- erasing, killing and bringing back

void text_editor::erase_left() {
  if (cursor_ == 0) return;
  change(action::erasing);
  remove(cluster_before(text_, cursor_), cursor_);
}

void text_editor::erase_right() {
  if (cursor_ == text_.size()) return;
  change(action::erasing);
  remove(cursor_, cluster_behind(text_, cursor_));
}

void text_editor::kill(std::size_t begin, std::size_t end) {
  if (begin == end) return;
  const bool goes_on = last_ == action::killing && !kills_.empty();
  std::string piece = text_.substr(begin, end - begin);
  const bool leftwards = begin < cursor_;
  change(action::killing);
  remove(begin, end);
  if (!goes_on) {
    kills_.push_front(std::move(piece));
    if (kills_.size() > most_kills) kills_.pop_back();
  } else if (kills_.front().size() + piece.size() <= longest_) {
    kills_.front().insert(leftwards ? 0 : kills_.front().size(), piece);
  }
}

void text_editor::kill_word_left() { kill(word_before(cursor_), cursor_); }
void text_editor::kill_word_right() { kill(cursor_, word_behind(cursor_)); }

void text_editor::kill_to_space() {
  std::size_t begin = cursor_;
  while (begin > 0 && is_space(text_, begin - 1)) --begin;
  while (begin > 0 && !is_space(text_, begin - 1)) --begin;
  kill(begin, cursor_);
}

/// At the beginning of a line its end goes, as in other editors.
void text_editor::kill_to_line_begin() {
  const std::size_t begin = cursor_ == 0 ? 0 : text_.rfind('\n', cursor_ - 1) + 1;
  kill(begin == cursor_ && begin > 0 ? begin - 1 : begin, cursor_);
}

void text_editor::kill_to_line_end() {
  const std::size_t end = std::min(text_.find('\n', cursor_), text_.size());
  kill(cursor_, end == cursor_ && end < text_.size() ? end + 1 : end);
}

void text_editor::yank() {
  if (kills_.empty()) return;
  change(action::yanking);
  yanked_ = 0;
  yank_begin_ = cursor_;
  yank_end_ = put_in(kills_.front());
}

void text_editor::yank_older() {
  if (last_ != action::yanking) return;
  yanked_ = (yanked_ + 1) % kills_.size();
  text_.erase(yank_begin_, yank_end_ - yank_begin_);
  cursor_ = yank_begin_;
  yank_end_ = put_in(kills_[yanked_]);
}

void text_editor::transpose() {
  const std::size_t behind = text_.size() == cursor_ ? cursor_ : cluster_behind(text_, cursor_);
  const std::size_t middle = cluster_before(text_, behind);
  const std::size_t begin = cluster_before(text_, middle);
  if (middle == 0 || text_[begin] == '\n' || text_[middle] == '\n') return;
  change(action::other);
  const auto at = [&](std::size_t place) { return text_.begin() + static_cast<std::ptrdiff_t>(place); };
  std::rotate(at(begin), at(middle), at(behind));
  cursor_ = settled(behind);
}

// --- history

void text_editor::remember(std::string text) {
  back_ = 0;
  if (text.empty() || (!history_.empty() && history_.back() == text)) return;
  history_.push_back(std::move(text));
  if (history_.size() > most_remembered) history_.pop_front();
}

bool text_editor::older() {
  if (back_ == history_.size()) return false;
  if (back_ == 0) draft_ = text_;
  ++back_;
  replace(history_[history_.size() - back_]);
  return true;
}

bool text_editor::newer() {
  if (back_ == 0) return false;
  --back_;
  replace(back_ == 0 ? std::exchange(draft_, {}) : history_[history_.size() - back_]);
  return true;
}

// --- completion

bool text_editor::complete(const completer& offers, bool forward) {
  if (completion_) {
    const std::size_t all = completion_->candidates.size();
    offer((chosen_ + (forward ? 1 : all - 1)) % all);
    return true;
  }
  completion offered = offers(text_, cursor_);
  if (offered.candidates.empty() || offered.begin > offered.end || offered.end > text_.size()) return false;
  change(action::completing);
  before_completion_ = {.text = text_, .cursor = cursor_};
  completion_ = std::move(offered);
  offer(forward ? 0 : completion_->candidates.size() - 1);
  if (completion_->candidates.size() == 1) moved();
  return true;
}

void text_editor::offer(std::size_t which) {
  chosen_ = which;
  text_.erase(completion_->begin, completion_->end - completion_->begin);
  cursor_ = completion_->begin;
  completion_->end = put_in(cleaned(completion_->candidates[which]));
}

bool text_editor::cancel_completion() {
  if (!completion_) return false;
  text_ = std::move(before_completion_.text);
  cursor_ = before_completion_.cursor;
  moved();
  return true;
}

}  // namespace parlance::cli::screen
