#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/presence.hpp>
#include <parlance/chat/core/room.hpp>
#include <parlance/chat/store/record_kinds.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

/// All that lasts: to be an operator of the server does not.
mode_set modes_of(std::string_view letters) {
  mode_set all;
  for (const char c : letters)
    if (c != 'o' && ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))) all.set(c);
  return all;
}

/// Nothing: it is somebody else's document, or damaged.
std::optional<presence::absent> parse(std::string_view text) try {
  const json kept = json::parse(text);
  const auto word = [&](const char* name) { return kept.at(name).get<std::string>(); };
  presence::absent who{.nick = word("nick"),
                       .account = word("account"),
                       .user = word("user"),
                       .host = word("host"),
                       .address = word("address"),
                       .realname = word("realname"),
                       .away = kept.value("away", ""),
                       .modes = modes_of(kept.value("modes", "")),
                       .alone_since = kept.value("alone_since", entry_id{0}),
                       .unshown_since = kept.value("unshown_since", entry_id{0}),
                       .rooms = {}};
  for (const json& r : kept.at("rooms"))
    who.rooms.push_back(
        {r.at("name").get<std::string>(), r.at("ranks").get<unsigned char>(), r.value("since", entry_id{0})});
  return who;
} catch (const json::exception&) {
  return {};
}

std::string text_of(const json& kept) { return kept.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

void rename_in_presence(store& in, std::string_view account, std::string_view to) {
  const std::optional<std::string> text = in.get(record_kinds::presence, folded(account));
  if (!text) return;
  in.erase(record_kinds::presence, folded(account));
  json kept = json::parse(*text, nullptr, false);
  if (!kept.is_object()) return;
  kept["nick"] = kept["account"] = to;
  in.put(record_kinds::presence, folded(to), text_of(kept));
}

void presence::begin(person& who) {
  who.always_on = true;
  who.kept_as_ = folded(who.account);
  keep(who);
}

void presence::end(person& who) {
  who.always_on = false;
  if (keeps(who)) forget(std::exchange(who.kept_as_, {}));
}

bool presence::begin_alone(person& who, const std::optional<network>& from, std::size_t most) {
  if (!from || who.alone_of_) return true;
  const auto its = alone_.find(*from);
  if (its != alone_.end() && its->second >= most) return false;
  ++alone_[*from];
  who.alone_of_ = std::make_unique<const network>(*from);
  return true;
}

void presence::end_alone(person& who) noexcept {
  if (!who.alone_of_) return;
  if (const auto its = alone_.find(*who.alone_of_); --its->second == 0) alone_.erase(its);
  who.alone_of_.reset();
}

void presence::forget(std::string_view account) {
  store_.erase(record_kinds::presence, folded(account));
  turn_.wake();
}

void presence::keep(const person& who, const room* but) {
  if (!keeps(who)) return;
  json rooms = json::array();
  for (const person::seat& s : who.seats())
    if (s.in != but)
      rooms.push_back({{"name", s.in->name()}, {"ranks", s.in->seats()[s.index].ranks}, {"since", s.since}});
  const json kept = {{"nick", who.nick()},
                     {"account", who.account},
                     {"user", who.user()},
                     {"host", who.host()},
                     {"address", who.address},
                     {"realname", who.realname},
                     {"away", who.away},
                     {"modes", modes_of(who.modes.letters()).letters()},
                     {"alone_since", who.alone_since},
                     {"unshown_since", who.unshown_since},
                     {"rooms", std::move(rooms)}};
  store_.put(record_kinds::presence, who.kept_as_, text_of(kept));
  turn_.wake();
}

void presence::keep_soon(person& who) {
  if (!keeps(who) || (!changed_.empty() && changed_.back() == &who)) return;
  changed_.push_back(&who);
  turn_.wake();
}

void presence::settle() {
  std::ranges::sort(changed_);
  changed_.erase(std::ranges::unique(changed_).begin(), changed_.end());
  for (const person* who : std::exchange(changed_, {})) keep(*who);
}

void presence::restore(const std::function<person*(const absent&)>& come) {
  store_.each(record_kinds::presence, [&](std::string_view key, std::string_view text) {
    const std::optional<absent> kept = parse(text);
    person* const who = kept ? come(*kept) : nullptr;
    if (!who) {
      store_.erase(record_kinds::presence, key);
      return turn_.wake();
    }
    who->always_on = true;
    who->kept_as_ = key;
    if (who->seats().size() != kept->rooms.size()) keep(*who);  // it is not back in all of them
  });
}

}  // namespace parlance::chat
