// Which rooms there are, who sits in them, how they are kept, and how they end.
//
// A registered room lasts. Any other ends when its last one leaves, and if it was closed (room::is_closed),
// with all that was said since it was made: who makes a room of that name anew is not whom it was said to. An
// open one leaves its history behind. When the server ends, nobody has left, so what is set in a room is kept as long
// as somebody is in it. At the next start an open one is there again with those in it who are always on, and a
// closed one waits for a while until those who were in it come back.
//
// What is done here is told to nobody: the hub does that. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <parlance/chat/base/by_name.hpp>
#include <parlance/chat/base/network.hpp>
#include <parlance/chat/core/clock.hpp>
#include <parlance/chat/core/outcome.hpp>
#include <parlance/chat/core/presence.hpp>
#include <parlance/chat/core/room.hpp>
#include <parlance/chat/core/settings.hpp>
#include <parlance/chat/core/turn.hpp>

namespace parlance::chat {

class account_registry;
class store;

class rooms {
 public:
  /// All of them outlive it.
  rooms(const settings& configured, store& keeps, account_registry& known, clock& times, turn& in,
        presence& staying)
      : settings_(configured),
        store_(keeps),
        accounts_(known),
        clock_(times),
        turn_(in),
        presence_(staying) {}
  rooms(const rooms&) = delete;
  rooms& operator=(const rooms&) = delete;

  /// At the start: those that were kept. Throws store_error.
  void load();
  /// Nobody is in any.
  void clear() noexcept;

  room* find(std::string_view name) const;
  /// The one that has a webhook with this id; null: none has. One look-up, however many there are.
  room* find_by_hook(std::string_view id) const;
  /// Nobody has it any more.
  void forget_hook(std::string_view id);
  const by_name<std::unique_ptr<room>>& all() const noexcept { return all_; }
  /// Whether a name looks like that of another room than `but`: see scripts.hpp.
  bool looks_like_other(std::string_view name, const room* but) const;
  /// The room of that name, new where there is none.
  room& make(std::string_view name);
  /// Whether one more may be made from that network: no one address takes the last.
  bool has_space_for(const std::optional<network>& from) const;

  // --- who is there

  void sit(person& who, room& in, unsigned char ranks);
  /// Who is cut off, and has not left of its own, may be expected back.
  void rise(person& who, room& from);
  void set_ranks(room& in, person& whom, unsigned char ranks);
  /// The same, to be taken back where keep_now fails.
  void try_ranks(room& in, person& whom, unsigned char ranks);
  /// It has come: as somebody who was there when the server ended it is not expected any more. Who has no account
  /// and comes again, or others of its household, do not take the place of another: else one stranger would end the
  /// room, and what was said in it, before its people are back.
  void has_come(room& r, const person& who);
  /// The same of who has left.
  void expect_no_more(room& r, const person& who);
  /// Nor who had an account that is no more. False: it was not expected.
  bool expect_no_more(room& r, std::string_view identity);

  // --- how they are kept

  /// Keeps what a room is now, until it ends. Whoever changes one says so in the same turn.
  void keep(room& r);
  /// The same before anybody is told. Throws store_error: then it is as it was last kept.
  void keep_now(room& r);
  /// Who is put out of a room stays out, also after a restart: before anybody is told. What is not kept yet may
  /// be that it had another account, or was always on. Throws store_error.
  void keep_without(room& r, const person& whom);
  /// Before somebody is another account's, and when it is.
  void forget_in_rooms(const person& who);
  void keep_in_rooms(const person& who);
  /// It gets another name, and all that is kept of it goes along. Says name_taken when there is a room of that
  /// name, or something that was said in one, and has_others_history when it belongs to nobody and what was
  /// said before it was made would go along. Throws store_error when it cannot be kept; then nothing has
  /// changed.
  outcome rename(room& of, std::string_view to);
  /// It belongs to nobody from now on.
  void disown(room& r);

  // --- how they end

  /// Nobody is in it, and nobody can be waited for: it ends with this turn.
  bool is_over(const room& r) const noexcept;
  /// Such a one ends now, and is the next of its name from here on; what this turn has told refers to it.
  void renew(room& r);
  /// Rooms that nobody is in, and nobody can be waited for in: they end with this turn. To be called now and
  /// then.
  void visit_deserted();
  /// At the end of a turn, before it is committed: of rooms that end nothing is kept.
  void settle();
  /// And when nothing of the turn refers to them any more.
  void erase_ended();

 private:
  /// The room of a record; null when it is none.
  std::unique_ptr<room> read(std::string_view record);
  void expect_former(room& r, std::string_view record);
  void expect(room& r, const person& who, unsigned char ranks);
  void keep_crowd(room& r);
  void keep_seat(const room& r, const person& who);
  bool has_others_history(const room& r);
  void begin(room& r);
  void end_kept(const room& r);
  void set_name(room& of, std::string_view name);
  void remember_hooks(const room& r);
  void forget_hooks(const room& r);
  void move_kept(room& of, const std::string& key_before);
  void take_back(room& r, bool was_kept);
  bool is_deserted(const room& r) const noexcept;
  bool is_waiting(const room& r) const noexcept;
  bool is_patient(const room& r) const noexcept;
  bool is_time_to_come_back() const noexcept;
  bool can_be_expected(const person& who) const;
  void forget_readers_of_ended();

  const settings& settings_;
  store& store_;
  account_registry& accounts_;
  clock& clock_;
  turn& turn_;
  presence& presence_;
  by_name<std::unique_ptr<room>> all_;
  std::unordered_map<std::string, std::string> rooms_of_hooks_;  // keys of rooms, by the ids of hooks
  std::vector<room*> empty_;                                     // since this turn
  std::vector<std::string> ended_closed_;                        // whose readers are to be forgotten
};

}  // namespace parlance::chat
