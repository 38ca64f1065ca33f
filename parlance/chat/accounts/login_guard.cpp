#include <algorithm>

#include <parlance/chat/accounts/login_guard.hpp>
#include <parlance/chat/base/names.hpp>

namespace parlance::chat {
namespace {

/// Networks and accounts that are remembered. Whoever has more addresses than that is bounded by the
/// accounts.
constexpr std::size_t most_remembered = 65'536;
constexpr std::size_t most_known = 8;  // networks of one account

/// One who calls by a Unix socket is a network, too.
network household_of(const std::optional<network>& from) { return from ? from->household() : network(); }

/// No account has a longer name, and what is remembered of one who was asked for must not cost more.
constexpr std::size_t longest_name = 64;
std::string key_of(std::string_view account) { return folded(account.substr(0, longest_name)); }

/// One to whom nothing is owed is not remembered.
template <class Map> void give_back(Map& all, const typename Map::key_type& key, io::time_point now) {
  if (const auto its = all.find(key); its != all.end()) its->second.give_back(1, now);
}

}  // namespace

bool login_guard::knows(const std::optional<network>& from, std::string_view account) const {
  return is_known(key_of(account), household_of(from));
}

bool login_guard::is_known(const std::string& account, const network& household) const {
  const auto its = known_.find(account);
  return its != known_.end() && std::ranges::find(its->second, household) != its->second.end();
}

std::string login_guard::both(const network& household, const std::string& account) {
  return household.text() + ' ' + account;
}

bool login_guard::may_try(const std::optional<network>& from, std::string_view account, std::size_t most,
                          const networks& exempt, io::time_point now) {
  if (most == 0) return true;
  const network household = household_of(from);
  const std::string name = key_of(account);
  const bool known = !name.empty() && is_known(name, household);
  tally* of_network = nullptr;
  if (!known && !exempt.contain(from)) {
    make_room(networks_, most_remembered, now);
    const budget fresh{.most = static_cast<double>(most), .per_second = per_second_of_network};
    of_network = &networks_.try_emplace(household, fresh).first->second;
    of_network->left.most = fresh.most;  // the settings may have changed
    // Before the others, so that who may not try at all makes nothing be remembered.
    if (!of_network->left.has(1.0 - std::min(of_network->pending, most_pending), now)) return false;
  }
  if (!name.empty()) {
    make_room(both_, most_remembered, now);
    const budget fresh{.most = most_of_both, .per_second = per_second_of_both};
    tally& of_both = both_.try_emplace(both(household, name), fresh).first->second;
    if (!of_both.left.has(1, now)) return false;
    // However many others fail at it, its owner may come from an address that has not.
    if (!known && !of_both.left.has(most_of_both - free_of_both + 1, now)) {
      make_room(accounts_, most_remembered, now);
      const budget whole{.most = most_of_account, .per_second = per_second_of_account};
      if (!accounts_.try_emplace(name, whole).first->second.take_whole(1, now)) return false;
    }
    of_both.left.take(1, now);
    if (of_network) ++of_both.pending;
  }
  if (of_network) {
    of_network->left.owe(1, now);
    ++of_network->pending;
  }
  return true;
}

bool login_guard::may_ask(const std::optional<network>& from, std::string_view account, std::size_t most,
                          const networks& exempt, io::time_point now) {
  if (most == 0) return true;
  const network household = household_of(from);
  const std::string name = key_of(account);
  const bool known = !name.empty() && is_known(name, household);
  // Of a network that owes nothing there may be nothing.
  const auto is_left = [now](auto& of, const auto& key) {
    const auto its = of.find(key);
    return its == of.end() || its->second.left.has(1.0 - its->second.pending, now);
  };
  if (!known && !exempt.contain(from) && !is_left(networks_, household)) return false;
  if (name.empty()) return true;
  if (!is_left(both_, both(household, name))) return false;
  const auto of_both = both_.find(both(household, name));
  const bool is_free =
      of_both == both_.end() ||
      of_both->second.left.has(most_of_both - free_of_both + 1 - of_both->second.pending, now);
  const auto of_account = accounts_.find(name);
  return known || is_free || of_account == accounts_.end() || of_account->second.has(1, now);
}

/// An attempt has ended, which its network may have paid for. `right`: that was not due.
void login_guard::ends(const network& household, const std::string& name, bool right, io::time_point now) {
  if (!name.empty()) {
    const auto of_both = both_.find(both(household, name));
    if (of_both == both_.end()) return;
    if (right) of_both->second.left.give_back(1, now);
    if (of_both->second.pending == 0) return;
    --of_both->second.pending;
  }
  const auto its = networks_.find(household);
  if (its == networks_.end() || its->second.pending == 0) return;
  --its->second.pending;
  if (right) its->second.left.give_back(1, now);
}

void login_guard::failed(const std::optional<network>& from, std::string_view account) {
  ends(household_of(from), key_of(account), false, {});
}

// The account gets back what was taken for this network: the first of its failures are not the account's, and
// the last that it takes back are the first.
void login_guard::not_tried(const std::optional<network>& from, std::string_view account,
                            io::time_point now) {
  const network household = household_of(from);
  const std::string name = key_of(account);
  ends(household, name, true, now);
  if (name.empty() || is_known(name, household)) return;
  const auto of_both = both_.find(both(household, name));
  if (of_both == both_.end() || of_both->second.left.has(most_of_both - free_of_both + 1, now)) return;
  give_back(accounts_, name, now);
}

void login_guard::succeeded(const std::optional<network>& from, std::string_view account,
                            io::time_point now) {
  const network household = household_of(from);
  const std::string name = key_of(account);
  ends(household, name, true, now);
  if (name.empty() || is_known(name, household)) return;  // the account was asked for nothing
  give_back(accounts_, name, now);
  if (known_.size() >= most_remembered) known_.clear();
  std::vector<network>& all = known_[name];
  if (all.size() == most_known) all.erase(all.begin());
  all.push_back(household);
}

}  // namespace parlance::chat
