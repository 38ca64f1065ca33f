#include <optional>
#include <utility>

#include <parlance/chat/accounts/suspension.hpp>
#include <parlance/chat/core/account_control.hpp>

namespace parlance::chat {

bool suspend_account(hub& of, std::string_view name, suspension how) {
  std::optional<account> its = of.accounts().find(name);
  if (!its) return false;
  how.since = of.clock().seconds();
  its->suspended = std::move(how);
  of.accounts().update(*its);
  for (person* who : of.people().of_account(its->name)) of.remove(*who, explain(*its->suspended));
  return true;
}

bool lift_suspension(hub& of, std::string_view name) {
  std::optional<account> its = of.accounts().find(name);
  if (!its || !suspension_of(*its, of.clock().seconds())) return false;
  its->suspended.reset();
  of.accounts().update(*its);
  return true;
}

}  // namespace parlance::chat
