// The hub's people and rooms. What they say is in talk.cpp.
#include <algorithm>
#include <bit>
#include <chrono>
#include <utility>

#include <parlance/chat/core/ban.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat {
namespace {

std::optional<network> household_of(const person& who) {
  const std::optional<network> from = network::parse(who.address);
  return from ? std::optional(from->household()) : std::nullopt;
}

}  // namespace

hub::hub(const settings& configured, store& keeps, const encoders& encode)
    : settings_(configured),
      store_(keeps),
      clock_(keeps),
      started_(clock_.seconds()),
      cloak_(keeps),
      bans_(keeps),
      departures_(configured.limits.whowas),
      turn_(keeps, encode, configured.limits, watches_, count) {
  store_.count_only(said_kinds);
  make_room(lobby);
  load_rooms();
  restore_presences();
  visit_deserted_rooms();
  turn_.sleep();  // whoever runs the hub has not said yet what is to be done then
}

hub::~hub() { clear(); }

void hub::clear() noexcept {
  for (auto& [nick, who] : people_)
    for (client* c : who->clients_) c->person_ = nullptr;
  people_.clear();
  for (auto& [name, r] : rooms_) {
    r->seats_.clear();
    r->run_ = {};
  }
}

// --- people

outcome hub::claim(client& by, std::string_view nick) {
  if (!is_name(nick, settings_.limits.name)) return outcome::bad_name;
  if (is_reserved(nick)) return outcome::name_taken;
  const auto holder = people_.find(nick);
  if (by.person_) {
    if (holder != people_.end() && holder->second.get() != by.person_) return outcome::name_taken;
    auto node = people_.extract(people_.find(by.person_->nick_));
    node.key() = folded(nick);
    by.person_->set_names(std::string(nick), {}, {});
    people_.insert(std::move(node));
    return outcome::done;
  }
  if (holder != people_.end()) return outcome::name_taken;
  if (people_.size() >= settings_.limits.members) return outcome::full;
  take_nick(by, nick);
  return outcome::done;
}

void hub::take_nick(client& by, std::string_view nick) {
  auto made = std::make_unique<person>();
  made->set_names(std::string(nick), {}, {});
  made->address = by.from_.address;
  made->is_secure = by.from_.is_secure;
  by.person_ = made.get();
  made->clients_.push_back(&by);
  people_.emplace(folded(nick), std::move(made));
}

bool hub::enter_operator(client& by) {
  if (people_.contains(std::string(operator_name))) return false;
  take_nick(by, operator_name);
  operator_ = &by;
  enter(by);
  by.who()->permitted = permissions::all();
  join(*by.who(), lobby, {}, &by);
  return true;
}

std::string hub::next_guest() {
  for (;;) {
    std::string name = "guest" + std::to_string(++guests_);
    if (!people_.contains(name) && may_have(name, {}) == outcome::done) return name;
  }
}

/// Under the names that it has.
void hub::arrive(person& who) {
  who.serial = clock_.next_id();
  who.signed_on = clock_.seconds();
  who.spoke = io::loop::current().now();
  who.present_ = true;
  settle_identity(who);
  present.most_people = std::max(present.most_people, ++present.people);
}

outcome hub::enter(client& by, std::string_view user) {
  person& who = *by.person_;
  who.set_names(who.nick_, user, host_of(who.address));
  who.away = by.away;
  arrive(who);
  count_modes(who, true);
  watches_.came(who);
  settle_presence(who);
  return outcome::done;
}

void hub::attach(client& to, person& whom) {
  if (to.person_) leave(to);
  to.person_ = &whom;
  whom.clients_.push_back(&to);
  for (const person::seat& s : whom.seats_) turn_.begin_reading(to, *s.in);
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
  if (who.present_ && who.always_on) return became_alone(who);
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
  forget_presence(whom);
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
  if (whom.ending_ || &whom == operator_) return;
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
  if (who.present_) {
    event gone{event::kind::quit, who.as_source(), {}, why};
    clock_.stamp(gone, who);
    for (const person::seat& s : who.seats_) keep(s.in->key(), gone);
    turn_.tell_neighbours(who, gone, false);
    who.present_ = false;
    --present.people;
    count_modes(who, false);
    departures_.add(who, static_cast<std::int64_t>(gone.time / 1000));
    watches_.gone(who.nick_);
    if (who.account.empty() && settings_.history.enabled) forget_talks(store_, identity_of(who));
  }
  while (!who.seats_.empty()) rise(who, who.seats_.size() - 1);
  people_.erase(people_.find(who.nick_));
}

outcome hub::rename(person& who, std::string_view wanted) {
  if (who.nick_ == wanted) return outcome::already_so;
  if (!is_name(wanted, settings_.limits.name)) return outcome::bad_name;
  const auto holder = people_.find(wanted);
  if (is_reserved(wanted) || (holder != people_.end() && holder->second.get() != &who))
    return outcome::name_taken;
  if (const outcome how = may_have(wanted, who.account); how != outcome::done) return how;
  const std::string before = who.prefix_, nick_before = who.nick_;
  const bool is_another = !same_name(nick_before, wanted);
  if (is_another && who.present_) departures_.add(who, clock_.seconds());
  auto node = people_.extract(people_.find(who.nick_));
  node.key() = folded(wanted);
  who.set_names(std::string(wanted), who.user(), who.host());
  people_.insert(std::move(node));
  settle_presence(who);

  event renamed{event::kind::nick, who.as_source(), {}, {}, who.nick_};
  renamed.who.prefix = before;
  renamed.who.nick = nick_before;
  clock_.stamp(renamed, who);
  for (const person::seat& s : who.seats_) keep(s.in->key(), renamed);
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
  keep_presence(who);
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
  event changed{event::kind::away, who.as_source(), {}, who.away};
  changed.time = clock_.milliseconds();
  turn_.tell_neighbours(who, changed, false);
}

void hub::set_realname(person& who, std::string_view realname) {
  who.realname = realname;
  event changed{event::kind::setname, who.as_source(), {}, who.realname};
  changed.time = clock_.milliseconds();
  turn_.tell_neighbours(who, changed, true);
}

void hub::review_operators() {
  for (const auto& [nick, who] : people_) {
    if (!who->own_ || who->own_->oper.empty()) continue;
    const auto entry = settings_.operators.find(who->own_->oper);
    who->permitted =
        entry == settings_.operators.end() ? permissions() : permissions(entry->second.permissions);
    if (entry != settings_.operators.end()) continue;
    who->own_->oper.clear();
    set_mode(*who, 'o', false);
    tell_own_modes(*who, "-o");
  }
}

void hub::tell_own_modes(person& who, std::string_view changes) {
  event changed{event::kind::mode, who.as_source(), who.nick(), changes};
  changed.time = clock_.milliseconds();
  turn_.tell(who, changed);
}

void hub::set_mode(person& who, char letter, bool on) {
  count_modes(who, false);
  who.modes.set(letter, on);
  count_modes(who, true);
}

void hub::count_modes(const person& who, bool came) noexcept {
  const auto tally = [&](char letter, std::size_t& of) {
    if (!who.modes.has(letter)) return;
    if (came)
      ++of;
    else if (of != 0)
      --of;
  };
  tally('i', present.invisible);
  tally('o', present.operators);
}

std::string hub::host_of(std::string_view address) {
  return settings_.server.cloak ? cloak_.host_of(address) : plain_host_of(address);
}

person* hub::find(std::string_view nick) const {
  const auto found = people_.find(nick);
  return found == people_.end() || !found->second->present_ ? nullptr : found->second.get();
}

// --- rooms

room* hub::find_room(std::string_view name) const {
  const auto found = rooms_.find(name);
  return found == rooms_.end() ? nullptr : found->second.get();
}

room& hub::make_room(std::string_view name) {
  if (room* there = find_room(name)) return *there;
  auto made = std::make_unique<room>(name);
  made->created = clock_.seconds();
  for (const char c : usual_modes) made->modes.set(c);
  return *rooms_.emplace(made->key(), std::move(made)).first->second;
}

std::optional<network> hub::share_of(const person& who) const {
  const std::optional<network> from = household_of(who);
  return networks(settings_.limits.exempt).contain(from) ? std::nullopt : from;
}

/// A quarter of all that there may be, so that no one address takes the last.
bool hub::has_its_share_of_rooms(const person& who) const {
  const std::size_t share = std::max(settings_.limits.rooms / 4, std::size_t{10});
  if (rooms_.size() < share) return false;
  const std::optional<network> from = share_of(who);
  if (!from) return false;
  const auto made = std::ranges::count_if(rooms_, [&](const auto& r) { return r.second->maker == from; });
  return static_cast<std::size_t>(made) >= share;
}

outcome hub::join(person& who, std::string_view room_name, std::string_view key, client* by) {
  if (!is_room_name(room_name, settings_.limits.room_name)) return outcome::bad_room_name;
  room* there = find_room(room_name);
  if (there && who.is_in(*there)) {
    who.speaks_in = there;
    return outcome::already_so;
  }
  if (who.seats_.size() >= settings_.limits.rooms_per_member) return outcome::too_many_rooms;
  if (!there && (rooms_.size() >= settings_.limits.rooms || has_its_share_of_rooms(who)))
    return outcome::full;
  if (there)
    if (const outcome how = try_key(who, *there, key); how != outcome::done) return how;

  room& in = make_room(room_name);
  if (!there) in.maker = household_of(who);
  // Where those who had a rank are still expected, nobody gets one for being the first.
  const bool is_first =
      in.seats_.empty() && in.founder_account.empty() && !same_name(in.name(), lobby) &&
      std::ranges::none_of(in.expected, [](const room::absentee& a) { return a.ranks >= half_operator; });
  const unsigned char lasting = in.lasting_ranks(who.account);
  sit(who, in, static_cast<unsigned char>(lasting | (is_first ? channel_operator : no_rank)));
  std::erase(in.invited, who.serial);
  keep_people(in);

  event came{event::kind::join, who.as_source(), in.name()};
  came.in_crowd = in.seats_.size() > settings_.limits.announced;
  clock_.stamp(came, in.key());
  keep(in.key(), came, who.realname);
  who.seats_.back().since = came.id;
  if (settings_.history.enabled && !who.account.empty()) remember_first_join(store_, in, who);
  turn_.tell_of(in, who, came, by && by->shape().speaks() == dialect::plain ? by : nullptr);
  // Who comes is told by the names; nobody else is, and who is alone need not be.
  if (lasting != no_rank && in.seats_.size() > 1) tell_ranks(in, who, lasting, by);
  if (!who.away.empty()) {
    event away{event::kind::away, who.as_source(), {}, who.away};
    away.time = came.time;
    turn_.tell_of(in, who, away, by);
  }
  return outcome::done;
}

outcome hub::part(person& who, room& from, std::string_view why, client* by) {
  const std::size_t seat = who.find_seat(from);
  if (seat == who.seats_.size()) return outcome::not_in_room;
  event left{event::kind::part, who.as_source(), from.name(), why};
  left.in_crowd = from.seats_.size() > settings_.limits.announced;
  clock_.stamp(left, from.key());
  keep(from.key(), left);
  turn_.tell_of(from, who, left, by && by->shape().speaks() == dialect::plain ? by : nullptr);
  rise(who, seat);
  expect_no_more(from, who);
  return outcome::done;
}

void hub::kick(const source& by, room& from, person& whom, std::string_view why) {
  keep_without(from, whom);
  event kicked{event::kind::kick, by, from.name(), why, whom.nick_};
  clock_.stamp(kicked, from.key());
  keep(from.key(), kicked);
  turn_.tell_of(from, whom, kicked, nullptr);
  rise(whom, whom.find_seat(from));
  expect_no_more(from, whom);
}

void hub::set_topic(const source& by, room& of, std::string_view text) {
  of.topic.text = text;
  of.topic.set_by = by.prefix;
  of.topic.set_at = clock_.seconds();
  keep_room_now(of);
  event changed{event::kind::topic, by, of.name(), text};
  clock_.stamp(changed, of.key());
  keep(of.key(), changed);
  turn_.tell(of, changed);
}

void hub::announce_modes(const source& by, room& of, std::string_view text) {
  keep_room_now(of);
  tell_modes(by, of, text);
}

void hub::tell_modes(const source& by, room& of, std::string_view text) {
  event changed{event::kind::mode, by, of.name(), text};
  clock_.stamp(changed, of.key());
  keep(of.key(), changed);
  turn_.tell(of, changed);
}

void hub::give_ranks(room& in, person& whom, unsigned char ranks) {
  if (!whom.is_in(in)) return;
  in.before_.ranks.emplace_back(whom.serial, in.ranks_of(whom));
  if (!whom.kept_as_.empty()) in.before_.of_kept_people = true;
  put_ranks(in, whom, ranks);
}

void hub::put_ranks(room& in, person& whom, unsigned char ranks) {
  if (const std::size_t at = whom.find_seat(in); at != whom.seats_.size())
    in.seats_[whom.seats_[at].index].ranks = ranks, keep_presence(whom);
}

void hub::tell_ranks(room& in, const person& whom, unsigned char ranks, client* but) {
  std::string text = "+" + letters_of(ranks);
  for (int n = std::popcount(ranks); n > 0; --n) (text += ' ') += whom.nick_;
  event given{event::kind::mode, {.prefix = settings_.server.name}, in.name(), text};
  given.time = clock_.milliseconds();
  turn_.tell(in, given, but);
}

void hub::give_lasting_ranks(person& who) {
  for (const person::seat& s : who.seats_) {
    const unsigned char had = s.in->ranks_of(who);
    const auto more = static_cast<unsigned char>(s.in->lasting_ranks(who.account) & ~had);
    if (more == no_rank) continue;
    put_ranks(*s.in, who, had | more);
    tell_ranks(*s.in, who, more, nullptr);
  }
}

bool hub::matches(const person& who, const std::vector<list_entry>& masks) {
  return std::any_of(masks.begin(), masks.end(),
                     [&](const list_entry& e) { return matches_person(e.mask, who); });
}

outcome hub::may_join(const person& who, const room& r, std::string_view key) const {
  if (is_console(who)) return outcome::done;
  if (!who.account.empty() && same_name(r.founder_account, who.account)) return outcome::done;
  if (std::find(r.invited.begin(), r.invited.end(), who.serial) != r.invited.end()) return outcome::done;
  // Nothing that was set before the restart put out who is expected: it was there.
  const room::absentee* const expected = r.find_expected(who.account);
  const auto bans = [&](const list_entry& e) {
    return (!expected || e.set_at > expected->since) && matches_person(e.mask, who);
  };
  if (std::ranges::any_of(r.bans, bans) && !matches(who, r.exceptions)) return outcome::banned;
  if (expected) return outcome::done;
  if (r.modes.has('i') && !matches(who, r.invitations)) return outcome::invite_only;
  if (r.modes.has('R') && who.account.empty()) return outcome::registered_only;
  if (!r.password.empty() && r.password != key) return outcome::wrong_key;
  if (r.limit != 0 && r.seats().size() >= r.limit) return outcome::room_is_full;
  return outcome::done;
}

/// Keys can be guessed like passwords, so the same limits hold.
outcome hub::try_key(const person& who, const room& r, std::string_view key) {
  const outcome how = may_join(who, r, key);
  if (key.empty() || may_join(who, r, {}) != outcome::wrong_key) return how;  // it does not matter
  const std::optional<network> from = network::parse(who.address);
  const io::time_point at = io::loop::current().now();
  if (!key_guard_.may_try(from, r.key(), settings_.limits.failed_logins, networks(settings_.limits.exempt),
                          at))
    return outcome::too_many_keys;
  if (how != outcome::wrong_key) {
    key_guard_.succeeded(from, r.key(), at);
    return how;
  }
  key_guard_.failed(from, r.key());
  if (on_wrong_key) on_wrong_key(who, r);
  return how;
}

outcome hub::may_speak(const person& who, const room& r) const {
  const unsigned char ranks = r.ranks_of(who);
  if (ranks != no_rank || is_console(who)) return outcome::done;
  if (r.modes.has('n') && !who.is_in(r)) return outcome::cannot_speak;
  if (r.modes.has('m')) return outcome::cannot_speak;
  if (r.modes.has('M') && who.account.empty()) return outcome::cannot_speak;
  const auto is_silenced_by = [&](const list_entry& e) {
    return matches_person(e.mask, who) || mutes_person(e.mask, who);
  };
  const bool is_exempt = std::any_of(r.exceptions.begin(), r.exceptions.end(), is_silenced_by);
  return !is_exempt && std::any_of(r.bans.begin(), r.bans.end(), is_silenced_by) ? outcome::cannot_speak
                                                                                 : outcome::done;
}

void hub::sit(person& who, room& in, unsigned char ranks) {
  who.seats_.push_back({&in, in.seats_.size()});
  in.seats_.push_back({&who, ranks});
  expect_no_more(in, who);
  who.speaks_in = &in;
  for (client* c : who.clients_) turn_.begin_reading(*c, in);
  keep_presence(who);
}

void hub::rise(person& who, std::size_t seat) {
  room* const from = who.seats_[seat].in;
  const std::size_t index = who.seats_[seat].index;
  for (client* c : who.clients_) turn_.end_reading(*c, *from);
  who.seats_.erase(who.seats_.begin() + static_cast<std::ptrdiff_t>(seat));
  if (who.speaks_in == from) who.speaks_in = who.seats_.empty() ? nullptr : who.seats_.back().in;
  keep_presence(who);
  if (is_patient(*from) && can_be_expected(who))
    from->expected.push_back({who.account, from->seats_[index].ranks, started_});
  // The last one moves into the gap.
  const room::seat last = from->seats_.back();
  from->seats_.pop_back();
  if (last.who != &who) {
    from->seats_[index] = last;
    last.who->seats_[last.who->find_seat(*from)].index = index;
  }
  keep_people(*from);
  if (from->seats_.empty()) {
    // At the end of the turn, since this turn has runs of it.
    empty_rooms_.push_back(from);
    turn_.wake();
  }
}

// --- the turn

void hub::forget(client& c) noexcept {
  if (operator_ == &c) operator_ = nullptr;
  turn_.forget(c);
}

void hub::end_turn() {
  keep_crowds();
  end_deserted_rooms();
  const bool kept = turn_.commit();
  for (room* r : std::exchange(empty_rooms_, {})) rooms_.erase(rooms_.find(r->key_));
  turn_.deliver(kept);
}

}  // namespace parlance::chat
