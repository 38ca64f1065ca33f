// Codes that are sent by mail, and shown again by who can read it: of accounts that are to be made, of another address, of another
// password. They are in memory alone: whoever waits for one when the server ends asks for another.
//
//   if (auto code = codes.make(mail_codes::purpose::password, "alice", {.email = "a@example.org"}, from, now)) send(*code);
//   if (auto* what = codes.find(mail_codes::purpose::password, "alice", "K7QF2M9XTC", now)) ...     // do it, and then, once:
//   codes.end(mail_codes::purpose::password, "alice", "K7QF2M9XTC");
//
// Who guesses is kept from it by who asks (logins), and not by the end of the code: anybody could end another's so. It is
// of fifty bits, so a million guesses in its hour find one of a thousand million.
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
    account_secrets secrets = {};      ///< of one that is made, or when another password was asked for
    std::uint64_t account_number = 0;  ///< of one that there is
    std::string asked_from = {};       ///< the address (caller.hpp) of who began it
  };

  static constexpr io::duration lasts = std::chrono::hours(1);
  static constexpr std::size_t most = 10'000;  ///< that wait

  /// A new code, in the place of one that there is. Nothing: too much was sent to there, or asked for from there, or by all.
  std::optional<std::string> make(purpose why, matter what, const std::optional<network>& from,
                                  io::time_point now);
  /// What waits under that name, whatever the code is; or null.
  const matter* waits(purpose why, std::string_view name, io::time_point now);
  /// What is to be done, whatever the case, or signs between the letters, of the code. Null: that is not it, or it is over.
  /// Valid until any of them is made or ends.
  const matter* find(purpose why, std::string_view name, std::string_view code, io::time_point now);
  /// What that code is for was done and kept, or can be no more: it is over. Not when another has taken its place.
  void end(purpose why, std::string_view name, std::string_view code);

 private:
  struct open {
    std::string code;
    matter what;
    io::time_point until;
  };
  bool pay(const std::string& email, const std::optional<network>& from, io::time_point now);
  void forget_old(io::time_point now);

  std::map<std::pair<purpose, std::string>, open> all_;
  std::unordered_map<std::string, budget> by_address_;
  std::unordered_map<network, budget, network_hash> by_household_;
  budget all_mails_{.most = 60, .per_second = 0.5};
};

}  // namespace parlance::chat
