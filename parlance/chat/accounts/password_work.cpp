#include <algorithm>
#include <chrono>

#include <parlance/chat/accounts/password_work.hpp>

namespace parlance::chat {

struct password_work::waiter {
  waiter(password_work& to, line& in, const network& household)
      : of(to), its(in), its_share(*in.shares.try_emplace(household).first) {
    share& all = its_share.second;
    all.last_round = std::max(its.round, all.last_round) + 1;
    ++all.waiting;
    place = its.waiters.emplace(all.last_round, this);
    patient_until = io::after(io::loop::current().now(), longest_wait);
  }
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;
  ~waiter() {
    if (!over.is_set())
      leave();
    else if (has_turn && !taken)
      of.release();
  }
  /// What is left of its network's share is forgotten with the last of them: its rounds are over.
  void leave() noexcept {
    its.waiters.erase(place);
    if (--its_share.second.waiting == 0) its.shares.erase(its.shares.find(its_share.first));
  }

  password_work& of;
  line& its;
  by_network::value_type& its_share;
  std::multimap<std::uint64_t, waiter*>::iterator place;
  io::time_point patient_until;
  io::event over;         // it waits no more
  bool has_turn = false;  // else it was refused
  bool taken = false;
};

io::task<std::optional<password_work::turn>> password_work::wait(std::optional<network> from, bool is_known) {
  if (working_ < at_once) {
    ++working_;
    co_return turn(*this);
  }
  line& its = lines_[is_known ? 0 : 1];
  const network household = from ? from->household() : network();
  const auto others = its.shares.find(household);
  const std::size_t has = others != its.shares.end() ? others->second.waiting : 0;
  if (has >= most_of_household || (its.waiters.size() >= most_in(its) && !make_room(its, has)))
    co_return std::nullopt;
  waiter me(*this, its, household);
  co_await me.over;
  if (!me.has_turn) co_return std::nullopt;
  me.taken = true;
  co_return turn(*this);
}

/// The last one of the household with most gives way to one of a household that `has` fewer in the line.
bool password_work::make_room(line& in, std::size_t has) noexcept {
  const auto waiting = [](const auto& one) { return one.second.waiting; };
  const auto most = std::ranges::max_element(in.shares, {}, waiting);
  if (most == in.shares.end() || most->second.waiting < has + 2) return false;
  const auto last = std::find_if(in.waiters.rbegin(), in.waiters.rend(),
                                 [&](const auto& one) { return &one.second->its_share == &*most; });
  waiter& gives_way = *last->second;
  // Its round is for the next of them.
  --most->second.last_round;
  gives_way.leave();
  gives_way.over.set();
  return true;
}

password_work::line* password_work::next_line() noexcept {
  auto& [known, strangers] = lines_;
  const bool strangers_wait = !strangers.waiters.empty();
  if (known.waiters.empty() || (strangers_wait && in_a_row_ == most_in_a_row)) {
    in_a_row_ = 0;
    return strangers_wait ? &strangers : nullptr;
  }
  in_a_row_ = strangers_wait ? in_a_row_ + 1 : 0;
  return &known;
}

void password_work::has_worked(io::time_point since) noexcept {
  constexpr double weight_of_last = 0.125;
  const double took = std::chrono::duration<double>(io::loop::current().now() - since).count();
  seconds_of_work_ += (took - seconds_of_work_) * (seconds_of_work_ > 0 ? weight_of_last : 1);
  release();
}

/// How many may wait in a line, for the last of them not to wait too long.
std::size_t password_work::most_in(const line& which) const noexcept {
  constexpr double least = 16;  // who waits too long all the same is told then
  const auto& [known, strangers] = lines_;
  const bool has_third = &which == &strangers && !known.waiters.empty();
  const double share = has_third ? 1.0 / (most_in_a_row + 1) : 1.0;
  const double all = std::chrono::duration<double>(longest_wait).count() * at_once * share;
  const double fitting = seconds_of_work_ > 0 ? all / seconds_of_work_ : static_cast<double>(most_waiting);
  return static_cast<std::size_t>(std::clamp(fitting, least, static_cast<double>(most_waiting)));
}

/// Whoever has waited for too long does not any more.
void password_work::turn_away_late() noexcept {
  const io::time_point now = io::loop::current().now();
  for (line& in : lines_)
    for (auto next = in.waiters.begin(); next != in.waiters.end();) {
      waiter& one = *(next++)->second;
      if (one.patient_until >= now) continue;
      one.leave();
      one.over.set();
    }
}

void password_work::release() noexcept {
  turn_away_late();
  line* const its = next_line();
  if (!its) {
    --working_;
    return;
  }
  waiter& next = *its->waiters.begin()->second;
  its->round = next.place->first;
  next.leave();
  next.has_turn = true;
  next.over.set();
}

}  // namespace parlance::chat
