// Whom the operator keeps out for a while.
#include <fmt/core.h>

#include <optional>
#include <string>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/lockdown.hpp>
#include <parlance/chat/core/server_bans.hpp>

#include <cli/serve/operator_console.hpp>
#include <cli/serve/operator_words.hpp>

namespace parlance::cli {
namespace {

std::string told(const std::optional<chat::lockdown>& its) {
  if (!its) return "there is no lock-down";
  const bool is_all = its->for_whom == chat::lockdown::whom::everybody;
  return fmt::format("{} until {}", is_all ? "nobody new comes in" : "nobody comes in without an account",
                     its->until == 0 ? "/lockdown off" : date(its->until));
}

}  // namespace

void operator_console::lock_down(std::string_view rest) {
  chat::hub& chat = server_.chat();
  const std::string_view what = chat::take_word(rest);
  if (what == "off" && rest.empty())
    return chat::lift_lockdown(chat) ? note("the lock-down is lifted") : refuse("there is no lock-down");
  if (!what.empty()) {
    const auto length = rest.empty() ? std::optional<std::int64_t>(0) : chat::parse_ban_length(rest);
    if ((what != "all" && what != "accounts") || !length)
      return refuse("/lockdown takes all or accounts, and for how long, as 1h; or off");
    chat::lock_down(
        chat, {.for_whom = what == "all" ? chat::lockdown::whom::everybody : chat::lockdown::whom::strangers,
               .until = *length == 0 ? 0 : chat.clock().seconds() + *length});
  }
  const std::optional<chat::lockdown> now = chat::lockdown_of(chat);
  answer_.things.push_back({{"locked", now.has_value()}, {"until", now ? now->until : 0}});
  note(told(now));
}

}  // namespace parlance::cli
