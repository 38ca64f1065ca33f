// HistServ: what is kept of what people have said is theirs to take back, all at once.
#include <fmt/core.h>

#include <array>

#include <parlance/chat/core/forget_command.hpp>
#include <parlance/chat/irc/authentication.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/people.hpp>
#include <parlance/chat/irc/services.hpp>

namespace parlance::chat::irc {
namespace {

using arguments = service_command::words;

void say(irc_client& to, std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  notice(to, history_service, text);
}

void forget_own(irc_client& by, std::string_view code) {
  const std::string usage = account_of(by).empty() ? "FORGET" : fmt::format("FORGET {}", account_of(by));
  for (std::string& line : obey_forget_command(by, code, usage)) say(by, std::move(line));
}

/// "FORGET", "FORGET code" of a guest, "FORGET alice [code]".
void forget(irc_client& by, const arguments& given) {
  const std::string_view own = account_of(by);
  if (given.empty()) return forget_own(by, {});
  if (same_name(given[0], own))
    return forget_own(by, given.size() > 1 ? std::string_view(given[1]) : std::string_view());
  if (by.who()->may(permission::accounts) && given.size() == 1) {
    log_operator(by, "history", fmt::format("forget {}", given[0]));
    hub& chat = by.chat();
    const auto then = [&chat, number = by.number()](std::string_view how) {
      if (client* const asked = chat.find_client(number))
        say(static_cast<irc_client&>(*asked), std::string(how));
    };
    return say(by, forget_account(chat, given[0], then, by.number()));
  }
  if (own.empty() && given.size() == 1) return forget_own(by, given[0]);
  say(by, "That is not your account");
}

constexpr auto commands = std::to_array<service_command>({
    {"FORGET", forget, 0, 2, "[account] [code]",
     "what you have said is taken out of the history, and your files; an operator's: what an account has"},
});

}  // namespace

constinit const service history_service{.nick = "HistServ", .commands = commands, .is_told_passwords = false};

void histserv(irc_client& by, const message& m) { ask_by_command(by, history_service, m); }

}  // namespace parlance::chat::irc
