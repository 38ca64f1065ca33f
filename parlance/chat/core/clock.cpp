#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include <parlance/chat/core/clock.hpp>
#include <parlance/chat/core/room.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat {
namespace {

constexpr std::uint64_t a_day = 86'400'000'000;

std::uint64_t microseconds(auto since) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(since).count());
}

/// From the loop's clock to the wall's.
std::uint64_t offset_of_clock() {
  return microseconds(clock::wall().time_since_epoch()) -
         microseconds(io::loop::current().now().time_since_epoch());
}

std::chrono::system_clock::time_point time_point(std::uint64_t microseconds) {
  return std::chrono::system_clock::time_point(std::chrono::microseconds(microseconds));
}

}  // namespace

clock::clock(store& keeps)
    : store_(keeps),
      offset_(offset_of_clock()),
      started_at_(keeps.last_id()),
      began_(io::loop::current().now()) {
  if (started_at_ == 0) return;
  const std::uint64_t before = store_.times().time_of(started_at_);
  if (now() > before + a_day) doubt();
  if (now() > before) store_.set_forward(std::chrono::microseconds(now() - before));
  set_back(before);
}

void clock::doubt() { doubtful_until_ = io::after(io::loop::current().now(), std::chrono::minutes(10)); }

io::duration clock::running() const { return io::loop::current().now() - began_; }

bool clock::is_doubtful() const { return io::loop::current().now() < doubtful_until_; }

std::uint64_t clock::now() const {
  return offset_ + microseconds(io::loop::current().now().time_since_epoch());
}

void clock::follow() {
  const std::uint64_t its = now(), before = std::exchange(offset_, offset_of_clock());
  // Offsets wrap where the wall clock is behind the loop's.
  const auto by = static_cast<std::int64_t>(offset_ - before);
  const bool is_forward = by > static_cast<std::int64_t>(most_ahead);
  constexpr std::int64_t jitter = -1000;  // of two clocks
  if (by > static_cast<std::int64_t>(a_day)) doubt();
  if (is_forward) store_.set_forward(std::chrono::microseconds(by));
  if (by > jitter && !is_forward) return;
  try {
    set_back(its);
  } catch (const store_error&) {
    offset_ = before;
  }
}

void clock::set_back(std::uint64_t from) {
  const auto is_ahead = [&](entry_id id) { return store_.times().time_of(id) > now() + most_ahead; };
  // What a kill has skipped is no time.
  if (is_ahead(store_.last_id()) && is_ahead(store_.last_said()))
    store_.set_back(time_point(from), time_point(now()));
}

entry_id& clock::last_in(std::string_view conversation) noexcept {
  return last_in_[std::hash<std::string_view>()(conversation) % last_in_.size()];
}

entry_id clock::next_id_behind(entry_id last) {
  const std::uint64_t when = now(), next = (time_of(last) + 1) * 1000;
  const bool waits = next > when && next < when + most_ahead;
  return store_.next_id(time_point(when), std::chrono::microseconds(waits ? next - when : 0));
}

entry_id clock::next_id(std::string_view conversation) {
  entry_id& last = last_in(conversation);
  return last = next_id_behind(last);
}

void clock::stamp(event& what, std::string_view conversation) {
  what.id = next_id(conversation);
  what.time = time_of(what.id);
}

void clock::stamp(event& what, const person& there) {
  entry_id last = 0;
  for (const person::seat& s : there.seats()) last = std::max(last, last_in(s.in->key()));
  what.id = next_id_behind(last);
  what.time = time_of(what.id);
  for (const person::seat& s : there.seats()) last_in(s.in->key()) = what.id;
}

}  // namespace parlance::chat
