#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include <parlance/chat/accounts/suspension.hpp>
#include <parlance/chat/core/account_expiry.hpp>
#include <parlance/chat/core/audit.hpp>
#include <parlance/chat/store/record_kinds.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

bool is_in_use(hub& of, const account& its) {
  return std::ranges::any_of(of.people().of_account(its.name),
                             [](const person* who) { return !who->clients().empty(); });
}

void expire(hub& of, const account& its) {
  const std::int64_t now = of.clock().seconds();
  if (is_in_use(of, its) || its.used == 0) return of.accounts().is_used(its.name, now);
  const auto longest_alone =
      std::chrono::duration_cast<std::chrono::seconds>(of.configured().accounts.always_on_expires_after)
          .count();
  if (longest_alone != 0 && now - its.used > longest_alone)
    for (person* who : of.people().of_account(its.name)) of.remove(*who, "was not connected for too long");
  if (of.configured().accounts.expire_after == io::duration::zero()) return;
  const auto most =
      std::chrono::duration_cast<std::chrono::seconds>(of.configured().accounts.expire_after).count();
  if (now - its.used <= most || suspension_of(its, now)) return;
  audit(of, {.who = std::string(of.configured().server.name),
             .from = "settings",
             .does = "account",
             .to = fmt::format("expire {}", its.name),
             .is_operators = true});
  of.drop_account(its.name, "the account was not used for too long");
}

}  // namespace

void expire_accounts(hub& of, expiry_place& at, std::size_t most) {
  // A clock that is wrong ends nothing.
  const auto& accounts = of.configured().accounts;
  const bool is_wanted = accounts.expire_after != io::duration::zero() ||
                         accounts.always_on_expires_after != io::duration::zero();
  if (!is_wanted || of.clock().is_doubtful()) at.is_at_end = true;
  for (; most > 0 && !at.is_at_end; --most) {
    const std::optional<std::string> key = of.kept().first(record_kinds::account, at.from, "\xff");
    if (!key) {
      at.is_at_end = true;
      return;
    }
    at.from = *key + '\0';
    if (const std::optional<account> its = of.accounts().find(*key)) expire(of, *its);
  }
}

}  // namespace parlance::chat
