// What was done to the chat, and by whom.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/audit.hpp>
#include <parlance/chat/core/server_bans.hpp>

#include <cli/serve/operator_console.hpp>
#include <cli/serve/operator_words.hpp>

namespace parlance::cli {
namespace {

constexpr std::size_t usually_shown = 20;

struct question {
  std::string by, does, to;
  std::uint64_t since = 0;  // in milliseconds since 1970
  std::size_t most = usually_shown;
};

/// What stands behind "by:" and its like; nothing when it is not that.
std::optional<std::string_view> behind(std::string_view word, std::string_view name) {
  if (!word.starts_with(name)) return {};
  return word.substr(name.size());
}

bool has(std::string_view text, std::string_view folded_part) {
  return chat::folded(text).contains(folded_part);
}

bool is_asked_for(const question& asked, const chat::deed& d) {
  return d.time >= asked.since && (has(d.who, asked.by) || has(d.as, asked.by) || has(d.from, asked.by)) &&
         has(d.does, asked.does) && has(d.to, asked.to);
}

/// Nothing: a word is none that is understood.
std::optional<question> understand(std::string_view typed, std::uint64_t now) {
  question asked;
  while (!typed.empty()) {
    const std::string_view word = chat::take_word(typed);
    if (const auto by = behind(word, "by:")) {
      asked.by = chat::folded(*by);
    } else if (const auto does = behind(word, "what:")) {
      asked.does = chat::folded(*does);
    } else if (const auto to = behind(word, "to:")) {
      asked.to = chat::folded(*to);
    } else if (const auto since = behind(word, "since:")) {
      const std::optional<std::int64_t> length = chat::parse_ban_length(*since);
      if (!length) return {};
      asked.since = now - std::min(now, static_cast<std::uint64_t>(*length) * 1000);
    } else {
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), asked.most);
      if (error != std::errc() || end != word.data() + word.size() || asked.most == 0) return {};
    }
  }
  return asked;
}

bool is_one_of_first(std::string_view text, std::initializer_list<std::string_view> words) {
  const std::string_view first = chat::take_word(text);
  return std::ranges::any_of(words, [&](std::string_view one) { return chat::same_name(first, one); });
}

}  // namespace

void operator_console::show_audit(std::string_view rest) {
  chat::hub& chat = server_.chat();
  const std::optional<question> asked = understand(rest, chat.clock().milliseconds());
  if (!asked) return refuse("/audit takes by:WHO, what:DEED, to:WHOM, since:7d and how many lines at most");
  std::vector<chat::deed> all = chat::deeds(chat.kept());
  std::erase_if(all, [&](const chat::deed& d) { return !is_asked_for(*asked, d); });
  if (all.size() > asked->most) all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(asked->most));
  if (all.empty()) return note("nothing of that is known");
  for (const chat::deed& d : all) {
    const std::string as = d.as.empty() || d.as == d.who ? std::string() : fmt::format(" ({})", d.as);
    note(fmt::format("{}  {}{} from {}: {} {}", date(static_cast<std::int64_t>(d.time / 1000)), d.who, as,
                     d.from, d.does, d.to));
    answer_.things.push_back({{"time", static_cast<std::int64_t>(d.time / 1000)},
                              {"who", d.who},
                              {"as", d.as},
                              {"from", d.from},
                              {"does", d.does},
                              {"to", d.to},
                              {"operator", d.is_operators}});
  }
}

void operator_console::audit(std::string_view word, std::string_view rest) {
  // Those that only ask are not of interest.
  constexpr auto deeds = std::to_array<std::string_view>(
      {"/account", "/announce", "/ban", "/filter", "/hook", "/kick", "/lockdown", "/op", "/pin", "/room",
       "/shutdown", "/token", "/topic", "/unban", "/quit"});
  if (std::ranges::find(deeds, word) == deeds.end()) return;
  if (word == "/lockdown" && rest.empty()) return;
  if (word == "/pin") {
    std::string_view after_room = rest;
    chat::take_word(after_room);
    if (!is_one_of_first(after_room, {"ADD", "DEL"})) return;
  }
  if (word == "/filter" && !is_one_of_first(rest, {"ADD", "DEL"})) return;
  std::string to(rest);
  if (word == "/account" || word == "/hook" || word == "/room" || word == "/token" || word == "/topic") {
    const std::string_view which = chat::take_word(rest), what = chat::take_word(rest);
    if (what.empty()) return;
    // Never the password, or the address with a secret in it, that stands behind.
    if (word == "/account" || word == "/hook") to = fmt::format("{} {}", what, which);
    if ((what == "rename" || what == "suspend") && !rest.empty()) to += fmt::format(" {}", rest);
  }
  chat::audit(server_.chat(), {.who = std::string(chat::operator_name),
                               .as = view_.as,
                               .from = view_.from,
                               .does = std::string(word.substr(1)),
                               .to = std::move(to),
                               .is_operators = true});
}

}  // namespace parlance::cli
