#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include <parlance/chat/accounts/accounts.hpp>
#include <parlance/chat/base/scripts.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/crowd.hpp>
#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/core/records.hpp>
#include <parlance/chat/core/room_records.hpp>
#include <parlance/chat/core/rooms.hpp>
#include <parlance/chat/store/record_kinds.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

/// For so long after the start, a closed room waits for somebody of those who were in it.
constexpr io::duration patience_with_people = std::chrono::hours(1);

/// Who has no account: all of one household are one, who else would come as often as it takes; but not those of this
/// machine.
std::uint64_t mark_of(const person& guest) {
  const std::optional<network> from = network::parse(guest.address);
  return from && !from->is_loopback() ? from->household().hash() : guest.serial;
}

/// As which somebody is expected.
std::string expected_as(const person& who) {
  return who.account.empty() ? std::to_string(mark_of(who)) : identity_of(who);
}

std::unique_ptr<room> as_made(std::string_view name) {
  auto made = std::make_unique<room>(name);
  for (const char c : usual_modes) made->modes.set(c);
  return made;
}

}  // namespace

void rooms::load() {
  store_.each(record_kinds::room, [&](std::string_view key, std::string_view json) {
    std::unique_ptr<room> made = read(json);
    if (!made || made->key() != key)
      throw store_error(store_error::trouble::unusable,
                        fmt::format("what the store has about the room {} is not readable", key));
    made->is_kept_ = true;
    if (made->crowd != 0)
      made->expected = read_crowd(store_, made->crowd);
    else
      expect_former(*made, json);
    made->is_awaited = !made->expected.empty();
    for (room::absentee& a : made->expected)
      if (a.since == 0) a.since = clock_.started_at();
    remember_hooks(*made);
    all_[made->key()] = std::move(made);
  });
  // Who was there is expected from now on, and not since the next start.
  for (const auto& [key, r] : all_)
    if (r->is_awaited) r->crowd = 0, keep(*r);
}

std::unique_ptr<room> rooms::read(std::string_view record) {
  std::unique_ptr<room> its = from_record(record);
  const auto find_number = [&](std::string_view name, std::uint64_t& number) {
    if (number != unknown_number) return;
    if (const std::optional<account> one = accounts_.find(name)) number = one->number;
  };
  if (!its) return its;
  find_number(its->founder_account, its->founder_number);
  for (room::ranked_account& one : its->ranked_accounts) find_number(one.name, one.number);
  return its;
}

void rooms::expect_former(room& r, std::string_view record) {
  for (const former_absentee& a : people_of_former_record(record)) {
    if (a.account.empty())
      r.expected.push_back({std::to_string(clock_.next_id()), a.ranks, 0});
    else if (const std::optional<account> its = accounts_.find(a.account))
      r.expected.push_back({identity_of(*its), a.ranks, a.since});
  }
}

void rooms::clear() noexcept {
  for (auto& [name, r] : all_) {
    r->seats_.clear();
    r->run_ = {};
  }
}

room* rooms::find(std::string_view name) const {
  const auto found = all_.find(name);
  return found == all_.end() ? nullptr : found->second.get();
}

room* rooms::find_by_hook(std::string_view id) const {
  const auto its = rooms_of_hooks_.find(std::string(id));
  return its == rooms_of_hooks_.end() ? nullptr : find(its->second);
}

void rooms::forget_hook(std::string_view id) { rooms_of_hooks_.erase(std::string(id)); }

void rooms::remember_hooks(const room& r) {
  for (const hook& one : r.hooks) rooms_of_hooks_.insert_or_assign(one.id, r.key());
}

void rooms::forget_hooks(const room& r) {
  for (const hook& one : r.hooks) forget_hook(one.id);
}

bool rooms::looks_like_other(std::string_view name, const room* but) const {
  const std::string look = skeleton_of(name);
  return std::ranges::any_of(all_, [&](const auto& r) {
    const room& other = *r.second;
    return &other != but && other.look() == look && (!is_ascii(name) || !is_ascii(other.name()));
  });
}

room& rooms::make(std::string_view name) {
  if (room* there = find(name)) return *there;
  std::unique_ptr<room> made = as_made(name);
  begin(*made);
  return *all_.emplace(made->key(), std::move(made)).first->second;
}

void rooms::begin(room& r) {
  r.created = clock_.seconds();
  r.begins_after = store_.last_id();
}

void rooms::renew(room& r) {
  end_kept(r);
  forget_hooks(r);
  r.take_settings(std::move(*as_made(r.name_)));
  r.metadata = {};
  r.expected.clear();
  r.returned.clear();
  r.invited.clear();
  r.is_awaited = false;
  r.is_kept_ = false;
  r.crowd = 0;
  r.before_ = {};
  begin(r);
  forget_readers_of_ended();  // before the next are remembered
}

/// A quarter of all that there may be.
bool rooms::has_space_for(const std::optional<network>& from) const {
  if (all_.size() >= settings_.limits.rooms) return false;
  const std::size_t share = std::max(settings_.limits.rooms / 4, std::size_t{10});
  if (!from || all_.size() < share) return true;
  const auto made = std::ranges::count_if(all_, [&](const auto& r) { return r.second->maker == from; });
  return static_cast<std::size_t>(made) < share;
}

// --- who is there

void rooms::sit(person& who, room& in, unsigned char ranks) {
  who.seats_.push_back({&in, in.seats_.size()});
  in.seats_.push_back({&who, ranks});
  has_come(in, who);
  keep_seat(in, who);
  who.speaks_in = &in;
  for (client* c : who.clients()) turn_.begin_reading(*c, in);
  presence_.keep_soon(who);
}

void rooms::rise(person& who, room& from) {
  const std::size_t seat = who.find_seat(from);
  const std::size_t index = who.seats_[seat].index;
  for (client* c : who.clients()) turn_.end_reading(*c, from);
  who.seats_.erase(who.seats_.begin() + static_cast<std::ptrdiff_t>(seat));
  if (who.speaks_in == &from) who.speaks_in = who.seats_.empty() ? nullptr : who.seats_.back().in;
  presence_.keep_soon(who);
  if (from.crowd != 0) erase_from_crowd(store_, from.crowd, who);
  if (is_patient(from) && can_be_expected(who)) expect(from, who, from.seats_[index].ranks);
  // The last one moves into the gap.
  const room::seat last = from.seats_.back();
  from.seats_.pop_back();
  if (last.who != &who) {
    from.seats_[index] = last;
    last.who->seats_[last.who->find_seat(from)].index = index;
  }
  if (from.seats_.empty()) {
    // At the end of the turn, since this turn has runs of it.
    empty_.push_back(&from);
    turn_.wake();
  }
}

void rooms::set_ranks(room& in, person& whom, unsigned char ranks) {
  const std::size_t at = whom.find_seat(in);
  if (at == whom.seats_.size()) return;
  in.seats_[whom.seats_[at].index].ranks = ranks;
  keep_seat(in, whom);
  presence_.keep(whom);
}

void rooms::try_ranks(room& in, person& whom, unsigned char ranks) {
  if (!whom.is_in(in)) return;
  in.before_.ranks.emplace_back(whom.serial, in.ranks_of(whom));
  if (presence_.keeps(whom)) in.before_.of_kept_people = true;
  set_ranks(in, whom, ranks);
}

void rooms::expect(room& r, const person& who, unsigned char ranks) {
  room::absentee one{expected_as(who), ranks, clock_.started_at()};
  const auto same = std::ranges::find(r.expected, one.identity, &room::absentee::identity);
  if (same != r.expected.end()) one.ranks |= same->ranks, r.expected.erase(same);
  if (r.crowd != 0) keep_in_crowd(store_, r.crowd, one);
  r.expected.push_back(std::move(one));
}

void rooms::expect_no_more(room& r, const person& who) { expect_no_more(r, expected_as(who)); }

void rooms::has_come(room& r, const person& who) {
  if (expect_no_more(r, expected_as(who)) || !who.account.empty()) return;
  if (std::ranges::find(r.returned, mark_of(who)) != r.returned.end()) return;
  // One of several, who may be any of them: least of all one with a rank.
  const auto after = [&](const room::absentee& a) { return is_account(a.identity) ? 256 : a.ranks; };
  const auto one = std::ranges::min_element(r.expected, {}, after);
  if (one == r.expected.end() || is_account(one->identity)) return;
  expect_no_more(r, std::string(one->identity));
  r.returned.push_back(mark_of(who));
}

bool rooms::expect_no_more(room& r, std::string_view identity) {
  const auto one = std::ranges::find(r.expected, identity, &room::absentee::identity);
  if (one == r.expected.end()) return false;
  if (r.crowd != 0) erase_from_crowd(store_, r.crowd, identity);
  r.expected.erase(one);
  turn_.wake();
  return true;
}

/// As somebody without an account, or in the name of one that is there still, and that nobody else can take.
bool rooms::can_be_expected(const person& who) const {
  try {
    return who.account.empty() || accounts_.exists(who.account);
  } catch (const store_error&) {
    return false;
  }
}

bool rooms::is_time_to_come_back() const noexcept { return clock_.running() < patience_with_people; }

/// Whether who is cut off may come back to it, as after the end of the server.
bool rooms::is_patient(const room& r) const noexcept {
  return r.is_awaited && r.is_closed() && is_time_to_come_back();
}

// --- how they are kept

void rooms::keep(room& r) {
  const bool was_kept = std::exchange(r.is_kept_, !r.is_as_made());
  keep_crowd(r);
  remember_hooks(r);
  if (r.is_kept_)
    store_.put(record_kinds::room, r.key(), to_record(r));
  else if (was_kept)
    store_.erase(record_kinds::room, r.key());
  else
    return;
  turn_.wake();
}

/// From when it is closed until it is not any more, and of who nobody expects any more, nothing is left: the
/// next is another crowd.
void rooms::keep_crowd(room& r) {
  const bool is_kept = r.is_kept_ && r.keeps_people();
  const bool was_expected = r.before_.expected && !r.before_.expected->empty();
  if (is_kept && r.crowd != 0 && !was_expected) return;
  r.crowd = is_kept ? clock_.next_id() : 0;
  if (!is_kept) return;
  for (const room::seat& s : r.seats_) keep_in_crowd(store_, r.crowd, *s.who, s.ranks);
  for (const room::absentee& a : r.expected) keep_in_crowd(store_, r.crowd, a);
}

void rooms::keep_seat(const room& r, const person& who) {
  if (r.crowd == 0) return;
  keep_in_crowd(store_, r.crowd, who, r.ranks_of(who));
  turn_.wake();
}

void rooms::keep_now(room& r) {
  const bool was_kept = r.is_kept_;
  if (!was_kept && r.is_as_made() && !r.before_.of_kept_people && !store_.has_pending_documents()) {
    r.before_ = {};
    return;
  }
  try {
    store_.keep_now([&] { keep(r); });
    r.before_ = {};
  } catch (const store_error&) {
    take_back(r, was_kept);
    throw;
  }
}

/// It is what it was when it was kept last.
void rooms::take_back(room& r, bool was_kept) {
  auto before = std::exchange(r.before_, {});
  r.is_kept_ = was_kept;
  const std::optional<std::string> record = store_.get(record_kinds::room, r.key());
  if (std::unique_ptr<room> settings = record ? read(*record) : as_made(r.name())) {
    r.crowd = settings->crowd;
    forget_hooks(r);
    r.take_settings(std::move(*settings));
    remember_hooks(r);
  }
  if (before.expected) r.expected = *std::move(before.expected);
  for (; !before.ranks.empty(); before.ranks.pop_back()) {
    const auto [serial, ranks] = before.ranks.back();
    const auto its = std::ranges::find(r.seats_, serial, [](const room::seat& s) { return s.who->serial; });
    if (its != r.seats_.end()) set_ranks(r, *its->who, ranks);
  }
}

void rooms::keep_without(room& r, const person& whom) {
  if (r.crowd == 0 && !presence_.keeps(whom) && !store_.has_pending_documents()) return;
  store_.keep_now([&] {
    if (r.crowd != 0)
      erase_from_crowd(store_, r.crowd, whom), erase_from_crowd(store_, r.crowd, identity_of(whom));
    presence_.keep(whom, &r);
  });
}

void rooms::forget_in_rooms(const person& who) {
  for (const person::seat& s : who.seats())
    if (s.in->crowd != 0) erase_from_crowd(store_, s.in->crowd, who);
}

void rooms::keep_in_rooms(const person& who) {
  for (const person::seat& s : who.seats()) keep_seat(*s.in, who);
}

void rooms::set_name(room& of, std::string_view name) {
  auto node = all_.extract(all_.find(of.key_));
  of.name_ = name;
  of.key_ = folded(name);
  of.look_ = skeleton_of(name);
  node.key() = of.key_;
  all_.insert(std::move(node));
}

/// All that is kept of it by its name, which was another one.
void rooms::move_kept(room& of, const std::string& key_before) {
  store_.erase(of.key_);  // who came and went in a room of that name that is no more
  store_.rename(key_before, of.key_);
  // Who logged in after coming has no record of that, but may have others.
  std::vector<std::string> there;
  for (const room::seat& s : of.seats_) there.push_back(identity_of(*s.who));
  try {
    move_records_of_room(store_, key_before, of.key_, there);
  } catch (const store_error&) {
    // What cannot be read stays behind; it tells nothing of what was said.
  }
  if (!of.metadata.kept_as.empty()) of.metadata.kept_as = of.key_;
  if (std::exchange(of.is_kept_, false)) store_.erase(record_kinds::room, key_before);
  store_.erase(record_kinds::room, of.key_);
}

/// Of an open room that nobody was left in: who makes it anew must not carry that off.
bool rooms::has_others_history(const room& r) {
  const entry_range before = {.before = r.begins_after + 1, .limit = 1, .kinds = said_kinds};
  return r.founder_account.empty() && !store_.read(r.key(), before).empty();
}

outcome rooms::rename(room& of, std::string_view to) {
  if (const room* there = find(to); there && there != &of) return outcome::name_taken;
  if (looks_like_other(to, &of)) return outcome::looks_alike;
  // Nobody is there, but what was said is, and is not this room's.
  if (!same_name(of.name_, to) && store_.newest(folded(to), said_kinds) != 0) return outcome::name_taken;
  if (!same_name(of.name_, to) && has_others_history(of)) return outcome::has_others_history;
  const std::string before = of.name_, key_before = of.key_, metadata_before = of.metadata.kept_as;
  const bool was_kept = of.is_kept_;
  const entry_id crowd_before = of.crowd;
  try {
    store_.keep_now([&] {
      set_name(of, to);
      if (of.key_ != key_before) move_kept(of, key_before);
      for (const room::seat& s : of.seats_) presence_.keep(*s.who);
      keep(of);
    });
  } catch (const store_error&) {
    set_name(of, before);
    remember_hooks(of);
    of.is_kept_ = was_kept;
    of.crowd = crowd_before;
    of.metadata.kept_as = metadata_before;
    throw;
  }
  return outcome::done;
}

void rooms::disown(room& r) {
  load_metadata(store_, r.metadata, r.key(), settings_.limits.metadata_keys);
  move_metadata(store_, r.metadata, {});
  r.founder_account.clear();
  r.ranked_accounts.clear();
  r.offered_to = {};
  r.retention = 0;
  keep(r);
  if (r.seats_.empty()) empty_.push_back(&r);
  turn_.wake();
}

// --- how they end

bool rooms::is_deserted(const room& r) const noexcept {
  return r.seats_.empty() && r.founder_account.empty() && !same_name(r.name_, lobby);
}

/// For a while after the start, those may come back who were in it, whoever of them comes and goes first.
/// Who has no account comes back like anybody else.
bool rooms::is_waiting(const room& r) const noexcept {
  const bool lets_guests_in = !r.modes.has('i') && !r.modes.has('R');
  const auto may_come = [&](const room::absentee& a) { return is_account(a.identity) || lets_guests_in; };
  return r.is_closed() && std::ranges::any_of(r.expected, may_come) && is_time_to_come_back();
}

bool rooms::is_over(const room& r) const noexcept { return is_deserted(r) && !is_waiting(r); }

void rooms::visit_deserted() {
  for (const auto& [key, r] : all_)
    if (is_over(*r)) empty_.push_back(r.get());
  if (!empty_.empty()) turn_.wake();
}

void rooms::settle() {
  // One that was left twice is there twice.
  std::ranges::sort(empty_);
  empty_.erase(std::ranges::unique(empty_).begin(), empty_.end());
  std::erase_if(empty_, [&](room* r) { return !is_over(*r); });
  for (room* r : empty_) end_kept(*r);
  forget_readers_of_ended();
}

void rooms::end_kept(const room& r) {
  if (r.is_kept_) store_.erase(record_kinds::room, r.key());
  if (!r.is_closed()) return;
  store_.erase_after(r.key(), r.begins_after);
  ended_closed_.push_back(r.key());
}

/// Who was in the one must not be taken for one who was in the next of that name: where they cannot be read
/// now, they are forgotten as soon as they can.
void rooms::forget_readers_of_ended() {
  std::erase_if(ended_closed_, [this](const std::string& key) {
    try {
      erase_records_of_room(store_, key);
      return true;
    } catch (const store_error&) {
      return false;
    }
  });
}

void rooms::erase_ended() {
  for (const room* r : std::exchange(empty_, {})) {
    forget_hooks(*r);
    all_.erase(all_.find(r->key_));
  }
}

}  // namespace parlance::chat
