// The hub's people, and the server's bans.
#include <fmt/core.h>

#include <vector>

#include <parlance/chat/core/hub.hpp>

namespace parlance::chat {

const server_ban* hub::ban_on(const client& caller, std::string_view user, std::string_view account) {
  return bans_.find({.user = user,
                     .host = host_of(caller.from_.address),
                     .address = caller.from_.address,
                     .account = account},
                    clock_.seconds());
}

const server_ban* hub::ban_on_account(std::string_view account) const {
  return bans_.find({.user = {}, .host = {}, .address = {}, .account = account}, clock_.seconds());
}

std::string hub::why_banned(const std::optional<network>& from) const {
  const server_ban* const ban = bans_.find_address(from, clock_.seconds());
  return ban ? fmt::format("You are banned from this server: {}", ban->reason) : std::string();
}

bool hub::add_ban(server_ban::kind what, std::string_view mask, std::string_view reason, std::string_view by,
                  std::int64_t length) {
  const std::int64_t today = clock_.seconds();
  bans_.expire(today);
  return bans_.add({.what = what,
                    .mask = std::string(mask),
                    .reason = std::string(reason),
                    .set_by = std::string(by),
                    .set_at = today,
                    .expires = length != 0 ? today + length : 0});
}

void hub::enforce_bans(std::string_view why, const client* but) {
  std::vector<client*> all;
  std::vector<person*> alone;  // who is always on, and is there without a client
  for (const auto& [nick, who] : people_.all()) {
    if (who->may(permission::ban)) continue;
    for (client* c : who->clients_)
      if (c != but && ban_on(*c, who->user(), who->account)) all.push_back(c);
    if (who->present_ && who->always_on && ban_on_account(who->account)) alone.push_back(who.get());
  }
  for (client* c : all) dismiss(*c, why);
  for (person* who : alone)
    if (who->clients_.empty() || who->clients_.front() != but) remove(*who, why);
  if (on_ban) on_ban();
}

}  // namespace parlance::chat
