#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include <parlance/http/base/error.hpp>
#include <parlance/http/client/pool.hpp>
#include <parlance/io/combinators.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/list.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::http {
namespace {

using detail::pool_group;
using detail::pooled;
using namespace std::chrono_literals;

// A rest beyond these costs more than a new connection.
constexpr std::uint64_t most_drained = 64 * 1024;
constexpr io::duration longest_drain = 1s;

io::task<void> read_rest(request_stream& of) {
  const std::uint64_t from = of.received();
  while (!(co_await of.read()).empty())
    if (of.received() - from > most_drained) co_return;
}

/// Until the kernel was asked once more, and who had waited for it has gone on.
io::task<void> one_turn() {
  co_await io::yield();
  co_await io::end_of_turn();
}

/// What has come by now on a connection that another used is no answer to what will be asked.
io::task<void> see_what_has_come(connection& on) { co_await io::race(on.until_unfit(), one_turn()); }

}  // namespace

struct in_pool_group;

struct pool::waiter : io::link<in_pool_group> {
  waiter(pool& from, pool_group& of);
  ~waiter();
  pool& from;
  pool_group& of;
  const std::uint64_t number;
  io::event served;
  std::optional<lease> got;  // goes back when the wait does not come to its end
};

/// What belongs to one route.
struct detail::pool_group {
  route way;
  bool may_share = false;  // as its connections, or who asks for the first, tell
  std::list<pooled> all = {};
  io::list<pool::waiter, in_pool_group> waiters = {};
};

pool::waiter::waiter(pool& in, pool_group& group) : from(in), of(group), number(in.numbers_++) {
  of.waiters.push_back(*this);
  ++from.waiting_;
}

pool::waiter::~waiter() {
  --from.waiting_;
  if (!linked()) return;  // it was served
  unlink();
  from.forget_if_empty(of.way);
}

// --- a lease

lease::lease(std::shared_ptr<pool> of, pooled& at) noexcept : of_(std::move(of)), at_(&at) {}
lease::lease(lease&& other) noexcept : of_(std::move(other.of_)), at_(other.at_) {}

lease& lease::operator=(lease&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  of_ = std::move(other.of_);
  at_ = other.at_;
  return *this;
}

lease::~lease() { give_back(); }

void lease::give_back() noexcept {
  if (const std::shared_ptr<pool> of = std::move(of_)) of->give_back(*at_);
}

/// Others may have waited to learn what it is.
void lease::settle(std::unique_ptr<connection> dialled) noexcept {
  at_->on = std::move(dialled);
  at_->of->may_share = at_->on->capacity() > 1;
  of_->serve();
}

void lease::drop_connection() noexcept {
  at_->on.reset();
  at_->uses = 1;
}

// --- taking

pool::pool(pool_limits limits) : limits_(limits) {
  // What it does goes on whatever becomes of those who made it.
  const io::context::enter apart(io::loop::current().root());
  housekeeping_.emplace();
}

pool::~pool() { close(); }

pool_group& pool::group_of(const route& way) {
  const auto found = groups_.find(way);
  if (found != groups_.end()) return found->second;
  pool_group& fresh = groups_[way];
  fresh.way = way;
  return fresh;
}

void pool::forget_if_empty(const route& way) noexcept {
  const auto found = groups_.find(way);
  if (found != groups_.end() && found->second.all.empty() && found->second.waiters.empty())
    groups_.erase(found);
}

/// The one that was used last: it is the least likely to have been closed.
pooled* pool::fit_one(pool_group& from) noexcept {
  pooled* best = nullptr;
  for (pooled& one : from.all)
    if (one.on && one.on->available() && one.leases < one.on->capacity() &&
        (!best || one.idle_until > best->idle_until))
      best = &one;
  return best;
}

bool pool::can_take(pool_group& from) noexcept {
  if (fit_one(from)) return true;
  if (from.may_share && std::ranges::any_of(from.all, [](const pooled& one) { return !one.on; }))
    return false;
  return from.all.size() < limits_.per_route && (size_ < limits_.in_all || longest_idle(&from));
}

lease pool::take_now(pool_group& from) {
  pooled* one = fit_one(from);
  if (!one) {
    if (size_ >= limits_.in_all) remove(*longest_idle(&from));
    one = &from.all.emplace_back(pooled{.of = &from});
    one->self = std::prev(from.all.end());
    ++size_;
  }
  if (one->watch) {
    one->watch.reset();
    --idle_;
  }
  ++one->leases;
  ++one->uses;
  return lease(shared_from_this(), *one);
}

io::task<lease> pool::take(route way, bool may_share) {
  const std::shared_ptr<pool> alive = shared_from_this();
  pool_group& from = group_of(way);
  if (from.all.empty()) from.may_share = may_share;
  if (!can_take(from) && waiting_ >= limits_.waiting) {
    forget_if_empty(way);
    throw failure(io::from_errno(EAGAIN),
                  fmt::format("{} requests wait for a connection already", limits_.waiting));
  }
  for (;;) {
    std::optional<lease> got;
    if (can_take(from)) {
      got = take_now(from);
    } else {
      waiter me(*this, from);
      co_await me.served;
      got = std::move(me.got);
    }
    if (!got->used_before()) co_return *std::move(got);
    co_await see_what_has_come(*got->get());
    if (got->get()->available()) co_return *std::move(got);
    if (!got->is_alone()) continue;  // its other requests may still be answered
    got->drop_connection();
    co_return *std::move(got);
  }
}

/// Those who wait, the first who can be served first.
void pool::serve() {
  while (waiting_ != 0) {
    waiter* first = nullptr;
    for (auto& [way, group] : groups_) {
      if (group.waiters.empty() || (first && first->number < group.waiters.front().number)) continue;
      if (can_take(group)) first = &group.waiters.front();
    }
    if (!first) return;
    first->unlink();
    first->got = take_now(first->of);
    first->served.set();
  }
}

// --- giving back

void pool::give_back(pooled& one) noexcept {
  --one.leases;
  const bool fit = one.on && one.on->available() && keeps();
  if (!fit && one.leases == 0) remove(one);
  serve();
  if (fit && one.leases == 0) keep(one);
}

void pool::keep(pooled& one) {
  one.idle_until = io::after(io::loop::current().now(), limits_.idle_time);
  one.watch.emplace(housekeeping_->run(watch(*one.on)));
  ++idle_;
  if (idle_ > limits_.idle) remove(*longest_idle());
  if (!std::exchange(has_housekeeper_, true)) housekeeping_->spawn(keep_house());
  if (idle_ == 1) to_sweep_.set();  // there is an end to wait for now
}

void pool::remove(pooled& one) noexcept {
  pool_group& of = *one.of;
  if (one.watch) --idle_;
  --size_;
  of.all.erase(one.self);
  forget_if_empty(of.way);
}

pooled* pool::longest_idle(const pool_group* but_of) noexcept {
  pooled* longest = nullptr;
  for (auto& [way, group] : groups_) {
    if (&group == but_of) continue;
    for (pooled& one : group.all)
      if (one.watch && (!longest || one.idle_until < longest->idle_until)) longest = &one;
  }
  return longest;
}

// --- what is kept

io::task<void> pool::watch(connection& on) {
  co_await on.until_unfit();
  to_sweep_.set();
}

io::task<void> pool::keep_house() {
  for (;;) {
    const pooled* const next = longest_idle();
    try {
      co_await io::timeout_at(next ? next->idle_until : io::never, to_sweep_);
    } catch (const io::error& e) {
      if (e.code() != io::errc::timed_out) throw;
    }
    to_sweep_.reset();
    sweep();
  }
}

void pool::sweep() {
  const io::time_point now = io::loop::current().now();
  std::vector<pooled*> over;
  for (auto& [way, group] : groups_)
    for (pooled& one : group.all)
      if (one.watch && (!one.on->available() || one.idle_until <= now)) over.push_back(&one);
  for (pooled* one : over) remove(*one);
  serve();
}

void pool::drain(lease from, std::unique_ptr<request_stream> rest) {
  if (!closed_) housekeeping_->spawn(drain_within_limits(std::move(from), std::move(rest)));
  rest.reset();
}

io::task<void> pool::drain_within_limits(lease from, std::unique_ptr<request_stream> rest) {
  try {
    rest->begin_body();
    const std::uint64_t left = rest->announced().value_or(0) - rest->received();
    if (keeps() && rest->can_be_followed() && left <= most_drained)
      co_await io::timeout(longest_drain, read_rest(*rest));
  } catch (const failure&) {
  } catch (const io::error&) {
  }
  rest.reset();
}

void pool::close() noexcept {
  closed_ = true;
  housekeeping_.reset();
  while (pooled* one = longest_idle()) remove(*one);
}

}  // namespace parlance::http
