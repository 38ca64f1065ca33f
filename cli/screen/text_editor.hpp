// A text of some lines being typed: what each key does to it. Pure: it reads and draws nothing.
//
//   text_editor line;
//   if (!line.press(key)) ...                                  // not one of its keys
//   const layout shown = line.lay_out(columns);                // rows, and where the cursor is
//   line.remember(line.take());                                // said: empty again
//
// Keys are those of readline's emacs mode: Ctrl-A/E/B/F/D/H/K/U/W/Y/T/_, Alt-B/F/D/Y, arrows, Home, End, with
// Ctrl or Alt by words; Alt-_ does again what Ctrl-_ has undone. Alt-Enter, Shift-Enter and Ctrl-J begin a new line. Plain
// Enter, Tab, Ctrl-C, Page Up and the like are nobody's: `press` gives false. Everything moves by grapheme
// cluster. Lines end with '\n'; no other control gets in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cli/screen/input.hpp>

namespace parlance::cli::screen {

/// Where each row of the text begins and ends when it is wrapped at clusters, in bytes, without its '\n'.
struct layout {
  struct row {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  std::vector<row> rows;  // at least one
  point cursor;           // y: in which of them; x: in columns
};

/// What may stand instead of the part [begin, end) of the text, best first.
struct completion {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::vector<std::string> candidates;
};
/// What is offered for a text with the cursor at a byte of it.
using completer = std::function<completion(std::string_view text, std::size_t cursor)>;

class text_editor {
 public:
  /// In bytes; what is inserted beyond it is cut.
  explicit text_editor(std::size_t longest = std::size_t{256} * 1024) : longest_(longest) {}

  const std::string& text() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  /// In bytes; always between clusters.
  std::size_t cursor() const noexcept { return cursor_; }
  /// At the nearest place between clusters.
  void set_cursor(std::size_t at);
  /// At a cell of `lay_out(columns)`, for a click.
  void set_cursor(point at, int columns);

  /// Another text, with the cursor at its end; can be undone.
  void set_text(std::string_view text);
  /// The text, which is empty then, with nothing to undo.
  std::string take();

  /// Does what the key does. False: it is none of the editor's. `columns`: for up and down. At the first row up
  /// is a step back in the history, at the last down is one forward.
  bool press(const key_press& pressed, int columns);

  /// At the cursor: cleaned (parlance/text), '\n' kept. False: it was cut.
  bool insert(std::string_view text);
  void left();
  void right();
  void word_left();
  void word_right();
  void line_begin();
  void line_end();
  /// False: there is no such row.
  bool up(int columns);
  bool down(int columns);
  void erase_left();
  void erase_right();
  // What these take away `yank` inserts; what several take one after the other is one piece.
  void kill_word_left();
  void kill_word_right();
  /// To the white space before, as Ctrl-W does.
  void kill_to_space();
  void kill_to_line_begin();
  void kill_to_line_end();
  void yank();
  /// Right behind a yank: the piece before instead.
  void yank_older();
  void transpose();
  bool undo();
  bool redo();

  /// What was said, for `older` and `newer`: not empty, not the same as the last, and nothing secret, for
  /// which the caller looks. At most `most_remembered`.
  void remember(std::string text);
  static constexpr std::size_t most_remembered = 500;
  /// False: there is none. What was half typed comes back behind the newest.
  bool older();
  bool newer();

  /// The next of the completions (or, `forward` false, the one before), round and round while nothing else is
  /// done. A single one ends it. False: there is none.
  bool complete(const completer& offers, bool forward = true);
  /// What is offered now, and which is in the text; nothing while nothing is completed.
  const completion* completing() const noexcept { return completion_ ? &*completion_ : nullptr; }
  std::size_t chosen() const noexcept { return chosen_; }
  /// Back to what it was before `complete`. False: nothing is being completed.
  bool cancel_completion();

  /// Wrapped at `columns` (at least 2).
  layout lay_out(int columns) const;

 private:
  enum class action : std::uint8_t { other, typing, erasing, killing, yanking, completing, vertical };
  struct version {
    std::string text;
    std::size_t cursor = 0;
  };

  void change(action what);
  void moved() noexcept;
  void remove(std::size_t begin, std::size_t end);
  void kill(std::size_t begin, std::size_t end);
  std::size_t put_in(std::string_view text);
  void replace(std::string_view text);
  bool swap_version(std::deque<version>& from, std::deque<version>& to);
  std::size_t settled(std::size_t at) const;
  std::size_t word_before(std::size_t at) const;
  std::size_t word_behind(std::size_t at) const;
  std::size_t place_in(const layout& shown, std::size_t row, int column) const;
  bool move_by_row(int columns, bool upwards);
  bool press_control(std::string_view letter, int columns);
  bool press_alt(std::string_view letter);
  bool press_key(const key_press& pressed, int columns);
  void offer(std::size_t which);

  std::string text_;
  std::size_t cursor_ = 0;
  std::size_t longest_;
  action last_ = action::other;
  int wanted_column_ = 0;  // of up and down
  std::deque<version> done_, undone_;
  std::deque<std::string> kills_;  // the newest first
  std::size_t yanked_ = 0;         // which of them
  std::size_t yank_begin_ = 0, yank_end_ = 0;
  std::deque<std::string> history_;  // the newest last
  std::size_t back_ = 0;             // how many steps back in it
  std::string draft_;
  std::optional<completion> completion_;
  version before_completion_;
  std::size_t chosen_ = 0;
};

}  // namespace parlance::cli::screen
