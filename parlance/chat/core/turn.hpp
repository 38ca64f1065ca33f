// Who hears what, and when: what clients are told in one turn of the loop, and the turn's end.
//
//   turn.tell(lobby, joined);                     // everybody there
//   turn.tell(alice, welcome);                    // one client, behind all that its rooms were told before
//   const bool kept = turn.commit();              // the store has it, or has not ...
//   turn.deliver(kept);                           // ... and only then does anybody hear it
//
// What clients say in one turn is one transaction of the store, and one run of bytes for each room and each
// form in which somebody there reads (room_run.hpp says in which order clients hear it). What is said is
// conditional: it leaves only when the store has it, and who said it is told when it has not. Whatever else
// a turn tells leaves in any case.
//
// It knows no nicks and no rights, and owns no client, person or room: each must be forgotten, or be left by
// its readers, before it ends. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <parlance/chat/base/limits.hpp>
#include <parlance/chat/core/client.hpp>
#include <parlance/chat/core/event.hpp>
#include <parlance/chat/core/person.hpp>
#include <parlance/chat/core/room.hpp>
#include <parlance/chat/core/watches.hpp>
#include <parlance/chat/watch/metrics.hpp>

namespace parlance::chat {

class turn {
 public:
  /// All of them outlive it. `watched`: those who watch somebody of whom all neighbours are told something.
  turn(store& keeps, const encoders& encode, const limits& bounds, const watches& watched,
       metrics& count) noexcept
      : store_(keeps), encode_(encode), bounds_(bounds), watched_(watched), count_(count) {}
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;

  // --- what is told

  /// Tells one client, one person's clients (but `but`), or everybody in a room.
  void tell(client& to, const event& what);
  void tell(person& to, const event& what, client* but = nullptr);
  void tell(room& in, const event& what, client* but = nullptr);
  /// Those in a room who see that `whom` is there.
  void tell_of(room& in, const person& whom, const event& what, client* but);
  /// Each person once who shares a room with `of`, and all who watch it.
  void tell_neighbours(person& of, const event& what, bool and_itself);

  /// Something was told that `by` said to `target`, and that is in the history already and may not be kept.
  void was_said(client& by, event::kind what, std::string target);
  /// Whether there was such a thing in this turn.
  bool has_said() const noexcept { return !said_.empty(); }

  // --- who reads

  /// A client, whose person has come into a room or leaves it, hears it from here on, or up to here.
  void begin_reading(client& by, room& in);
  void end_reading(client& by, room& in);

  /// For client: it is to be told something by itself, behind what its rooms were told so far.
  void catch_up(client& c);
  /// For client::reshape.
  void reshape(client& c, form to);
  /// For client::capture: from here on it is told everything by itself, not by its rooms' runs. Null: nobody.
  void set_capturing(client* c) noexcept { capturing_ = c; }
  /// It has something to be handed, or ends, with this turn.
  void mark_dirty(client& c);
  /// It is no more.
  void forget(client& c) noexcept;

  // --- its end

  /// So many hear of it that to tell them takes much longer than to look whether more has been said.
  bool is_for_a_crowd() const noexcept;
  /// Called at the first thing of a turn that somebody must be told, or that must be kept; set by whoever
  /// ends the turns.
  std::function<void()> on_work;
  /// There is such a thing.
  void wake();
  /// Whoever ends the turns is to be called anew for the next thing.
  void sleep() noexcept { is_awake_ = false; }
  /// Keeps what the store has, and gives each client what its rooms' runs have for it: from here on nothing
  /// of the turn refers to a room. False: it could not be kept.
  bool commit();
  /// Hands everybody what it was told. `kept`: as commit says.
  void deliver(bool kept);
  /// False while the store refuses to keep what is said.
  bool is_keeping() const noexcept { return is_keeping_; }

 private:
  void tell_crowd(room& in, const person& of, const event& what);
  void note(client& c);
  void hand_out(room& r);
  bool commit_store();

  store& store_;
  const encoders encode_;
  const limits& bounds_;
  const watches& watched_;
  metrics& count_;
  std::vector<room*> dirty_rooms_;
  std::vector<client*> dirty_clients_;
  std::vector<client*> being_told_;  // empty between turns; kept for its room
  struct said {
    client* by;  // null: it is not to be told
    event::kind what;
    std::string target;
  };
  std::vector<said> said_;
  client* capturing_ = nullptr;
  std::uint64_t announcements_ = 0;
  std::chrono::steady_clock::time_point began_;
  bool is_awake_ = false;
  bool is_keeping_ = true;
};

}  // namespace parlance::chat
