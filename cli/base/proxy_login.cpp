#include <parlance/http/base/percent.hpp>

#include <cli/base/proxy_login.hpp>
#include <cli/base/without_echo.hpp>

namespace parlance::cli {

std::string with_login(std::string proxy, const std::string& user) {
  if (user.empty() || proxy.empty()) return proxy;
  const std::size_t scheme = proxy.find("://");
  const std::size_t host = scheme == proxy.npos ? 0 : scheme + 3;
  const std::size_t at = proxy.rfind('@');
  const std::size_t colon = user.find(':');
  const std::string password = colon != user.npos ? user.substr(colon + 1)
                                                  : ask_password("Password for " + user + " at the proxy",
                                                                 "say it: --proxy-user USER:PASSWORD");
  return proxy.substr(0, host) + http::percent_encode(user.substr(0, colon), http::encode_set::component) +
         ':' + http::percent_encode(password, http::encode_set::component) + '@' +
         proxy.substr(at == proxy.npos || at < host ? host : at + 1);
}

}  // namespace parlance::cli
