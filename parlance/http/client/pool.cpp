#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

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
// What a connection serves while other routes wait for its place: dialling for each request would cost more.
constexpr std::uint64_t most_in_turn = 32;
constexpr io::duration longest_turn = 1s;

io::task<void> read_rest(request_stream& of) {
  const std::uint64_t from = of.received();
  while (!(co_await of.read()).empty())
    if (of.received() - from > most_drained) co_return;
}

bool is_turn_over(const pooled& one) noexcept {
  return one.uses >= most_in_turn || io::loop::current().now() >= one.turn_ends;
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
  io::event served;
  std::optional<lease> got;  // goes back when the wait does not come to its end
};

/// What belongs to one route. It is in the pool's line when somebody waits who may have a connection of his own.
struct detail::pool_group : io::link<in_line> {
  route way;
  bool may_share = false;       // as its connections, or who asks for the first, tell
  std::list<pooled> idle = {};  // the one that was used last is the last
  std::list<pooled> used = {};  // those that are dialled, too
  io::list<pool::waiter, in_pool_group> waiters = {};

  std::size_t size() const noexcept { return idle.size() + used.size(); }
};

pool::waiter::waiter(pool& in, pool_group& group) : from(in), of(group) {
  of.waiters.push_back(*this);
  ++from.waiting_;
  from.look_after(of);
}

pool::waiter::~waiter() {
  --from.waiting_;
  if (!linked()) return;  // it was served
  unlink();
  from.look_after(of);
  from.forget_if_empty(of);
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
  of_->look_after(*at_->of);
  of_->fill_places();
}

void lease::drop_connection() noexcept {
  at_->on.reset();
  at_->uses = 1;
  at_->gives_place = false;
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

void pool::forget_if_empty(pool_group& of) noexcept {
  if (of.size() == 0 && of.waiters.empty()) groups_.erase(groups_.find(of.way));
}

/// The one that was used last: it is the least likely to have been closed.
pooled* pool::fit_one(pool_group& from) noexcept {
  for (auto each = from.idle.rbegin(); each != from.idle.rend(); ++each)
    if (each->on->available()) return &*each;
  if (!from.may_share) return nullptr;
  for (pooled& each : from.used)
    if (each.on && !each.gives_place && each.on->available() && each.leases < each.on->capacity())
      return &each;
  return nullptr;
}

bool pool::may_dial(const pool_group& from) const noexcept {
  if (from.size() >= limits_.per_route) return false;
  return !from.may_share ||
         std::ranges::all_of(from.used, [](const pooled& one) { return one.on != nullptr; });
}

bool pool::has_place() noexcept { return size_ < limits_.in_all || !kept_.empty(); }

/// For places, and not of this route.
bool pool::others_wait(const pool_group& but) const noexcept { return in_line_ > (but.linked() ? 1U : 0U); }

void pool::stand_in_line(pool_group& of) noexcept {
  if (of.linked()) return;
  line_.push_back(of);
  ++in_line_;
}

void pool::leave_line(pool_group& of) noexcept {
  if (!of.linked()) return;
  of.unlink();
  --in_line_;
}

lease pool::use(pooled& one) {
  if (one.watch || !one.on) one.turn_ends = io::after(io::loop::current().now(), longest_turn);
  if (one.watch) {
    one.watch.reset();
    one.io::link<detail::in_idle>::unlink();
    one.io::link<detail::in_over>::unlink();
    --idle_;
    one.of->used.splice(one.of->used.end(), one.of->idle, one.self);
  }
  ++one.leases;
  ++one.uses;
  return lease(shared_from_this(), one);
}

/// One that is fit, or the place for a new one, which has to be there.
lease pool::take_now(pool_group& from) {
  if (pooled* const fit = fit_one(from)) return use(*fit);
  pooled& fresh = from.used.emplace_back(from);
  fresh.self = std::prev(from.used.end());
  if (++size_ > limits_.in_all) remove(kept_.front());
  return use(fresh);
}

io::task<lease> pool::take(route way, bool may_share) {
  const std::shared_ptr<pool> alive = shared_from_this();
  pool_group& from = group_of(way);
  if (from.size() == 0) from.may_share = may_share;
  for (bool first = true;; first = false) {
    look_after(from);  // who came before goes before
    std::optional<lease> got;
    if (from.waiters.empty() && (fit_one(from) || (may_dial(from) && has_place()))) {
      got = take_now(from);
    } else if (first && waiting_ >= limits_.waiting) {
      forget_if_empty(from);
      throw failure(io::from_errno(EAGAIN),
                    fmt::format("{} requests wait for a connection already", limits_.waiting));
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

void pool::hand(pool_group& to, lease what) {
  waiter& first = to.waiters.pop_front();
  first.got = std::move(what);
  first.served.set();
}

/// After anything has changed there: who waits gets what is fit, and the rest stands in line for a place or does not.
void pool::look_after(pool_group& of) {
  while (!of.waiters.empty()) {
    pooled* const fit = fit_one(of);
    if (!fit) break;
    hand(of, use(*fit));
  }
  if (!of.waiters.empty() && may_dial(of))
    stand_in_line(of);
  else
    leave_line(of);
}

/// Each route in line gets one, and stands behind the others if it wants another.
void pool::fill_places() {
  while (!line_.empty() && has_place()) {
    pool_group& next = line_.front();
    leave_line(next);
    hand(next, take_now(next));
    look_after(next);
  }
}

// --- giving back

void pool::give_back(pooled& one) noexcept {
  pool_group& of = *one.of;
  --one.leases;
  if (others_wait(of) && is_turn_over(one)) {
    one.gives_place = true;
    leave_line(of);  // to stand behind the others
  }
  if (one.leases != 0) {
    look_after(of);
  } else if (!one.on || !one.on->available() || !keeps() || one.gives_place) {
    remove(one);
  } else if (!of.waiters.empty()) {
    hand(of, use(one));
    look_after(of);
  } else if (others_wait(of)) {
    remove(one);
  } else {
    keep(one);
  }
  fill_places();
}

void pool::keep(pooled& one) {
  one.idle_until = io::after(io::loop::current().now(), limits_.idle_time);
  one.watch.emplace(housekeeping_->run(watch(one)));
  one.of->idle.splice(one.of->idle.end(), one.of->used, one.self);
  kept_.push_back(one);
  ++idle_;
  if (idle_ > limits_.idle) remove(kept_.front());
  if (!std::exchange(has_housekeeper_, true)) housekeeping_->spawn(keep_house());
  if (idle_ == 1) to_sweep_.set();  // there is an end to wait for now
}

void pool::remove(pooled& one) noexcept {
  pool_group& of = *one.of;
  if (one.watch) --idle_;
  (one.watch ? of.idle : of.used).erase(one.self);
  --size_;
  look_after(of);
  forget_if_empty(of);
}

// --- what is kept

io::task<void> pool::watch(pooled& one) {
  co_await one.on->until_unfit();
  over_.push_back(one);
  to_sweep_.set();
}

io::task<void> pool::keep_house() {
  for (;;) {
    try {
      co_await io::timeout_at(kept_.empty() ? io::never : kept_.front().idle_until, to_sweep_);
    } catch (const io::error& e) {
      if (e.code() != io::errc::timed_out) throw;
    }
    to_sweep_.reset();
    sweep();
  }
}

void pool::sweep() {
  const io::time_point now = io::loop::current().now();
  while (!over_.empty()) remove(over_.front());
  while (!kept_.empty() && kept_.front().idle_until <= now) remove(kept_.front());
  fill_places();
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
  while (!kept_.empty()) remove(kept_.front());
}

}  // namespace parlance::http
