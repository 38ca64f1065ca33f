// Digest to proxies (RFC 7616 3.8): what each asked for, and the proof of that.
//
//   auto rules = http::proxy_rules::all("http://me:secret@proxy.example:3128");
//   rules.logins = std::make_shared<http::proxy_logins>();
//
// May be shared by the clients of one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/authentication/digest.hpp>
#include <parlance/http/message/message.hpp>

namespace parlance::http {

class proxy_logins {
 public:
  /// The value of Proxy-Authorization for the next request. `proxy`: its URL, with user and password. Nothing: it has
  /// not asked yet. `target`: as it is on the request line.
  std::optional<std::string> authorization(const std::string& proxy, std::string_view method,
                                           std::string_view target);
  /// Takes what a 407 says. Says whether the request may now go better. `again`: the last one was an answer already.
  bool answer(const std::string& proxy, const field_list& refused, bool again);

 private:
  std::map<std::string, digest> asked_;
};

}  // namespace parlance::http
