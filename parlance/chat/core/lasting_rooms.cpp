// The hub's rooms that last: how they are kept, how they end, and how a room gets another name.
//
// A registered room lasts. Any other ends when its last one leaves, and if it was closed (room::is_closed),
// with all that was said in it: who makes a room of that name anew is not whom it was said to. An open one
// leaves its history behind. When the server ends, nobody has left, so what is set in a room is kept as long
// as somebody is in it, and is there again at the next start; a closed room then waits for a while until
// those who were in it come back.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/core/room_records.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

/// For so many seconds after the start, a closed room waits for somebody of those who were in it.
constexpr std::int64_t patience_with_people = 3600;

std::unique_ptr<room> as_made(const std::string& name) {
  auto made = std::make_unique<room>(name);
  for (const char c : usual_modes) made->modes.set(c);
  return made;
}

}  // namespace

void hub::load_rooms() {
  store_.each(room_record_kind, [&](std::string_view key, std::string_view json) {
    std::unique_ptr<room> made = from_record(json);
    if (!made || made->key() != key)
      throw store_error(store_error::trouble::unusable,
                        fmt::format("what the store has about the room {} is not readable", key));
    made->is_kept_ = true;
    for (room::absentee& a : made->expected)
      if (a.since == 0) a.since = started_;
    rooms_[made->key()] = std::move(made);
  });
}

void hub::keep_room(room& r) {
  const bool was_kept = std::exchange(r.is_kept_, !r.is_as_made());
  if (r.is_kept_)
    store_.put(room_record_kind, r.key(), to_record(r));
  else if (was_kept)
    store_.erase(room_record_kind, r.key());
  else
    return;
  turn_.wake();
}

void hub::keep_room_now(room& r) {
  const bool was_kept = r.is_kept_;
  auto before = std::exchange(r.before_, {});
  if (!was_kept && r.is_as_made() && !before.of_kept_people && !store_.has_pending_documents()) return;
  try {
    return store_.keep_now([&] { keep_room(r); });
  } catch (const store_error&) {
    r.is_kept_ = was_kept;
    const std::optional<std::string> record = store_.get(room_record_kind, r.key());
    if (std::unique_ptr<room> settings = record ? from_record(*record) : as_made(r.name()))
      r.take_settings(std::move(*settings));
    if (before.expected) r.expected = *std::move(before.expected);
    while (!before.ranks.empty()) {
      const auto [serial, ranks] = before.ranks.back();
      before.ranks.pop_back();
      const auto its = std::ranges::find(r.seats_, serial, [](const room::seat& s) { return s.who->serial; });
      if (its != r.seats_.end()) put_ranks(r, *its->who, ranks);
    }
    throw;
  }
}

/// Who is put out of a room stays out, also after a restart: before anybody is told. What is not kept yet may
/// be that it had another account, or was always on. Throws store_error.
void hub::keep_without(room& r, const person& whom) {
  const bool is_in_record = r.is_kept_ && r.keeps_people() && !whom.account.empty();
  if (!is_in_record && whom.kept_as_.empty() && !store_.has_pending_documents()) return;
  store_.keep_now([&] {
    if (is_in_record) store_.put(room_record_kind, r.key(), to_record(r, &whom));
    keep_presence(whom, &r);
  });
}

void hub::unregister_room(const source& by, room& r) {
  r.founder_account.clear();
  r.ranked_accounts.clear();
  keep_room_now(r);
  release_room(by, r);
}

/// After somebody came or went. At the end of the turn, in which many may.
void hub::keep_people(room& r) {
  if (!r.is_kept_ || !r.keeps_people()) return;
  changed_crowds_.push_back(&r);
  turn_.wake();
}

void hub::keep_crowds() {
  std::ranges::sort(changed_crowds_);
  changed_crowds_.erase(std::ranges::unique(changed_crowds_).begin(), changed_crowds_.end());
  for (room* r : std::exchange(changed_crowds_, {})) keep_room(*r);
}

bool hub::is_deserted(const room& r) const noexcept {
  return r.seats_.empty() && r.founder_account.empty() && !same_name(r.name_, lobby);
}

/// For a while after the start, those may come back who were in it, whoever of them comes and goes first.
/// Who has no account comes back like anybody else.
bool hub::is_waiting(const room& r) const noexcept {
  const bool lets_guests_in = !r.modes.has('i') && !r.modes.has('R');
  const auto may_come = [&](const room::absentee& a) { return !a.account.empty() || lets_guests_in; };
  return r.is_closed() && std::ranges::any_of(r.expected, may_come) &&
         clock_.seconds() < started_ + patience_with_people;
}

/// Whether who is cut off may come back to it, as after the end of the server.
bool hub::is_patient(const room& r) const noexcept {
  return r.is_awaited && r.is_closed() && clock_.seconds() < started_ + patience_with_people;
}

/// As somebody without an account, or in the name of one that is there still, and that nobody else can take.
bool hub::can_be_expected(const person& who) {
  try {
    return who.account.empty() || accounts_.exists(who.account);
  } catch (const store_error&) {
    return false;
  }
}

void hub::expect_no_more(room& r, const person& who) {
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

void hub::end_deserted_rooms() {
  // One that was left twice is there twice.
  std::ranges::sort(empty_rooms_);
  empty_rooms_.erase(std::ranges::unique(empty_rooms_).begin(), empty_rooms_.end());
  std::erase_if(empty_rooms_, [&](room* r) { return !is_deserted(*r) || is_waiting(*r); });
  for (room* r : empty_rooms_) {
    if (r->is_kept_) store_.erase(room_record_kind, r->key());
    if (!r->is_closed()) continue;
    store_.erase(r->key());
    ended_closed_rooms_.push_back(r->key());
  }
  // Who was in the one must not be taken for one who was in the next of that name: where they cannot be read
  // now, they are forgotten as soon as they can.
  std::erase_if(ended_closed_rooms_, [this](const std::string& key) {
    try {
      forget_readers(store_, key);
      return true;
    } catch (const store_error&) {
      return false;
    }
  });
}

void hub::visit_deserted_rooms() {
  const bool is_waited_for = clock_.seconds() < started_ + patience_with_people;
  for (const auto& [key, r] : rooms_)
    if (is_deserted(*r) && !(r->is_closed() && is_waited_for)) empty_rooms_.push_back(r.get());
  if (!empty_rooms_.empty()) turn_.wake();
}

void hub::release_room(const source& by, room& r) {
  load_metadata(store_, r.metadata, r.key(), settings_.limits.metadata_keys);
  move_metadata(store_, r.metadata, {});
  r.founder_account.clear();
  r.ranked_accounts.clear();
  keep_room(r);
  if (r.seats_.empty()) empty_rooms_.push_back(&r);
  turn_.wake();
  for (room::seat& s : r.seats_) {
    if (!(s.ranks & founder)) continue;
    s.ranks = static_cast<unsigned char>((s.ranks & ~founder) | channel_operator);
    keep_presence(*s.who);
    tell_modes(by, r, fmt::format("+o-q {0} {0}", s.who->nick()));
  }
}

void hub::set_name(room& of, std::string_view name) {
  auto node = rooms_.extract(rooms_.find(of.key_));
  of.name_ = name;
  of.key_ = folded(name);
  node.key() = of.key_;
  rooms_.insert(std::move(node));
}

/// All that is kept of it by its name, which was another one.
void hub::move_kept(room& of, const std::string& key_before) {
  store_.erase(of.key_);  // who came and went in a room of that name that is no more
  store_.rename(key_before, of.key_);
  move_readers(store_, of, key_before, of.key_);
  if (std::exchange(of.is_kept_, false)) store_.erase(room_record_kind, key_before);
  store_.erase(room_record_kind, of.key_);
  if (!of.founder_account.empty()) move_metadata(store_, of.metadata, of.key_);
}

/// It is told once it is kept.
outcome hub::rename_room(const source& by, room& of, std::string_view to, std::string_view why) {
  if (!is_room_name(to, settings_.limits.room_name)) return outcome::bad_room_name;
  if (same_name(of.name_, lobby)) return outcome::no_rights;
  if (const room* there = find_room(to); there && there != &of) return outcome::name_taken;
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
      for (const room::seat& s : of.seats_) keep_presence(*s.who);
      keep_room(of);
    });
  } catch (const store_error&) {
    set_name(of, before);
    of.is_kept_ = was_kept;
    of.metadata.kept_as = metadata_before;
    throw;
  }
  event renamed{event::kind::rename, by, before, why, of.name_};
  clock_.stamp(renamed, of.key());
  keep(of.key(), renamed, before + ' ' + of.name_);
  // Not by the room's run: another room may have had the name in this turn, or have it next.
  for (const room::seat& s : of.seats_) turn_.tell(*s.who, renamed);
  return outcome::done;
}

}  // namespace parlance::chat
