// Passwords that are being tried: who may try one, whose turn it is to have one worked on, and how that went.
//
//   if (!logins.may_ask(caller, "alice")) refuse();               // a failed login, and told as one
//   const auto turn = co_await logins.turn_to_work(caller, "alice", asker);
//   if (!turn) refuse();                                          // nobody had the time
//   if (!logins.may_try(caller, "alice")) refuse();               // others have failed meanwhile
//   ... right: logins.was_right(caller, "alice");      ... wrong: logins.was_wrong(caller, "alice", "why");
//
// What was begun with `may_try` is paid for until it was right, wrong, not tried or left, as login_guard says. An
// account is empty where the password is the server's. The time is the running loop's. One thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/chat/accounts/login_guard.hpp>
#include <parlance/chat/accounts/password_work.hpp>
#include <parlance/chat/accounts/proven_passwords.hpp>
#include <parlance/chat/base/budget.hpp>
#include <parlance/chat/base/caller.hpp>
#include <parlance/chat/base/limits.hpp>
#include <parlance/chat/base/network.hpp>
#include <parlance/chat/watch/metrics.hpp>
#include <parlance/io/task.hpp>

namespace parlance::chat {

class logins {
 public:
  /// All outlive it, and may change meanwhile. `exempt`: limits::exempt, taken apart. `failures`: counts what has failed.
  logins(const limits& bounds, const networks& exempt, counter& failures) noexcept
      : bounds_(bounds), exempt_(exempt), failures_(failures) {}
  logins(const logins&) = delete;
  logins& operator=(const logins&) = delete;

  /// Whether somebody may try a password of `account` now. False is a failed login, and told as one.
  bool may_try(const caller& from, std::string_view account);
  /// Whether it may wait for its turn to do so; the same holds.
  bool may_ask(const caller& from, std::string_view account);
  void was_right(const caller& from, std::string_view account);
  void not_tried(const caller& from, std::string_view account);
  /// Has it counted and told as a failure, too.
  void was_wrong(const caller& from, std::string_view account, std::string_view why);
  /// The caller went before there was an answer, which may have been that it is right: no failure, but who
  /// `tried` has paid for it.
  void was_left(const caller& from, std::string_view account, bool tried);
  /// Counts it, and tells it: every failure, whatever was failed at, is told once.
  void failed(const caller& from, std::string_view account, std::string_view why);

  /// Waits for a turn to work on a password of `account`, or on a new one (it is empty then). Nothing: too
  /// many wait already, or `who` has given it up.
  io::task<std::optional<password_work::turn>> turn_to_work(caller from, std::string account,
                                                            std::shared_ptr<password_work::asker> who);
  /// Whose turn it is to work on a password.
  password_work hashing;
  /// Those that many callers give, and that were right.
  proven_passwords proven;

  /// Told of each failure; set by whoever runs the chat, as the next one is.
  std::function<void(const caller& from, std::string_view account, std::string_view why)> on_failure;
  /// Told of each that was left.
  std::function<void(const caller& from, std::string_view account)> on_left;
  /// Told when too many wait, every ten seconds at most, and how many were refused since.
  std::function<void(const caller& from, std::size_t refused)> on_full_line;

 private:
  bool told(decltype(&login_guard::may_try) may, const caller& from, std::string_view account);

  const limits& bounds_;
  const networks& exempt_;
  counter& failures_;
  login_guard guard_;
  budget full_lines_{.most = 1, .per_second = 0.1};  // to be told of
  std::size_t refused_work_ = 0;                     // and not told yet
};

}  // namespace parlance::chat
