// The hub's people, and the server's bans.
#include <fmt/core.h>

#include <vector>

#include <parlance/chat/core/hub.hpp>

namespace parlance::chat {

const server_ban* hub::ban_on(const client& caller, std::string_view user) {
  return bans_.find({.user = user, .host = host_of(caller.from_.address), .address = caller.from_.address},
                    clock_.seconds());
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
  for (const auto& [nick, who] : people_.all()) {
    if (who->may(permission::ban)) continue;
    for (client* c : who->clients_)
      if (c != but && ban_on(*c, who->user())) all.push_back(c);
  }
  for (client* c : all) dismiss(*c, why);
  if (on_ban) on_ban();
}

}  // namespace parlance::chat
