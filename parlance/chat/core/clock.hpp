// The time, and places in the history, which are of times.
//
//   chat::clock clock(store);
//   event said{event::kind::message, who, "#lobby", "hello"};
//   clock.stamp(said, "#lobby");                  // its place in the lobby's history, and its time
//
// It is the wall clock's time as it was when this was made, or last followed it, and has gone on since as the
// loop's does: so that a simulation's is its own. One thread, which has a loop.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include <parlance/chat/core/event.hpp>
#include <parlance/chat/core/person.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

class clock {
 public:
  /// The store outlives it: no place is given that there has been before in what it keeps.
  explicit clock(store& keeps);
  clock(const clock&) = delete;
  clock& operator=(const clock&) = delete;

  /// Where the wall clock's time comes from, for all of them; a test gives another.
  static inline std::chrono::system_clock::time_point (*wall)() = &std::chrono::system_clock::now;

  /// In microseconds since the Unix epoch.
  std::uint64_t now() const;
  std::int64_t seconds() const { return static_cast<std::int64_t>(now() / 1'000'000); }
  /// When this was made, in seconds, too.
  std::int64_t started() const noexcept { return started_; }
  /// All places that were given before that are at or before this one.
  entry_id started_at() const noexcept { return started_at_; }
  /// For how long this has been, however the wall clock was set.
  io::duration running() const;
  /// Whether the wall clock may be wrong by much: it went on by more than a day since it was last heard of, and
  /// no more than ten minutes ago. A machine that has just started is told the time late.
  bool is_doubtful() const;
  /// For events that have no place in the history.
  std::uint64_t milliseconds() const { return now() / 1000; }
  /// Looks at the wall clock anew, which may have been set. Places in the history only rise, whatever it is; times
  /// follow it (store::set_back). While the store cannot be read, they go on as they were.
  void follow();
  /// When what has that place was said, as events have it: in milliseconds since the Unix epoch.
  std::uint64_t time_of(entry_id id) const noexcept { return store_.times().time_of(id) / 1000; }
  /// What was said in such a millisecond.
  places places_of(std::uint64_t milliseconds) const {
    return store_.times().places_of(milliseconds, now() + most_ahead);
  }

  /// The next place in any history, which no other has.
  entry_id next_id() { return next_id_behind(0); }
  /// The same in the history of a conversation, of a later millisecond than what was there before: clients
  /// are shown no more of the time, and many go on reading from where it says. What comes faster than that
  /// for long shares milliseconds all the same, so that its times are those of the clock.
  entry_id next_id(std::string_view conversation);
  /// Gives what happens now its place in the history, and its time.
  void stamp(event& what, std::string_view conversation);
  /// The same for what happens wherever somebody is.
  void stamp(event& what, const person& there);

 private:
  /// So far times may be ahead of the clock, in microseconds. What was said at more was said by one that has been set
  /// back since.
  static constexpr std::uint64_t most_ahead = 1'000'000;

  void doubt();
  void set_back(std::uint64_t from);
  entry_id next_id_behind(entry_id last);
  entry_id& last_in(std::string_view conversation) noexcept;

  store& store_;
  std::uint64_t offset_;  // from the loop's clock to the wall's
  const std::int64_t started_ = seconds();
  const entry_id started_at_;
  const io::time_point began_;
  io::time_point doubtful_until_{};
  /// The last places in the history, by hashes of conversations.
  std::array<entry_id, 4096> last_in_{};
};

}  // namespace parlance::chat
