#include <fcntl.h>
#include <histedit.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <cwchar>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <parlance/io/descriptor.hpp>

#include <cli/chat/line_editor.hpp>

namespace parlance::cli {
namespace {

constexpr char escape = '\x1b';
constexpr wchar_t end_of_input = 4;  // Ctrl-D on an empty line, as unbuffered libedit tells it
constexpr int remembered_lines = 500;
constexpr std::size_t longest_sequence = 32;
/// What edits when it is typed with Alt: words back and forward, and the next one deleted, and that before.
constexpr std::string_view edits_with_alt = "bBfFdD\x7f\b";
constexpr std::string_view delete_key = "\x1b[3~";

// Keys that would read further keys on their own (quoting, prefixes, searching): the editor must never wait.
constexpr const char* reading_keys[] = {"^V", "^Q", "^X", "^R", "^S", "^[/", "^[?"};

int width(const wchar_t* from, const wchar_t* to) {
  int columns = 0;
  for (; from != to; ++from) columns += std::max(::wcwidth(*from), 0);
  return columns;
}

int terminal_columns() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string to_utf8(const wchar_t* text, std::size_t size) {
  std::string bytes;
  std::mbstate_t state{};
  char room[16];
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t length = std::wcrtomb(room, text[i], &state);
    if (length != static_cast<std::size_t>(-1)) bytes.append(room, length);
  }
  return bytes;
}

/// How many bytes at the start of `bytes` are one key; empty when they may be the beginning of one.
std::optional<std::size_t> key_length(std::string_view bytes) {
  const auto lead = static_cast<unsigned char>(bytes.front());
  if (bytes.front() != escape) {
    const std::size_t length = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;
    return bytes.size() < length ? std::nullopt : std::optional(length);
  }
  if (bytes.size() < 2) return {};
  if (edits_with_alt.contains(bytes[1])) return 2;
  if (bytes[1] != '[' && bytes[1] != 'O') return 1;  // Escape, and something else
  if (bytes.starts_with("\x1b[[")) return bytes.size() < 4 ? std::nullopt : std::optional<std::size_t>(4);
  // ECMA-48, section 5.4: parameters and intermediates, then a final byte; older terminals have them behind SS3, too.
  const auto* final = std::find_if(bytes.begin() + 2, bytes.end(), [](char c) { return c < ' ' || c > '?'; });
  if (final != bytes.end()) return static_cast<std::size_t>(final - bytes.begin()) + 1;
  return bytes.size() < longest_sequence ? std::nullopt : std::optional(bytes.size());
}

/// The keys of the editor for one of the terminal: those that it does not know would type a part of themselves.
std::string_view key_for(std::string_view sequence) {
  if (sequence.front() != escape || (sequence.size() == 2 && edits_with_alt.contains(sequence[1])))
    return sequence;
  if (sequence.size() < 3) return {};
  const bool is_modified = sequence.contains(';');
  const std::string_view number = sequence.substr(2, sequence.find_first_not_of("0123456789", 2) - 2);
  switch (sequence.starts_with("\x1b[[") ? '\0' : sequence.back()) {
    case 'A':
      return "\x10";  // ^P
    case 'B':
      return "\x0e";
    case 'C':
      return is_modified ? "\x1b"
                           "f"
                         : "\x06";
    case 'D':
      return is_modified ? "\x1b"
                           "b"
                         : "\x02";
    case 'H':
      return "\x01";
    case 'F':
      return "\x05";
    case '~':
      if (number == "1" || number == "7") return "\x01";
      if (number == "4" || number == "8") return "\x05";
      if (number == "3") return delete_key;
      return {};
    default:
      return {};
  }
}

ssize_t draw(void* onto, const char* bytes, std::size_t size) {
  static_cast<std::string*>(onto)->append(bytes, size);
  return static_cast<ssize_t>(size);
}

/// The keyboard sends UTF-8, whatever the environment says; a bare system has at least C.UTF-8.
void use_utf8() {
  std::setlocale(LC_CTYPE, "");
  if (std::string_view(::nl_langinfo(CODESET)) != "UTF-8") std::setlocale(LC_CTYPE, "C.UTF-8");
}

}  // namespace

line_editor::line_editor(std::string prompt)
    : prompt_(std::move(prompt)),
      screen_(
          ::fopencookie(&drawn_, "w", {.read = nullptr, .write = draw, .seek = nullptr, .close = nullptr}),
          std::fclose),
      editor_(nullptr, ::el_end),
      history_(::history_init(), ::history_end) {
  use_utf8();
  if (screen_)
    editor_.reset(
        ::el_init_fd("parlance", stdin, screen_.get(), stderr, STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO));
  if (!editor_ || !history_) throw std::runtime_error("the terminal cannot be used for editing");
  HistEvent event;
  ::history(history_.get(), &event, H_SETSIZE, remembered_lines);
  ::history(history_.get(), &event, H_SETUNIQUE, 1);
  EditLine* const el = editor_.get();
  ::el_set(el, EL_CLIENTDATA, this);
  ::el_set(el, EL_PROMPT, prompt_of);
  ::el_set(el, EL_HIST, ::history, history_.get());
  ::el_set(el, EL_EDITOR, "emacs");
  for (const char* key : reading_keys) ::el_set(el, EL_BIND, key, "ed-unassigned", nullptr);
  ::el_set(el, EL_BIND, delete_key.data(), "ed-delete-next-char", nullptr);
  // Ctrl-S would stop the terminal, and whoever writes to it.
  ::el_set(el, EL_SETTY, "-d", "-ixon", nullptr);
  ::el_wset(el, EL_GETCFN, next_key);
  ::el_set(el, EL_UNBUFFERED, 1);
}

line_editor::~line_editor() {
  // Who sets the modes of a terminal from its background is stopped (SIGTTOU), and disturbs whoever is in
  // front.
  if (io::in_background(STDIN_FILENO)) {
    ::el_set(editor_.get(), EL_EDITMODE, 0);
    return;
  }
  // By a description of its own, which does not block: a terminal that takes nothing keeps its line.
  if (const int screen = ::open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
      screen >= 0) {
    const std::string last = drawn() + hide();
    static_cast<void>(!::write(screen, last.data(), last.size()));
    ::close(screen);
  }
  ::el_set(editor_.get(), EL_UNBUFFERED, 0);
}

bool line_editor::has_drawn() const noexcept {
  std::fflush(screen_.get());
  return !drawn_.empty();
}

std::string line_editor::drawn() { return has_drawn() ? std::exchange(drawn_, {}) : std::string(); }

char* line_editor::prompt_of(editline* of) {
  line_editor* self = nullptr;
  ::el_get(of, EL_CLIENTDATA, &self);
  return self->prompt_.data();
}

int line_editor::next_key(editline* of, wchar_t* key) {
  line_editor* self = nullptr;
  ::el_get(of, EL_CLIENTDATA, &self);
  if (self->keys_.empty()) return -1;
  *key = self->keys_.front();
  self->keys_.pop_front();
  return 1;
}

void line_editor::type(std::string_view bytes) {
  bytes_ += bytes;
  while (!ended_ && take_unit()) run();
}

/// Moves one whole key from the bytes to the editor's keys.
bool line_editor::take_unit() {
  if (bytes_.empty()) return false;
  const std::optional<std::size_t> length = key_length(bytes_);
  if (!length) return false;
  std::mbstate_t state{};
  const std::string_view unit = key_for(std::string_view(bytes_).substr(0, *length));
  for (std::size_t at = 0; at < unit.size();) {
    wchar_t key = 0;
    const std::size_t used = std::mbrtowc(&key, unit.data() + at, unit.size() - at, &state);
    if (used == static_cast<std::size_t>(-1) || used == static_cast<std::size_t>(-2)) break;  // no UTF-8
    if (key != 0) keys_.push_back(key);
    at += std::max<std::size_t>(used, 1);
  }
  bytes_.erase(0, *length);
  return true;
}

void line_editor::run() {
  while (!keys_.empty()) {
    int size = 0;
    const wchar_t* text = ::el_wgets(editor_.get(), &size);
    if (text && size > 0 && text[size - 1] == L'\n') {
      line_typed(text, static_cast<std::size_t>(size) - 1);
    } else if (text && size == 1 && text[0] == end_of_input) {
      ended_ = true;
      return;
    }
  }
}

void line_editor::line_typed(const wchar_t* text, std::size_t size) {
  lines_.push_back(to_utf8(text, size));
  HistEvent event;
  if (size > 0) ::history(history_.get(), &event, H_ENTER, lines_.back().c_str());
  // The next line starts empty.
  ::el_set(editor_.get(), EL_UNBUFFERED, 0);
  ::el_set(editor_.get(), EL_UNBUFFERED, 1);
}

bool line_editor::take(std::string& line) {
  if (lines_.empty()) return false;
  line = std::move(lines_.front());
  lines_.pop_front();
  return true;
}

std::string line_editor::hide() const {
  if (away_) return {};
  const LineInfoW* line = ::el_wline(editor_.get());
  const int before = static_cast<int>(prompt_.size()) + width(line->buffer, line->cursor);
  const int rows = before / terminal_columns();
  std::string text = "\r";
  if (rows > 0) text += "\x1b[" + std::to_string(rows) + "A";
  return text + "\x1b[J";
}

void line_editor::show() {
  if (!away_) ::el_set(editor_.get(), EL_REFRESH);
}

void line_editor::resized() {
  if (away_) return;
  // libedit takes the screen for empty then.
  drawn_ = drawn() + hide();
  ::el_resize(editor_.get());
  show();
}

void line_editor::resumed() {
  away_ = false;
  ::el_resize(editor_.get());  // whoever was in front meanwhile was told, and not this program
  ::el_set(editor_.get(), EL_PREP_TERM, 0);
  ::el_set(editor_.get(), EL_PREP_TERM, 1);
  show();
}

}  // namespace parlance::cli
