// Whom the operator keeps out of the server.
#include <fmt/core.h>

#include <optional>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/irc/message.hpp>
#include <parlance/chat/plain/plain.hpp>

#include <cli/serve/operator_console.hpp>
#include <cli/serve/operator_words.hpp>

namespace parlance::cli {
namespace {

using chat::server_ban;

struct banned {
  server_ban::kind what;
  std::string mask;
};

/// An address or a network, a mask of user@host, or a:ACCOUNT. Nothing for what is none.
std::optional<banned> understand(std::string_view text) {
  for (const auto what : {server_ban::kind::address, server_ban::kind::people})
    if (std::optional<std::string> mask = chat::normalise_server_ban(what, text))
      return banned{what, *std::move(mask)};
  return {};
}

}  // namespace

void operator_console::ban(std::string_view rest) {
  const std::string_view given = chat::take_word(rest);
  if (given.empty())
    return refuse("/ban needs more: /ban NAME|ADDRESS|USER@HOST|a:ACCOUNT [HOW LONG] [REASON]");
  chat::hub& chat = server_.chat();
  std::string whom(given);
  // A name has no dot, colon or @ in it, unlike an address.
  if (chat::is_name(given, server_.bounds().name)) {
    const chat::person* const named = chat.people().find(given);
    if (!named || named == window_.who())
      return refuse(explain(chat::outcome::no_such_person, given, server_.configured()));
    whom = named->address;
    if (!chat::network::parse(whom))
      return refuse(fmt::format("{} has no address: /kick is left", named->nick()));
  }
  const std::optional<banned> mask = understand(whom);
  if (!mask) return refuse(fmt::format("{} is neither an address nor user@host nor a:ACCOUNT", given));
  if (chat::bans_everybody(mask->what, mask->mask)) return refuse(fmt::format("{} is everybody", mask->mask));

  std::string_view reason = rest;
  const std::optional<std::int64_t> length = chat::parse_ban_length(chat::take_word(reason));
  if (!length) reason = rest;
  reason = chat::irc::truncate_utf8(reason.empty() ? "No reason given" : reason, server_.bounds().kick);
  if (!chat.add_ban(mask->what, mask->mask, reason, chat::operator_name, length.value_or(0)))
    return refuse("there are too many bans");
  note(fmt::format("{} is banned", mask->mask));
  chat.enforce_bans(fmt::format("Banned: {}", reason), &window_);
}

void operator_console::unban(std::string_view rest) {
  const std::string_view given = chat::take_word(rest);
  if (given.empty())
    return refuse("/unban needs more: /unban ADDRESS|USER@HOST|a:ACCOUNT, as /bans names it");
  const std::optional<banned> mask = understand(given);
  if (!mask || !server_.chat().bans().remove(mask->what, mask->mask))
    return refuse(fmt::format("there is no ban of {}", given));
  note(fmt::format("{} may come again", mask->mask));
}

void operator_console::show_bans(std::string_view) {
  chat::server_bans& bans = server_.chat().bans();
  bans.expire(server_.chat().clock().seconds());
  std::string text =
      fmt::format("-- {:<32} {:<20}  why\n", fmt::format("{} bans", bans.all().size()), "until");
  for (const chat::server_bans::entry& e : bans.all()) {
    text += fmt::format("-- {:<32} {:<20}  {} (by {} on {})\n", e.ban.mask,
                        e.ban.expires == 0 ? "-" : date(e.ban.expires), e.ban.reason, e.ban.set_by,
                        date(e.ban.set_at));
    answer_.things.push_back({{"mask", e.ban.mask},
                              {"expires", e.ban.expires},
                              {"reason", e.ban.reason},
                              {"set_by", e.ban.set_by},
                              {"set_at", e.ban.set_at}});
  }
  answer_.text += text;
}

}  // namespace parlance::cli
