// Who is whose: nicks that belong to accounts, what an account leaves behind, and people who stay in the chat
// while nobody is connected as them. Those are documents, so that they are there again after a restart.
#include <algorithm>
#include <nlohmann/json.hpp>

#include <parlance/chat/core/ban.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

constexpr std::string_view presence_kind = "presence";
/// Why somebody is away who has no client.
constexpr std::string_view not_connected = "not connected";

}  // namespace

outcome hub::may_have(std::string_view nick, std::string_view account) {
  if (!settings_.accounts.nick_reservation || same_name(nick, account)) return outcome::done;
  return accounts_.exists(nick) ? outcome::name_reserved : outcome::done;
}

/// Where its account cannot be looked up, what it says now is nobody's later: least of all another's.
void hub::settle_identity(person& who) {
  who.account_number = 0;
  if (who.account.empty()) return;
  try {
    if (const std::optional<account> its = accounts_.find(who.account)) who.account_number = its->number;
  } catch (const store_error&) {
    who.account_number = who.serial;
  }
}

void hub::log_in(person& who, std::string_view account) {
  if (who.account == account) return;
  who.account = account;
  settle_identity(who);
  settle_presence(who);
  for (const person::seat& s : who.seats_) keep_people(*s.in);
  if (!who.present_) return;
  event changed{event::kind::account, who.as_source(), {}, {}, who.account};
  changed.time = clock_.milliseconds();
  turn_.tell_neighbours(who, changed, true);
  give_lasting_ranks(who);
  if (who.account.empty()) return;
  for (const person::seat& s : who.seats_) {
    // It is the one that was expected, and has what that had: once.
    expect_no_more(*s.in, who);
    // What it may read as itself, its account may read when it comes again.
    if (settings_.history.enabled) remember_first_join(store_, *s.in, who);
  }
}

std::vector<person*> hub::people_of(std::string_view account) const {
  std::vector<person*> all;
  for (const auto& [nick, who] : people_)
    if (same_name(who->account, account)) all.push_back(who.get());
  return all;
}

// It all goes in one turn, so that nothing is half there after a crash.
bool hub::drop_account(std::string_view name, std::string_view why) {
  const std::optional<account> its = accounts_.find(name);
  const std::string called = its ? its->name : std::string(name);
  if (!accounts_.remove(called)) return false;
  turn_.wake();
  for (person* who : people_of(called)) remove(*who, why);

  const std::string identity = identity_of_account(called, its ? its->number : 0);
  const auto names_it = [&](const list_entry& e) { return names_account(e.mask, called); };
  for (const auto& [key, r] : rooms_) {
    const std::size_t ended =
        std::erase_if(r->ranked_accounts, [&](const auto& e) { return same_name(e.first, called); }) +
        std::erase_if(r->expected, [&](const room::absentee& a) { return same_name(a.account, called); }) +
        // What kept it out stays: that opens nothing.
        std::erase_if(r->invitations, names_it) + std::erase_if(r->exceptions, names_it);
    if (ended != 0) keep_room(*r);
    if (same_name(r->founder_account, called)) release_room({.prefix = settings_.server.name}, *r);
  }
  forget_first_joins(store_, identity);
  store_.erase(presence_kind, folded(called));
  chat::metadata none;
  none.kept_as = identity;
  keep_metadata(store_, none);
  erase_talks(store_, identity);
  return true;
}

/// One person of an account stays: the one that has its name.
void hub::settle_presence(person& who) {
  bool stays = false;
  if (settings_.accounts.always_on == always_on::opt_in && !who.account.empty() &&
      same_name(who.nick_, who.account))
    try {
      const std::optional<account> its = accounts_.find(who.account);
      stays = its && its->always_on;
    } catch (const store_error&) {
      return;  // what cannot be looked up now stays as it is: nobody may be half renamed
    }
  if (!stays) return forget_presence(who);
  who.always_on = true;
  who.kept_as_ = folded(who.account);
  keep_presence(who);
}

void hub::always_on_is_set(const account& of) {
  for (person* who : people_of(of.name)) {
    settle_presence(*who);
    if (!who->always_on && who->clients_.empty()) remove(*who, "is not always on any more");
  }
  // Nobody may be there whose it is.
  if (!of.always_on) store_.erase(presence_kind, folded(of.name)), turn_.wake();
}

void hub::forget_presence(person& who) {
  who.always_on = false;
  if (who.kept_as_.empty()) return;
  store_.erase(presence_kind, std::exchange(who.kept_as_, {}));
  turn_.wake();
}

void hub::keep_presence(const person& who, const room* but) {
  if (who.kept_as_.empty()) return;
  json rooms = json::array();
  for (const person::seat& s : who.seats_)
    if (s.in != but) rooms.push_back({{"name", s.in->name()}, {"ranks", s.in->seats_[s.index].ranks}});
  const json kept = {{"nick", who.nick_},        {"account", who.account}, {"user", who.user()},
                     {"host", who.host()},       {"address", who.address}, {"realname", who.realname},
                     {"rooms", std::move(rooms)}};
  store_.put(presence_kind, who.kept_as_, kept.dump(-1, ' ', false, json::error_handler_t::replace));
  turn_.wake();
}

/// Its last client is gone.
void hub::became_alone(person& who) {
  // Rights over the server belong to somebody who is there.
  set_mode(who, 'o', false);
  if (who.own_) who.own_->oper.clear();
  if (who.away.empty() || who.away == "*") tell_away(who, not_connected);
}

// Who is not there again leaves nothing: from here on nobody would keep its document true, and later it would
// be in rooms that it was put out of meanwhile, with the ranks that it had.
void hub::restore_presences() {
  store_.each(presence_kind, [this](std::string_view key, std::string_view text) {
    try {
      if (restore_presence(std::string(key), text)) return;
    } catch (const json::exception&) {
      // Somebody else's document, or a damaged one: that person is not there.
    }
    store_.erase(presence_kind, key);
    turn_.wake();
  });
}

/// False: it is not to be there.
bool hub::restore_presence(std::string key, std::string_view text) {
  if (settings_.accounts.always_on != always_on::opt_in) return false;
  const json kept = json::parse(text);
  auto made = std::make_unique<person>();
  person& who = *made;
  auto nick = kept.at("nick").get<std::string>();
  who.account = kept.at("account").get<std::string>();
  const std::optional<account> its = accounts_.find(who.account);
  if (!its || !its->always_on || !same_name(nick, who.account) || people_.contains(nick) ||
      people_.size() >= settings_.limits.members)
    return false;
  who.set_names(std::move(nick), kept.at("user").get<std::string>(), kept.at("host").get<std::string>());
  who.address = kept.at("address").get<std::string>();
  who.realname = kept.at("realname").get<std::string>();
  who.away = not_connected;
  arrive(who);
  who.always_on = true;
  people_.emplace(folded(who.nick_), std::move(made));
  for (const json& r : kept.at("rooms")) {
    const std::string name = r.at("name").get<std::string>();
    if (!is_room_name(name, settings_.limits.room_name) ||
        who.seats_.size() >= settings_.limits.rooms_per_member ||
        (!find_room(name) && rooms_.size() >= settings_.limits.rooms))
      continue;
    room& in = make_room(name);
    if (!who.is_in(in)) sit(who, in, r.at("ranks").get<unsigned char>());
  }
  who.kept_as_ = std::move(key);
  if (who.seats_.size() != kept.at("rooms").size()) keep_presence(who);  // it is not back in all of them
  return true;
}

}  // namespace parlance::chat
