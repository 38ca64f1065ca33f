// What each key, click and paste does.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include <parlance/io/loop.hpp>

#include <cli/chat/full_screen/client.hpp>
#include <cli/chat/full_screen/commands.hpp>
#include <cli/chat/full_screen/emoji.hpp>
#include <cli/chat/model/text.hpp>

namespace parlance::cli {
namespace {

using screen::key;

constexpr int wheel_rows = 3;
/// More lines, or messages, than that are not sent without asking.
constexpr std::size_t many_lines = 5;
constexpr io::duration typing_again = std::chrono::seconds(3);

bool is_control(const screen::key_press& pressed, std::string_view letter) {
  return pressed.which == key::character && pressed.with.control && !pressed.with.alt &&
         pressed.text == letter;
}
bool is_alt(const screen::key_press& pressed, std::string_view letter) {
  return pressed.which == key::character && pressed.with.alt && !pressed.with.control &&
         pressed.text == letter;
}
bool is_plain(const screen::key_press& pressed) {
  return pressed.which == key::character && !pressed.with.control && !pressed.with.alt;
}

std::size_t lines_in(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
}

/// Of candidates that begin with what was typed, in either case.
bool begins_with(std::string_view name, std::string_view typed) {
  return name.size() >= typed.size() &&
         std::ranges::equal(name.substr(0, typed.size()), typed, [](unsigned char a, unsigned char b) {
           return std::tolower(a) == std::tolower(b);
         });
}

}  // namespace

void chat_client::handle(const screen::event& what) {
  if (const auto* pressed = std::get_if<screen::key_press>(&what)) return press(*pressed);
  if (const auto* mouse = std::get_if<screen::mouse>(&what)) return click(*mouse);
  if (const auto* focus = std::get_if<screen::focus>(&what)) {
    has_focus_ = focus->here;
    return;
  }
  if (const auto* paste = std::get_if<screen::paste>(&what)) {
    if (popup_) return popup_->insert(paste->text);
    screen::text_editor& into = question_ ? question_->typed : view().editor();
    const bool whole = into.insert(question_ ? paste->text.substr(0, paste->text.find('\n')) : paste->text);
    if (!whole || paste->cut) tell("The paste was too long: its end is missing.");
    view().choose_none();
  }
}

void chat_client::press(const screen::key_press& pressed) {
  if (!is_control(pressed, "c")) wants_to_leave_ = false;
  if (press_anywhere(pressed)) return;
  if (popup_) {
    // What is picked may open another one.
    const list_popup* const open = popup_.get();
    if (popup_->press(pressed) == list_popup::outcome::closes && popup_.get() == open) popup_.reset();
    return;
  }
  if (question_ && press_question(pressed)) return;
  if (std::exchange(links_are_numbered_, false) && is_plain(pressed) && !pressed.text.empty() &&
      pressed.text[0] >= '1' && pressed.text[0] <= '9')
    return open_link(static_cast<std::size_t>(pressed.text[0] - '0'));
  if (view().has_chosen() && press_at_message(pressed)) return;
  press_editor(pressed);
}

/// Those that mean the same wherever one is.
bool chat_client::press_anywhere(const screen::key_press& pressed) {
  if (is_control(pressed, "z")) {
    terminal_->suspend();
    return true;
  }
  if (is_control(pressed, "l")) {
    terminal_->repaint();
    return true;
  }
  if (popup_) return false;
  if (is_control(pressed, "c")) {
    interrupt();
    return true;
  }
  if (question_) return false;
  if (is_control(pressed, "k")) {
    show_switcher();
  } else if (is_control(pressed, "f")) {
    show_search();
  } else if (pressed.which == key::f1) {
    show_help();
  } else if (pressed.which == key::f2) {
    shows_rooms_ = rooms_area_.columns == 0;
  } else if (pressed.which == key::f3) {
    shows_people_ = people_area_.columns == 0;
  } else if (is_control(pressed, "n")) {
    show_next(1);
  } else if (is_control(pressed, "p")) {
    show_next(-1);
  } else if (is_alt(pressed, "a")) {
    show_unread();
  } else if (is_control(pressed, "o")) {
    links_are_numbered_ = !links_are_numbered_ && !view().links().empty();
    if (!links_are_numbered_ && view().links().empty()) tell("There is no link to be seen.");
    return true;
  } else if (pressed.which == key::character && pressed.with.alt && pressed.text.size() == 1 &&
             pressed.text[0] >= '1' && pressed.text[0] <= '9') {
    const auto all = all_conversations();
    const auto which = static_cast<std::size_t>(pressed.text[0] - '1');
    if (which < all.size()) show(*all[which].first, *all[which].second);
  } else if (pressed.which == key::page_up) {
    view().scroll_page(1);
  } else if (pressed.which == key::page_down) {
    view().scroll_page(-1);
  } else if (pressed.which == key::up && (pressed.with.alt || pressed.with.shift)) {
    view().choose_older();
  } else if (pressed.which == key::down && (pressed.with.alt || pressed.with.shift)) {
    view().choose_newer();
  } else if (pressed.which == key::home && pressed.with.alt) {
    view().to_begin();
  } else if (pressed.which == key::end && pressed.with.alt) {
    view().to_end();
    view().choose_none();
  } else {
    return false;
  }
  return true;
}

/// Ctrl-C: first it takes away what is there, then it leaves.
void chat_client::interrupt() {
  if (leaving_) {
    wants_to_leave_ = true;
    return done_.set();
  }
  if (question_) return question_.reset();
  if (const std::size_t count = network().give_up_unsent(room()); count != 0)
    return tell(fmt::format("{} messages are not sent.", count));
  view().choose_none();
  room().replying_to.clear();
  if (!view().editor().empty()) {
    view().editor().remember(view().editor().take());
    return;
  }
  if (std::exchange(wants_to_leave_, true)) {
    wants_to_leave_ = false;
    leave("leaving");
  }
}

bool chat_client::press_question(const screen::key_press& pressed) {
  if (pressed.which == key::escape || pressed.which == key::enter) {
    const std::string typed = pressed.which == key::enter ? question_->typed.take() : std::string();
    const auto then = std::move(question_->then);
    question_.reset();
    then(typed);
    return true;
  }
  question_->typed.press(pressed, 1000);
  return true;
}

/// At a message: what to do with it. False: the key is for the editor.
bool chat_client::press_at_message(const screen::key_press& pressed) {
  conversation_view& here = view();
  if (pressed.which == key::escape) {
    here.choose_none();
    return true;
  }
  if (pressed.which == key::up) {
    here.choose_older();
    return true;
  }
  if (pressed.which == key::down) {
    here.choose_newer();
    return true;
  }
  if (const auto pending = here.chosen_pending()) {
    const bool again = pressed.which == key::enter || (is_plain(pressed) && pressed.text == "a");
    if (!again && !(is_plain(pressed) && pressed.text == "x")) return false;
    here.choose_none();
    if (again)
      network().again(room(), *pending);
    else
      network().give_up(room(), *pending);
    return true;
  }
  chat_entry* const one = here.chosen();
  if (!one) return false;
  if (pressed.which == key::enter || (is_plain(pressed) && pressed.text == "r")) {
    here.choose_none();
    if (one->id.empty())
      here.editor().insert(one->nick + ": ");
    else
      room().replying_to = one->id;
    return true;
  }
  if (!is_plain(pressed)) return false;
  if (pressed.text == "e" || pressed.text == "+") {
    ask_reaction();
  } else if (pressed.text == "c") {
    terminal_->copy(one->text);
    here.choose_none();
  } else if (pressed.text == "o") {
    const auto links = links_in(one->text);
    const auto first = std::ranges::find(links, false, &text_link::is_room);
    if (first != links.end()) open_address(one->text.substr(first->at, first->size));
  } else if (pressed.text == "d") {
    here.choose_none();
    if (network().session().is_me(one->nick))
      network().take_back(room(), *one);
    else
      tell("That is not yours to take back.");
  } else if (pressed.text == "m") {
    chat_network& in = network();
    show(in, in.get(one->nick));
  } else {
    // Who types, writes.
    here.choose_none();
    return false;
  }
  return true;
}

void chat_client::ask_reaction() {
  const chat_entry* const one = view().chosen();
  if (!one) return;
  popup_ = std::make_unique<list_popup>("React with", "emoji:", [this](std::string_view typed) {
    std::vector<list_popup::item> items;
    for (const emoji_name& emoji : emoji_for(typed, 200))
      items.push_back({.text = {{std::string(emoji.emoji) + "  ", {}, ""}, {std::string(emoji.name), {}, ""}},
                       .pick = [this, what = std::string(emoji.emoji)] {
                         if (const chat_entry* const to = view().chosen()) network().react(room(), *to, what);
                         view().choose_none();
                       }});
    return items;
  });
}

void chat_client::press_editor(const screen::key_press& pressed) {
  screen::text_editor& editor = view().editor();
  const int columns = std::max(2, editor_area_.columns);
  if (pressed.which == key::enter && !pressed.with.alt && !pressed.with.shift && !pressed.with.control) {
    submit();
    return;
  }
  wants_to_send_much_ = false;
  if (pressed.which == key::tab) {
    editor.complete([this](std::string_view text, std::size_t cursor) { return offers(text, cursor); },
                    !pressed.with.shift);
    return;
  }
  if (pressed.which == key::escape) {
    if (!editor.cancel_completion()) room().replying_to.clear();
    view().to_end();
    return;
  }
  if (is_control(pressed, "d") && editor.empty()) return leave("leaving");
  const std::string before = editor.text();
  editor.press(pressed, columns);
  if (editor.text() == before) return;
  // `:name:` is an emoji as soon as it is whole.
  if (is_plain(pressed) && pressed.text == ":") {
    const std::string_view typed = std::string_view(editor.text()).substr(0, editor.cursor());
    const std::size_t begin = typed.size() < 2 ? typed.npos : typed.rfind(':', typed.size() - 2);
    if (begin != typed.npos && (begin == 0 || typed[begin - 1] == ' ' || typed[begin - 1] == '\n')) {
      const std::string_view emoji = emoji_called(typed.substr(begin + 1, typed.size() - begin - 2));
      if (!emoji.empty()) {
        const std::size_t count = typed.size() - begin;
        for (std::size_t i = 0; i < count; ++i) editor.erase_left();
        editor.insert(emoji);
      }
    }
  }
  note_typing();
}

/// Others are told that one is typing, from time to time (IRCv3 typing).
void chat_client::note_typing() {
  const io::time_point now = io::loop::current().now();
  const std::string& text = view().editor().text();
  if (text.empty() || text.starts_with('/') || (typing_in_ == active_ && now - typing_told_ < typing_again))
    return;
  typing_told_ = now;
  typing_in_ = active_;
  network().tell_typing(room(), true);
}

void chat_client::submit() {
  screen::text_editor& editor = view().editor();
  if (editor.empty()) {
    membership& here = member_of(network());
    if (network().status() != chat_network::state::online) {
      here.declined = false;
      here.connection->hurry();
    }
    return;
  }
  const std::string& text = editor.text();
  const bool is_command = text.starts_with('/') && !text.starts_with("//") && !text.contains('\n');
  if (!is_command) {
    if (looks_like_login(text))
      return tell("This looks like a password, and everybody would read it. /login logs in.");
    const std::size_t lines = lines_in(text);
    if (!wants_to_send_much_ && std::max(lines, network().messages_in(text)) > many_lines) {
      wants_to_send_much_ = true;
      return;
    }
  }
  wants_to_send_much_ = false;
  typing_in_ = nullptr;
  const std::string said = editor.take();
  if (!is_command) {
    editor.remember(said);
    // Two slashes say one.
    return say(said.starts_with("//") ? std::string_view(said).substr(1) : std::string_view(said));
  }
  if (!is_secret_command(said)) editor.remember(said);
  if (!run_command(*this, said)) view().editor().set_text(said);
}

screen::completion chat_client::offers(std::string_view text, std::size_t cursor) {
  const std::string_view before = text.substr(0, cursor);
  const std::size_t space = before.find_last_of(" \n");
  const std::size_t begin = space == before.npos ? 0 : space + 1;
  const std::string_view word = before.substr(begin);
  screen::completion found{.begin = begin, .end = cursor, .candidates = {}};
  if (begin == 0 && word.starts_with('/')) {
    for (const chat_command& one : commands())
      if (begins_with(one.name, word.substr(1))) found.candidates.push_back(fmt::format("/{} ", one.name));
    return found;
  }
  if (word.starts_with(':') && word.size() > 2) {
    for (const emoji_name& one : emoji_for(word.substr(1), 20)) found.candidates.emplace_back(one.emoji);
    return found;
  }
  if (word.starts_with('#')) {
    for (const auto& [in, where] : all_conversations())
      if (in == active_network_ && where->what == conversation::kind::room && begins_with(where->name, word))
        found.candidates.push_back(where->name + " ");
    return found;
  }
  if (word.empty()) return found;
  // Who has spoken last comes first.
  std::set<std::string> seen;
  const std::string_view behind = begin == 0 ? ": " : " ";
  const auto offer = [&](const std::string& nick) {
    if (!begins_with(nick, word) || network().session().is_me(nick)) return;
    if (seen.insert(network().session().fold(nick)).second)
      found.candidates.push_back(nick + std::string(behind));
  };
  const auto& entries = room().entries();
  constexpr std::size_t looked_at = 500;
  for (std::size_t at = entries.size(), count = 0; at > 0 && count < looked_at; ++count) {
    const chat_entry& one = *entries[--at];
    if (one.is_said() && (room().what == conversation::kind::talk ||
                          room().members.contains(network().session().fold(one.nick))))
      offer(one.nick);
  }
  for (const auto& [folded, member] : room().members) offer(member.nick);
  if (room().what == conversation::kind::talk) offer(room().name);
  return found;
}

void chat_client::click(const screen::mouse& what) {
  using action = screen::mouse::action;
  const bool up = what.what == action::wheel_up, down = what.what == action::wheel_down;
  if (popup_) {
    if (up || down) return popup_->move(up ? -1 : 1);
    if (what.what != action::press) return;
    const list_popup* const open = popup_.get();
    if (popup_->click(what.at) == list_popup::outcome::closes && popup_.get() == open) popup_.reset();
    return;
  }
  if (up || down) {
    const int by = up ? -wheel_rows : wheel_rows;
    if (people_area_.contains(what.at))
      people_from_ = std::max(0, people_from_ + by);
    else if (rooms_area_.contains(what.at))
      rooms_from_ = std::max(0, rooms_from_ + by);
    else
      view().scroll(-by);
    return;
  }
  if (what.what != action::press || what.button != 1) return;
  const auto hit =
      std::ranges::find_if(targets_, [&](const target& one) { return one.area.contains(what.at); });
  if (hit != targets_.end()) {
    const auto go = hit->go;
    return go();
  }
  if (conversation_area_.contains(what.at)) {
    const std::string link(frame_.link(frame_.at(what.at).link));
    if (!link.empty()) return open_address(link);
    const int row = what.at.y - conversation_area_.y;
    if (!view().choose_at(row)) view().choose_none();
    return;
  }
  if (editor_area_.contains(what.at) && !question_)
    view().editor().set_cursor({.x = what.at.x - editor_area_.x, .y = what.at.y - editor_area_.y},
                               editor_area_.columns);
}

}  // namespace parlance::cli
