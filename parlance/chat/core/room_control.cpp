#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include <parlance/chat/core/room_control.hpp>
#include <parlance/chat/core/room_modes.hpp>
#include <parlance/chat/store/record_kinds.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

constexpr const record_kind& kind = record_kinds::purged;

std::optional<purged_room> read(std::string_view text) try {
  const json in = json::parse(text);
  return purged_room{.name = in.at("name").get<std::string>(),
                     .by = in.at("by").get<std::string>(),
                     .reason = in.at("reason").get<std::string>(),
                     .at = in.at("at").get<std::int64_t>()};
} catch (const json::exception&) {
  return {};
}

/// As MODE tells it: several in a line, which IRC cuts nowhere.
void announce(hub& of, const source& by, room& r, std::string_view sign, char letter,
              const std::vector<std::string>& parameters) {
  constexpr std::size_t most_at_once = 4;
  for (std::size_t i = 0; i < parameters.size(); i += most_at_once) {
    std::string text(sign), words;
    for (std::size_t j = i; j < std::min(i + most_at_once, parameters.size()); ++j) {
      text += letter;
      (words += ' ') += parameters[j];
    }
    of.announce_modes(by, r, text + words);
  }
}

}  // namespace

void transfer_room(hub& of, const source& by, room& r, const account& to) {
  const std::string before = std::exchange(r.founder_account, to.name);
  const std::uint64_t number_before = std::exchange(r.founder_number, to.number);
  auto offered = std::exchange(r.offered_to, {});
  try {
    of.rooms().keep_now(r);
  } catch (const store_error&) {
    r.founder_account = before;
    r.founder_number = number_before;
    r.offered_to = std::move(offered);
    throw;
  }
  std::vector<std::pair<person*, unsigned char>> changed;
  for (const room::seat& s : r.seats()) {
    const bool is_new = r.is_founded_by(*s.who);
    const unsigned kept = is_new ? s.ranks | founder : s.ranks & ~founder;
    const bool was_founder = (s.ranks & founder) != 0;
    const auto ranks = static_cast<unsigned char>(was_founder && !is_new ? kept | channel_operator : kept);
    if (ranks != s.ranks) changed.emplace_back(s.who, ranks);
  }
  for (const auto& [who, ranks] : changed) {
    const bool is_new = (ranks & founder) != 0;
    of.rooms().try_ranks(r, *who, ranks);
    of.announce_modes(by, r,
                      is_new ? fmt::format("+q {}", who->nick()) : fmt::format("+o-q {0} {0}", who->nick()));
  }
}

std::size_t clear_users(hub& of, const source& by, room& r, const person* but, std::string_view why) {
  std::vector<person*> all;
  for (const room::seat& s : r.seats())
    if (s.who != but && !s.who->is_console) all.push_back(s.who);
  for (person* who : all) of.kick(by, r, *who, why);
  return all.size();
}

std::size_t clear_list(hub& of, const source& by, room& r, char letter) {
  auto& list = letter == 'e' ? r.exceptions : letter == 'I' ? r.invitations : r.bans;
  std::vector<std::string> gone;
  for (const list_entry& e : list) gone.push_back(e.mask);
  list.clear();
  announce(of, by, r, "-", letter, gone);
  return gone.size();
}

bool purge_room(hub& of, const source& by, std::string_view name, purged_room how) {
  if (!is_room_name(name, of.configured().limits.room_name) || same_name(name, lobby)) return false;
  how.at = of.clock().seconds();
  room* const r = of.rooms().find(name);
  how.name = r ? r->name() : std::string(name);
  const std::string key = folded(name);
  of.kept().keep_now([&] {
    of.kept().put(kind, key,
                  json({{"name", how.name}, {"by", how.by}, {"reason", how.reason}, {"at", how.at}})
                      .dump(-1, ' ', false, json::error_handler_t::replace));
    of.kept().erase(key);
  });
  of.search().were_pruned();
  if (!r) return true;
  if (!r->founder_account.empty()) of.unregister_room(by, *r);
  const std::string why = how.reason.empty() ? "this channel is closed" : how.reason;
  for (const room::seat& s : std::vector(r->seats())) of.kick(by, *r, *s.who, why);
  // Nor is anybody expected who was there when the server ended.
  r->expect_nobody();
  of.rooms().keep(*r);
  of.rooms().visit_deserted();
  // What was told of that in this turn goes as well.
  of.kept().erase(key);
  return true;
}

bool unpurge_room(hub& of, std::string_view name) {
  if (!is_purged(of.kept(), name)) return false;
  of.kept().keep_now([&] { of.kept().erase(kind, folded(name)); });
  return true;
}

bool is_purged(store& in, std::string_view name) { return in.get(kind, folded(name)).has_value(); }

void each_purged_room(store& in, const std::function<void(const purged_room&)>& visit) {
  in.each(kind, [&](std::string_view, std::string_view text) {
    if (const std::optional<purged_room> one = read(text)) visit(*one);
  });
}

void lift_timed_bans(hub& of) {
  const std::int64_t now = of.clock().seconds();
  const auto is_over = [now](const list_entry& e) { return e.expires != 0 && e.expires <= now; };
  for (const auto& [key, r] : of.rooms().all()) {
    std::vector<std::string> gone;
    for (const list_entry& e : r->bans)
      if (is_over(e)) gone.push_back(e.mask);
    if (gone.empty()) continue;
    std::erase_if(r->bans, is_over);
    announce(of, {.prefix = of.configured().server.name, .nick = of.configured().server.name}, *r, "-", 'b',
             gone);
  }
}

bool forget_old_of_rooms(hub& of, std::size_t most) {
  if (of.clock().is_doubtful()) return false;
  for (const auto& [key, r] : of.rooms().all()) {
    const auto age = static_cast<std::uint64_t>(r->retention) * 1'000'000;
    if (age == 0 || age >= of.clock().now()) continue;
    const std::uint64_t since = of.clock().now() - age;
    const entry_id oldest = std::min(of.kept().times().place_of(since), since);
    const auto old =
        of.kept().read(r->key(), {.before = oldest, .limit = most, .from = entry_range::end::oldest});
    for (const stored_entry& e : old) {
      of.kept().remove(r->key(), e.id);
      of.search().gone(e.id);
    }
    if (old.empty()) continue;
    of.count.history_pruned.add(old.size());
    of.turn().wake();
    return true;
  }
  return false;
}

}  // namespace parlance::chat
