#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include <parlance/chat/accounts/accounts.hpp>
#include <parlance/chat/accounts/devices.hpp>
#include <parlance/chat/accounts/kept_secret.hpp>
#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/network.hpp>
#include <parlance/chat/base/scripts.hpp>
#include <parlance/chat/store/record_kinds.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

constexpr std::string_view scram_key = "scram";

/// Accounts that one address may make at once, and how soon there may be one more.
constexpr int created_at_once = 10;
constexpr io::duration created_each = std::chrono::minutes(1);
constexpr std::size_t most_addresses = 4096;

bool is_this_machine(std::string_view address) {
  return address.starts_with("127.") || address == "::1" || address == "localhost";
}

std::string text_of(const json& in) { return in.dump(-1, ' ', false, json::error_handler_t::replace); }

std::string as_json(const account& a) {
  json made = {{"name", a.name},
               {"number", a.number},
               {"hash", a.hash},
               {"scram", a.scram},
               {"certificates", a.certificates},
               {"email", a.email},
               {"created", a.created},
               {"used", a.used},
               {"always_on", a.always_on},
               {"multiclient", a.multiclient}};
  if (a.is_verified) made["verified"] = true;
  if (!a.identity_name.empty()) made["identity_name"] = a.identity_name;
  if (a.waiting_since != 0) made["waiting_since"] = a.waiting_since;
  for (const former_name& one : a.former_names)
    made["former_names"].push_back({{"name", one.name}, {"until", one.until}});
  if (a.suspended)
    made["suspended"] = {{"reason", a.suspended->reason},
                         {"by", a.suspended->by},
                         {"since", a.suspended->since},
                         {"until", a.suspended->until}};
  return text_of(made);
}

/// A name as text_of made it; empty for anything else.
std::string parsed(std::string_view text) {
  const json name = json::parse(text, nullptr, false);
  return name.is_string() ? name.get<std::string>() : std::string();
}

}  // namespace

std::optional<account> account_of_record(std::string_view text) {
  try {
    const json in = json::parse(text);
    account a;
    a.name = in.at("name").get<std::string>();
    a.number = in.value("number", std::uint64_t{0});
    a.hash = in.at("hash").get<std::string>();
    a.scram = in.value("scram", std::string());
    a.certificates = in.value("certificates", std::vector<std::string>());
    a.email = in.value("email", std::string());
    a.is_verified = in.value("verified", false);
    a.created = in.value("created", std::int64_t{0});
    a.used = in.value("used", std::int64_t{0});
    a.always_on = in.value("always_on", false);
    a.multiclient = in.value("multiclient", true);
    a.identity_name = in.value("identity_name", std::string());
    a.waiting_since = in.value("waiting_since", std::uint64_t{0});
    for (const json& one : in.value("former_names", json::array()))
      a.former_names.push_back({one.at("name").get<std::string>(), one.at("until").get<std::uint64_t>()});
    if (in.contains("suspended")) {
      const json& how = in.at("suspended");
      a.suspended = suspension{.reason = how.at("reason").get<std::string>(),
                               .by = how.at("by").get<std::string>(),
                               .since = how.at("since").get<std::int64_t>(),
                               .until = how.at("until").get<std::int64_t>()};
    }
    return a;
  } catch (const json::exception&) {
    return {};
  }
}

std::string identity_of_account(std::string_view account, std::uint64_t number) {
  return number == 0 ? "@" + folded(account) : fmt::format("@{}#{}", folded(account), number);
}

std::string identity_of(const account& its) {
  return identity_of_account(its.identity_name.empty() ? its.name : its.identity_name, its.number);
}

std::string_view account_of(std::string_view identity) noexcept {
  const std::string_view account = identity.substr(1);
  return account.substr(0, account.find('#'));
}

account_secrets derive_secrets(std::string_view password) {
  return {.hash = hash_password(password), .scram = derive_scram(password).text()};
}

bool is_email(std::string_view text) noexcept {
  constexpr std::size_t longest = 254;  // RFC 5321, section 4.5.3.1.3, without < and >
  const std::size_t at = text.rfind('@');
  return text.size() <= longest && at != std::string_view::npos && at != 0 && at + 1 != text.size() &&
         std::ranges::all_of(text, [](char c) {
           // What would make a header of it, or several addresses, is in none that people have.
           return static_cast<unsigned char>(c) > ' ' && c != 0x7f &&
                  !std::string_view(",;:<>()[]\\\"").contains(c);
         });
}

bool is_certificate(std::string_view text) noexcept {
  return text.size() == 64 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::optional<account> account_registry::find(std::string_view name) {
  const std::optional<std::string> kept = store_.get(record_kinds::account, folded(name));
  return kept ? account_of_record(*kept) : std::nullopt;
}

bool account_registry::exists(std::string_view name) {
  return store_.get(record_kinds::account, folded(name)).has_value();
}

std::optional<account> account_registry::find_by_identity(std::string_view identity) {
  std::optional<account> its = find(account_of(identity));
  if (its && identity_of(*its) == identity) return its;
  const std::optional<std::string> now = store_.get(record_kinds::renamed, identity);
  its = now ? find(parsed(*now)) : std::nullopt;
  return its && identity_of(*its) == identity ? its : std::nullopt;
}

std::optional<std::string> account_registry::looks_like(std::string_view name) {
  const std::string look = skeleton_of(name);
  std::optional<account> other = is_ascii(name) ? std::nullopt : find(look);
  if (!other)
    if (const std::optional<std::string> key = store_.get(record_kinds::look, look))
      other = find(parsed(*key));
  return other && !same_name(other->name, name) ? std::optional(other->name) : std::nullopt;
}

std::optional<std::string> account_registry::owner_of(std::string_view certificate) {
  const std::optional<std::string> key = store_.get(record_kinds::certificate, certificate);
  if (!key) return {};
  const std::optional<account> owner = find(parsed(*key));
  return owner ? std::optional(owner->name) : std::nullopt;
}

bool account_registry::create(std::string_view name, account_secrets secrets, std::int64_t created,
                              std::string_view email, bool is_verified) {
  if (exists(name) || looks_like(name)) return false;
  account made;
  made.name = name;
  made.number = store_.next_id(std::chrono::system_clock::time_point(std::chrono::seconds(created)));
  made.hash = std::move(secrets.hash);
  made.scram = std::move(secrets.scram);
  made.created = made.used = created;
  made.email = email;
  made.is_verified = is_verified;
  store_.keep_now([&] {
    put(made);
    if (!is_ascii(name)) store_.put(record_kinds::look, skeleton_of(name), text_of(folded(name)));
  });
  return true;
}

void account_registry::each(std::string_view prefix, const std::function<void(const account&)>& visit) {
  store_.each(record_kinds::account, prefix, [&](std::string_view, std::string_view text) {
    if (const std::optional<account> one = account_of_record(text)) visit(*one);
  });
}

bool account_registry::rename(std::string_view name, std::string_view to, std::uint64_t place,
                              const std::function<void()>& along) {
  std::optional<account> its = find(name);
  if (!its) return false;
  const std::string before = its->name;
  const auto is_anothers = [&](const std::optional<std::string>& other) {
    return other && !same_name(*other, before);
  };
  if ((!same_name(before, to) && exists(to)) || is_anothers(looks_like(to))) return false;
  const std::string identity = identity_of(*its);
  if (its->identity_name.empty()) its->identity_name = folded(before);
  its->former_names.push_back({before, place});
  if (its->former_names.size() > most_former_names) its->former_names.erase(its->former_names.begin());
  its->name = to;
  store_.keep_now([&] {
    store_.erase(record_kinds::account, folded(before));
    if (!is_ascii(before)) store_.erase(record_kinds::look, skeleton_of(before));
    put(*its);
    const std::string key = text_of(folded(to));
    if (!is_ascii(to)) store_.put(record_kinds::look, skeleton_of(to), key);
    for (const std::string& c : its->certificates) store_.put(record_kinds::certificate, c, key);
    store_.put(record_kinds::renamed, identity, key);
    move_devices(store_, before, to);
    along();
  });
  return true;
}

bool account_registry::remove(std::string_view name) {
  const std::string key = folded(name);
  store_.check();
  if (!exists(key)) return false;
  if (const std::optional<account> its = find(key)) {
    for (const std::string& c : its->certificates) store_.erase(record_kinds::certificate, c);
    if (!is_ascii(its->name)) store_.erase(record_kinds::look, skeleton_of(its->name));
  }
  store_.erase(record_kinds::account, key);
  return true;
}

void account_registry::put(const account& a) {
  store_.put(record_kinds::account, folded(a.name), as_json(a));
}

void account_registry::update(const account& changed) {
  store_.keep_now([&] { put(changed); });
}

void account_registry::is_used(std::string_view name, std::int64_t now) {
  constexpr std::int64_t a_day = 86'400;
  std::optional<account> its = find(name);
  if (!its || (its->used <= now && now - its->used < a_day)) return;
  its->used = now;
  put(*its);
}

bool account_registry::add_certificate(account& to, std::string_view certificate) {
  if (owner_of(certificate) || to.certificates.size() >= max_certificates) return false;
  to.certificates.emplace_back(certificate);
  store_.keep_now([&] {
    put(to);
    store_.put(record_kinds::certificate, certificate, text_of(folded(to.name)));
  });
  return true;
}

bool account_registry::remove_certificate(account& from, std::string_view certificate) {
  if (std::erase(from.certificates, certificate) == 0) return false;
  store_.keep_now([&] {
    put(from);
    store_.erase(record_kinds::certificate, certificate);
  });
  return true;
}

const std::string& account_registry::mock_secret() {
  if (mock_secret_.empty()) mock_secret_ = kept_secret(store_, scram_key);
  return mock_secret_;
}

bool account_registry::may_create_from(const std::string& address, io::time_point now) {
  if (is_this_machine(address)) return true;
  if (free_from_.size() >= most_addresses)
    std::erase_if(free_from_, [&](const auto& known) { return known.second <= now; });
  const std::optional<network> from = network::parse(address);
  io::time_point& next = free_from_[from ? from->household().text() : address];
  next = std::max(next, now);
  if (next - now > created_each * (created_at_once - 1)) return false;
  next += created_each;
  return true;
}

}  // namespace parlance::chat
