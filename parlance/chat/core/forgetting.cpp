#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/forgetting.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/core/pins.hpp>
#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/core/room_modes.hpp>
#include <parlance/chat/store/record_kinds.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

constexpr const record_kind& kind = record_kinds::forget;

std::string text_of(const json& in) { return in.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

bool speaker::was_called(std::string_view account, entry_id at) const {
  return std::ranges::any_of(names, [&](const name& one) {
    return at > one.after && at <= one.until && same_name(one.account, account);
  });
}

bool speaker::has_said(const stored_entry& what) const {
  if (!what.account.empty()) return was_called(what.account, what.id);
  const std::string_view number = author_number(what);
  return std::ranges::any_of(serials, [&](std::uint64_t one) { return number == std::to_string(one); });
}

bool speaker::has_set(const author& its) const {
  if (!its.account.empty()) return was_called(its.account, its.at);
  return its.serial != 0 && std::ranges::find(serials, its.serial) != serials.end();
}

speaker said_by_account(const account& its, entry_id now) {
  speaker all{.key = identity_of(its)};
  entry_id after = its.number == 0 ? 0 : its.number - 1;
  for (const former_name& one : its.former_names) {
    all.names.push_back({one.name, after, one.until});
    after = one.until;
  }
  all.names.push_back({its.name, after, now});
  return all;
}

speaker said_by_account(hub& of, const account& its) {
  speaker all = said_by_account(its, of.clock().next_id());
  for (const person* const who : of.people().of_account(its.name)) all.serials.push_back(who->serial);
  return all;
}

speaker said_by_former_accounts(std::string_view name, entry_id now) {
  return {.key = folded(name), .names = {{.account = std::string(name), .until = now}}};
}

speaker said_by_guest(const person& who) {
  return {.key = std::to_string(who.serial), .serials = {who.serial}};
}

/// How far one has come.
struct forgetting::job {
  speaker whose;
  entry_id last = 0;     // nothing behind this
  std::int64_t row = 0;  // of the last conversation that is done
  std::int64_t in = 0;   // and of the one that is under way, ...
  entry_id at = 0;       // ... how far that is
  std::size_t removed = 0;

  std::string text() const {
    json names = json::array();
    for (const speaker::name& one : whose.names)
      names.push_back({{"account", one.account}, {"after", one.after}, {"until", one.until}});
    return text_of({{"names", std::move(names)},
                    {"serials", whose.serials},
                    {"last", last},
                    {"row", row},
                    {"in", in},
                    {"at", at},
                    {"removed", removed}});
  }

  static std::optional<job> parse(std::string_view key, std::string_view text) try {
    const json in = json::parse(text);
    job made{.whose = {.key = std::string(key), .serials = in.value("serials", std::vector<std::uint64_t>())},
             .last = in.at("last").get<entry_id>(),
             .row = in.at("row").get<std::int64_t>(),
             .in = in.at("in").get<std::int64_t>(),
             .at = in.at("at").get<entry_id>(),
             .removed = in.at("removed").get<std::size_t>()};
    for (const json& one : in.at("names"))
      made.whose.names.push_back({one.at("account").get<std::string>(), one.at("after").get<entry_id>(),
                                  one.at("until").get<entry_id>()});
    // Older versions had one, or 0.
    if (const auto serial = in.value("serial", std::uint64_t{0})) made.whose.serials.push_back(serial);
    return made;
  } catch (const json::exception&) {
    return {};
  }
};

void forgetting::keep(const job& what) { of_.kept().put(kind, what.whose.key, what.text()); }

void forgetting::begin(const speaker& whose, std::function<void(std::size_t)> then, std::uint64_t by) {
  of_.kept().keep_now([&] { keep({.whose = whose, .last = of_.clock().next_id()}); });
  if (whose.key.starts_with('@')) of_.uploads().remove_all_of(whose.key);
  std::vector<listener>& all = listeners_[whose.key];
  if (by != 0) std::erase_if(all, [&](const listener& one) { return one.by == by; });
  all.push_back({by, std::move(then)});
  of_.turn().wake();
}

bool forgetting::step(std::size_t most) {
  const std::optional<std::string> key = of_.kept().first(kind, {}, "\xff");
  if (!key) return false;
  std::optional<job> next = job::parse(*key, of_.kept().get(kind, *key).value_or(std::string()));
  of_.turn().wake();
  if (next && go_on(*next, most)) {
    keep(*next);
    return true;
  }
  if (next) leave_out_names(*next);
  of_.kept().erase(kind, *key);
  const auto found = listeners_.extract(*key);
  if (next && found)
    for (const listener& one : found.mapped()) one.then(next->removed);
  return true;
}

/// Of what lasts without them it is not told any more who has set it.
void forgetting::leave_out_names(const job& with) {
  const std::string& nobody = of_.configured().server.name;
  const auto is_meant = [&](const author& its) { return its.at < with.last && with.whose.has_set(its); };
  for (const auto& [key, r] : of_.rooms().all()) {
    bool is_changed = false;
    const auto leave_out = [&](auto& set) {
      if (!is_meant(set.its)) return;
      set.set_by = nobody;
      set.its = {};
      is_changed = true;
    };
    leave_out(r->topic);
    for (const room_mode& mode : room_modes())
      if (const auto* const masks = std::get_if<room_mode::masks>(&mode.value))
        for (list_entry& one : (*r).*(*masks)) leave_out(one);
    if (is_changed) of_.rooms().keep(*r);
  }
  rename_pinners(of_.kept(), is_meant, nobody);
  of_.departed().forget(is_meant);
}

/// False: it is done.
bool forgetting::go_on(job& with, std::size_t most) {
  store& kept = of_.kept();
  while (most > 0) {
    const auto conversation = kept.conversation_behind(with.row);
    if (!conversation) return false;
    if (std::exchange(with.in, conversation->row) != conversation->row) with.at = 0;
    const auto some =
        kept.read(conversation->name,
                  {.after = with.at, .before = with.last, .limit = most, .from = entry_range::end::oldest});
    for (const stored_entry& one : some) {
      with.at = one.id;
      if (!with.whose.has_said(one)) continue;
      with.removed += kept.remove(conversation->name, one.id) ? 1 : 0;
      of_.search().gone(one.id);
    }
    if (some.size() == most) return true;
    if (kept.newest(conversation->name) == 0) forget_talk_in(kept, conversation->name);
    most -= std::min(most, some.size() + 1);  // a conversation costs a look
    with.row = conversation->row;
  }
  return true;
}

}  // namespace parlance::chat
