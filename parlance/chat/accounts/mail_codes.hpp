// Codes that are sent by mail, and shown again by who can read it: of accounts that are to be made, of another address, of another
// password. They are in memory alone: whoever waits for one when the server ends asks for another.
//
//   if (auto code = codes.make(mail_codes::purpose::password, "alice", {.email = "a@example.org"}, from, now)) send(*code);
//   if (auto what = codes.take(mail_codes::purpose::password, "alice", "K7QF2M9XTC", now)) ...      // once
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <parlance/chat/accounts/accounts.hpp>
#include <parlance/chat/base/budget.hpp>
#include <parlance/chat/base/network.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

class mail_codes {
 public:
  /// What a code is for; one of each for an account at a time.
  enum class purpose : unsigned char {
    account,  ///< it is made
    address,  ///< it has that one
    password  ///< it gets another
  };
  /// What is done when it is shown.
  struct matter {
    std::string name;  ///< the account, as its owner spells it
    std::string email;
    account_secrets secrets = {};      ///< of one that is made
    std::uint64_t account_number = 0;  ///< of one that there is
    std::string asked_from = {};       ///< the address (caller.hpp) of who began it
  };

  static constexpr io::duration lasts = std::chrono::hours(1);
  static constexpr std::size_t most = 10'000;  ///< that wait
  static constexpr int most_tries = 5;         ///< wrong ones, with which it ends

  /// A new code, in the place of one that there is. Nothing: too much was sent to there, or asked for from there, or by all.
  std::optional<std::string> make(purpose why, matter what, const std::optional<network>& from,
                                  io::time_point now);
  /// What waits under that name, whatever the code is; or null.
  const matter* waits(purpose why, std::string_view name, io::time_point now);
  /// Nothing: that is not the code, or it is over. Whatever the case, or signs between its letters.
  std::optional<matter> take(purpose why, std::string_view name, std::string_view code, io::time_point now);

 private:
  struct open {
    std::string code;
    matter what;
    io::time_point until;
    int tries = 0;
  };
  bool pay(const std::string& email, const std::optional<network>& from, io::time_point now);
  void forget_old(io::time_point now);

  std::map<std::pair<purpose, std::string>, open> all_;
  std::unordered_map<std::string, budget> by_address_;
  std::unordered_map<network, budget, network_hash> by_household_;
  budget all_mails_{.most = 60, .per_second = 0.5};
};

}  // namespace parlance::chat
