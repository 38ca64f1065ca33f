#include <algorithm>
#include <stdexcept>
#include <utility>

#include <parlance/http/authentication/credentials.hpp>
#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/percent.hpp>
#include <parlance/net/base64.hpp>

namespace parlance::http {
namespace {

/// RFC 6750 2.1, as loosely as servers hand tokens out: what is visible.
bool is_token68(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

std::string basic_authorization(std::string_view user, std::string_view password) {
  return "Basic " + net::base64_encode(std::string(user) + ':' + std::string(password));
}

std::optional<std::string> authorization_of(const url& target) {
  if (!target.has_credentials()) return std::nullopt;
  return basic_authorization(percent_decode(target.username()), percent_decode(target.password()));
}

void credentials::add(const origin& of, login as) {
  if (as.by == login::scheme::bearer) {
    if (!is_token68(as.password))
      throw std::invalid_argument("a token is visible ASCII characters without spaces");
  } else if (has_control(as.user) || has_control(as.password)) {
    throw std::invalid_argument("a name or a password has no control characters");
  } else if (as.by == login::scheme::basic && as.user.contains(':')) {
    throw std::invalid_argument("a name for Basic authorization has no ':'");
  }
  known_.insert_or_assign(of, known{.as = std::move(as)});
}

std::optional<std::string> credentials::authorization(const url& target, std::string_view method,
                                                      std::string_view request_target) {
  if (const auto at = known_.find(origin::of(target)); at != known_.end()) {
    auto& [as, asked, sends] = at->second;
    switch (as.by) {
      case login::scheme::basic:
        return basic_authorization(as.user, as.password);
      case login::scheme::bearer:
        return "Bearer " + as.password;
      case login::scheme::any:
        if (sends) return basic_authorization(as.user, as.password);
        [[fallthrough]];
      case login::scheme::digest:
        if (!asked) return std::nullopt;
        return asked->authorization({.user = as.user, .password = as.password}, method,
                                    request_target.empty() ? target.target() : std::string(request_target));
    }
  }
  if (target.password().empty()) {
    const auto entry = netrc_.find(target.host_name(), percent_decode(target.username()));
    if (entry && (!entry->user.empty() || !entry->password.empty()))
      return basic_authorization(entry->user, entry->password);
  }
  return authorization_of(target);
}

bool credentials::answer(const url& target, const response_head& refused, bool again) {
  const auto at = known_.find(origin::of(target));
  if (at == known_.end()) return false;
  const bool is_any = at->second.as.by == login::scheme::any;
  if (!is_any && at->second.as.by != login::scheme::digest) return false;
  for (const challenge& one : challenges_of(refused.fields, "WWW-Authenticate")) {
    auto asked = digest::make(one);
    if (!asked) continue;
    if (again && !asked->stale()) return false;
    at->second.asked = std::move(asked);
    return true;
  }
  if (!is_any || again || at->second.as.user.contains(':')) return false;
  const auto asks = challenges_of(refused.fields, "WWW-Authenticate");
  at->second.sends = std::ranges::any_of(
      asks, [](const challenge& one) { return equals_ignoring_case(one.scheme, "Basic"); });
  return at->second.sends;
}

void credentials::trust(const origin& from, const origin& to) {
  const auto at = known_.find(from);
  if (at != known_.end()) known_.try_emplace(to, known{.as = at->second.as});
}

void credentials::learn(const url& target, const response_head& head) {
  const auto info = head.fields.get("Authentication-Info");
  if (!info) return;
  const auto at = known_.find(origin::of(target));
  if (at == known_.end() || !at->second.asked) return;
  for (auto& [name, value] : parameters_of(*info))
    if (equals_ignoring_case(name, "nextnonce")) at->second.asked->turn_to(std::move(value));
}

}  // namespace parlance::http
