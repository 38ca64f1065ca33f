#include <fmt/core.h>

#include <optional>
#include <utility>
#include <vector>

#include <parlance/chat/accounts/suspension.hpp>
#include <parlance/chat/core/account_control.hpp>
#include <parlance/chat/core/ban.hpp>
#include <parlance/chat/core/presence.hpp>
#include <parlance/chat/core/silence.hpp>
#include <parlance/chat/store/record_kinds.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

/// What a room said before, so that it can say so again.
struct renamed_room {
  room* in;
  std::vector<std::pair<std::string*, std::string>> before;
};

renamed_room rename_in_room(hub& of, room& r, const std::string& name, const std::string& to,
                            std::uint64_t number) {
  renamed_room changed{&r, {}};
  const auto change = [&](std::string& what, std::string with) {
    changed.before.emplace_back(&what, std::exchange(what, std::move(with)));
  };
  if (r.founder_number == number && same_name(r.founder_account, name)) change(r.founder_account, to);
  if (r.offered_to.number == number && same_name(r.offered_to.account, name))
    change(r.offered_to.account, to);
  for (room::ranked_account& one : r.ranked_accounts)
    if (one.number == number && same_name(one.name, name)) change(one.name, to);
  for (auto* const list : {&r.bans, &r.exceptions, &r.invitations})
    for (list_entry& e : *list)
      if (std::string mask = with_account(e.mask, name, to); !mask.empty()) change(e.mask, std::move(mask));
  if (!changed.before.empty()) of.rooms().keep(r);
  return changed;
}

/// With the rooms where it has rights, or is kept out, who does not want to hear it, and who stays in the chat as it: all at
/// once, or a crash in between would part them.
bool rename_with_all(hub& of, const account& its, const std::string& to) {
  std::vector<renamed_room> all;
  try {
    return of.accounts().rename(its.name, to, of.clock().next_id(), [&] {
      for (const auto& [key, r] : of.rooms().all())
        if (renamed_room one = rename_in_room(of, *r, its.name, to, its.number); !one.before.empty())
          all.push_back(std::move(one));
      rename_in_silences(of.kept(), its.name, to);
      rename_in_presence(of.kept(), its.name, to);
    });
  } catch (const store_error&) {
    for (renamed_room& one : all) {
      for (auto& [what, before] : one.before) *what = std::move(before);
      of.rooms().keep(*one.in);
    }
    throw;
  }
}

/// The new ones first: whatever happens in between, it is kept out.
void rename_in_bans(hub& of, std::string_view account, std::string_view to) {
  std::vector<server_ban> all;
  for (const server_bans::entry& one : of.bans().all())
    if (one.ban.what == server_ban::kind::people && same_name(one.ban.mask, fmt::format("a:{}", account)))
      all.push_back(one.ban);
  for (const server_ban& before : all) {
    server_ban now = before;
    now.mask = fmt::format("a:{}", to);
    if (of.bans().add(std::move(now))) of.bans().remove(before.what, before.mask);
  }
}

}  // namespace

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

std::optional<std::string> rename_account(hub& of, std::string_view name, std::string_view wanted) {
  const std::optional<account> its = of.accounts().find(name);
  if (!its) return fmt::format("there is no account {}", name);
  const std::string before = its->name, to(wanted);
  if (to == before) return fmt::format("that is its name");
  if (!of.is_fit_name(to) || is_reserved(to)) return fmt::format("{} cannot be the name of an account", to);
  const person* const holder = of.people().holder_of(to);
  if (holder && !same_name(holder->account, before)) return fmt::format("somebody is called {} now", to);
  if (!rename_with_all(of, *its, to)) return fmt::format("{} is another account, or looks like one", to);
  for (person* who : of.people().of_account(before)) {
    const bool is_called_so = same_name(who->nick(), before);
    of.log_in(*who, to);
    if (is_called_so && of.rename(*who, to) == outcome::done) continue;
    if (is_called_so)
      of.kept().erase(record_kinds::presence, folded(to));  // only under its own name does it stay
    of.always_on_is_set(*of.accounts().find(to));
  }
  of.turn().wake();
  of.kept().keep_now([] {});
  rename_in_bans(of, before, to);
  return {};
}

}  // namespace parlance::chat
