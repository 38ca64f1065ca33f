#include <parlance/chat/base/shared_budget.hpp>

namespace parlance::chat {
namespace {

/// Networks that are remembered. Whoever has more addresses than that is bounded with all.
constexpr std::size_t most_remembered = 65'536;

}  // namespace

budget& shared_budget::share_of(const network& from, io::time_point now) {
  const network household = from.household();
  const auto known = of_networks_.find(household);
  if (known != of_networks_.end()) return known->second;
  make_room(of_networks_, most_remembered, now);
  return of_networks_.emplace(household, share_).first->second;
}

bool shared_budget::has(const std::optional<network>& from, io::time_point now) {
  const bool is_left = left_.has_any(now);
  if (!from) return is_left;
  const auto its = of_networks_.find(from->household());
  if (its == of_networks_.end()) return true;
  return is_left ? its->second.has_any(now) : its->second.has(share_.most / 2, now);
}

bool shared_budget::take(const std::optional<network>& from, double cost, io::time_point now) {
  if (!has(from, now)) return false;
  owe(from, cost, now);
  return true;
}

void shared_budget::owe(const std::optional<network>& from, double cost, io::time_point now) {
  if (from) share_of(*from, now).owe(cost, now);
  left_.owe(cost, now);
}

}  // namespace parlance::chat
