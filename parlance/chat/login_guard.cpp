#include <algorithm>

#include <parlance/chat/login_guard.hpp>
#include <parlance/chat/names.hpp>

namespace parlance::chat {
namespace {

/// Networks and accounts that are remembered. Whoever has more addresses than that is bounded by the
/// accounts.
constexpr std::size_t most_remembered = 65'536;
constexpr std::size_t most_known = 8;  // networks of one account

/// One who calls by a Unix socket is a network, too.
network household_of(const std::optional<network>& from) { return from ? from->household() : network(); }

/// Makes room for one more by forgetting those who have failed long ago, and all if that is not enough.
template <class Map> void make_room(Map& all, io::time_point now) {
  if (all.size() < most_remembered) return;
  std::erase_if(all, [&](auto& one) { return one.second.full(now); });
  if (all.size() >= most_remembered) all.clear();
}

}  // namespace

bool login_guard::knows(const std::string& account, const network& household) const {
  const auto its = known_.find(account);
  return its != known_.end() && std::ranges::find(its->second, household) != its->second.end();
}

bool login_guard::may_try(const std::optional<network>& from, std::string_view account, std::size_t most,
                          const networks& exempt, io::time_point now) {
  const network household = household_of(from);
  budget* of_network = nullptr;
  if (most != 0 && !exempt.contain(from)) {
    make_room(networks_, now);
    const budget fresh{.most = static_cast<double>(most), .per_second = per_second_of_network};
    of_network = &networks_.try_emplace(household, fresh).first->second;
    of_network->most = fresh.most;  // the settings may have changed
    if (!of_network->has(1, now)) return false;
  }
  if (const std::string name = folded(account); most != 0 && !name.empty() && !knows(name, household)) {
    make_room(accounts_, now);
    const budget fresh{.most = most_of_account, .per_second = per_second_of_account};
    budget& of_account = accounts_.try_emplace(name, fresh).first->second;
    if (!of_account.has(1, now)) return false;
    of_account.take(1, now);
  }
  if (of_network) of_network->take(1, now);
  return true;
}

void login_guard::succeeded(const std::optional<network>& from, std::string_view account,
                            io::time_point now) {
  const network household = household_of(from);
  if (const auto its = networks_.find(household); its != networks_.end()) its->second.give_back(1, now);
  const std::string name = folded(account);
  if (name.empty()) return;
  if (!knows(name, household)) {
    if (const auto its = accounts_.find(name); its != accounts_.end()) its->second.give_back(1, now);
    if (known_.size() >= most_remembered) known_.clear();
    std::vector<network>& all = known_[name];
    if (all.size() == most_known) all.erase(all.begin());
    all.push_back(household);
  }
}

}  // namespace parlance::chat
