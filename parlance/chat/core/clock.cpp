#include <algorithm>
#include <chrono>
#include <functional>

#include <parlance/chat/core/clock.hpp>
#include <parlance/chat/core/room.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat {
namespace {

std::uint64_t microseconds(auto since) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(since).count());
}

/// From the loop's clock to the wall's.
std::uint64_t offset_of_clock() {
  return microseconds(std::chrono::system_clock::now().time_since_epoch()) -
         microseconds(io::loop::current().now().time_since_epoch());
}

}  // namespace

clock::clock(store& keeps) : store_(keeps), offset_(offset_of_clock()) {}

std::uint64_t clock::now() const {
  return offset_ + microseconds(io::loop::current().now().time_since_epoch());
}

void clock::follow() { offset_ = offset_of_clock(); }

entry_id& clock::last_in(std::string_view conversation) noexcept {
  return last_in_[std::hash<std::string_view>()(conversation) % last_in_.size()];
}

entry_id clock::next_id_behind(entry_id last) {
  constexpr std::uint64_t millisecond = 1000, most_ahead = 1'000'000;
  std::uint64_t when = now();
  if (const std::uint64_t next = (last / millisecond + 1) * millisecond;
      next > when && next < when + most_ahead)
    when = next;
  return store_.next_id(std::chrono::system_clock::time_point(std::chrono::microseconds(when)));
}

entry_id clock::next_id(std::string_view conversation) {
  entry_id& last = last_in(conversation);
  return last = next_id_behind(last);
}

void clock::stamp(event& what, std::string_view conversation) {
  what.id = next_id(conversation);
  what.time = what.id / 1000;
}

void clock::stamp(event& what, const person& there) {
  entry_id last = 0;
  for (const person::seat& s : there.seats()) last = std::max(last, last_in(s.in->key()));
  what.id = next_id_behind(last);
  what.time = what.id / 1000;
  for (const person::seat& s : there.seats()) last_in(s.in->key()) = what.id;
}

}  // namespace parlance::chat
