// Keeping people out of the server: KLINE and DLINE, and their ends.
#include <fmt/core.h>

#include <charconv>

#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/mask.hpp>
#include <parlance/chat/irc/people.hpp>

namespace parlance::chat::irc {
namespace {

using kind = server_ban::kind;

constexpr std::int64_t longest = std::int64_t{100} * 365 * 24 * 60 * 60;  // seconds

std::int64_t now_of(const irc_client& by) { return static_cast<std::int64_t>(by.chat().now() / 1'000'000); }

/// "30" (minutes), "1d12h", "90s": in seconds. Nothing for what is none.
std::optional<std::int64_t> parse_duration(std::string_view text) {
  std::int64_t all = 0;
  if (text.empty()) return {};
  while (!text.empty()) {
    std::int64_t number = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (wrong != std::errc() || number < 0 || number > longest) return {};
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const char unit = text.empty() ? 'm' : text.front();
    constexpr std::string_view units = "smhdw";
    constexpr std::int64_t lengths[] = {1, 60, 3600, 86400, 604800};
    const std::size_t which = units.find(unit);
    if (which == std::string_view::npos) return {};
    all += number * lengths[which];
    if (all > longest) return {};
    if (!text.empty()) text.remove_prefix(1);
  }
  return all;
}

/// The mask as it is kept; nothing for what is none.
std::optional<std::string> understand(kind what, std::string_view mask) {
  if (what == kind::address) {
    const std::optional<network> net = network::parse(mask);
    return net ? std::optional(net->text()) : std::nullopt;
  }
  if (mask.empty() || mask.size() > max_mask || mask.find_first_of(" ,!") != std::string_view::npos)
    return {};
  if (mask.find('@') == std::string_view::npos) return fmt::format("*@{}", mask);
  return std::string(mask);
}

std::string_view name_of(kind what) { return what == kind::people ? "KLINE" : "DLINE"; }

/// Tells the operator in words.
void note(irc_client& to, const std::string& text) {
  to.answer_lines(fmt::format(":{} NOTICE {} :{}\r\n", to.chat().configured().server.name, to.nick(), text));
}

/// Those who are here already go; operators stay, so that none locks itself out.
void put_out(irc_client& by, const std::string& why) {
  std::vector<client*> all;
  for (const auto& [nick, who] : by.chat().people()) {
    if (who->is_operator()) continue;
    for (client* c : who->clients())
      if (c != &by && by.chat().ban_on(*c, who->user)) all.push_back(c);
  }
  for (client* c : all) by.chat().dismiss(*c, why);
}

void ban(irc_client& by, const message& m, kind what) {
  if (!check_permission(by, "ban")) return;
  if (m.param_count() == 1 && same_name(m.param(0), "LIST")) {
    list_bans(by, what);
    return by.reply(numeric::RPL_ENDOFSTATS, {what == kind::people ? "k" : "d", "End of /STATS report"});
  }
  const std::optional<std::int64_t> duration = parse_duration(m.param(0));
  const std::size_t at = duration ? 1 : 0;
  const std::optional<std::string> mask = understand(what, m.param(at));
  if (!mask)
    return by.reply(numeric::ERR_UNKNOWNERROR,
                    {name_of(what), fmt::format("{} is not a mask that can be banned", m.param(at))});
  const std::string_view given = m.param(at + 1);
  const std::string reason(given.empty() ? "No reason given" : truncate_utf8(given, by.bounds().kick));
  by.chat().bans().expire(now_of(by));
  const bool is_added =
      by.chat().bans().add({.what = what,
                            .mask = *mask,
                            .reason = reason,
                            .set_by = by.who()->oper,
                            .set_at = now_of(by),
                            .expires = duration && *duration != 0 ? now_of(by) + *duration : 0});
  if (!is_added) return by.reply(numeric::ERR_UNKNOWNERROR, {name_of(what), "There are too many bans"});
  note(by, fmt::format("Added {} for {}", name_of(what), *mask));
  put_out(by, fmt::format("Banned: {}", reason));
}

void unban(irc_client& by, const message& m, kind what) {
  if (!check_permission(by, "ban")) return;
  const std::optional<std::string> mask = understand(what, m.param(0));
  if (!mask || !by.chat().bans().remove(what, *mask))
    return by.reply(numeric::ERR_UNKNOWNERROR,
                    {fmt::format("UN{}", name_of(what)), fmt::format("There is no ban of {}", m.param(0))});
  note(by, fmt::format("Removed {} for {}", name_of(what), *mask));
}

}  // namespace

void list_bans(irc_client& to, kind what) {
  to.chat().bans().expire(now_of(to));
  for (const server_bans::entry& e : to.chat().bans().all()) {
    if (e.ban.what != what) continue;
    const std::string end =
        e.ban.expires == 0 ? "" : fmt::format(" (until {})", readable_time(e.ban.expires));
    const std::string text = fmt::format("{}{}, set by {}", e.ban.reason, end, e.ban.set_by);
    if (what == kind::address) {
      to.reply(numeric::RPL_STATSDLINE, {"D", e.ban.mask, text});
      continue;
    }
    const std::size_t at = e.ban.mask.find('@');
    to.reply(numeric::RPL_STATSKLINE,
             {"K", e.ban.mask.substr(at + 1), "*", std::string_view(e.ban.mask).substr(0, at), text});
  }
}

void kline(irc_client& by, const message& m) { ban(by, m, kind::people); }
void dline(irc_client& by, const message& m) { ban(by, m, kind::address); }
void unkline(irc_client& by, const message& m) { unban(by, m, kind::people); }
void undline(irc_client& by, const message& m) { unban(by, m, kind::address); }

}  // namespace parlance::chat::irc
