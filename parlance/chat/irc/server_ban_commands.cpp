// Keeping people out of the server: KLINE and DLINE, and their ends.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/people.hpp>

namespace parlance::chat::irc {
namespace {

using kind = server_ban::kind;

std::string_view name_of(kind what) { return what == kind::people ? "KLINE" : "DLINE"; }

/// Tells the operator in words.
void note(irc_client& to, const std::string& text) {
  to.answer_lines(fmt::format(":{} NOTICE {} :{}\r\n", to.chat().configured().server.name, to.nick(), text));
}

/// A command with all that it was given.
std::string whole(const message& m) { return fmt::format("{} {}", m.command, fmt::join(m.params(), " ")); }

/// Who is there can be named by nick: then as whoever comes from there under that user name is seen, whatever
/// host it was given.
std::optional<std::string> mask_of(irc_client& by, kind what, std::string_view given) {
  const person* const whom = what == kind::people ? by.chat().people().find(given) : nullptr;
  if (whom) return fmt::format("{}@{}", whom->user(), by.chat().host_of(whom->address));
  return normalise_server_ban(what, given);
}

void ban(irc_client& by, const message& m, kind what) {
  if (!check_permission(by, permission::ban, whole(m))) return;
  if (m.param_count() == 1 && same_name(m.param(0), "LIST")) {
    list_bans(by, what);
    return by.reply(numeric::RPL_ENDOFSTATS, {what == kind::people ? "k" : "d", "End of /STATS report"});
  }
  const std::optional<std::int64_t> duration = parse_ban_length(m.param(0));
  const std::size_t at = duration ? 1 : 0;
  const std::optional<std::string> mask = mask_of(by, what, m.param(at));
  if (mask && bans_everybody(what, *mask))
    return by.reply(numeric::ERR_UNKNOWNERROR, {name_of(what), fmt::format("{} is everybody", *mask)});
  if (!mask)
    return by.reply(numeric::ERR_UNKNOWNERROR,
                    {name_of(what), fmt::format("{} is not a mask that can be banned", m.param(at))});
  const std::string_view given = m.param(at + 1);
  const std::string reason(given.empty() ? "No reason given" : truncate_utf8(given, by.bounds().kick));
  if (!by.chat().add_ban(what, *mask, reason, by.who()->own().oper, duration.value_or(0)))
    return by.reply(numeric::ERR_UNKNOWNERROR, {name_of(what), "There are too many bans"});
  note(by, fmt::format("Added {} for {}", name_of(what), *mask));
  by.chat().enforce_bans(fmt::format("Banned: {}", reason), &by);
}

void unban(irc_client& by, const message& m, kind what) {
  if (!check_permission(by, permission::ban, whole(m))) return;
  const std::optional<std::string> mask = normalise_server_ban(what, m.param(0));
  if (!mask || !by.chat().bans().remove(what, *mask))
    return by.reply(numeric::ERR_UNKNOWNERROR,
                    {fmt::format("UN{}", name_of(what)), fmt::format("There is no ban of {}", m.param(0))});
  note(by, fmt::format("Removed {} for {}", name_of(what), *mask));
}

}  // namespace

void list_bans(irc_client& to, kind what) {
  to.chat().bans().expire(to.chat().clock().seconds());
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
    if (at == std::string::npos) {
      to.reply(numeric::RPL_STATSKLINE, {"K", e.ban.mask, "*", "*", text});
      continue;
    }
    to.reply(numeric::RPL_STATSKLINE,
             {"K", e.ban.mask.substr(at + 1), "*", std::string_view(e.ban.mask).substr(0, at), text});
  }
}

void kline(irc_client& by, const message& m) { ban(by, m, kind::people); }
void dline(irc_client& by, const message& m) { ban(by, m, kind::address); }
void unkline(irc_client& by, const message& m) { unban(by, m, kind::people); }
void undline(irc_client& by, const message& m) { unban(by, m, kind::address); }

}  // namespace parlance::chat::irc
