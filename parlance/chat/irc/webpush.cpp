// WEBPUSH: where the browsers of somebody with an account are told of what they miss (soju.im/webpush, draft/webpush).
#include <parlance/chat/accounts/devices.hpp>
#include <parlance/chat/base/base64.hpp>
#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/push_subscriptions.hpp>
#include <parlance/chat/irc/authentication.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/http/url/url.hpp>

namespace parlance::chat::irc {
namespace {

constexpr std::size_t size_of_point = 65, size_of_secret = 16;

/// Pushes go by https alone, to a host that has a name or an address, without anything else that would be sent along.
bool is_endpoint(std::string_view text) {
  if (text.size() > longest_push_endpoint) return false;
  const auto url = http::url::parse(text);
  return url && url->scheme() == "https" && !url->host().empty() && url->username().empty() &&
         url->password().empty();
}

/// "p256dh=...;auth=...", as tags are written.
std::optional<push_subscription> read(std::string_view endpoint, std::string_view keys) {
  push_subscription one{.endpoint = std::string(endpoint), .p256dh = {}, .auth = {}};
  for (const std::string_view pair : items_of(keys, ';')) {
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos) continue;
    std::string value = unescape_tag(pair.substr(equals + 1));
    while (value.ends_with('=')) value.pop_back();
    if (pair.substr(0, equals) == "p256dh")
      one.p256dh = std::move(value);
    else if (pair.substr(0, equals) == "auth")
      one.auth = std::move(value);
  }
  const auto point = base64url_decode(one.p256dh), secret = base64url_decode(one.auth);
  const bool is_fit = point && point->size() == size_of_point && point->starts_with('\x04') && secret &&
                      secret->size() == size_of_secret;
  return is_fit ? std::optional(std::move(one)) : std::nullopt;
}

}  // namespace

void webpush(irc_client& by, const message& m) {
  const std::string_view what = m.param(0), endpoint = m.param(1);
  const bool adds = same_name(what, "REGISTER");
  const auto refuse = [&](std::string_view code, std::string_view text) {
    by.fail("WEBPUSH", code, {what, endpoint.empty() ? "*" : endpoint}, text);
  };
  if ((!adds && !same_name(what, "UNREGISTER")) || m.param_count() != (adds ? 3U : 2U))
    return refuse("INVALID_PARAMS", "Use: WEBPUSH REGISTER endpoint keys, or WEBPUSH UNREGISTER endpoint");
  if (!by.chat().configured().push.enabled) return refuse("FORBIDDEN", "This server pushes nothing");
  const person& who = *by.who();
  if (who.account.empty()) return refuse("FORBIDDEN", "That is for those who are logged in to an account");
  if (!is_endpoint(endpoint)) return refuse("INVALID_PARAMS", "An endpoint is an address with https://");
  if (!adds) {
    unsubscribe(by.chat().kept(), identity_of(who), endpoint);
    return by.answer("WEBPUSH", {"UNREGISTER", endpoint});
  }
  const auto one = read(endpoint, m.param(2));
  if (!one) return refuse("INVALID_PARAMS", "The keys are p256dh, a point of P-256, and auth, 16 bytes");
  const auto its = by.chat().accounts().find(who.account);
  if (!its) return refuse("FORBIDDEN", "That is for those who are logged in to an account");
  const std::string_view device = device_of(by);
  subscribe(by.chat().kept(), *its, *one, has_device(by.chat().kept(), *its, device) ? device : "",
            by.chat().clock().next_id());
  by.chat().has_push_subscriptions = true;
  by.answer("WEBPUSH", {"REGISTER", endpoint});
}

}  // namespace parlance::chat::irc
