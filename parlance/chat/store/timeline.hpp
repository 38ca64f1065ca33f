// When what has an id was said. Ids only rise, and are the clock's time as long as the clock only rises, too; when it
// is set back they go on as they were, and are so much ahead of it from then on.
//
//   timeline times;
//   times.set_back(from, a_day);       // ids from there on were given by a clock that was a day ahead
//   times.time_of(id);                 // a day before what its id says
//   times.place_of(noon);              // the first id that is not of an earlier time
//
// Times rise as ids do. Both are in microseconds since 1970. By how much ids are ahead is a multiple of a millisecond, so
// that what has milliseconds of its own by its ids has them by its times. A value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::chat {

/// When it was said, in microseconds since 1970 by a clock that is never set back (timeline.hpp says what it is by ours),
/// and made to increase strictly: the order of the history and the msgid in one. 0 is none.
using entry_id = std::uint64_t;

/// From the first to the last, both included.
struct places {
  entry_id first = 0, last = 0;
};

class timeline {
 public:
  static constexpr std::uint64_t millisecond = 1000;

  /// As `text` gave it; anything else is one without steps.
  static timeline parse(std::string_view text);
  /// JSON.
  std::string text() const;

  std::uint64_t time_of(entry_id id) const noexcept { return steps_.empty() ? id : time_by_steps(id); }
  /// The first id that is of this time, or a later one.
  entry_id place_of(std::uint64_t time) const noexcept;
  /// What is of this millisecond. Of a time after `now` nothing is: one that was told while the clock was ahead
  /// means what it was told of.
  places places_of(std::uint64_t milliseconds, std::uint64_t now) const noexcept;

  /// Ids from that one on are so much more ahead, a multiple of a millisecond: nothing may have been said between the
  /// time that it has then and the one that it has now. `end`: all ids that were given are below; the same for steps
  /// that belong together.
  void set_back(entry_id from, std::uint64_t by, entry_id end);
  /// Whether it has all ids ahead, the first ones, too: that the clock was always ahead.
  bool is_ahead_from_the_beginning() const noexcept { return !steps_.empty() && steps_.front().from == 0; }
  /// It was not.
  void put_right();

 private:
  struct step {
    entry_id from;
    std::uint64_t ahead;
    std::uint64_t begin() const noexcept { return from > ahead ? from - ahead : 0; }
  };
  /// What was told as of other times before the clock was set back the last time.
  struct told_otherwise {
    entry_id from = 0, end = 0;
    std::uint64_t ahead = 0;
  };

  std::uint64_t time_by_steps(entry_id id) const noexcept;
  std::uint64_t ahead_at(entry_id id) const noexcept;

  std::vector<step> steps_;  // both by `from` and by `begin`
  told_otherwise told_;
};

}  // namespace parlance::chat
