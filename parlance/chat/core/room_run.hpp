// What one room is told in one turn of the loop, and how far each client has taken it.
//
//   room_run lobby;
//   run_reader alice, bob;
//   alice.begin(lobby), bob.begin(lobby);
//   lobby.append(encode, hello);                  // encoded once for each form that somebody reads
//   bob.catch_up(lobby);                          // bob is to hear this next:
//   bob.append([](std::string& out) { out += "-- PONG\n"; });
//   for (run_reader* r : {&alice, &bob}) r->take_rest(lobby), deliver(r->hand_over());
//   lobby.end();
//
// Everybody in a room hears one order, because there is one run of it. A client hears everything in the order
// in which it happened, because whatever it is told apart from the run comes behind what the run had by then:
// it catches up first. Who is not told something that the run has (it said that itself) catches up before it
// and skips it behind it.
//
// Most clients take a run at the end, in one piece that they share with all who read alike. How far one has
// come is noted only for who took, or skipped, something before: a room of thousands costs no notes.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <parlance/chat/core/event.hpp>
#include <parlance/chat/core/form.hpp>
#include <parlance/chat/core/outgoing.hpp>

namespace parlance::chat {

class room_run {
 public:
  /// In each form that somebody reads here; conditional (see run) where the event is.
  void append(const encoders& encode, const event& what);
  /// Whether something was appended in this turn.
  bool is_begun() const noexcept { return is_begun_; }
  /// The turn is over. Those who read go on with the next one's.
  void end() noexcept;

 private:
  friend class run_reader;
  struct version {
    form shape;
    std::size_t readers;
    shared_run said;  // null: nothing yet
  };
  /// Null: nothing yet, or nobody reads it in that form.
  const shared_run* said_in(form shape) const noexcept;
  std::vector<version>::iterator find(form shape) noexcept;
  version& add_reader(form shape);
  void remove_reader(form shape) noexcept;

  std::vector<version> versions_;  // one for each form that somebody reads
  bool is_begun_ = false;
};

/// What one client hears in a turn: parts of the runs of its rooms, and what it alone is told.
class run_reader {
 public:
  /// In this form it reads the runs.
  form shape() const noexcept { return shape_; }
  /// Only while it reads none.
  void set_shape(form to) noexcept { shape_ = to; }

  /// Reads a run from here on: what it has so far is not for it. The run stays where it is until `end`.
  void begin(room_run& of);
  /// Takes what it has so far, and reads it no more.
  void end(room_run& of);
  /// Takes what it has so far.
  void catch_up(const room_run& of);
  /// What it has so far, and was not taken, is not for it.
  void skip(const room_run& of);
  /// The same as catch_up, for once at the end of the turn.
  void take_rest(const room_run& of);

  /// Bytes for it alone, behind all that it has taken: see outgoing::append.
  template <std::invocable<std::string&> Write>
  void append(Write&& write, bool conditional, std::string instead) {
    out_.append(std::forward<Write>(write), conditional, std::move(instead));
  }
  /// Bytes that it has taken and was told.
  std::size_t size() const noexcept { return out_.size(); }
  /// Nothing is to be handed over, nor to be forgotten, at the end of the turn.
  bool is_idle() const noexcept { return out_.empty() && marks_.empty(); }
  /// All of it, in order. A new turn begins.
  outgoing hand_over();

 private:
  struct mark {
    const room_run* in;
    std::uint32_t taken;
  };
  mark* find(const room_run& in) noexcept;
  std::uint32_t& mark_in(const room_run& in);

  form shape_ = plain_form;
  outgoing out_;
  std::vector<mark> marks_;
};

}  // namespace parlance::chat
