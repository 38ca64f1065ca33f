// What the operator does with a whole room.
#include <fmt/core.h>

#include <optional>
#include <string>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/room_control.hpp>
#include <parlance/chat/irc/message.hpp>

#include <cli/serve/operator_console.hpp>

namespace parlance::cli {
namespace {

constexpr std::string_view usage =
    "/room ROOM tells about it; /room ROOM unregister, transfer ACCOUNT, clear [WHY], purge [WHY] and "
    "unpurge change it";

}  // namespace

void operator_console::room(std::string_view rest) {
  chat::hub& chat = server_.chat();
  const std::string name(chat::take_word(rest));
  const std::string_view what = chat::take_word(rest);
  if (name.empty()) return refuse("/room needs more: /room ROOM [unregister|transfer|clear|purge|unpurge]");
  const std::string why(chat::irc::truncate_utf8(rest, server_.bounds().kick));
  const chat::source self = window_.who()->as_source();
  if (what == "purge") {
    const bool is_done =
        purge_room(chat, self, name, {.by = std::string(chat::operator_name), .reason = why});
    return is_done ? note(fmt::format("{} is ended, and nobody comes in any more", name))
                   : refuse(fmt::format("{} is no room that can be purged", name));
  }
  if (what == "unpurge")
    return chat::unpurge_room(chat, name) ? note(fmt::format("{} can be made again", name))
                                          : refuse(fmt::format("{} is not purged", name));
  chat::room* const r = chat.rooms().find(name);
  if (!r && chat::is_purged(chat.kept(), name)) return refuse(fmt::format("{} is purged", name));
  if (!r) return refuse(fmt::format("there is no room {}", name));
  if (what.empty()) return tell_about(*r);
  if (what == "clear") {
    const std::size_t gone = clear_users(chat, self, *r, nullptr, why.empty() ? "the room is cleared" : why);
    return note(fmt::format("{} people are put out of {}", gone, name));
  }
  if (what != "unregister" && what != "transfer") return refuse(usage);
  if (r->founder_account.empty()) return refuse(fmt::format("{} is not registered", r->name()));
  if (what == "unregister") {
    chat.unregister_room(self, *r);
    return note(fmt::format("{} is not registered any more", r->name()));
  }
  const std::optional<chat::account> to = chat.accounts().find(rest);
  if (!to) return refuse(fmt::format("there is no account {}", rest));
  transfer_room(chat, self, *r, *to);
  note(fmt::format("{} belongs to {}", r->name(), to->name));
}

}  // namespace parlance::cli
