#include <algorithm>
#include <utility>

#include <parlance/chat/hub.hpp>

namespace parlance::chat {

member::~member() {
  if (hub_) hub_->leave(*this);
}

std::size_t member::find_seat(const room& r) const noexcept {
  const auto found = std::find_if(seats_.begin(), seats_.end(), [&](const seat& s) { return s.in == &r; });
  return static_cast<std::size_t>(found - seats_.begin());
}

hub::hub(const limits& bounds) : limits_(bounds) { make_room(lobby); }

hub::~hub() { clear(); }

void hub::clear() noexcept {
  for (member* m : std::exchange(people_, {})) {
    m->hub_ = nullptr;
    m->seats_.clear();
    m->speaks_in_ = nullptr;
  }
  for (auto& [name, r] : rooms_) r.members_.clear();
  slow_.clear();
}

outcome hub::enter(member& who, std::string_view wanted) {
  if (wanted.empty()) return admit(who, next_guest());
  if (!is_name(wanted, limits_.name)) return outcome::bad_name;
  if (is_reserved(wanted) || find(wanted)) return outcome::name_taken;
  return admit(who, wanted);
}

outcome hub::enter_operator(member& who) {
  return find(operator_name) ? outcome::name_taken : admit(who, operator_name);
}

outcome hub::admit(member& who, std::string_view name) {
  if (people_.size() >= limits_.members) return outcome::full;
  who.name_ = name;
  people_.insert(&who);
  who.hub_ = this;
  room& first = make_room(lobby);
  sit(who, first);
  if (first.members_.size() <= limits_.announced)
    tell_room({event::kind::joined, who.name_, first.name_}, first, &who);
  dismiss_slow();
  return outcome::done;
}

std::string hub::next_guest() {
  for (;;) {
    std::string name = "guest" + std::to_string(++guests_);
    if (!find(name)) return name;
  }
}

void hub::leave(member& who, std::string_view why) {
  if (!who.hub_) return;
  who.hub_ = nullptr;
  people_.erase(&who);
  tell_neighbours({event::kind::gone, who.name_, {}, {}, why}, who);
  while (!who.seats_.empty()) rise(who, who.seats_.size() - 1);
  who.speaks_in_ = nullptr;
  dismiss_slow();
}

void hub::dismiss(member& who, std::string_view why) {
  if (!who.hub_) return;
  leave(who, why);
  who.dismissed(why);
}

outcome hub::rename(member& who, std::string_view wanted) {
  if (who.name_ == wanted) return outcome::already_so;
  if (!is_name(wanted, limits_.name)) return outcome::bad_name;
  if (const member* holder = find(wanted); is_reserved(wanted) || (holder && holder != &who))
    return outcome::name_taken;
  people_.erase(&who);
  const std::string before = std::exchange(who.name_, std::string(wanted));
  people_.insert(&who);
  tell_neighbours({event::kind::renamed, before, {}, {}, who.name_}, who);
  dismiss_slow();
  return outcome::done;
}

outcome hub::join(member& who, std::string_view room_name) {
  if (!is_room_name(room_name, limits_.room_name)) return outcome::bad_room_name;
  const room* there = find_room(room_name);
  if (there && who.is_in(*there)) {
    who.speaks_in_ = who.seats_[who.find_seat(*there)].in;
    return outcome::already_so;
  }
  if (who.seats_.size() >= limits_.rooms_per_member) return outcome::too_many_rooms;
  if (!there && rooms_.size() >= limits_.rooms) return outcome::full;
  room& in = make_room(room_name);
  sit(who, in);
  if (in.members_.size() <= limits_.announced)
    tell_room({event::kind::joined, who.name_, in.name_}, in, &who);
  dismiss_slow();
  return outcome::done;
}

outcome hub::part(member& who, std::string_view room_name) {
  if (room_name.empty() && !who.speaks_in_) return outcome::in_no_room;
  const room* from = room_name.empty() ? who.speaks_in_ : find_room(room_name);
  if (!from || !who.is_in(*from)) return outcome::no_such_room;
  if (from->members_.size() <= limits_.announced)
    tell_room({event::kind::left, who.name_, from->name_}, *from, &who);
  rise(who, who.find_seat(*from));
  dismiss_slow();
  return outcome::done;
}

outcome hub::speak(member& who, event::kind what, std::string_view text) {
  if (!who.speaks_in_) return outcome::in_no_room;
  tell_room({what, who.name_, who.speaks_in_->name_, {}, text}, *who.speaks_in_,
            who.hears_itself ? nullptr : &who);
  dismiss_slow();
  return outcome::done;
}

outcome hub::whisper(member& who, std::string_view to, std::string_view text) {
  member* const whom = find(to);
  if (!whom) return outcome::no_such_person;
  const event what{event::kind::whispered, who.name_, {}, whom->name_, text};
  tell(what, *whom);
  if (who.hears_itself && whom != &who) tell(what, who);
  dismiss_slow();
  return outcome::done;
}

member* hub::find(std::string_view name) const {
  const auto found = people_.find(name);
  return found == people_.end() ? nullptr : *found;
}

const room* hub::find_room(std::string_view name) const {
  const auto found = rooms_.find(name);
  return found == rooms_.end() ? nullptr : &found->second;
}

room& hub::make_room(std::string_view name) {
  const auto found = rooms_.find(name);
  if (found != rooms_.end()) return found->second;
  return rooms_.emplace(std::string(name), name).first->second;
}

void hub::sit(member& who, room& in) {
  who.seats_.push_back({&in, in.members_.size()});
  in.members_.push_back(&who);
  who.speaks_in_ = &in;
}

void hub::rise(member& who, std::size_t seat) {
  const auto [from, index] = who.seats_[seat];
  who.seats_.erase(who.seats_.begin() + static_cast<std::ptrdiff_t>(seat));
  if (who.speaks_in_ == from) who.speaks_in_ = who.seats_.empty() ? nullptr : who.seats_.back().in;
  // The last one moves into the gap.
  member* const last = from->members_.back();
  from->members_.pop_back();
  if (last != &who) {
    from->members_[index] = last;
    last->seats_[last->find_seat(*from)].index = index;
  }
  if (from->members_.empty() && !same_name(from->name_, lobby)) rooms_.erase(rooms_.find(from->name_));
}

void hub::tell(const event& what, member& to) {
  if (!to.receive(what)) slow_.push_back(&to);
}

void hub::tell_room(const event& what, const room& in, const member* but) {
  for (member* m : in.members_)
    if (m != but) tell(what, *m);
}

void hub::tell_neighbours(const event& what, const member& who) {
  ++announcements_;
  for (const member::seat& s : who.seats_) {
    if (s.in->members_.size() > limits_.announced) continue;
    for (member* m : s.in->members_)
      if (m != &who && std::exchange(m->told_, announcements_) != announcements_) tell(what, *m);
  }
}

void hub::dismiss_slow() {
  // Putting one out tells others, who may be slow, too: they are put on the list that is being worked off.
  if (std::exchange(dismissing_, true)) return;
  while (!slow_.empty()) {
    member& m = *slow_.back();
    slow_.pop_back();
    dismiss(m, "reads too slowly");
  }
  dismissing_ = false;
}

}  // namespace parlance::chat
