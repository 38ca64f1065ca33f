// Messages that are taken back: REDACT (IRCv3 draft/message-redaction).
#include <fmt/core.h>

#include <chrono>

#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/irc/commands.hpp>

namespace parlance::chat::irc {
namespace {

/// For so long people can take back what they have said; operators can at any time.
constexpr std::chrono::seconds window = std::chrono::hours(24);

enum class right : unsigned char { none, expired, given };

/// Somebody else may have had an account of that name, which has ended since, or have it now.
bool is_its_own(const irc_client& by, const stored_entry& what) {
  const person& who = *by.who();
  const auto its = what.account.empty() ? std::nullopt : by.chat().accounts().find(who.account);
  return its ? is_of_account(*its, what) : is_author(who, what);
}

right right_to_redact(const irc_client& by, const readable_history& in, const stored_entry& what) {
  const person& who = *by.who();
  if (who.may(permission::rooms)) return right::given;
  // Who makes an open room anew is no operator of what was said in the one before.
  const bool is_of_room = in.in && (!in.in->founder_account.empty() || what.id > in.in->begins_after);
  if (is_of_room && in.in->has_at_least(who, channel_operator)) return right::given;
  if (!is_its_own(by, what)) return right::none;
  const auto most = static_cast<std::uint64_t>(std::chrono::microseconds(window).count());
  return by.chat().clock().now() > what.time + most ? right::expired : right::given;
}

void tell_redaction(irc_client& by, const readable_history& in, entry_id id, std::string_view msgid,
                    std::string_view why) {
  hub& chat = by.chat();
  // Whoever is told takes it for gone.
  chat.kept().keep_now([&] { chat.kept().remove(in.conversation, id); });
  chat.search().gone(id);
  event taken{event::kind::redact, by.who()->as_source(), in.name, why, msgid};
  chat.clock().stamp(taken, in.conversation);
  if (in.in) {
    chat.keep(in.conversation, taken);
    return chat.turn().tell(*in.in, taken);
  }
  chat.turn().tell(*by.who(), taken);
  person* const other = chat.people().find(in.name);
  if (other && other != by.who() && chat.conversation_of(*by.who(), *other) == in.conversation)
    chat.turn().tell(*other, taken);
}

}  // namespace

void redact(irc_client& by, const message& m) {
  if (!by.has(capability::message_redaction))
    return by.reply(numeric::ERR_UNKNOWNCOMMAND, {"REDACT", "Unknown command"});
  const std::string_view target = m.param(0), msgid = m.param(1);
  try {
    const std::optional<readable_history> in = find_history(by.chat(), *by.who(), target);
    if (!in)
      return by.fail("REDACT", "INVALID_TARGET", {target},
                     fmt::format("You cannot delete messages from {}", target));
    const entry_id id = parse_msgid(msgid);
    std::optional<stored_entry> what;
    if (id != 0 && id >= in->since) what = by.chat().kept().find(in->conversation, id);
    if (!what || !replayed(*what, {}).what().is_said())
      return by.fail("REDACT", "UNKNOWN_MSGID", {target, msgid}, "This message does not exist or is too old");
    const right may = right_to_redact(by, *in, *what);
    if (may == right::none)
      return by.fail("REDACT", "REDACT_FORBIDDEN", {target, msgid},
                     "You are not authorised to delete this message");
    if (may == right::expired)
      return by.fail("REDACT", "REDACT_WINDOW_EXPIRED", {target, msgid, std::to_string(window.count())},
                     "You can no longer delete this message");
    tell_redaction(by, *in, id, msgid, truncate_utf8(m.param(2), by.bounds().kick));
  } catch (const store_error&) {
    by.fail("REDACT", "UNKNOWN_MSGID", {target, msgid}, "The message could not be looked for, or deleted");
  }
}

}  // namespace parlance::chat::irc
