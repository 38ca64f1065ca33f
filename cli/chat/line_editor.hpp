// A line being typed at the terminal that stdin and stdout are: editing keys, history with the arrows, UTF-8.
//
//   line_editor editor("> ");
//   editor.type(bytes);                       // what the keyboard sent
//   while (editor.take(line)) say(line);
//   write(editor.drawn());                    // what that has changed on the screen
//
// It reads nothing by itself and never waits for a key, not even for the rest of an escape sequence. Nor does
// it write: what it draws is for its owner to bring to the terminal, in order, for a terminal may take
// nothing. To print something above the line: write drawn(), hide(), whole lines, then call show(). One at a
// time for a terminal.
#pragma once

#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

struct editline;
struct history;

namespace parlance::cli {

class line_editor {
 public:
  explicit line_editor(std::string prompt);
  ~line_editor();
  line_editor(const line_editor&) = delete;
  line_editor& operator=(const line_editor&) = delete;

  void type(std::string_view bytes);
  /// The next line that was ended, without its end.
  bool take(std::string& line);
  /// Ctrl-D was typed on an empty line.
  bool ended() const noexcept { return ended_; }

  /// What has been drawn since it was last asked, to be written next.
  std::string drawn();
  bool has_drawn() const noexcept;

  /// What to write to take the line off the screen, with the cursor where the line began.
  std::string hide() const;
  /// Draws it anew.
  void show();
  /// The window has another size now (SIGWINCH).
  void resized();
  /// The process goes on after it was stopped (SIGCONT), in the terminal's foreground...
  void resumed();
  /// ...or in its background: until `resumed` the terminal is others', and is left as it is.
  void left() noexcept { away_ = true; }
  bool away() const noexcept { return away_; }

 private:
  static char* prompt_of(editline* of);
  static int next_key(editline* of, wchar_t* key);
  bool take_unit();
  void run();
  void line_typed(const wchar_t* text, std::size_t size);

  std::string prompt_;
  std::string bytes_;         // not a whole key yet
  std::deque<wchar_t> keys_;  // for the editor
  std::deque<std::string> lines_;
  bool ended_ = false;
  bool away_ = false;
  std::string drawn_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> screen_;  // of libedit: writes to drawn_
  std::unique_ptr<editline, void (*)(editline*)> editor_;
  std::unique_ptr<struct history, void (*)(struct history*)> history_;
};

}  // namespace parlance::cli
