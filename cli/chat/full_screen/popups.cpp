// What is shown over the rest: where to go, what was said, what keys and commands there are.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <utility>

#include <parlance/io/process.hpp>

#include <cli/chat/full_screen/client.hpp>
#include <cli/chat/full_screen/commands.hpp>
#include <cli/chat/full_screen/look.hpp>
#include <cli/chat/model/text.hpp>

namespace parlance::cli {
namespace {

constexpr std::size_t most_found = 200;

struct key_help {
  std::string_view keys, about;
};
constexpr std::array<key_help, 22> keys = {{
    {"Enter", "says what is typed; with Alt, begins a new line"},
    {"Tab", "completes a name, a #room, a /command, an emoji like :smile"},
    {"Ctrl-K", "goes to a room or a person by some letters of the name"},
    {"Ctrl-N, Ctrl-P", "to the next room, or the one before"},
    {"Alt-1 ... Alt-9", "to the first room ... the ninth"},
    {"Alt-A", "to where something is new, first where you are meant"},
    {"PgUp, PgDn, wheel", "back in the conversation and forward; what is older is loaded"},
    {"Alt-Home, Alt-End", "to its beginning, and to its end"},
    {"Alt-↑, Alt-↓, click", "to a message, to answer it, to react to it, to copy it, to take it back"},
    {"Ctrl-F", "finds what was said in this room"},
    {"Ctrl-O", "numbers the links that are to be seen; a digit opens one"},
    {"F2, F3", "shows or hides rooms, and people"},
    {"↑, ↓", "between lines, and beyond the first and the last in what was said before"},
    {"Ctrl-A, Ctrl-E", "to the begin and the end of the line"},
    {"Ctrl-W, Ctrl-U", "erases the word before, and all before"},
    {"Ctrl-Y", "brings back what was erased"},
    {"Ctrl-_", "takes back what was typed last"},
    {"Esc", "to the end of the conversation; puts away what is open"},
    {"Ctrl-L", "draws everything anew"},
    {"Ctrl-Z", "to the shell; fg comes back"},
    {"Ctrl-C", "takes away what is typed; twice, leaves"},
    {"Ctrl-D", "leaves, when nothing is typed"},
}};

}  // namespace

void chat_client::show_help() {
  std::vector<list_popup::item> items;
  for (const key_help& one : keys)
    items.push_back(
        {.text = {{fmt::format("{:<20} ", one.keys), look::strong, ""}, {std::string(one.about), {}, ""}}});
  items.push_back({.text = {{"", {}, ""}}});
  for (const chat_command& one : commands())
    items.push_back(
        {.text = {{fmt::format("{:<20} ", fmt::format("/{} {}", one.name, one.takes)), look::strong, ""},
                  {std::string(one.about), {}, ""}}});
  popup_ = std::make_unique<list_popup>("Keys and commands", "", [items](std::string_view) { return items; });
}

void chat_client::show_switcher() {
  popup_ = std::make_unique<list_popup>("Go to", "name:", [this](std::string_view typed) {
    struct found {
      int score;
      list_popup::item item;
    };
    std::vector<found> all;
    for (const auto& [in, where] : all_conversations()) {
      int score = typed.empty() ? 0 : fits(typed, where->name);
      if (score < 0 && !typed.empty()) continue;
      // Where something is new comes first, and where one is comes last.
      score += where->mentions != 0 ? 200 : where->unread != 0 ? 100 : 0;
      if (where == active_) score -= 1000;
      std::string count = where->mentions != 0 ? fmt::format("  @{}", where->mentions)
                          : where->unread != 0 ? fmt::format("  {}", where->unread)
                                               : "";
      all.push_back(
          {score,
           {.text = {{shown_text(where->name), where->mentions != 0 ? look::mention : look::plain, ""},
                     {count, look::strong, ""},
                     {members_.size() > 1 ? "  " + in->name() : "", look::quiet, ""}},
            .pick = [this, network = in, to = where] { show(*network, *to); }}});
    }
    if (!typed.empty()) {
      for (const auto& [folded, member] : room().members) {
        const int score = fits(typed, member.nick);
        if (score < 0 || network().find(member.nick) || network().session().is_me(member.nick)) continue;
        all.push_back(
            {score - 50,
             {.text = {{member.nick, look::nick(member.nick), ""}, {"  talk alone", look::quiet, ""}},
              .pick = [this, nick = member.nick] { show(network(), network().get(nick)); }}});
      }
      if (typed.starts_with('#') && !network().find(typed))
        all.push_back({-2000,
                       {.text = {{fmt::format("join {}", typed), look::accent, ""}},
                        .pick = [this, name = std::string(typed)] { network().join(name); }}});
    }
    std::ranges::sort(all, std::greater(), &found::score);
    std::vector<list_popup::item> items;
    for (found& one : all) items.push_back(std::move(one.item));
    return items;
  });
}

void chat_client::show_search(const std::string& text) {
  conversation& where = room();
  popup_ = std::make_unique<list_popup>(
      fmt::format("Find in {}", where.name), "text:", [this, &where](std::string_view typed) {
        std::vector<list_popup::item> items;
        const auto& entries = where.entries();
        for (std::size_t at = entries.size(); at > 0 && items.size() < most_found;) {
          const chat_entry& one = *entries[--at];
          if (!one.is_said() || one.is_ignored || typed.empty() ||
              (!contains_text(one.text, typed) && !contains_text(one.nick, typed)))
            continue;
          items.push_back({.text = summary_of(one), .pick = [this, &where, time = one.time, id = one.id] {
                             const std::size_t behind = where.place_of(time);
                             const chat_entry* const found = where.find(id);
                             if (found)
                               view().go_to(*found);
                             else if (behind > 0)
                               view().go_to(*where.entries()[behind - 1]);
                           }});
        }
        return items;
      });
  popup_->insert(text);
  if (text.empty() || !network().can_search()) return;
  network().search(where, text, [this, &in = network(), key = where.key](std::vector<chat_entry> found) {
    // What the server knows of can be gone to once it is here.
    conversation* const there = in.find(key);
    if (!there || found.empty()) return;
    in.tell(fmt::format("The server has found {} in {}:", found.size(), there->name), there);
    for (const chat_entry& one : found)
      in.tell(fmt::format("{} {} {}: {}", day_of(one.time), clock_of(one.time), one.nick, one.text), there);
    if (popup_) popup_->refresh();
  });
}

void chat_client::open_link(std::size_t number) {
  const std::vector<std::string>& links = view().links();
  if (number == 0 || number > links.size())
    return tell(links.empty() ? "There is no link to be seen."
                              : fmt::format("There are {} links: /open NUMBER", links.size()));
  open_address(links[number - 1]);
}

/// In what the desktop has for it. Only http and https: what a stranger writes runs nothing else.
void chat_client::open_address(const std::string& address) {
  if (!work_ || (!address.starts_with("https://") && !address.starts_with("http://"))) return;
  work_->spawn([this, address]() -> io::task<void> {
    try {
      io::process browser({"xdg-open", address},
                          {.in = io::stdio::null(), .out = io::stdio::null(), .err = io::stdio::null()});
      const io::exit_status end = co_await browser.wait();
      if (!end.success()) tell(fmt::format("xdg-open {}: {}", address, end.to_string()));
    } catch (const io::error& e) {
      if (e.code() == io::errc::cancelled) throw;
      terminal_->copy(address);
      tell(fmt::format("{}; the address is in the clipboard, where the terminal has one.", e.what()));
    }
  });
}

}  // namespace parlance::cli
