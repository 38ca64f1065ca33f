// The hub's people, and the server's bans.
#include <vector>

#include <parlance/chat/hub.hpp>

namespace parlance::chat {

const server_ban* hub::ban_on(const client& caller, std::string_view user) {
  return bans_.find({.user = user, .host = host_of(caller.from_.address), .address = caller.from_.address},
                    static_cast<std::int64_t>(now() / 1'000'000));
}

void hub::enforce_bans(std::string_view why, const client* but) {
  std::vector<client*> all;
  for (const auto& [nick, who] : people_) {
    if (who->is_operator()) continue;
    for (client* c : who->clients_)
      if (c != but && ban_on(*c, who->user())) all.push_back(c);
  }
  for (client* c : all) dismiss(*c, why);
}

}  // namespace parlance::chat
