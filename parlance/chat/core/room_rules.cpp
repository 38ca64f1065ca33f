#include <algorithm>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/ban.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/room_rules.hpp>

namespace parlance::chat {

bool is_matched(const person& who, const std::vector<list_entry>& masks) {
  return std::ranges::any_of(masks, [&](const list_entry& e) { return matches_person(e.mask, who); });
}

outcome may_join(const person& who, const room& r, std::string_view key) {
  if (who.is_console) return outcome::done;
  if (r.is_founded_by(who)) return outcome::done;
  // Nothing that was set before the restart put out who is expected: it was there. Nor does what was set before an
  // invitation keep out whom that is for.
  const room::absentee* const expected = r.find_expected(identity_of(who));
  const room::invitation* const invited = r.find_invitation(who);
  const auto bans = [&](const list_entry& e) {
    return (!expected || e.id > expected->since) && (!invited || e.id > invited->since) &&
           matches_person(e.mask, who);
  };
  if (std::ranges::any_of(r.bans, bans) && !is_matched(who, r.exceptions)) return outcome::banned;
  if (expected || invited) return outcome::done;
  if (r.modes.has('i') && !is_matched(who, r.invitations)) return outcome::invite_only;
  if (r.modes.has('R') && who.account.empty()) return outcome::registered_only;
  if (!r.password.empty() && r.password != key) return outcome::wrong_key;
  if (r.limit != 0 && r.seats().size() >= r.limit) return outcome::room_is_full;
  return outcome::done;
}

unsigned char ranks_on_coming(const person& who, const room& r) {
  const unsigned char lasting = r.lasting_ranks(who);
  const room::absentee* const expected = r.find_expected(identity_of(who));
  if (!expected) return lasting;
  const auto is_banned_since = [&](const list_entry& e) {
    return e.id > expected->since && (matches_person(e.mask, who) || matches_as_account(e.mask, who));
  };
  if (std::ranges::any_of(r.bans, is_banned_since) && !is_matched(who, r.exceptions)) return lasting;
  return lasting | expected->ranks;
}

outcome may_speak(const person& who, const room& r) {
  const unsigned char ranks = r.ranks_of(who);
  if (ranks != no_rank || who.is_console) return outcome::done;
  if (r.modes.has('n') && !who.is_in(r)) return outcome::cannot_speak;
  if (r.modes.has('m')) return outcome::cannot_speak;
  if (r.modes.has('M') && who.account.empty()) return outcome::cannot_speak;
  const auto silences = [&](const list_entry& e) {
    return matches_person(e.mask, who) || mutes_person(e.mask, who);
  };
  const bool is_silenced = std::ranges::any_of(r.bans, silences);
  return is_silenced && !std::ranges::any_of(r.exceptions, silences) ? outcome::cannot_speak : outcome::done;
}

}  // namespace parlance::chat
