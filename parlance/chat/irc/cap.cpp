// CAP: which capabilities there are, which a client has, and what becomes of them when the configuration is read
// again (https://ircv3.net/specs/extensions/capability-negotiation).
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/irc/capability_names.hpp>
#include <parlance/chat/irc/commands.hpp>

namespace parlance::chat::irc {
namespace {

constexpr std::size_t most_words = 400;  // bytes of capabilities in one line

std::string word_for(std::string_view name, std::string_view value) {
  return value.empty() ? std::string(name) : fmt::format("{}={}", name, value);
}

/// In as many lines as it takes, each but the last with a star. Before version 302 there is one line, and
/// what does not fit is left out, drafts first.
void list_capabilities(irc_client& to, std::string_view subcommand, std::vector<std::string> words) {
  const bool has_lines = to.cap_version >= 302;
  const bool is_whole = subcommand == "NEW" || subcommand == "DEL";  // each line is
  if (!has_lines)
    std::ranges::sort(words, {},
                      [](const std::string& word) { return std::pair(word.starts_with("draft/"), word); });
  std::string line;
  for (const std::string& word : words) {
    if (line.size() + word.size() > most_words) {
      if (!has_lines) break;
      is_whole ? to.answer("CAP", {to.nick(), subcommand, line})
               : to.answer("CAP", {to.nick(), subcommand, "*", line});
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  std::string out =
      fmt::format(":{} CAP {} {} :{}\r\n", to.chat().configured().server.name, to.nick(), subcommand, line);
  to.answer_lines(out);
}

void cap_ls(irc_client& by, std::string_view version) {
  unsigned number = 301;
  std::from_chars(version.data(), version.data() + version.size(), number);
  by.cap_version = std::max(by.cap_version, number);
  if (by.cap_version >= 302) by.ask(capability::cap_notify, true);
  std::vector<std::string> words;
  for (const auto& [name, value] : offered(by, by.chat().configured()))
    words.push_back(word_for(name, value));
  list_capabilities(by, "LS", std::move(words));
}

void cap_list(irc_client& by) {
  std::vector<std::string> words;
  for (const auto& [name, value] : offered(by, by.chat().configured()))
    if (const auto c = find_capability(by, name); c && by.has(*c)) words.emplace_back(name);
  list_capabilities(by, "LIST", std::move(words));
}

/// All of it, or nothing.
void cap_req(irc_client& by, std::string_view wanted) {
  std::vector<std::pair<capability, bool>> changes;
  const auto understand = [&](std::string_view word) {
    const bool on = !word.starts_with('-');
    if (!on) word.remove_prefix(1);
    const std::optional<capability> c = find_capability(by, word);
    // Who negotiates by version 302 is always notified.
    const bool is_fixed = c == capability::cap_notify && !on && by.cap_version >= 302;
    if (!c || !is_requestable(*c) || is_fixed) return false;
    changes.emplace_back(*c, on);
    return true;
  };
  std::string line = fmt::format(":{} CAP {} ACK :", by.chat().configured().server.name, by.nick());
  // What cannot be said again in one line is not possible either.
  const std::size_t room = by.bounds().irc_line - line.size() - 2;
  const bool is_possible = wanted.size() <= room && std::ranges::all_of(items_of(wanted, ' '), understand);
  if (!is_possible) line.replace(line.size() - 5, 3, "NAK");
  by.answer_lines(line + std::string(truncate_utf8(wanted, room)) + "\r\n");
  if (!is_possible) return;
  for (const auto& [c, on] : changes) by.ask(c, on);
}

}  // namespace

void cap(irc_client& by, const message& m) {
  const std::string_view what = m.param(0);
  const auto is = [&](std::string_view name) { return same_name(what, name); };
  if ((is("LS") || is("REQ")) && !by.is_registered()) by.bring().negotiating = true;
  if (is("LS")) return cap_ls(by, m.param(1));
  if (is("LIST")) return cap_list(by);
  if (is("REQ")) return cap_req(by, m.param(1));
  if (is("END")) {
    if (!by.is_registered()) by.bring().negotiating = false;
    return by.try_to_register();
  }
  by.reply(numeric::ERR_INVALIDCAPCMD, {what.empty() ? std::string_view("*") : what, "Invalid CAP command"});
}

void tell_changed_capabilities(irc_client& to, const settings& before) {
  const auto then = offered(to, before), now = offered(to, to.chat().configured());
  std::vector<std::string> fresh, gone;
  for (const auto& [name, value] : now)
    if (std::ranges::find(then, std::pair(name, value)) == then.end()) fresh.push_back(word_for(name, value));
  for (const auto& [name, value] : then) {
    if (std::ranges::find(now, name, [](const auto& one) { return one.first; }) != now.end()) continue;
    gone.emplace_back(name);
    if (const auto its = find_capability(name)) to.ask(*its, false);
  }
  if (!to.has(capability::cap_notify)) return;
  if (!gone.empty()) list_capabilities(to, "DEL", std::move(gone));
  if (!fresh.empty()) list_capabilities(to, "NEW", std::move(fresh));
}

}  // namespace parlance::chat::irc
