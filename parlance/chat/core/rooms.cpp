#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include <parlance/chat/accounts/accounts.hpp>
#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/core/room_records.hpp>
#include <parlance/chat/core/rooms.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

/// For so many seconds after the start, a closed room waits for somebody of those who were in it.
constexpr std::int64_t patience_with_people = 3600;

std::unique_ptr<room> as_made(std::string_view name) {
  auto made = std::make_unique<room>(name);
  for (const char c : usual_modes) made->modes.set(c);
  return made;
}

}  // namespace

void rooms::load() {
  store_.each(room_record_kind, [&](std::string_view key, std::string_view json) {
    std::unique_ptr<room> made = from_record(json);
    if (!made || made->key() != key)
      throw store_error(store_error::trouble::unusable,
                        fmt::format("what the store has about the room {} is not readable", key));
    made->is_kept_ = true;
    for (room::absentee& a : made->expected)
      if (a.since == 0) a.since = clock_.started();
    all_[made->key()] = std::move(made);
  });
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

room& rooms::make(std::string_view name) {
  if (room* there = find(name)) return *there;
  std::unique_ptr<room> made = as_made(name);
  made->created = clock_.seconds();
  return *all_.emplace(made->key(), std::move(made)).first->second;
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
  expect_no_more(in, who);
  who.speaks_in = &in;
  for (client* c : who.clients()) turn_.begin_reading(*c, in);
  presence_.keep(who);
}

void rooms::rise(person& who, room& from) {
  const std::size_t seat = who.find_seat(from);
  const std::size_t index = who.seats_[seat].index;
  for (client* c : who.clients()) turn_.end_reading(*c, from);
  who.seats_.erase(who.seats_.begin() + static_cast<std::ptrdiff_t>(seat));
  if (who.speaks_in == &from) who.speaks_in = who.seats_.empty() ? nullptr : who.seats_.back().in;
  presence_.keep(who);
  if (is_patient(from) && can_be_expected(who))
    from.expected.push_back({who.account, from.seats_[index].ranks, clock_.started()});
  // The last one moves into the gap.
  const room::seat last = from.seats_.back();
  from.seats_.pop_back();
  if (last.who != &who) {
    from.seats_[index] = last;
    last.who->seats_[last.who->find_seat(from)].index = index;
  }
  people_changed(from);
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
  presence_.keep(whom);
}

void rooms::try_ranks(room& in, person& whom, unsigned char ranks) {
  if (!whom.is_in(in)) return;
  in.before_.ranks.emplace_back(whom.serial, in.ranks_of(whom));
  if (presence_.keeps(whom)) in.before_.of_kept_people = true;
  set_ranks(in, whom, ranks);
}

void rooms::expect_no_more(room& r, const person& who) {
  const auto is_meant = [&](const room::absentee& a) { return same_name(a.account, who.account); };
  if (!who.account.empty()) {
    std::erase_if(r.expected, is_meant);
    return;
  }
  // One of several, who may be any of them: least of all one with a rank.
  const auto after = [&](const room::absentee& a) { return is_meant(a) ? a.ranks : 256; };
  const auto one = std::ranges::min_element(r.expected, {}, after);
  if (one != r.expected.end() && is_meant(*one)) r.expected.erase(one);
}

/// As somebody without an account, or in the name of one that is there still, and that nobody else can take.
bool rooms::can_be_expected(const person& who) const {
  try {
    return who.account.empty() || accounts_.exists(who.account);
  } catch (const store_error&) {
    return false;
  }
}

bool rooms::is_time_to_come_back() const noexcept {
  return clock_.seconds() < clock_.started() + patience_with_people;
}

/// Whether who is cut off may come back to it, as after the end of the server.
bool rooms::is_patient(const room& r) const noexcept {
  return r.is_awaited && r.is_closed() && is_time_to_come_back();
}

// --- how they are kept

void rooms::keep(room& r) {
  const bool was_kept = std::exchange(r.is_kept_, !r.is_as_made());
  if (r.is_kept_)
    store_.put(room_record_kind, r.key(), to_record(r));
  else if (was_kept)
    store_.erase(room_record_kind, r.key());
  else
    return;
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
  const std::optional<std::string> record = store_.get(room_record_kind, r.key());
  if (std::unique_ptr<room> settings = record ? from_record(*record) : as_made(r.name()))
    r.take_settings(std::move(*settings));
  if (before.expected) r.expected = *std::move(before.expected);
  for (; !before.ranks.empty(); before.ranks.pop_back()) {
    const auto [serial, ranks] = before.ranks.back();
    const auto its = std::ranges::find(r.seats_, serial, [](const room::seat& s) { return s.who->serial; });
    if (its != r.seats_.end()) set_ranks(r, *its->who, ranks);
  }
}

void rooms::keep_without(room& r, const person& whom) {
  const bool is_in_record = r.is_kept_ && r.keeps_people() && !whom.account.empty();
  if (!is_in_record && !presence_.keeps(whom) && !store_.has_pending_documents()) return;
  store_.keep_now([&] {
    if (is_in_record) store_.put(room_record_kind, r.key(), to_record(r, &whom));
    presence_.keep(whom, &r);
  });
}

void rooms::people_changed(room& r) {
  if (!r.is_kept_ || !r.keeps_people()) return;
  changed_crowds_.push_back(&r);
  turn_.wake();
}

void rooms::set_name(room& of, std::string_view name) {
  auto node = all_.extract(all_.find(of.key_));
  of.name_ = name;
  of.key_ = folded(name);
  node.key() = of.key_;
  all_.insert(std::move(node));
}

/// All that is kept of it by its name, which was another one.
void rooms::move_kept(room& of, const std::string& key_before) {
  store_.erase(of.key_);  // who came and went in a room of that name that is no more
  store_.rename(key_before, of.key_);
  move_readers(store_, of, key_before, of.key_);
  if (std::exchange(of.is_kept_, false)) store_.erase(room_record_kind, key_before);
  store_.erase(room_record_kind, of.key_);
  if (!of.founder_account.empty()) move_metadata(store_, of.metadata, of.key_);
}

outcome rooms::rename(room& of, std::string_view to) {
  if (const room* there = find(to); there && there != &of) return outcome::name_taken;
  // Nobody is there, but what was said is, and is not this room's.
  if (!same_name(of.name_, to) && store_.newest(folded(to), said_kinds) != 0) return outcome::name_taken;
  const std::string before = of.name_, key_before = of.key_, metadata_before = of.metadata.kept_as;
  const bool was_kept = of.is_kept_;
  if (folded(to) != key_before && !of.founder_account.empty())
    load_metadata(store_, of.metadata, key_before, settings_.limits.metadata_keys);
  try {
    store_.keep_now([&] {
      set_name(of, to);
      if (of.key_ != key_before) move_kept(of, key_before);
      for (const room::seat& s : of.seats_) presence_.keep(*s.who);
      keep(of);
    });
  } catch (const store_error&) {
    set_name(of, before);
    of.is_kept_ = was_kept;
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
  const auto may_come = [&](const room::absentee& a) { return !a.account.empty() || lets_guests_in; };
  return r.is_closed() && std::ranges::any_of(r.expected, may_come) && is_time_to_come_back();
}

void rooms::visit_deserted() {
  for (const auto& [key, r] : all_)
    if (is_deserted(*r) && !(r->is_closed() && is_time_to_come_back())) empty_.push_back(r.get());
  if (!empty_.empty()) turn_.wake();
}

void rooms::settle() {
  std::ranges::sort(changed_crowds_);
  changed_crowds_.erase(std::ranges::unique(changed_crowds_).begin(), changed_crowds_.end());
  for (room* r : std::exchange(changed_crowds_, {})) keep(*r);
  // One that was left twice is there twice.
  std::ranges::sort(empty_);
  empty_.erase(std::ranges::unique(empty_).begin(), empty_.end());
  std::erase_if(empty_, [&](room* r) { return !is_deserted(*r) || is_waiting(*r); });
  for (room* r : empty_) {
    if (r->is_kept_) store_.erase(room_record_kind, r->key());
    if (!r->is_closed()) continue;
    store_.erase(r->key());
    ended_closed_.push_back(r->key());
  }
  forget_readers_of_ended();
}

/// Who was in the one must not be taken for one who was in the next of that name: where they cannot be read
/// now, they are forgotten as soon as they can.
void rooms::forget_readers_of_ended() {
  std::erase_if(ended_closed_, [this](const std::string& key) {
    try {
      forget_readers(store_, key);
      return true;
    } catch (const store_error&) {
      return false;
    }
  });
}

void rooms::erase_ended() {
  for (const room* r : std::exchange(empty_, {})) all_.erase(all_.find(r->key_));
}

}  // namespace parlance::chat
