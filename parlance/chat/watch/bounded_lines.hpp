// Lines of the log about who calls: all of them, but not of one who calls, or guesses, without end. Of a household there
// are some at once and then one a second, and of all households together more, but no flood either; the next line of a
// household tells how many there were none of.
//
//   if (const auto untold = lines.take(from, loop.now())) log.info("caller_gone", {{"from", from}, {"more", *untold}});
//   for (const auto& [who, untold] : lines.take_untold(loop.now())) ...          // now and then: of those who are quiet
#pragma once

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include <parlance/chat/base/budget.hpp>
#include <parlance/chat/base/network.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

class bounded_lines {
 public:
  /// `of_one`: household.
  bounded_lines(const budget& of_all, const budget& of_one) noexcept : all_(of_all), of_one_(of_one) {}

  /// Nothing: there is no line of this one. Else of how many there were none since the last of its household.
  std::optional<std::size_t> take(const std::optional<network>& from, io::time_point now);
  /// Those who may have a line again, and of how many there were none. They count as told.
  std::vector<std::pair<network, std::size_t>> take_untold(io::time_point now);

 private:
  /// Of how many households is remembered how many there were none of; those of others are one.
  static constexpr std::size_t most_remembered = 4096;

  bool has_one(const network& household, io::time_point now);

  budget all_;
  const budget of_one_;
  std::unordered_map<network, budget, network_hash> left_;
  std::unordered_map<network, std::size_t, network_hash> untold_;
};

}  // namespace parlance::chat
