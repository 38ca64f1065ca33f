// RENAME (IRCv3 draft/channel-rename): a room gets another name and stays what it is.
#include <parlance/chat/irc/channels.hpp>
#include <parlance/chat/irc/commands.hpp>

namespace parlance::chat::irc {
namespace {

/// Who does not know of renaming sees itself leave one room and come into another.
void move_over(irc_client& c, room& r, std::string_view before, std::string_view why) {
  event moved{event::kind::part, c.who()->as_source(), before, why};
  moved.time = c.chat().clock().milliseconds();
  c.chat().turn().tell(c, moved);
  moved.what = event::kind::join;
  moved.target = r.name();
  moved.text = {};
  c.chat().turn().tell(c, moved);
  tell_contents(c, r);
}

}  // namespace

void rename(irc_client& by, const message& m) {
  room* const of = own_room(by, m.param(0));
  if (!of) return;
  const std::string before = of->name();
  // A registered room belongs to somebody.
  const rank least = of->founder_account.empty() ? channel_operator : founder;
  if (!of->has_at_least(*by.who(), least)) return by.explain(outcome::no_rights, before);
  const std::string_view why = truncate_utf8(m.param(2), by.bounds().kick);
  switch (by.chat().rename_room(by.who()->as_source(), *of, m.param(1), why)) {
    case outcome::done:
      break;
    case outcome::name_taken:
      return by.fail("RENAME", "CHANNEL_NAME_IN_USE", {before, m.param(1)},
                     "The channel name is already taken");
    case outcome::has_others_history:
      return by.fail("RENAME", "CANNOT_RENAME", {before, m.param(1)},
                     "What others said in it before you came would go along; register it first");
    default:
      return by.fail("RENAME", "CANNOT_RENAME", {before, m.param(1)}, "The channel cannot be renamed");
  }
  if (same_name(before, of->name())) return;
  for (const room::seat& s : of->seats()) {
    for (client* c : s.who->clients()) {
      if (c->shape().speaks() != dialect::irc) continue;
      auto& irc = static_cast<irc_client&>(*c);
      move_own_read_marker(irc, before, of->name());
      if (!irc.has(capability::channel_rename)) move_over(irc, *of, before, why);
    }
  }
}

}  // namespace parlance::chat::irc
