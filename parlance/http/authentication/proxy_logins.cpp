#include <utility>

#include <parlance/http/authentication/proxy_logins.hpp>
#include <parlance/http/client/proxy_rules.hpp>
#include <parlance/http/message/challenge.hpp>

namespace parlance::http {

std::optional<std::string> proxy_logins::authorization(const std::string& proxy, std::string_view method,
                                                       std::string_view target) {
  const auto at = asked_.find(proxy);
  if (at == asked_.end()) return std::nullopt;
  const net::proxy_credentials as = parsed_proxy::parse(proxy).at.as;
  return at->second.authorization({.user = as.user, .password = as.password}, method, target);
}

bool proxy_logins::answer(const std::string& proxy, const field_list& refused, bool again) {
  if (parsed_proxy::parse(proxy).at.as.user.empty()) return false;
  for (const challenge& one : challenges_of(refused, "Proxy-Authenticate")) {
    auto asked = digest::make(one);
    if (!asked) continue;
    if (again && !asked->stale()) return false;
    asked_.insert_or_assign(proxy, *std::move(asked));
    return true;
  }
  return false;
}

}  // namespace parlance::http
