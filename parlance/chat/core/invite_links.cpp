#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/invite_links.hpp>
#include <parlance/chat/core/room_modes.hpp>
#include <parlance/chat/store/record_kinds.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/http/base/percent.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

constexpr std::size_t letters_of_token = 24;
static_assert(letters_of_token <= most_key, "JOIN takes it for a key");

std::string key_of(const room& into, std::string_view token) {
  return fmt::format("{} {}", into.key(), token);
}

/// Nothing: it is none, or opens nothing any more. One of an older room of that name opens this one no more.
std::optional<invite_link> read(hub& of, const room& into, std::string_view token, std::string_view text) {
  try {
    const json in = json::parse(text);
    invite_link link{.token = std::string(token),
                     .by = in.at("by").get<std::string>(),
                     .until = in.at("until").get<std::int64_t>(),
                     .uses = in.at("uses").get<std::size_t>(),
                     .used = in.at("used").get<std::size_t>(),
                     .whom = in.at("whom").get<std::vector<std::string>>()};
    if (in.at("id").get<entry_id>() <= into.begins_after) return {};
    if (link.until != 0 && link.until < of.clock().seconds()) return {};
    return link;
  } catch (const json::exception&) {
    return {};
  }
}

std::string text_of(const invite_link& link, entry_id id) {
  return json({{"by", link.by},
               {"until", link.until},
               {"uses", link.uses},
               {"used", link.used},
               {"whom", link.whom},
               {"id", id}})
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Who comes again is the same: by its account, or by its name from the same household.
std::string known_as(const person& who) {
  if (!who.account.empty()) return identity_of(who);
  const std::optional<network> from = network::parse(who.address);
  return fmt::format("{} {}", folded(who.nick()), from ? from->household().text() : who.address);
}

bool is_known(const invite_link& by, const std::string& name) {
  return std::ranges::find(by.whom, name) != by.whom.end();
}

std::optional<invite_link> find(hub& of, const room& into, std::string_view token) {
  if (token.size() != letters_of_token) return {};
  const auto text = of.kept().get(record_kinds::invite_link, key_of(into, token));
  return text ? read(of, into, token, *text) : std::nullopt;
}

}  // namespace

std::vector<invite_link> invite_links_of(hub& of, const room& into) {
  std::vector<invite_link> all;
  const std::string prefix = into.key() + ' ';
  of.kept().each(record_kinds::invite_link, prefix, [&](std::string_view key, std::string_view text) {
    if (auto link = read(of, into, key.substr(prefix.size()), text)) return all.push_back(*std::move(link));
    of.kept().erase(record_kinds::invite_link, key);
    of.turn().wake();
  });
  return all;
}

std::optional<invite_link> make_invite_link(hub& of, const room& into, std::string_view by,
                                            const invite_link_terms& terms) {
  if (invite_links_of(of, into).size() >= of.configured().limits.list_modes) return {};
  invite_link link{.token = random_token(letters_of_token / 4 * 3),
                   .by = std::string(by),
                   .until = terms.lasts == 0 ? 0 : of.clock().seconds() + terms.lasts,
                   .uses = std::min(terms.uses, most_invite_link_uses)};
  of.kept().keep_now([&] {
    of.kept().put(record_kinds::invite_link, key_of(into, link.token), text_of(link, of.clock().next_id()));
  });
  return link;
}

bool take_back_invite_link(hub& of, const room& into, std::string_view token) {
  if (!find(of, into, token)) return false;
  of.kept().keep_now([&] { of.kept().erase(record_kinds::invite_link, key_of(into, token)); });
  return true;
}

bool is_invite_link(std::string_view key) noexcept {
  return key.size() == letters_of_token && std::ranges::all_of(key, [](char c) {
           return (c >= '0' && c <= '9') || (fold(c) >= 'a' && fold(c) <= 'z') || c == '-' || c == '_';
         });
}

bool has_invite_link(hub& of, const room& into, const person& who, std::string_view key) {
  const std::optional<invite_link> link = find(of, into, key);
  return link && (link->uses == 0 || link->used < link->uses || is_known(*link, known_as(who)));
}

void use_invite_link(hub& of, const room& into, const person& who, std::string_view key) {
  std::optional<invite_link> link = find(of, into, key);
  if (!link) return;
  if (link->uses != 0) {
    if (std::string name = known_as(who); is_known(*link, name))
      return;
    else
      link->whom.push_back(std::move(name));
  }
  ++link->used;
  of.kept().put(record_kinds::invite_link, key_of(into, key), text_of(*link, of.clock().next_id()));
  of.turn().wake();
}

std::string address_of(const invite_link& link, const room& into, const caller& from) {
  if (from.here.empty()) return {};
  return fmt::format("{}://{}/?join={}&key={}", from.is_secure ? "https" : "http", from.here,
                     http::percent_encode(into.name(), http::encode_set::component), link.token);
}

}  // namespace parlance::chat
