#include <fmt/format.h>

#include <array>
#include <string_view>

#include <cli/serve/configuration.hpp>
#include <cli/serve/configuration_keys.hpp>
#include <cli/serve/guarded_keys.hpp>

namespace parlance::cli {
namespace {

constexpr auto guards = std::to_array<std::string_view>({
    "server.password",
    "server.cloak",
    "tls.only",
    "tls.certificate",
    "tls.key",
    "history.enabled",
    "history.before_join",
    "history.retention_age",
    "history.retention_count",
    "accounts.registration",
    "accounts.register_before_connect",
    "accounts.require_email",
    "accounts.require_sasl",
    "accounts.min_password",
    "accounts.nick_reservation",
    "uploads.enabled",
    "uploads.uploaders",
    "uploads.types",
    "push.networks",
    "hooks.incoming",
    "hooks.outgoing",
    "hooks.plain_http",
    "hooks.networks",
    "api.enabled",
    "limits.connections_per_address",
    "limits.arrivals",
    "limits.exempt",
    "limits.failed_logins",
    "websocket.origins",
    "page.frame_ancestors",
    "proxies.protocol",
    "proxies.forwarded",
    "proxies.header",
    "metrics.enabled",
    "metrics.allow",
});

}  // namespace

std::vector<std::string> changed_guards(const chat::settings& before, const chat::settings& after) {
  std::vector<std::string> changed;
  for (const std::string_view name : guards)
    if (const key& k = known_key(name); k.get(before) != k.get(after)) changed.emplace_back(name);
  each_entry_table([&](const auto& table) {
    for (const auto& [name, entry] : before.*table.entries) {
      const auto next = (after.*table.entries).find(name);
      if (next == (after.*table.entries).end()) continue;
      for (const auto& k : table.keys)
        if (k.get(entry) != k.get(next->second))
          changed.push_back(fmt::format("{}.{}.{}", table.name, name, k.name));
    }
  });
  return changed;
}

chat::settings with_guards_of(const chat::settings& now) {
  chat::settings made = default_settings();
  for (const std::string_view name : guards)
    apply_change(fmt::format("{}={}", name, known_key(name).get(now)), made);
  made.operators = now.operators;
  made.webirc = now.webirc;
  return made;
}

}  // namespace parlance::cli
