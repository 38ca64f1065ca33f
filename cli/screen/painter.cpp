#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <cli/screen/cluster.hpp>
#include <cli/screen/painter.hpp>

namespace parlance::cli::screen {
namespace {

constexpr std::string_view begin_synchronized = "\x1b[?2026h", end_synchronized = "\x1b[?2026l";
constexpr std::string_view hide_cursor = "\x1b[?25l", show_cursor = "\x1b[?25h";
constexpr std::string_view no_link = "\x1b]8;;\x1b\\";
constexpr std::string_view divider = "\u2502", left_to_right_mark = "\u200e";
constexpr int widest_gap = 4;                // in columns: what is written anew costs less than a movement
constexpr int shortest_erasure = 4;          // "CSI K" costs three bytes
constexpr std::size_t seen_to_flicker = 64;  // bytes that a terminal may show in two parts

std::string_view link_of(const surface& on, const cell& c) { return c.link == 0 ? "" : on.link(c.link); }

bool same(const surface& a, const surface& b, point p) {
  const cell& one = a.at(p);
  const cell& other = b.at(p);
  return one.text == other.text && one.look == other.look && link_of(a, one) == link_of(b, other);
}

std::string_view first_code_point(std::string_view text) {
  std::size_t end = 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
  return text.substr(0, end);
}

/// What erasing leaves, also on terminals that erase without colours.
bool is_empty(const cell& c) { return c.text == " " && c.look == style() && c.link == 0; }

void append_color(std::string& parameters, color c, bool background) {
  const int base = background ? 40 : 30;
  auto to = std::back_inserter(parameters);
  switch (c.which()) {
    case color::kind::standard:
      fmt::format_to(to, "{};", base + 9);
      break;
    case color::kind::indexed:
      if (c.index() < 8) {
        fmt::format_to(to, "{};", base + c.index());
      } else if (c.index() < 16) {
        fmt::format_to(to, "{};", base + 60 + c.index() - 8);
      } else {
        fmt::format_to(to, "{};5;{};", base + 8, c.index());
      }
      break;
    case color::kind::rgb:
      fmt::format_to(to, "{};2;{};{};{};", base + 8, c.red(), c.green(), c.blue());
      break;
  }
}

bool has_right_to_left(const surface& on, int y) {
  for (int x = 0; x < on.dimensions().columns; ++x)
    if (is_right_to_left(on.at({.x = x, .y = y}).text)) return true;
  return false;
}

/// SGR's parameters (ECMA-48, section 8.3.117) from one look to another, each with a ';'.
std::string change(const style& from, const style& to) {
  std::string parameters;
  // Bold and dim end together.
  const bool dimmer = (from.bold && !to.bold) || (from.dim && !to.dim);
  if (dimmer) parameters += "22;";
  if (to.bold && (dimmer || !from.bold)) parameters += "1;";
  if (to.dim && (dimmer || !from.dim)) parameters += "2;";
  if (from.italic != to.italic) parameters += to.italic ? "3;" : "23;";
  if (from.underline != to.underline) parameters += to.underline ? "4;" : "24;";
  if (from.reverse != to.reverse) parameters += to.reverse ? "7;" : "27;";
  if (from.foreground != to.foreground) append_color(parameters, to.foreground, false);
  if (from.background != to.background) append_color(parameters, to.background, true);
  return parameters;
}

}  // namespace

/// Writes, and knows where that leads.
class painter::pen {
 public:
  pen(const capabilities& terminal, standing& at) noexcept : terminal_(terminal), now_(at) {}

  void move(point to) {
    if (now_.row_known && now_.column_known && now_.at == to) return;
    text_ += shortest_way(to);
    now_.at = to;
    now_.row_known = now_.column_known = true;
  }

  void use(style look, std::string_view link) {
    last_ = look;
    look.foreground = nearest(look.foreground, terminal_.palette);
    look.background = nearest(look.background, terminal_.palette);
    if (terminal_.hyperlinks && link != link_) {
      // The same id for all rows of one, so that they are shown as one.
      text_ += link.empty()
                   ? std::string(no_link)
                   : fmt::format("\x1b]8;id={:x};{}\x1b\\", std::hash<std::string_view>()(link), link);
      link_ = link;
    }
    if (look == now_.look) return;
    std::string parameters = change(now_.look, look);
    const std::string anew = ";" + change({}, look);  // an empty parameter is 0
    if (anew.size() < parameters.size() || look == style()) parameters = anew;
    parameters.pop_back();
    text_ += fmt::format("\x1b[{}m", parameters);
    now_.look = look;
  }

  void write(const cell& c) {
    if (c.ambiguous) {
      // Where a terminal takes less for it, what was there before would be seen beside it.
      const point begin = now_.at;
      if (c.width > 1) text_.append(c.width, ' '), advance(c.width), move(begin);
      text_ += can_run_over(c) ? first_code_point(c.text) : std::string_view(c.text);
      now_.column_known = false;
      now_.row_known = now_.at.x + c.reach < columns_;  // some terminals go on in the next one
      return;
    }
    text_ += c.text;
    advance(c.width);
  }

  /// A terminal that turns what runs from right to left takes a whole row for one paragraph: without this
  /// (UAX #9, LRM), two such texts and what divides them would change places.
  void divide() {
    text_ += left_to_right_mark;
    now_.column_known = false;
  }

  void erase_to_end() {
    use({}, {});
    text_ += "\x1b[K";
  }
  void erase_all() {
    text_ += hide_cursor;
    text_ += "\x1b[m\x1b[H\x1b[2J";
    now_ = {.at = {}, .row_known = true, .column_known = true, .look = {}, .cursor_seen = false};
  }

  /// Goes on to `to` by writing what is there already, where that is little and looks as what was written last.
  void close_gap(const surface& frame, point to) {
    if (!now_.row_known || !now_.column_known || now_.at.y != to.y) return;
    if (now_.at.x >= to.x || now_.at.x < to.x - widest_gap || !link_.empty()) return;
    std::string between;
    for (point p = now_.at; p.x < to.x; ++p.x) {
      const cell& c = frame.at(p);
      if (c.text.size() != 1 || c.ambiguous || c.link != 0 || c.look != last_) return;
      between += c.text;
    }
    text_ += between;
    now_.at = to;
  }
  void set_columns(int columns) noexcept { columns_ = columns; }

  /// The whole frame, with the cursor where it is to be.
  std::string finish(const std::optional<point>& cursor) {
    use(now_.look, {});
    if (cursor) move(*cursor);
    std::string whole;
    if (now_.cursor_seen && (!cursor || text_.size() > seen_to_flicker)) {
      whole += hide_cursor;
      now_.cursor_seen = false;
    }
    whole += text_;
    if (cursor && !std::exchange(now_.cursor_seen, true)) whole += show_cursor;
    if (whole.empty()) return whole;
    return fmt::format("{}{}{}", begin_synchronized, whole, end_synchronized);
  }

 private:
  /// Near the edge a terminal that shows each part of an emoji beside the other would go on in the next row,
  /// and scroll behind the last: some do so even when told not to.
  bool can_run_over(const cell& c) const {
    return c.reach > 2 && now_.at.x + c.reach > columns_ && !is_of_word(c.text);
  }

  void advance(int columns) {
    now_.at.x += columns;
    // At the edge it waits there, or is at the beginning of the next row.
    if (now_.at.x >= columns_) now_.row_known = now_.column_known = false;
  }

  std::string shortest_way(point to) const {
    std::string best = to.x == 0 ? (to.y == 0 ? "\x1b[H" : fmt::format("\x1b[{}H", to.y + 1))
                                 : fmt::format("\x1b[{};{}H", to.y + 1, to.x + 1);
    const auto consider = [&](std::string other) {
      if (other.size() < best.size()) best = std::move(other);
    };
    if (!now_.row_known) return best;
    if (to.y == now_.at.y) {
      if (to.x == 0) consider("\r");
      consider(fmt::format("\x1b[{}G", to.x + 1));
      if (!now_.column_known) return best;
      const int right = to.x - now_.at.x;
      if (right > 0) consider(right == 1 ? "\x1b[C" : fmt::format("\x1b[{}C", right));
      if (right < 0)
        consider(right > -4 ? std::string(static_cast<std::size_t>(-right), '\b')
                            : fmt::format("\x1b[{}D", -right));
    } else if (to.y == now_.at.y + 1 && to.x == 0) {
      consider("\r\n");
    }
    return best;
  }

  const capabilities& terminal_;
  standing& now_;
  std::string text_;
  std::string link_;
  std::optional<style> last_;  // as it was asked for
  int columns_ = 0;
};

void painter::paint_row(pen& with, const surface& frame, int y) const {
  const int columns = frame.dimensions().columns;
  std::vector<bool> differs(static_cast<std::size_t>(columns));
  for (int x = 0; x < columns; ++x)
    differs[static_cast<std::size_t>(x)] = !same(shown_, frame, {.x = x, .y = y});
  const bool turned = has_right_to_left(frame, y);
  if (turned && !has_right_to_left(shown_, y))
    for (int x = 0; x < columns; ++x)
      if (frame.at({.x = x, .y = y}).text == divider) differs[static_cast<std::size_t>(x)] = true;

  int end = columns;  // from there on the row is empty
  while (end > 0 && is_empty(frame.at({.x = end - 1, .y = y}))) --end;
  int reached = 0;  // what an ambiguous cluster may have run over
  for (int x = 0; x < columns;) {
    const cell& here = frame.at({.x = x, .y = y});
    const int width = std::max<int>(here.width, 1);
    const auto is_due = [&](int column) {
      return column < reached || (column < columns && differs[static_cast<std::size_t>(column)]);
    };
    if (!is_due(x) && !(width == 2 && is_due(x + 1))) {
      x += width;
      continue;
    }
    if (x >= end) {
      const auto rest = std::count(differs.begin() + x, differs.end(), true);
      if (rest >= shortest_erasure || reached > x) {
        with.move({.x = x, .y = y});
        return with.erase_to_end();
      }
    }
    with.close_gap(frame, {.x = x, .y = y});
    with.move({.x = x, .y = y});
    with.use(here.look, link_of(frame, here));
    with.write(here);
    if (here.ambiguous) reached = std::max(reached, std::min(x + here.reach, columns));
    if (turned && here.text == divider && x + 1 < columns) {
      with.divide();
      reached = std::max(reached, x + 2);  // some terminals give it a column
    }
    x += width;
  }
}

std::string painter::next(const surface& frame) {
  pen with(terminal_, standing_);
  if (!known_ || shown_.dimensions() != frame.dimensions()) {
    shown_.reset(frame.dimensions());
    with.erase_all();
    known_ = true;
  }
  with.set_columns(frame.dimensions().columns);
  for (int y = 0; y < frame.dimensions().rows; ++y) paint_row(with, frame, y);
  std::string text = with.finish(frame.cursor());
  shown_ = frame;
  return text;
}

}  // namespace parlance::cli::screen
