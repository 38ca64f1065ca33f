#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include <parlance/chat/accounts/accounts.hpp>
#include <parlance/chat/accounts/devices.hpp>
#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/base/base64.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/push_subscriptions.hpp>
#include <parlance/chat/store/record_kinds.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

std::string key_of(std::string_view identity, std::string_view endpoint) {
  return fmt::format("{} {}", identity, base64url_encode(bytes_of(sha256(endpoint))));
}

struct kept_subscription {
  push_subscription what;
  std::string device, password;  // who has named it (mark_of_password)
  entry_id since = 0;
};

std::vector<kept_subscription> all_of(store& in, std::string_view identity) {
  std::vector<kept_subscription> all;
  in.each(record_kinds::push, fmt::format("{} ", identity), [&](std::string_view, std::string_view text) {
    try {
      const json one = json::parse(text);
      all.push_back({.what = {.endpoint = one.at("endpoint").get<std::string>(),
                              .p256dh = one.at("p256dh").get<std::string>(),
                              .auth = one.at("auth").get<std::string>()},
                     .device = one.value("device", std::string()),
                     .password = one.value("password", std::string()),
                     .since = one.at("since").get<entry_id>()});
    } catch (const json::exception&) {  // it is none
    }
  });
  std::ranges::sort(all, {}, &kept_subscription::since);
  return all;
}

bool holds(store& in, const account& of, const kept_subscription& one) {
  return one.password == mark_of_password(of) && (one.device.empty() || has_device(in, of, one.device));
}

}  // namespace

void subscribe(store& in, const account& of, const push_subscription& one, std::string_view device,
               entry_id now) {
  const std::string identity = identity_of(of);
  std::vector<kept_subscription> others = all_of(in, identity), ended;
  std::erase_if(others, [&](const kept_subscription& other) { return other.what.endpoint == one.endpoint; });
  std::erase_if(others, [&](const kept_subscription& other) {
    const bool is_over = !holds(in, of, other);
    if (is_over) ended.push_back(other);
    return is_over;
  });
  for (std::size_t i = 0; i + most_push_subscriptions <= others.size(); ++i) ended.push_back(others[i]);
  in.keep_now([&] {
    for (const kept_subscription& other : ended)
      in.erase(record_kinds::push, key_of(identity, other.what.endpoint));
    in.put(record_kinds::push, key_of(identity, one.endpoint),
           json({{"endpoint", one.endpoint},
                 {"p256dh", one.p256dh},
                 {"auth", one.auth},
                 {"device", device},
                 {"password", mark_of_password(of)},
                 {"since", now}})
               .dump(-1, ' ', false, json::error_handler_t::replace));
  });
}

void unsubscribe(store& in, std::string_view identity, std::string_view endpoint) {
  in.keep_now([&] { in.erase(record_kinds::push, key_of(identity, endpoint)); });
}

bool has_subscriptions(store& in) { return in.first(record_kinds::push, "", "\xff").has_value(); }

std::vector<push_subscription> subscriptions_of(store& in, const account& of) {
  std::vector<push_subscription> all;
  for (kept_subscription& one : all_of(in, identity_of(of)))
    if (holds(in, of, one)) all.push_back(std::move(one.what));
  return all;
}

}  // namespace parlance::chat
