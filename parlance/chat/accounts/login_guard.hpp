// Against guessing passwords: every attempt to log in is paid for, out of what its network, the account, and
// the two of them together may fail, and only who was right gets it back. So it holds across connections, and
// however many are tried at once.
//
//   if (!guard.may_ask(network, "alice", ...)) refuse();             // and wait for somebody to look at it
//   if (!guard.may_try(network, "alice", ...)) refuse();
//   ... right: guard.succeeded(network, "alice", now);      ... wrong: guard.failed(network, "alice");
//
// As long as it is not known how an attempt ends, it keeps no other of its network out: a class that logs in
// at once is let in, and a network whose attempts all fail then has failed in advance.
//
// A network that has logged in to an account before is bounded by what the two of them fail at alone: whoever
// guesses at an account from a thousand addresses does not lock its owner out, and neither does who fails at
// another account from the owner's address. Any other network may fail at an account twice before that is
// the account's affair. One thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <parlance/chat/base/budget.hpp>
#include <parlance/chat/base/network.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

class login_guard {
 public:
  /// How often one account may fail, from networks that it does not know, in a burst and then.
  static constexpr double most_of_account = 30;
  static constexpr double per_second_of_account = 0.1;
  /// How often one network may fail, after its burst.
  static constexpr double per_second_of_network = 1.0 / 6;
  /// So many attempts of one network keep no other out while nobody knows how they end.
  static constexpr unsigned most_pending = 64;
  /// How often one network may fail at one account, in a burst and then: less than an account may be failed
  /// at, so one network alone does not use that up.
  static constexpr double most_of_both = 12;
  static constexpr double per_second_of_both = 1.0 / 20;
  /// The first so many of them are not the account's: whoever fails at it from many addresses does not keep
  /// out its owner at a new one.
  static constexpr double free_of_both = 2;

  /// `most`: how often one network may fail in a burst; 0: as often as it likes, as `exempt` ones may.
  /// `account`: empty for a password that is the server's.
  bool may_try(const std::optional<network>& from, std::string_view account, std::size_t most,
               const networks& exempt, io::time_point now);
  /// The same, as far as it is known by now how attempts have ended; nothing is taken. Whoever is to wait
  /// before its password is looked at asks this first, so that those who are right do not keep out each other.
  bool may_ask(const std::optional<network>& from, std::string_view account, std::size_t most,
               const networks& exempt, io::time_point now);
  /// Whether that network has logged in to the account before.
  bool knows(const std::optional<network>& from, std::string_view account) const;
  /// The password was wrong, or the attempt was left.
  void failed(const std::optional<network>& from, std::string_view account);
  /// What may_try took was not due: the password was right.
  void succeeded(const std::optional<network>& from, std::string_view account, io::time_point now);
  /// Nor was it: the password was not looked at.
  void not_tried(const std::optional<network>& from, std::string_view account, io::time_point now);

 private:
  bool is_known(const std::string& account, const network& household) const;
  static std::string both(const network& household, const std::string& account);

  struct tally {
    budget left;
    unsigned pending = 0;  // attempts that the network has paid for, and nobody knows yet how they end
    bool full(io::time_point now) const noexcept { return pending == 0 && left.full(now); }
  };
  void ends(const network& household, const std::string& name, bool right, io::time_point now);

  std::unordered_map<network, tally, network_hash> networks_;  // by household
  std::unordered_map<std::string, budget> accounts_;           // by their folded names
  std::unordered_map<std::string, tally> both_;                // see both()
  std::unordered_map<std::string, std::vector<network>> known_;
};

}  // namespace parlance::chat
