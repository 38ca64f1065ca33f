// Who is whose: nicks that belong to accounts, what an account leaves behind, and who stays in the chat while
// nobody is connected as it.
#include <algorithm>
#include <limits>

#include <parlance/chat/accounts/suspension.hpp>
#include <parlance/chat/base/scripts.hpp>
#include <parlance/chat/core/ban.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/core/records.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

/// Why somebody is away who has no client.
constexpr std::string_view not_connected = "not connected";

}  // namespace

outcome hub::may_have(std::string_view nick, std::string_view account) {
  if (!settings_.accounts.nick_reservation) return outcome::done;
  // In other cases of its letters a name may look like another's: in capitals, Cyrillic "bob" does.
  const bool is_own = same_name(nick, account);
  if (is_own && is_ascii(nick)) return outcome::done;
  if (!is_own && accounts_.exists(nick)) return outcome::name_reserved;
  const std::optional<std::string> other = accounts_.looks_like(nick);
  return other && !same_name(*other, account) ? outcome::looks_alike : outcome::done;
}

/// Where its account cannot be looked up, what it says now is nobody's later: least of all another's.
void hub::settle_identity(person& who) {
  who.account_number = 0;
  if (who.own_) who.own_->identity_name.clear();
  if (who.account.empty()) return;
  try {
    const std::optional<account> its = accounts_.find(who.account);
    if (!its) return;
    who.account_number = its->number;
    if (!its->identity_name.empty()) who.own().identity_name = its->identity_name;
  } catch (const store_error&) {
    who.account_number = who.serial;
  }
}

/// It holds up nobody that it cannot be kept now.
void hub::note_use(const person& who) {
  if (who.account.empty()) return;
  try {
    accounts_.is_used(who.account, clock_.seconds());
    turn_.wake();
  } catch (const store_error&) {
    count.store_errors.add();
  }
}

void hub::log_in(person& who, std::string_view account) {
  if (who.account == account) return;
  rooms_.forget_in_rooms(who);
  who.account = account;
  settle_identity(who);
  settle_presence(who);
  rooms_.keep_in_rooms(who);
  note_use(who);
  if (!who.present_) return;
  event changed{event::kind::account, who.as_source(), {}, {}, who.account};
  changed.time = clock_.milliseconds();
  turn_.tell_neighbours(who, changed, true);
  give_lasting_ranks(who);
  if (who.account.empty()) return;
  for (const person::seat& s : who.seats_) {
    // It is the one that was expected, and has what that had: once.
    rooms_.expect_no_more(*s.in, who);
    // What it may read as itself, its account may read when it comes again.
    if (settings_.history.enabled) remember_first_join(store_, *s.in, who);
  }
}

// It all goes in one turn, so that nothing is half there after a crash. Whoever was there under it is not in the history
// after that, for it may have been forgotten there before.
bool hub::drop_account(std::string_view name, std::string_view why) {
  const std::optional<account> its = accounts_.find(name);
  const std::string called = its ? its->name : std::string(name);
  if (!accounts_.remove(called)) return false;
  turn_.wake();
  for (person* who : people_.of_account(called)) {
    who->goes_unkept = true;
    remove(*who, why);
  }

  const std::string identity = its ? identity_of(*its) : identity_of_account(called, 0);
  const auto names_it = [&](const list_entry& e) { return names_account(e.mask, called); };
  for (const auto& [key, r] : rooms_.all()) {
    const std::size_t ended =
        std::erase_if(r->ranked_accounts, [&](const auto& e) { return same_name(e.name, called); }) +
        // What kept it out stays: that opens nothing.
        std::erase_if(r->invitations, names_it) + std::erase_if(r->exceptions, names_it);
    if (ended != 0) rooms_.keep(*r);
    rooms_.expect_no_more(*r, identity);
    if (same_name(r->founder_account, called)) release_room({.prefix = settings_.server.name}, *r);
  }
  erase_talks(store_, identity);
  uploads_.remove_all_of(identity);
  erase_records_of(store_, called, identity);
  // Without a number, the next of its name might be the same to what is left; the others' is swept in time.
  sweep_place all;
  if (!its || its->number == 0) sweep_records(*this, all, std::numeric_limits<std::size_t>::max());
  store_.keep_now([] {});
  return true;
}

std::vector<client*> hub::clients_of(std::string_view account) const {
  std::vector<client*> all;
  for (const person* who : people_.of_account(account))
    all.insert(all.end(), who->clients_.begin(), who->clients_.end());
  std::ranges::sort(all, {}, &client::number);
  return all;
}

client* hub::find_client(std::uint64_t number) const noexcept {
  for (const auto& [nick, who] : people_.all())
    for (client* c : who->clients_)
      if (c->number() == number) return c;
  return nullptr;
}

std::size_t hub::put_out_clients_of(std::string_view account, const client* but, std::string_view why) {
  std::vector<client*> those = clients_of(account);
  if (but) std::erase(those, but);
  for (client* c : those) dismiss(*c, why);
  return those.size();
}

/// One person of an account stays: the one that has its name.
void hub::settle_presence(person& who) {
  bool stays = false;
  if (settings_.accounts.always_on == always_on::opt_in && !who.account.empty() &&
      same_name(who.nick_, who.account))
    try {
      const std::optional<account> its = accounts_.find(who.account);
      stays = its && its->always_on;
    } catch (const store_error&) {
      return;  // what cannot be looked up now stays as it is: nobody may be half renamed
    }
  if (stays)
    presence_.begin(who);
  else
    presence_.end(who);
}

void hub::settle_presence_again(person& who) {
  settle_presence(who);
  if (!who.always_on && who.clients_.empty()) remove(who, "is not always on any more");
}

/// The configuration says something else of who may stay.
void hub::review_presence() {
  std::vector<person*> all;
  for (const auto& [nick, who] : people_.all())
    if (who->present_ && !who->account.empty()) all.push_back(who.get());
  for (person* who : all) settle_presence_again(*who);
}

void hub::always_on_is_set(const account& of) {
  for (person* who : people_.of_account(of.name)) settle_presence_again(*who);
  // Nobody may be there whose it is.
  if (!of.always_on) presence_.forget(of.name);
}

/// Of one address, who stay without a client: a quarter of all that there may be.
std::size_t hub::most_alone() const noexcept {
  return std::max(settings_.limits.members / 4, std::size_t{10});
}

/// Its last client is gone. False: so many of its address stay without one that it does not.
bool hub::became_alone(person& who) {
  if (!presence_.begin_alone(who, share_of(who), most_alone())) {
    presence_.end(who);
    return false;
  }
  who.alone_since = clock_.next_id();
  if (who.unshown_since == 0) who.unshown_since = who.alone_since;
  presence_.keep(who);
  // Rights over the server belong to somebody who is there.
  people_.set_mode(who, 'o', false);
  if (who.own_) who.own_->oper.clear();
  if (who.away.empty() || who.away == "*") tell_away(who, not_connected);
  return true;
}

/// Null: it is not to be there.
person* hub::come_back(const presence::absent& kept) {
  if (settings_.accounts.always_on != always_on::opt_in) return nullptr;
  const std::optional<account> its = accounts_.find(kept.account);
  if (!its || !its->always_on || suspension_of(*its, clock_.seconds()) ||
      !same_name(kept.nick, kept.account) || people_.holder_of(kept.nick) ||
      people_.all().size() >= settings_.limits.members)
    return nullptr;
  person& who = people_.add(kept.nick);
  who.address = kept.address;
  if (!presence_.begin_alone(who, share_of(who), most_alone())) {
    people_.remove(who);
    return nullptr;
  }
  who.set_names(kept.nick, kept.user, kept.host);
  who.account = kept.account;
  who.realname = kept.realname;
  who.away = kept.away.empty() || kept.away == "*" ? std::string(not_connected) : kept.away;
  who.modes = kept.modes;
  arrive(who);
  who.alone_since = kept.alone_since != 0 ? kept.alone_since : who.serial;
  who.unshown_since = kept.unshown_since != 0 ? kept.unshown_since : who.alone_since;
  sit_again(who, kept.rooms);
  return &who;
}

/// In the rooms that it was in, as far as they may be.
void hub::sit_again(person& who, const std::vector<presence::absent::seat>& in_rooms) {
  for (const auto& [name, ranks, since] : in_rooms) {
    if (!is_room_name(name, settings_.limits.room_name) ||
        who.seats_.size() >= settings_.limits.rooms_per_member ||
        (!rooms_.find(name) && rooms_.all().size() >= settings_.limits.rooms))
      continue;
    room& in = rooms_.make(name);
    if (who.is_in(in)) continue;
    // One of which there is no record is at least as old as that, for nobody has left it.
    if (since != 0 && in.is_as_made()) in.begins_after = std::min(in.begins_after, since - 1);
    rooms_.sit(who, in, ranks);
    who.seats_.back().since = since != 0 ? since : who.serial;
  }
}

}  // namespace parlance::chat
