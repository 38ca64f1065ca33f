// What the screen shows.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include <parlance/io/loop.hpp>

#include <cli/chat/full_screen/client.hpp>
#include <cli/chat/full_screen/commands.hpp>
#include <cli/chat/full_screen/look.hpp>
#include <cli/chat/model/text.hpp>
#include <cli/screen/cluster.hpp>

namespace parlance::cli {
namespace {

constexpr int rooms_columns = 20, people_columns = 18;
/// With fewer columns the conversation has them all.
constexpr int room_for_rooms = 72, room_for_people = 100;
constexpr int smallest_columns = 20, smallest_rows = 5;
constexpr std::size_t most_offers = 8;

std::string row_of_signs(int columns) {
  std::string line;
  for (int i = 0; i < columns; ++i) line += "─";
  return line;
}

std::string people_in(std::size_t count) { return count == 1 ? "1 person" : fmt::format("{} people", count); }

void draw_edge(const screen::region& at) {
  for (int y = 0; y < at.rows(); ++y) at.put(0, y, "│", look::edge);
}

}  // namespace

void chat_client::draw() {
  const screen::size size = terminal_->dimensions();
  frame_.reset(size);
  targets_.clear();
  rooms_area_ = people_area_ = conversation_area_ = editor_area_ = {};
  const screen::region all = frame_.whole();
  const int columns = size.columns, rows = size.rows;
  if (columns < smallest_columns || rows < smallest_rows) {
    all.put(0, 0, "too small", look::alert);
    return terminal_->show(frame_);
  }
  const bool is_narrow = columns < room_for_rooms;
  const bool rooms = shows_rooms_.value_or(!is_narrow);
  const bool people =
      room().what == conversation::kind::room && shows_people_.value_or(columns >= room_for_people);
  const int left = rooms ? std::min(rooms_columns, columns / 2) : 0;
  const int right = people ? std::min(people_columns, (columns - left) / 2) : 0;
  const int middle = columns - left - right;
  const int body = rows - 1;
  if (rooms) {
    const screen::region at = all.part({.x = 0, .y = 0, .columns = left - 1, .rows = body});
    rooms_area_ = at.area();
    draw_rooms(at);
    draw_edge(all.part({.x = left - 1, .y = 0, .columns = 1, .rows = body}));
  }
  if (people) {
    const screen::region at =
        all.part({.x = columns - right + 1, .y = 0, .columns = right - 1, .rows = body});
    people_area_ = at.area();
    draw_people(at);
    draw_edge(all.part({.x = columns - right, .y = 0, .columns = 1, .rows = body}));
  }
  draw_head(all.part({.x = left, .y = 0, .columns = middle, .rows = 1}));
  const int written = std::min(editor_rows(middle), std::max(1, body / 3));
  const screen::region talk = all.part(
      {.x = left, .y = 1, .columns = middle, .rows = body - 1 - written - (written < body - 2 ? 1 : 0)});
  conversation_area_ = talk.area();
  view().draw(talk, links_are_numbered_);
  all.put(left, body - written - 1, row_of_signs(middle), look::edge);
  draw_editor(all.part({.x = left, .y = body - written, .columns = middle, .rows = written}));
  if (!popup_ && !question_) draw_offers(talk);
  draw_bottom(all.part({.x = 0, .y = rows - 1, .columns = columns, .rows = 1}));
  if (popup_) popup_->draw(all.part({.x = 0, .y = 0, .columns = columns, .rows = body}));
  set_title();
  terminal_->show(frame_);
}

void chat_client::set_title() {
  std::size_t mentions = 0, unread = 0;
  for (const auto& [in, where] : all_conversations()) mentions += where->mentions, unread += where->unread;
  const std::string badge = mentions != 0 ? fmt::format("({}) ", mentions) : unread != 0 ? "• " : "";
  std::string title = fmt::format("{}{} · {}", badge, room().name, network().name());
  if (title == drawn_title_) return;
  drawn_title_ = title;
  terminal_->set_title(drawn_title_);
}

void chat_client::draw_rooms(const screen::region& into) {
  const auto all = all_conversations();
  const auto at = std::ranges::find(all, active_, [](const auto& one) { return one.second; }) - all.begin();
  const int most = std::max(0, static_cast<int>(all.size()) - into.rows());
  rooms_from_ = std::clamp(rooms_from_, 0, most);
  // The one that one is in is to be seen, unless one looks around with the wheel.
  if (std::exchange(shown_, active_) != active_)
    rooms_from_ =
        std::clamp(rooms_from_, std::max(0, static_cast<int>(at) - into.rows() + 1), static_cast<int>(at));
  for (int y = 0; y < into.rows() && y + rooms_from_ < static_cast<int>(all.size()); ++y) {
    const auto [in, where] = all[static_cast<std::size_t>(y + rooms_from_)];
    const bool is_server = where->what == conversation::kind::server;
    screen::style look = where->mentions != 0 ? look::mention
                         : where->unread != 0 ? look::strong
                                              : look::plain;
    if (is_server) look = in->status() == chat_network::state::online ? look::accent : look::alert;
    if (where->what == conversation::kind::room && !where->is_joined) look = look::quiet;
    std::string count;
    if (!is_server && where->unread != 0)
      count = where->mentions != 0 ? fmt::format("@{}", where->mentions)
                                   : fmt::format("{}", std::min<std::size_t>(where->unread, 999));
    const int width = into.columns() - (count.empty() ? 0 : screen::width(count) + 1);
    if (where == active_) look.reverse = true, into.blank(0, y, into.columns(), look);
    into.put(0, y, screen::shortened((is_server ? "" : " ") + shown_text(where->name), width), look);
    if (!count.empty()) into.put(into.columns() - screen::width(count), y, count, look);
    screen::rectangle row = into.area();
    row.y += y, row.rows = 1;
    targets_.push_back({row, [this, network = in, to = where] { show(*network, *to); }});
  }
}

void chat_client::draw_people(const screen::region& into) {
  const auto people = room().people(network().session().ranks().second);
  into.put(0, 0, people_in(people.size()), look::quiet);
  const int most = std::max(0, static_cast<int>(people.size()) - (into.rows() - 1));
  people_from_ = std::clamp(people_from_, 0, most);
  for (int y = 1; y < into.rows() && y - 1 + people_from_ < static_cast<int>(people.size()); ++y) {
    const chat_member& one = *people[static_cast<std::size_t>(y - 1 + people_from_)];
    screen::style look = look::nick(one.nick);
    look.dim = one.is_away;
    const int behind = into.put(0, y, one.ranks.empty() ? " " : one.ranks.substr(0, 1), look::quiet);
    into.put(behind, y, screen::shortened(one.nick, into.columns() - behind), look);
    screen::rectangle row = into.area();
    row.y += y, row.rows = 1;
    targets_.push_back({row, [this, &in = network(), nick = one.nick] {
                          if (!in.session().is_me(nick)) show(in, in.get(nick));
                        }});
  }
}

void chat_client::draw_head(const screen::region& into) {
  into.blank(0, 0, into.columns(), look::bar);
  screen::style name = look::bar;
  name.bold = true;
  std::string about = shown_text(room().topic);
  std::ranges::replace(about, '\n', ' ');
  if (room().what == conversation::kind::server) about = member_of(network()).connection->to().at.to_string();
  if (room().what == conversation::kind::room && !room().is_joined && about.empty())
    about = "you are not in it";
  std::string count;
  if (room().what == conversation::kind::room && people_area_.columns == 0 && room().is_joined)
    count = " " + people_in(room().members.size());
  int behind =
      into.put(1, 0, screen::shortened(shown_text(room().name), std::max(2, into.columns() - 2)), name);
  behind = into.put(behind, 0, "  ", look::bar);
  const int width = into.columns() - behind - screen::width(count) - 1;
  if (width > 2) into.put(behind, 0, screen::shortened(about, width), look::bar);
  if (width > 0) into.put(into.columns() - screen::width(count) - 1, 0, count, look::bar);
}

std::string chat_client::prompt() {
  if (question_) return question_->asks + ": ";
  return network().nick() + "> ";
}

int chat_client::editor_rows(int columns) const {
  if (question_) return 1;
  const auto there = views_.find(active_);
  if (there == views_.end()) return 1;
  const int width = std::max(2, columns - screen::width(active_network_->nick()) - 2);
  const int reply = active_->replying_to.empty() ? 0 : 1;
  return static_cast<int>(there->second->editor().lay_out(width).rows.size()) + reply;
}

void chat_client::draw_editor(const screen::region& into) {
  const std::string before = screen::shortened(prompt(), std::max(2, into.columns() - 4));
  const int indent = screen::width(before);
  if (question_) {
    into.put(0, 0, before, look::accent);
    const std::string& typed = question_->typed.text();
    std::string shown = question_->is_secret ? std::string() : typed;
    int at = screen::width(std::string_view(typed).substr(0, question_->typed.cursor()));
    // How long it is, is nobody's business either.
    if (question_->is_secret) shown = typed.empty() ? "" : "••••••••", at = screen::width(shown);
    const int from = std::max(0, at - (into.columns() - indent) + 1);
    const screen::region field =
        into.part({.x = indent, .y = 0, .columns = into.columns() - indent, .rows = 1});
    field.put(-from, 0, shown);
    field.set_cursor({.x = at - from, .y = 0});
    return;
  }
  int top = 0;
  if (!room().replying_to.empty() && into.rows() > 1) {
    const chat_entry* const to = room().find(room().replying_to);
    std::string text = to ? fmt::format("↪ {}: {}", to->nick, to->text) : "↪ an earlier message";
    std::ranges::replace(text, '\n', ' ');
    into.put(0, 0, screen::shortened(text, into.columns()), look::quiet);
    top = 1;
  }
  const screen::region field = into.part(
      {.x = indent, .y = top, .columns = std::max(2, into.columns() - indent), .rows = into.rows() - top});
  editor_area_ = field.area();
  const screen::text_editor& editor = view().editor();
  const screen::layout shown = editor.lay_out(field.columns());
  const int last = static_cast<int>(shown.rows.size()) - field.rows();
  const int first = std::clamp(shown.cursor.y - field.rows() + 1, 0, std::max(0, last));
  if (first == 0) into.put(0, top, before, look::nick(network().nick()));
  for (int y = 0; y < field.rows() && y + first < static_cast<int>(shown.rows.size()); ++y) {
    const screen::layout::row& row = shown.rows[static_cast<std::size_t>(y + first)];
    field.put(0, y, std::string_view(editor.text()).substr(row.begin, row.end - row.begin));
  }
  field.set_cursor({.x = shown.cursor.x, .y = shown.cursor.y - first});
}

/// Over the end of the conversation: what can be typed next.
void chat_client::draw_offers(const screen::region& above) {
  std::vector<screen::styled_text> rows;
  const screen::text_editor& editor = view().editor();
  const std::string& text = editor.text();
  std::size_t chosen = text.npos;
  if (const screen::completion* const offered = editor.completing();
      offered && offered->candidates.size() > 1) {
    const std::size_t first = editor.chosen() - editor.chosen() % most_offers;
    for (std::size_t i = first; i < std::min(offered->candidates.size(), first + most_offers); ++i)
      rows.push_back({{" " + offered->candidates[i] + " ", {}, ""}});
    chosen = editor.chosen() - first;
  } else if (text.starts_with('/') && !text.starts_with("//") && !text.contains('\n')) {
    const std::string_view typed =
        std::string_view(text).substr(1, text.find(' ') == text.npos ? text.npos : text.find(' ') - 1);
    const bool is_whole = text.contains(' ');
    for (const chat_command& one : commands()) {
      if (rows.size() == most_offers || (is_whole ? one.name != typed : !one.name.starts_with(typed)))
        continue;
      rows.push_back({{fmt::format(" /{} ", one.name), look::strong, ""},
                      {fmt::format("{}  ", one.takes), look::plain, ""},
                      {fmt::format("{} ", one.about), look::quiet, ""}});
    }
  }
  const int count = std::min(static_cast<int>(rows.size()), above.rows());
  int width = 0;
  for (const auto& row : rows) width = std::max(width, screen::width(row));
  width = std::min(width, above.columns());
  for (int y = 0; y < count; ++y) {
    const int at = above.rows() - count + y;
    above.blank(0, at, width);
    screen::put(above.part({.x = 0, .y = 0, .columns = width, .rows = above.rows()}), 0, at,
                rows[static_cast<std::size_t>(y)]);
    if (static_cast<std::size_t>(y) == chosen)
      above.restyle({.x = 0, .y = at, .columns = width, .rows = 1}, look::chosen);
  }
}

std::string chat_client::hints() {
  if (leaving_) return "leaving … Ctrl-C at once";
  if (wants_to_leave_) return "Ctrl-C once more leaves";
  if (question_) return "Enter says it  Esc does not";
  if (links_are_numbered_) return "1-9 opens the link with that number";
  if (wants_to_send_much_) {
    const std::string& text = view().editor().text();
    const auto lines = std::ranges::count(text, '\n') + 1;
    return fmt::format("{} lines in {} messages: Enter once more says them, any other key does not", lines,
                       network().messages_in(text));
  }
  if (view().has_chosen()) {
    if (view().chosen_pending()) return "a again  x give up  ↑↓ others  Esc back";
    return "r reply  e react  c copy  o open  m talk  d take back  ↑↓ others  Esc back";
  }
  if (network().is_refused()) return "Enter tries again  Ctrl-C leaves";
  if (!view().is_at_end()) return "PgUp PgDn scroll  Esc to the end";
  if (!room().typing.empty()) {
    std::string who;
    for (const auto& [nick, until] : room().typing) who += (who.empty() ? "" : ", ") + nick;
    return who + (room().typing.size() == 1 ? " is typing …" : " are typing …");
  }
  const std::string& text = view().editor().text();
  if (text.starts_with('/')) return "Tab completes  Enter does it";
  if (!text.empty()) return "Enter says it  Alt-Enter new line  Tab completes";
  return "Ctrl-K go to  Alt-↑ messages  PgUp back  Ctrl-F find  F1 help  Ctrl-C leave";
}

std::string chat_client::state_of(const chat_network& in) {
  using state = chat_network::state;
  const auto seconds = std::max<long>(
      0, std::chrono::ceil<std::chrono::seconds>(in.next_attempt() - io::loop::current().now()).count());
  switch (in.status()) {
    case state::online: {
      const std::string lag =
          in.lag() ? fmt::format("{} ms", std::chrono::round<std::chrono::milliseconds>(*in.lag()).count())
                   : "";
      const std::string security = member_of(in).connection->security();
      return fmt::format("{}{} {}", in.is_away() ? "away  " : "", security.empty() ? "connected" : security,
                         lag);
    }
    case state::lost:
      return in.next_attempt() == io::time_point() ? "connecting again …"
                                                   : fmt::format("no connection, again in {} s", seconds);
    case state::connecting:
      if (in.reason().empty() || in.next_attempt() == io::time_point()) return "connecting …";
      return fmt::format("{}; again in {} s", in.reason(), seconds);
    case state::refused:
      return "refused: " + in.reason();
    case state::left:
      return "left";
  }
  return {};
}

void chat_client::draw_bottom(const screen::region& into) {
  screen::style bar = look::bar;
  const bool is_well = network().status() == chat_network::state::online;
  into.blank(0, 0, into.columns(), bar);
  const std::string state = screen::shortened(
      state_of(network()), std::max(2, into.columns() * (is_well ? 1 : 2) / (is_well ? 2 : 3)));
  const int at = into.columns() - screen::width(state) - 1;
  into.put(1, 0, screen::shortened(hints(), std::max(2, at - 3)), bar);
  if (!is_well) bar.bold = true;
  into.put(at, 0, state, bar);
}

}  // namespace parlance::cli
