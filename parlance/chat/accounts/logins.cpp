#include <utility>

#include <parlance/chat/accounts/logins.hpp>
#include <parlance/io/combinators.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat {

bool logins::may_try(const caller& from, std::string_view account) {
  return told(&login_guard::may_try, from, account);
}

bool logins::may_ask(const caller& from, std::string_view account) {
  return told(&login_guard::may_ask, from, account);
}

/// What the guard says to that; "no" is a failure, and told as one.
bool logins::told(decltype(&login_guard::may_try) may, const caller& from, std::string_view account) {
  if ((guard_.*may)(from.network(), account, bounds_.failed_logins, exempt_, io::loop::current().now()))
    return true;
  failed(from, account, "too many failures");
  return false;
}

void logins::was_left(const caller& from, std::string_view account, bool tried) {
  if (tried) guard_.failed(from.network(), account);
  if (on_left) on_left(from, account);
}

void logins::was_right(const caller& from, std::string_view account) {
  guard_.succeeded(from.network(), account, io::loop::current().now());
}

void logins::not_tried(const caller& from, std::string_view account) {
  guard_.not_tried(from.network(), account, io::loop::current().now());
}

void logins::was_wrong(const caller& from, std::string_view account, std::string_view why) {
  guard_.failed(from.network(), account);
  failed(from, account, why);
}

void logins::failed(const caller& from, std::string_view account, std::string_view why) {
  failures_.add();
  if (on_failure) on_failure(from, account, why);
}

io::task<std::optional<password_work::turn>> logins::turn_to_work(caller from, std::string account,
                                                                  std::shared_ptr<password_work::asker> who) {
  const bool is_known = guard_.knows(from.network(), account);
  auto first = co_await io::race(hashing.wait(from.network(), is_known), who->gives_up);
  if (first.index() != 0) co_return std::nullopt;
  std::optional<password_work::turn>& turn = std::get<0>(first);
  if (!turn) {
    ++refused_work_;
    if (on_full_line && full_lines_.take(1, io::loop::current().now()))
      on_full_line(from, std::exchange(refused_work_, 0));
  }
  co_return std::move(turn);
}

}  // namespace parlance::chat
