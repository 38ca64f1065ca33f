#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/presence.hpp>
#include <parlance/chat/core/room.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

constexpr std::string_view presence_kind = "presence";

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
                       .rooms = {}};
  for (const json& r : kept.at("rooms"))
    who.rooms.push_back({r.at("name").get<std::string>(), r.at("ranks").get<unsigned char>()});
  return who;
} catch (const json::exception&) {
  return {};
}

}  // namespace

void presence::begin(person& who) {
  who.always_on = true;
  who.kept_as_ = folded(who.account);
  keep(who);
}

void presence::end(person& who) {
  who.always_on = false;
  if (keeps(who)) forget(std::exchange(who.kept_as_, {}));
}

void presence::forget(std::string_view account) {
  store_.erase(presence_kind, folded(account));
  turn_.wake();
}

void presence::keep(const person& who, const room* but) {
  if (!keeps(who)) return;
  json rooms = json::array();
  for (const person::seat& s : who.seats())
    if (s.in != but) rooms.push_back({{"name", s.in->name()}, {"ranks", s.in->seats()[s.index].ranks}});
  const json kept = {{"nick", who.nick()},       {"account", who.account}, {"user", who.user()},
                     {"host", who.host()},       {"address", who.address}, {"realname", who.realname},
                     {"rooms", std::move(rooms)}};
  store_.put(presence_kind, who.kept_as_, kept.dump(-1, ' ', false, json::error_handler_t::replace));
  turn_.wake();
}

void presence::restore(const std::function<person*(const absent&)>& come) {
  store_.each(presence_kind, [&](std::string_view key, std::string_view text) {
    const std::optional<absent> kept = parse(text);
    person* const who = kept ? come(*kept) : nullptr;
    if (!who) {
      store_.erase(presence_kind, key);
      return turn_.wake();
    }
    who->always_on = true;
    who->kept_as_ = key;
    if (who->seats().size() != kept->rooms.size()) keep(*who);  // it is not back in all of them
  });
}

}  // namespace parlance::chat
