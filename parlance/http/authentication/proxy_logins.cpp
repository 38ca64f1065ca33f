#include <utility>

#include <parlance/http/authentication/proxy_logins.hpp>
#include <parlance/http/base/grammar.hpp>
#include <parlance/http/message/challenge.hpp>
#include <parlance/net/proxy.hpp>

namespace parlance::http {
namespace {

/// Of a proxy of HTTP, whose scheme may be missing.
net::proxy_credentials credentials_in(const std::string& proxy) {
  const std::size_t colon = proxy.find("://");
  if (colon == proxy.npos) return net::proxy::parse("http://" + proxy).as;
  return net::proxy::parse(lower(proxy.substr(0, colon)) + proxy.substr(colon)).as;
}

}  // namespace

std::optional<std::string> proxy_logins::authorization(const std::string& proxy, std::string_view method,
                                                       std::string_view target) {
  const auto at = asked_.find(proxy);
  if (at == asked_.end()) return std::nullopt;
  const net::proxy_credentials as = credentials_in(proxy);
  return at->second.authorization({.user = as.user, .password = as.password}, method, target);
}

bool proxy_logins::answer(const std::string& proxy, const field_list& refused, bool again) {
  if (credentials_in(proxy).user.empty()) return false;
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
