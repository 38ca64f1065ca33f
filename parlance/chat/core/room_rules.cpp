#include <algorithm>
#include <chrono>
#include <functional>
#include <string>

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

outcome may_speak_now(const person& who, room& r, io::time_point now) {
  if (r.slow == 0 || who.is_console || r.ranks_of(who) != no_rank) return outcome::done;
  const io::duration pause = std::chrono::seconds(r.slow);
  // Who leaves and comes again, or has another client, is the same.
  const std::uint64_t key = who.account.empty() ? who.serial : std::hash<std::string>()(identity_of(who));
  constexpr std::size_t spare = 64;
  if (r.spoke.size() > 2 * r.seats().size() + spare)
    std::erase_if(r.spoke, [&](const auto& one) { return now - one.second >= pause; });
  const auto [its, is_first] = r.spoke.try_emplace(key, now);
  if (!is_first && now - its->second < pause) return outcome::too_soon;
  its->second = now;
  return outcome::done;
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
