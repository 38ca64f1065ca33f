#include <algorithm>
#include <cctype>
#include <utility>

#include <cli/chat/full_screen/list_popup.hpp>
#include <cli/chat/full_screen/look.hpp>
#include <cli/screen/cluster.hpp>

namespace parlance::cli {
namespace {

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }
bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

int fits(std::string_view typed, std::string_view name) {
  int score = 0;
  std::size_t at = 0;
  bool follows = false;
  for (const char wanted : typed) {
    const std::size_t from = at;
    while (at < name.size() && lower(name[at]) != lower(wanted)) ++at;
    if (at == name.size()) return -1;
    follows = at == from && from != 0;
    const bool begins_word = at == 0 || !is_word(name[at - 1]);
    score += follows ? 3 : begins_word ? 4 : 1;
    ++at;
  }
  // The shorter name is meant.
  return score * 100 - static_cast<int>(std::min<std::size_t>(name.size(), 99));
}

list_popup::list_popup(std::string title, std::string asks, offer offers)
    : title_(std::move(title)), asks_(std::move(asks)), offers_(std::move(offers)) {
  refresh();
}

void list_popup::refresh() {
  items_ = offers_(typed_.text());
  chosen_ = std::min(chosen_, items_.empty() ? 0 : items_.size() - 1);
}

list_popup::outcome list_popup::pick() {
  if (chosen_ >= items_.size() || !items_[chosen_].pick) return outcome::closes;
  // It may open another.
  const std::function<void()> chosen = items_[chosen_].pick;
  chosen();
  return outcome::closes;
}

list_popup::outcome list_popup::press(const screen::key_press& pressed) {
  using screen::key;
  switch (pressed.which) {
    case key::escape:
      return outcome::closes;
    case key::enter:
      return pick();
    case key::up:
      move(-1);
      return outcome::stays;
    case key::down:
    case key::tab:
      move(pressed.with.shift ? -1 : 1);
      return outcome::stays;
    case key::page_up:
      move(-items_shown_);
      return outcome::stays;
    case key::page_down:
      move(items_shown_);
      return outcome::stays;
    default:
      break;
  }
  if (pressed.which == key::character && pressed.with.control &&
      (pressed.text == "c" || pressed.text == "g" || pressed.text == "k"))
    return outcome::closes;
  if (asks_.empty()) return pressed.text == "q" ? outcome::closes : outcome::stays;
  const std::string before = typed_.text();
  typed_.press(pressed, 1000);
  if (typed_.text() == before) return outcome::stays;
  chosen_ = first_ = 0;
  refresh();
  return outcome::stays;
}

void list_popup::insert(std::string_view text) {
  if (asks_.empty()) return;
  typed_.insert(text.substr(0, text.find('\n')));
  chosen_ = first_ = 0;
  refresh();
}

void list_popup::move(int by) {
  if (items_.empty()) return;
  const auto last = static_cast<long>(items_.size()) - 1;
  chosen_ = static_cast<std::size_t>(std::clamp(static_cast<long>(chosen_) + by, 0L, last));
}

list_popup::outcome list_popup::click(screen::point at) {
  if (!area_.contains(at)) return outcome::closes;
  const int row = at.y - items_row_;
  if (row < 0 || row >= items_shown_) return outcome::stays;
  const std::size_t which = first_ + static_cast<std::size_t>(row);
  if (which >= items_.size()) return outcome::stays;
  chosen_ = which;
  return pick();
}

void list_popup::draw(const screen::region& screen) {
  const int columns = std::min(screen.columns(), 90);
  const int head = asks_.empty() ? 1 : 2;
  const int most = std::max(1, screen.rows() - head - 3);
  items_shown_ = std::clamp(static_cast<int>(items_.size()), 1, most);
  const int rows = std::min(screen.rows(), items_shown_ + head + 1);
  const int x = (screen.columns() - columns) / 2, y = std::max(0, (screen.rows() - rows) / 3);
  area_ = {.x = screen.area().x + x, .y = screen.area().y + y, .columns = columns, .rows = rows};
  items_row_ = area_.y + head;
  const screen::region box = screen.part({.x = x, .y = y, .columns = columns, .rows = rows});
  box.clear();
  box.blank(0, 0, columns, look::bar);
  box.put(1, 0, screen::shortened(title_, columns - 2), look::bar);
  if (!asks_.empty()) {
    const int behind = box.put(1, 1, asks_ + " ", look::accent);
    const screen::region field = box.part({.x = behind, .y = 1, .columns = columns - behind, .rows = 1});
    const int before = screen::width(std::string_view(typed_.text()).substr(0, typed_.cursor()));
    const int from = std::max(0, before - field.columns() + 1);
    field.put(-from, 0, typed_.text());
    field.set_cursor({.x = before - from, .y = 0});
  }
  const auto shown = static_cast<std::size_t>(items_shown_);
  first_ = std::min(first_, chosen_);
  if (chosen_ >= first_ + shown) first_ = chosen_ - shown + 1;
  for (std::size_t i = 0; i < shown && first_ + i < items_.size(); ++i) {
    const int row = head + static_cast<int>(i);
    screen::put(box, 1, row, items_[first_ + i].text);
    if (first_ + i == chosen_ && items_[chosen_].pick)
      box.restyle({.x = 0, .y = row, .columns = columns, .rows = 1}, look::chosen);
  }
  if (items_.empty()) box.put(1, head, "nothing", look::quiet);
  box.blank(0, rows - 1, columns, look::bar);
  box.put(
      1, rows - 1,
      screen::shortened(asks_.empty() ? "↑↓ move  Esc back" : "↑↓ move  Enter take  Esc back", columns - 2),
      look::bar);
}

}  // namespace parlance::cli
