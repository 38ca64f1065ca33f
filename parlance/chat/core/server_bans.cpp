#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/mask.hpp>
#include <parlance/chat/core/server_bans.hpp>
#include <parlance/chat/store/record_kinds.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

std::string key_of(server_ban::kind what, std::string_view mask) {
  return (what == server_ban::kind::people ? "k:" : "d:") + folded(mask);
}

std::string text_of(const server_ban& ban) {
  return nlohmann::json{{"mask", ban.mask},
                        {"reason", ban.reason},
                        {"set_by", ban.set_by},
                        {"set_at", ban.set_at},
                        {"expires", ban.expires}}
      .dump();
}

/// Nothing for a document that is no ban.
std::optional<server_ban> read_ban(std::string_view key, std::string_view text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("mask")) return {};
  try {
    return server_ban{
        .what = key.starts_with("k:") ? server_ban::kind::people : server_ban::kind::address,
        .mask = json.at("mask").get<std::string>(),
        .reason = json.value("reason", std::string()),
        .set_by = json.value("set_by", std::string()),
        .set_at = json.value("set_at", std::int64_t{0}),
        .expires = json.value("expires", std::int64_t{0}),
    };
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

server_bans::entry entry_of(server_ban ban) {
  std::optional<network> net;
  if (ban.what == server_ban::kind::address) net = network::parse(ban.mask);
  return {std::move(ban), net};
}

/// Of an account's mask. Nothing: it is of something else.
std::optional<std::string_view> account_in(std::string_view mask) {
  if (mask.find('@') != mask.npos || !(mask.starts_with("a:") || mask.starts_with("A:"))) return {};
  return mask.substr(2);
}

constexpr std::int64_t longest = std::int64_t{100} * 365 * 24 * 60 * 60;  // seconds

bool is_over(const server_ban& ban, std::int64_t now) { return ban.expires != 0 && ban.expires <= now; }

}  // namespace

std::optional<std::int64_t> parse_ban_length(std::string_view text) {
  std::int64_t all = 0;
  if (text.empty()) return {};
  while (!text.empty()) {
    std::int64_t number = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (wrong != std::errc() || number < 0 || number > longest) return {};
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const char unit = text.empty() ? 'm' : text.front();
    constexpr std::string_view units = "smhdw";
    constexpr std::int64_t lengths[] = {1, 60, 3600, 86400, 604800};
    const std::size_t which = units.find(unit);
    if (which == std::string_view::npos) return {};
    all += number * lengths[which];
    if (all > longest) return {};
    if (!text.empty()) text.remove_prefix(1);
  }
  return all;
}

std::optional<std::string> normalise_server_ban(server_ban::kind what, std::string_view mask) {
  if (what == server_ban::kind::address) {
    const std::optional<network> net = network::parse(mask);
    return net ? std::optional(net->text()) : std::nullopt;
  }
  if (mask.empty() || mask.size() > max_mask || mask.find_first_of(" ,!") != std::string_view::npos)
    return {};
  if (const auto account = account_in(mask))
    return account->empty() ? std::nullopt : std::optional(fmt::format("a:{}", *account));
  if (mask.find('@') == std::string_view::npos) return fmt::format("*@{}", mask);
  return std::string(mask);
}

bool bans_everybody(server_ban::kind what, std::string_view mask) noexcept {
  if (what == server_ban::kind::address) return mask.ends_with("/0");
  if (const auto account = account_in(mask))
    return account->find_first_not_of("*?") == std::string_view::npos;
  return mask.find_first_not_of("*?@~.:") == std::string_view::npos;
}

bool matches_visitor(std::string_view mask, const server_bans::visitor& who) {
  if (const auto account = account_in(mask))
    return !who.account.empty() && chat::matches(*account, who.account);
  const std::array<std::string_view, 2> users = {who.user,
                                                 who.user.substr(who.user.starts_with('~') ? 1 : 0)};
  for (const std::string_view user : users)
    for (const std::string_view host : {who.host, who.address})
      if (chat::matches(mask, fmt::format("{}@{}", user, host))) return true;
  return false;
}

server_bans::server_bans(store& keeps) : store_(keeps) {
  store_.each(record_kinds::ban, [&](std::string_view key, std::string_view text) {
    if (std::optional<server_ban> ban = read_ban(key, text); ban && all_.size() < most)
      all_.push_back(entry_of(*std::move(ban)));
  });
}

std::vector<server_bans::entry>::iterator server_bans::locate(server_ban::kind what, std::string_view mask) {
  return std::ranges::find_if(
      all_, [&](const entry& e) { return e.ban.what == what && same_name(e.ban.mask, mask); });
}

bool server_bans::add(server_ban ban) {
  const auto there = locate(ban.what, ban.mask);
  if (there == all_.end() && all_.size() >= most) return false;
  store_.keep_now([&] { store_.put(record_kinds::ban, key_of(ban.what, ban.mask), text_of(ban)); });
  if (there == all_.end())
    all_.push_back(entry_of(std::move(ban)));
  else
    *there = entry_of(std::move(ban));
  return true;
}

bool server_bans::remove(server_ban::kind what, std::string_view mask) {
  const auto there = locate(what, mask);
  if (there == all_.end()) return false;
  store_.keep_now([&] { store_.erase(record_kinds::ban, key_of(what, there->ban.mask)); });
  all_.erase(there);
  return true;
}

const server_ban* server_bans::find(const visitor& who, std::int64_t now) const {
  if (all_.empty()) return nullptr;
  if (const server_ban* const ban = find_address(network::parse(who.address), now)) return ban;
  for (const entry& e : all_)
    if (e.ban.what == server_ban::kind::people && !is_over(e.ban, now) && matches_visitor(e.ban.mask, who))
      return &e.ban;
  return nullptr;
}

const server_ban* server_bans::find_address(const std::optional<network>& from, std::int64_t now) const {
  if (!from) return nullptr;
  for (const entry& e : all_)
    if (e.net && e.net->holds(*from) && !is_over(e.ban, now)) return &e.ban;
  return nullptr;
}

void server_bans::expire(std::int64_t now) {
  std::erase_if(all_, [&](const entry& e) {
    if (!is_over(e.ban, now)) return false;
    store_.erase(record_kinds::ban, key_of(e.ban.what, e.ban.mask));
    return true;
  });
}

}  // namespace parlance::chat
