#include "opened_keys.hpp"

#include "configuration.hpp"

namespace parlance::cli {

std::vector<std::string> opened_keys(const chat::settings& before, const chat::settings& after) {
  std::vector<std::string> opened;
  const auto add = [&opened](const char* key, bool was_closed, bool is_closed) {
    if (was_closed && !is_closed) opened.emplace_back(key);
  };
  const auto hides_history = [](const chat::settings& of) {
    return of.history.before_join == chat::before_join::joined;
  };
  add("server.password", !before.server.password.empty(), !after.server.password.empty());
  add("tls.only", before.tls.only, after.tls.only);
  add("accounts.registration", !before.accounts.registration, !after.accounts.registration);
  add("accounts.require_sasl", before.accounts.require_sasl, after.accounts.require_sasl);
  add("history.before_join", hides_history(before), hides_history(after));
  return opened;
}

chat::settings as_closed_as(const chat::settings& now) {
  chat::settings as = default_settings();
  as.server.password = now.server.password;
  as.tls.only = now.tls.only;
  as.accounts.registration = now.accounts.registration;
  as.accounts.require_sasl = now.accounts.require_sasl;
  as.history.before_join = now.history.before_join;
  return as;
}

}  // namespace parlance::cli
