// Work that all have one budget for, and each network no more than its share of: whoever uses theirs up has
// not used up the others'. Where many have used up the whole, those who have used less than half of their
// share go on.
//
//   chat::shared_budget searches({.most = 1000, .per_second = 100}, {.most = 100, .per_second = 10});
//   if (!searches.take(household, cost, loop.now())) refuse();
#pragma once

#include <optional>
#include <unordered_map>

#include <parlance/chat/base/budget.hpp>
#include <parlance/chat/base/network.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

class shared_budget {
 public:
  /// `share`: of one household's; smaller than the whole.
  shared_budget(const budget& whole, const budget& share) noexcept : left_(whole), share_(share) {}

  /// Whether anything is left. `from`: nothing for those who have no share, and are bounded with all only.
  bool has(const std::optional<network>& from, io::time_point now);
  /// budget::take, of both or of neither.
  bool take(const std::optional<network>& from, double cost, io::time_point now);
  /// budget::owe, of both.
  void owe(const std::optional<network>& from, double cost, io::time_point now);
  /// Of how many something is remembered.
  std::size_t size() const noexcept { return of_networks_.size(); }

 private:
  budget& share_of(const network& from, io::time_point now);

  budget left_;
  const budget share_;
  std::unordered_map<network, budget, network_hash> of_networks_;
};

}  // namespace parlance::chat
