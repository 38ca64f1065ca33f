#include <fmt/core.h>
#include <fmt/ranges.h>

#include <span>

#include <parlance/chat/accounts/suspension.hpp>
#include <parlance/chat/core/account_control.hpp>
#include <parlance/chat/core/server_bans.hpp>
#include <parlance/chat/irc/account_registration.hpp>
#include <parlance/chat/irc/nickserv_operators.hpp>
#include <parlance/chat/irc/people.hpp>

namespace parlance::chat::irc {
namespace {

using arguments = service_command::words;

void say(irc_client& to, std::string_view text) { notice(to, nick_service, text); }

void list_suspended(irc_client& by) {
  const std::int64_t now = by.chat().clock().seconds();
  std::size_t count = 0;
  by.chat().accounts().each({}, [&](const account& its) {
    const suspension* const how = suspension_of(its, now);
    if (!how) return;
    ++count;
    say(by, fmt::format("{}: {} (by {})", its.name, explain(*how), how->by));
  });
  say(by, fmt::format("Accounts that are suspended: {}", count));
}

}  // namespace

void make_account_for_another(irc_client& by, const arguments& given) {
  log_operator(by, "accounts", fmt::format("make {}", given[0]));
  const std::string email = given.size() > 2 ? given[2] : std::string();
  if (const auto why = weigh_account(by, given[0], given[1], email)) return say(by, why->text);
  create_account(by, given[0], given[1], email, [&by](const std::optional<refusal>& why) {
    say(by, why ? std::string_view(why->text) : "Account created");
  });
}

void rename_account_of_another(irc_client& by, const arguments& given) {
  log_operator(by, "accounts", fmt::format("rename {} {}", given[0], given[1]));
  std::optional<std::string> why = rename_account(by.chat(), given[0], given[1]);
  if (why && why->front() >= 'a' && why->front() <= 'z')
    why->front() = static_cast<char>(why->front() - 'a' + 'A');
  say(by, why ? *why : fmt::format("The account {} is called {} now", given[0], given[1]));
}

/// "alice 7d spam": for how long, and why; both may be left out.
void suspend_account_of_another(irc_client& by, const arguments& given) {
  if (given.empty()) return list_suspended(by);
  const auto its = by.chat().accounts().find(given[0]);
  if (!its) return say(by, "There is no such account");
  const auto length = given.size() > 1 ? parse_ban_length(given[1]) : std::nullopt;
  const std::string why = fmt::format("{}", fmt::join(std::span(given).subspan(length ? 2 : 1), " "));
  log_operator(by, "accounts", fmt::format("suspend {}", fmt::join(given, " ")));
  suspend_account(by.chat(), its->name,
                  {.reason = std::string(truncate_utf8(why, by.bounds().kick)),
                   .by = by.who()->own().oper,
                   .until = length.value_or(0) != 0 ? by.chat().clock().seconds() + *length : 0});
  say(by, fmt::format("The account {} is suspended", its->name));
}

void lift_suspension_of_another(irc_client& by, const arguments& given) {
  log_operator(by, "accounts", fmt::format("unsuspend {}", given[0]));
  say(by, lift_suspension(by.chat(), given[0]) ? "Its owner can log in again"
                                               : "There is no such account, or it is not suspended");
}

}  // namespace parlance::chat::irc
