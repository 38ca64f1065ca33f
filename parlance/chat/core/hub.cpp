// The hub's people: how they come, change and go; and the end of a turn.
#include <algorithm>
#include <bit>
#include <chrono>
#include <utility>

#include <parlance/chat/base/scripts.hpp>
#include <parlance/chat/core/ban.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/filtering.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/core/push_subscriptions.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat {
hub::hub(const settings& configured, store& keeps, const encoders& encode,
         std::span<const carried_person> carried)
    : settings_(configured), store_(keeps), turn_(keeps, encode, configured.limits, watches_, count) {
  // What is read of a room is looked for among all that happened there.
  constexpr std::size_t most_happenings = 20'000;
  store_.count_only(said_kinds, most_happenings);
  rooms_.make(lobby);
  rooms_.load();
  uploads_.load();
  has_push_subscriptions = has_subscriptions(store_);
  presence_.restore([this](const presence::absent& kept) { return come_back(kept); });
  for (const carried_person& one : carried) set_down(one);
  rooms_.visit_deserted();
  turn_.sleep();  // whoever runs the hub has not said yet what is to be done then
}

hub::~hub() { clear(); }

void hub::clear() noexcept {
  for (auto& [nick, who] : people_.all())
    for (client* c : who->clients_) c->person_ = nullptr;
  for (auto& [nick, who] : people_.all()) presence_.gone(*who);
  people_.clear();
  rooms_.clear();
}

// --- people

bool hub::is_fit_name(std::string_view name) const noexcept {
  return is_name(name, settings_.limits.name) && (settings_.server.international_names || is_ascii(name));
}

outcome hub::claim(client& by, std::string_view nick) {
  if (!is_fit_name(nick)) return outcome::bad_name;
  if (is_reserved(nick)) return outcome::name_taken;
  const person* const holder = people_.holder_of(nick);
  if (holder && holder != by.person_) return outcome::name_taken;
  if (people_.looks_like_other(nick, by.person_)) return outcome::looks_alike;
  if (by.person_) {
    people_.rename(*by.person_, nick, {}, {});
    return outcome::done;
  }
  if (people_.all().size() >= settings_.limits.members) return outcome::full;
  take_nick(by, nick);
  return outcome::done;
}

person& hub::take_nick(client& by, std::string_view nick) {
  person& who = people_.add(nick);
  who.address = by.from_.address;
  who.is_secure = by.from_.is_secure;
  who.clients_.push_back(&by);
  by.person_ = &who;
  return who;
}

void hub::enter_operator(client& by) {
  if (person* const there = people_.holder_of(operator_name)) return attach(by, *there);
  person& who = take_nick(by, operator_name);
  who.is_console = true;
  enter(by);
  who.permitted = permissions::all();
}

std::string hub::next_guest() {
  for (;;) {
    std::string name = "guest" + std::to_string(++guests_);
    if (!people_.holder_of(name) && may_have(name, {}) == outcome::done) return name;
  }
}

/// Under the names that it has.
void hub::arrive(person& who) {
  who.serial = clock_.next_id();
  who.signed_on = clock_.seconds();
  who.spoke = io::loop::current().now();
  people_.came(who);
  settle_identity(who);
  if (!who.clients_.empty()) note_use(who);
}

outcome hub::enter(client& by, std::string_view user) {
  person& who = *by.person_;
  who.set_names(who.nick_, user, host_of(who.address));
  who.away = by.away;
  arrive(who);
  watches_.came(who);
  settle_presence(who);
  return outcome::done;
}

void hub::attach(client& to, person& whom) {
  if (to.person_) leave(to);
  presence_.end_alone(whom);
  to.missed_since = whom.unshown_since;
  if (std::exchange(whom.alone_since, 0) != 0) presence_.keep(whom);
  to.person_ = &whom;
  whom.clients_.push_back(&to);
  for (const person::seat& s : whom.seats_) turn_.begin_reading(to, *s.in);
  note_use(whom);
  if (whom.present_) update_away(whom);
}

/// Takes the client off its person, who may be left with none.
void hub::detach(client& c) {
  person& who = *std::exchange(c.person_, nullptr);
  for (const person::seat& s : who.seats_) turn_.end_reading(c, *s.in);
  std::erase(who.clients_, &c);
}

void hub::leave(client& by, std::string_view why) {
  if (!by.person_) return;
  person& who = *by.person_;
  detach(by);
  if (!who.clients_.empty()) return update_away(who);
  if (who.present_ && who.always_on && became_alone(who)) return;
  vanish(who, why);
}

void hub::finish(client& by, std::string_view why) {
  if (&by == obeying_)
    why_it_ends_ = why;
  else
    leave(by, why);
  by.ending_ = true;
  turn_.mark_dirty(by);
}

hub::command::command(client& by) noexcept : by_(by), outer_(std::exchange(by.hub_.obeying_, &by)) {}

hub::command::~command() {
  hub& chat = by_.hub_;
  chat.obeying_ = outer_;
  const bool is_put_out = std::exchange(chat.is_put_out_, false);
  if (!by_.ending_) return;
  const std::string why = std::exchange(chat.why_it_ends_, {});
  try {
    chat.leave(by_, why);
    if (is_put_out) by_.dismissed(why);
  } catch (const std::exception&) {
    // There is no memory for saying so; it leaves with its connection.
  }
}

void hub::remove(person& whom, std::string_view why) {
  presence_.end(whom);
  std::vector<client*> all = whom.clients_;
  // The one that obeys a command has its person until that is over, so it is the last.
  if (std::erase(all, obeying_) != 0) all.push_back(obeying_);
  for (client* c : all) {
    if (c != all.back()) detach(*c);
    dismiss(*c, why);
  }
  if (all.empty()) vanish(whom, why);
}

void hub::dismiss(client& whom, std::string_view why) {
  if (whom.ending_ || (whom.person_ && whom.person_->is_console)) return;
  whom.ending_ = true;
  turn_.mark_dirty(whom);
  if (&whom == obeying_) {
    why_it_ends_ = why;
    is_put_out_ = true;
    return;
  }
  leave(whom, why);
  whom.dismissed(why);
}

void hub::vanish(person& who, std::string_view why) {
  presence_.end_alone(who);
  if (who.present_) {
    event gone{event::kind::quit, who.as_source(), {}, why};
    clock_.stamp(gone, who);
    if (!who.goes_unkept)
      for (const person::seat& s : who.seats_) keep(s.in->key(), gone);
    turn_.tell_neighbours(who, gone, false);
    people_.gone(who);
    if (!who.goes_unkept) departures_.add(who, static_cast<std::int64_t>(gone.time / 1000), gone.id);
    watches_.gone(who.nick_);
    if (who.account.empty() && settings_.history.enabled) forget_talks(store_, identity_of(who));
  }
  while (!who.seats_.empty()) rooms_.rise(who, *who.seats_.back().in);
  presence_.gone(who);
  people_.remove(who);
}

outcome hub::rename(person& who, std::string_view wanted, client* by) {
  if (who.nick_ == wanted) return outcome::already_so;
  if (!is_fit_name(wanted)) return outcome::bad_name;
  const person* const holder = people_.holder_of(wanted);
  if (is_reserved(wanted) || (holder && holder != &who)) return outcome::name_taken;
  if (people_.looks_like_other(wanted, &who)) return outcome::looks_alike;
  if (const outcome how = may_have(wanted, who.account); how != outcome::done) return how;
  if (by && who.present_ && weigh(*this, who, 'k', wanted) != ruling::passes) return outcome::name_filtered;
  const std::string before = who.prefix_, nick_before = who.nick_;
  const bool is_another = !same_name(nick_before, wanted);
  if (is_another && who.present_) departures_.add(who, clock_.seconds(), clock_.next_id());
  people_.rename(who, wanted, who.user(), who.host());
  settle_presence(who);
  if (by && who.seats_.size() > 1) by->charge(static_cast<double>(who.seats_.size() - 1));

  event renamed{event::kind::nick, who.as_source(), {}, {}, who.nick_};
  renamed.who.prefix = before;
  renamed.who.nick = nick_before;
  clock_.stamp(renamed, who);
  for (const person::seat& s : who.seats_) keep(s.in->key(), renamed);
  if (!who.seats_.empty()) who.goes_unkept = false;
  turn_.tell_neighbours(who, renamed, true);
  if (is_another && who.present_) {
    watches_.gone(nick_before);
    watches_.came(who);
  }
  return outcome::done;
}

void hub::change_host(person& who, std::string_view user, std::string_view host) {
  const std::string before = who.prefix_;
  who.set_names(who.nick_, user, host);
  if (!who.present_ || before == who.prefix_) return;
  presence_.keep(who);
  event changed{event::kind::chghost, who.as_source(), {}, who.host(), who.user()};
  changed.who.prefix = before;
  changed.time = clock_.milliseconds();
  turn_.tell_neighbours(who, changed, true);
}

void hub::set_away(client& by, std::string_view why) {
  by.away = why;
  if (by.person_ && by.person_->present_) update_away(*by.person_);
}

void hub::update_away(person& who) {
  if (who.clients_.empty()) return;
  // A star is what a client says that works without its owner: it counts as if it were not there.
  std::string away = "*";
  for (const client* c : who.clients_) {
    if (c->away.empty()) {
      away.clear();
      break;
    }
    if (c->away != "*") away = c->away;
  }
  if (who.away != away) tell_away(who, away);
}

void hub::tell_away(person& who, std::string_view why) {
  who.away = why;
  presence_.keep(who);
  event changed{event::kind::away, who.as_source(), {}, who.away};
  changed.time = clock_.milliseconds();
  turn_.tell_neighbours(who, changed, false);
}

void hub::set_realname(person& who, std::string_view realname) {
  who.realname = realname;
  presence_.keep(who);
  event changed{event::kind::setname, who.as_source(), {}, who.realname};
  changed.time = clock_.milliseconds();
  turn_.tell_neighbours(who, changed, true);
}

void hub::settings_changed(const settings& before) {
  named_ = named_networks(settings_);
  departures_.settle();
  listings_.forget();
  review_operators();
  if (before.accounts.always_on != settings_.accounts.always_on) review_presence();
  for (const auto& [nick, who] : people_.all())
    for (client* c : who->clients()) c->settings_changed(before);
}

void hub::review_operators() {
  for (const auto& [nick, who] : people_.all()) {
    if (!who->own_ || who->own_->oper.empty()) continue;
    const auto entry = settings_.operators.find(who->own_->oper);
    who->permitted =
        entry == settings_.operators.end() ? permissions() : permissions(entry->second.permissions);
    if (entry != settings_.operators.end()) continue;
    who->own_->oper.clear();
    people_.set_mode(*who, 'o', false);
    tell_own_modes(*who, "-o");
  }
}

void hub::tell_own_modes(person& who, std::string_view changes) {
  presence_.keep(who);
  event changed{event::kind::mode, who.as_source(), who.nick(), changes};
  changed.time = clock_.milliseconds();
  turn_.tell(who, changed);
}

std::string hub::host_of(std::string_view address) {
  return settings_.server.cloak ? cloak_.host_of(address) : plain_host_of(address);
}

// --- the turn

void hub::forget(client& c) noexcept { turn_.forget(c); }

void hub::end_turn() {
  rooms_.settle();
  presence_.settle();
  const bool kept = turn_.commit();
  rooms_.erase_ended();
  turn_.deliver(kept);
  if (on_turn_over) on_turn_over(kept);
  if (const std::shared_ptr<turn_end> now = std::exchange(turn_end_, nullptr)) {
    now->kept = kept;
    now->over.set();
  }
}

std::shared_ptr<hub::turn_end> hub::expect_turn_end() {
  turn_.wake();
  if (!turn_end_) turn_end_ = std::make_shared<turn_end>();
  return turn_end_;
}

}  // namespace parlance::chat
