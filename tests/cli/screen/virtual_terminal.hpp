// A terminal in a library that we did not write (libvterm).
#pragma once

#include <vterm.h>

#include <string>
#include <string_view>

#include <cli/screen/surface.hpp>

class virtual_terminal {
 public:
  explicit virtual_terminal(parlance::cli::screen::size of)
      : size_(of), terminal_(::vterm_new(of.rows, of.columns)), screen_(::vterm_obtain_screen(terminal_)) {
    ::vterm_set_utf8(terminal_, 1);
    static const VTermScreenCallbacks callbacks{.damage = nullptr,
                                                .moverect = nullptr,
                                                .movecursor = nullptr,
                                                .settermprop = set_property,
                                                .bell = nullptr,
                                                .resize = nullptr,
                                                .sb_pushline = nullptr,
                                                .sb_popline = nullptr};
    ::vterm_screen_set_callbacks(screen_, &callbacks, this);
    ::vterm_screen_enable_altscreen(screen_, 1);
    ::vterm_screen_reset(screen_, 1);
  }
  ~virtual_terminal() { ::vterm_free(terminal_); }
  virtual_terminal(const virtual_terminal&) = delete;
  virtual_terminal& operator=(const virtual_terminal&) = delete;

  void write(std::string_view bytes) { ::vterm_input_write(terminal_, bytes.data(), bytes.size()); }
  /// What it answers to what it was asked.
  std::string answers() {
    std::string bytes(::vterm_output_get_buffer_current(terminal_), '\0');
    bytes.resize(::vterm_output_read(terminal_, bytes.data(), bytes.size()));
    return bytes;
  }
  void resize(parlance::cli::screen::size to) {
    ::vterm_set_size(terminal_, to.rows, to.columns);
    size_ = to;
  }
  parlance::cli::screen::size dimensions() const { return size_; }

  VTermScreenCell cell(parlance::cli::screen::point p) const {
    VTermScreenCell c{};
    ::vterm_screen_get_cell(screen_, {.row = p.y, .col = p.x}, &c);
    return c;
  }
  parlance::cli::screen::point cursor() const {
    VTermPos at{};
    ::vterm_state_get_cursorpos(::vterm_obtain_state(terminal_), &at);
    return {.x = at.col, .y = at.row};
  }
  bool cursor_seen() const { return cursor_seen_; }
  bool on_alternate_screen() const { return alternate_; }
  int mouse() const { return mouse_; }
  const std::string& title() const { return title_; }

  /// A row's text without trailing blanks.
  std::string row(int y) const {
    std::string text;
    for (int x = 0; x < size_.columns;) {
      const VTermScreenCell c = cell({.x = x, .y = y});
      if (c.chars[0] == 0) text += ' ';
      for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && c.chars[i] != 0; ++i) append(text, c.chars[i]);
      x += c.width > 1 ? c.width : 1;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  }
  /// All of them, each with a newline, without empty ones at the end.
  std::string text() const {
    std::string all;
    for (int y = 0; y < size_.rows; ++y) all += row(y) + "\n";
    all.erase(all.find_last_not_of('\n') + 1);
    return all.empty() ? all : all + "\n";
  }

  static void append(std::string& text, uint32_t c) {
    const auto byte = [](uint32_t value) { return static_cast<char>(value); };
    if (c < 0x80) {
      text += byte(c);
    } else if (c < 0x800) {
      text += {byte(0xc0 | c >> 6), byte(0x80 | (c & 0x3f))};
    } else if (c < 0x10000) {
      text += {byte(0xe0 | c >> 12), byte(0x80 | (c >> 6 & 0x3f)), byte(0x80 | (c & 0x3f))};
    } else {
      text += {byte(0xf0 | c >> 18), byte(0x80 | (c >> 12 & 0x3f)), byte(0x80 | (c >> 6 & 0x3f)),
               byte(0x80 | (c & 0x3f))};
    }
  }

 private:
  static int set_property(VTermProp which, VTermValue* value, void* user) {
    auto* const self = static_cast<virtual_terminal*>(user);
    if (which == VTERM_PROP_CURSORVISIBLE) self->cursor_seen_ = value->boolean != 0;
    if (which == VTERM_PROP_ALTSCREEN) self->alternate_ = value->boolean != 0;
    if (which == VTERM_PROP_MOUSE) self->mouse_ = value->number;
    if (which == VTERM_PROP_TITLE) self->title_ = value->string;
    return 1;
  }

  parlance::cli::screen::size size_;
  VTerm* terminal_;
  VTermScreen* screen_;
  bool cursor_seen_ = true;
  bool alternate_ = false;
  int mouse_ = 0;
  std::string title_;
};
