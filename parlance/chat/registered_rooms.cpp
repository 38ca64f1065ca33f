// The hub's rooms that last: how they are kept, and how a room gets another name.
#include <fmt/core.h>

#include <utility>

#include <parlance/chat/hub.hpp>
#include <parlance/chat/playback.hpp>
#include <parlance/chat/room_records.hpp>
#include <parlance/chat/store.hpp>

namespace parlance::chat {

void hub::load_rooms() {
  store_.each(room_record_kind, [&](std::string_view key, std::string_view json) {
    std::unique_ptr<room> made = from_record(json);
    if (!made || made->key() != key)
      throw store_error(store_error::trouble::unusable,
                        fmt::format("what the store has about the room {} is not readable", key));
    rooms_[made->key()] = std::move(made);
  });
}

void hub::keep_room(const room& r) {
  if (r.founder_account.empty()) return;
  wake();
  store_.put(room_record_kind, r.key(), to_record(r));
}

void hub::release_room(const source& by, room& r) {
  load_metadata(store_, r.metadata, r.key());
  move_metadata(store_, r.metadata, {});
  r.founder_account.clear();
  r.ranked_accounts.clear();
  store_.erase(room_record_kind, r.key());
  if (r.seats_.empty()) empty_rooms_.push_back(&r);
  wake();
  for (room::seat& s : r.seats_) {
    if (!(s.ranks & founder)) continue;
    s.ranks = static_cast<unsigned char>((s.ranks & ~founder) | channel_operator);
    keep_presence(*s.who);
    announce_modes(by, r, fmt::format("+o-q {0} {0}", s.who->nick()));
  }
}

outcome hub::rename_room(const source& by, room& of, std::string_view to, std::string_view why) {
  if (!is_room_name(to, settings_.limits.room_name)) return outcome::bad_room_name;
  if (same_name(of.name_, lobby)) return outcome::no_rights;
  if (const room* there = find_room(to); there && there != &of) return outcome::name_taken;
  const std::string before = of.name_, key_before = of.key_;
  of.name_ = to;
  if (std::string key = folded(to); key != of.key_) {
    auto node = rooms_.extract(rooms_.find(of.key_));
    of.key_ = std::move(key);
    node.key() = of.key_;
    rooms_.insert(std::move(node));
    // What was said in a room of that name that is no more makes way.
    store_.erase(of.key_);
    store_.rename(key_before, of.key_);
    move_readers(store_, of, key_before, of.key_);
    if (!of.founder_account.empty()) {
      store_.erase(room_record_kind, key_before);
      load_metadata(store_, of.metadata, key_before);
      move_metadata(store_, of.metadata, of.key_);
    }
  }
  for (const room::seat& s : of.seats_) keep_presence(*s.who);
  keep_room(of);
  event renamed{event::kind::rename, by, before, why, of.name_};
  stamp(renamed);
  keep(of.key(), renamed, before + ' ' + of.name_);
  tell(of, renamed);
  return outcome::done;
}

}  // namespace parlance::chat
