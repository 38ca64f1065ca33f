#include <fmt/core.h>

#include <chrono>
#include <limits>

#include <parlance/chat/core/account_expiry.hpp>
#include <parlance/chat/core/housekeeping.hpp>
#include <parlance/chat/core/records.hpp>
#include <parlance/chat/core/room_control.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/io/blocking.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::chat {
namespace {

using namespace std::chrono_literals;

constexpr io::duration tick = 1s;
/// Between two rounds through all conversations.
constexpr int ticks_between_rounds = 60;
/// Rows looked at in one turn of the loop: less than a millisecond of them.
constexpr std::size_t budget = 200;
/// Between two steps of a round.
constexpr io::duration pause = 20ms;

/// Forgets what is too old or too much. One step a turn, each kept with what the turn has said.
io::task<void> prune(hub& of) {
  const settings::history_group& bounds = of.configured().history;
  const auto age = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(bounds.retention_age).count());
  const std::size_t most =
      bounds.retention_count != 0 ? bounds.retention_count : std::numeric_limits<std::size_t>::max();
  bool has_removed = false;
  for (bool done = false; !done;) {
    const bool is_by_age = age != 0 && age < of.clock().now() && !of.clock().is_doubtful();
    // What is old by its time and by its id: a clock that was set wrong makes times wrong, and must end nothing.
    const std::uint64_t since = is_by_age ? of.clock().now() - age : 0;
    const entry_id oldest = std::min(of.kept().times().place_of(since), since);
    const store::pruned step = of.kept().prune(oldest, most, budget);
    of.count.history_pruned.add(step.removed);
    has_removed |= step.removed != 0;
    done = step.done;
    co_await io::end_of_turn();
    of.end_turn();
    if (!done) co_await io::sleep(pause);
  }
  if (has_removed) of.search().were_pruned();
}

/// The same of rooms that keep it for less long.
io::task<void> forget_old(hub& of) {
  while (forget_old_of_rooms(of, budget)) {
    co_await io::end_of_turn();
    of.end_turn();
    co_await io::sleep(pause);
  }
}

/// What somebody has asked for to be forgotten.
io::task<void> forget(hub& of) {
  while (of.forgetting().step(budget)) {
    co_await io::end_of_turn();
    of.end_turn();
    co_await io::sleep(pause);
  }
}

/// The same of documents that nobody owns.
io::task<void> sweep(hub& of) {
  for (sweep_place at; !at.is_at_end();) {
    sweep_records(of, at, budget / 4);
    co_await io::end_of_turn();
    of.end_turn();
    if (!at.is_at_end()) co_await io::sleep(pause);
  }
}

/// And accounts that nobody uses.
io::task<void> expire(hub& of) {
  for (expiry_place at; !at.is_at_end;) {
    expire_accounts(of, at, budget / 4);
    co_await io::end_of_turn();
    of.end_turn();
    if (!at.is_at_end) co_await io::sleep(pause);
  }
}

io::task<void> copy_log(hub& of, const std::function<void(std::string_view)>& warn) {
  try {
    co_await io::blocking([options = of.kept().options()] { checkpoint(options); });
  } catch (const store_error& e) {
    if (warn) warn(fmt::format("the log of the history could not be copied: {}", e.what()));
  }
}

}  // namespace

io::task<void> keep_house(hub& of, std::function<void(std::string_view)> warn) {
  for (int ticks = 0, next_try = 0;; ++ticks) {
    if (of.kept().dirty()) {  // the disk may work again
      co_await io::end_of_turn();
      of.end_turn();
    }
    if (of.kept().checkpoint_due()) co_await copy_log(of, warn);
    if (ticks >= next_try) try {
        lift_timed_bans(of);
        co_await forget(of);
      } catch (const store_error& e) {
        if (warn)
          warn(fmt::format("bans that are over, or what is to be forgotten, could not be removed: {}",
                           e.what()));
        next_try = ticks + ticks_between_rounds;
      }
    if (ticks % ticks_between_rounds == 0) {
      of.rooms().visit_deserted();
      try {
        co_await prune(of);
        co_await forget_old(of);
        co_await expire(of);
        co_await sweep(of);
      } catch (const store_error& e) {
        if (warn) warn(fmt::format("old history could not be removed: {}", e.what()));
      }
    }
    co_await io::sleep(tick);
  }
}

}  // namespace parlance::chat
