#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include <parlance/chat/accounts/devices.hpp>
#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/base/base64.hpp>
#include <parlance/chat/base/names.hpp>
#include <parlance/chat/store/record_kinds.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

constexpr std::size_t bytes_of_id = 6, bytes_of_secret = 24;
constexpr std::size_t longest_token = 64;

std::string key_of(const account& of, std::string_view id) {
  return fmt::format("{} {}", folded(of.name), id);
}

std::string digest_of(std::string_view text) { return base64url_encode(bytes_of(sha256(text))); }

/// What is kept of one, and of which password it is.
struct kept_device {
  device what;
  std::string token, password;  // digests
};

std::optional<kept_device> read(std::string_view id, std::string_view text) {
  try {
    const json in = json::parse(text);
    return kept_device{.what = {.id = std::string(id),
                                .name = in.at("name").get<std::string>(),
                                .made = in.at("made").get<std::uint64_t>(),
                                .seen = in.at("seen").get<std::uint64_t>()},
                       .token = in.at("token").get<std::string>(),
                       .password = in.at("password").get<std::string>()};
  } catch (const json::exception&) {
    return {};
  }
}

void put(store& in, const account& of, const kept_device& one) {
  in.put(record_kinds::device, key_of(of, one.what.id),
         json({{"name", one.what.name},
               {"made", one.what.made},
               {"seen", one.what.seen},
               {"token", one.token},
               {"password", one.password}})
             .dump(-1, ' ', false, json::error_handler_t::replace));
}

/// Nothing: there is none, or it is of another password of the account.
std::optional<kept_device> find(store& in, const account& of, std::string_view id) {
  const auto text = in.get(record_kinds::device, key_of(of, id));
  auto one = text ? read(id, *text) : std::nullopt;
  return one && one->password == mark_of_password(of) ? std::move(one) : std::nullopt;
}

}  // namespace

std::string make_device(store& in, const account& of, std::string_view name, std::uint64_t now) {
  std::vector<device> all = devices_of(in, of);
  std::ranges::sort(all, {}, &device::seen);
  for (std::size_t i = 0; i + most_devices <= all.size(); ++i) end_device(in, of, all[i].id);
  const std::string id = random_token(bytes_of_id);
  std::string token = fmt::format("{}.{}", id, random_token(bytes_of_secret));
  in.keep_now([&] {
    put(in, of,
        {.what = {.id = id, .name = std::string(name), .made = now, .seen = now},
         .token = digest_of(token),
         .password = mark_of_password(of)});
  });
  return token;
}

std::vector<device> devices_of(store& in, const account& of) {
  std::vector<device> all;
  const std::string prefix = folded(of.name) + ' ', password = mark_of_password(of);
  in.each(record_kinds::device, prefix, [&](std::string_view key, std::string_view text) {
    auto one = read(key.substr(prefix.size()), text);
    if (one && one->password == password) all.push_back(std::move(one->what));
  });
  std::ranges::sort(all, {}, &device::made);
  return all;
}

std::optional<device> find_device(store& in, const account& of, std::string_view token) {
  const std::size_t dot = token.find('.');
  if (token.size() > longest_token || dot == token.npos || dot == 0) return {};
  auto one = find(in, of, token.substr(0, dot));
  if (!one) return {};
  const sha256_digest given = sha256(digest_of(token)), kept = sha256(one->token);
  return same_digest(given, kept) ? std::optional(std::move(one->what)) : std::nullopt;
}

std::string mark_of_password(const account& of) { return digest_of(of.hash); }

bool has_device(store& in, const account& of, std::string_view id) { return find(in, of, id).has_value(); }

void device_is_seen(store& in, const account& of, std::string_view id, std::uint64_t now) {
  auto one = find(in, of, id);
  if (!one) return;
  one->what.seen = now;
  put(in, of, *one);
}

bool end_device(store& in, const account& of, std::string_view id) {
  if (!find(in, of, id)) return false;
  in.keep_now([&] { in.erase(record_kinds::device, key_of(of, id)); });
  return true;
}

void end_devices(store& in, const account& of) {
  in.each(record_kinds::device, folded(of.name) + ' ',
          [&](std::string_view key, std::string_view) { in.erase(record_kinds::device, key); });
}

void move_devices(store& in, std::string_view from, std::string_view to) {
  const std::string prefix = folded(from) + ' ';
  std::vector<std::pair<std::string, std::string>> all;
  in.each(record_kinds::device, prefix, [&](std::string_view key, std::string_view json) {
    all.emplace_back(key.substr(prefix.size()), json);
  });
  for (const auto& [id, json] : all) in.erase(record_kinds::device, prefix + id);
  for (const auto& [id, json] : all) in.put(record_kinds::device, fmt::format("{} {}", folded(to), id), json);
}

}  // namespace parlance::chat
