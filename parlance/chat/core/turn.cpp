#include <algorithm>
#include <utility>

#include <parlance/chat/core/turn.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

/// `c`, when it is a window of somebody in the room; else null.
client* if_in(client* c, const room& in) { return c && c->who() && c->who()->is_in(in) ? c : nullptr; }

}  // namespace

// --- what is told

void turn::tell(client& to, const event& what) {
  const form shape = to.captured_ ? to.shape().unframed() : to.shape();
  to.write([&](std::string& out) { encode_(out, what, shape); }, what.is_conditional());
}

void turn::tell(person& to, const event& what, client* but) {
  for (client* c : to.clients())
    if (c != but) tell(*c, what);
}

void turn::tell(room& in, const event& what, client* but) {
  wake();
  if (!in.run_.is_begun()) dirty_rooms_.push_back(&in);
  client* const alone = capturing_ == but ? nullptr : if_in(capturing_, in);
  client* const apart[] = {if_in(but, in), alone};
  for (client* c : apart)
    if (c) mark_dirty(*c), c->reader_.catch_up(in.run_);
  in.run_.append(encode_, what);
  for (client* c : apart)
    if (c) c->reader_.skip(in.run_);
  if (alone) tell(*alone, what);
}

void turn::tell_of(room& in, const person& whom, const event& what, client* but) {
  if (!in.modes.has('u') || in.ranks_of(whom) != no_rank) return tell(in, what, but);
  for (const room::seat& s : in.seats())
    if (in.shows(whom, *s.who)) tell(*s.who, what, but);
}

void turn::tell_neighbours(person& of, const event& what, bool and_itself) {
  if (what.what == event::kind::away || what.what == event::kind::account ||
      what.what == event::kind::chghost || what.what == event::kind::setname)
    watched_.changed(of, what);
  // With one room to tell, its run does.
  if (of.seats().size() == 1 && (and_itself || of.clients().empty())) {
    room& in = *of.seats().front().in;
    event here = what;
    here.in_crowd = in.seats().size() > bounds_.announced;
    return tell_of(in, of, here, nullptr);
  }
  of.told_ = ++announcements_;
  if (and_itself) tell(of, what);
  for (const person::seat& s : of.seats()) tell_crowd(*s.in, of, what);
}

/// Each in the room by itself who has not been told yet.
void turn::tell_crowd(room& in, const person& of, const event& what) {
  event here = what;
  here.in_crowd = in.seats().size() > bounds_.announced;
  std::vector<std::pair<form, std::string>> made;
  for (const room::seat& neighbour : in.seats()) {
    if (!in.shows(of, *neighbour.who)) continue;
    if (std::exchange(neighbour.who->told_, announcements_) == announcements_) continue;
    for (client* c : neighbour.who->clients()) {
      if (c == capturing_) {
        tell(*c, here);
        continue;
      }
      auto text = std::ranges::find(made, c->shape(), &std::pair<form, std::string>::first);
      if (text == made.end()) {
        text = made.emplace(made.end(), c->shape(), std::string());
        encode_(text->second, here, c->shape());
      }
      if (!text->second.empty()) c->write(text->second);
    }
  }
}

void turn::was_said(client& by, event::kind what, std::string target) {
  client* const told = by.prepares_for_loss(what, target) ? nullptr : &by;
  said_.push_back({told, what, std::move(target)});
}

// --- who reads

void turn::begin_reading(client& by, room& in) {
  by.reader_.begin(in.run_);
  note(by);
}

void turn::end_reading(client& by, room& in) {
  by.reader_.end(in.run_);
  note(by);
}

void turn::catch_up(client& c) {
  mark_dirty(c);
  if (!c.who()) return;
  for (const person::seat& s : c.who()->seats())
    if (s.in->run_.is_begun()) c.reader_.catch_up(s.in->run_);
}

void turn::reshape(client& c, form to) {
  if (c.shape() == to) return;
  const auto its_rooms = [&](auto&& each) {
    if (c.who())
      for (const person::seat& s : c.who()->seats()) each(s.in->run_);
  };
  its_rooms([&](room_run& in) { c.reader_.end(in); });
  c.reader_.set_shape(to);
  its_rooms([&](room_run& in) { c.reader_.begin(in); });
  note(c);
}

/// It may have been given something.
void turn::note(client& c) {
  if (!c.reader_.is_idle()) mark_dirty(c);
}

void turn::mark_dirty(client& c) {
  wake();
  if (!std::exchange(c.is_dirty_, true)) dirty_clients_.push_back(&c);
}

void turn::forget(client& c) noexcept {
  if (capturing_ == &c) capturing_ = nullptr;
  if (c.is_dirty_) std::erase(dirty_clients_, &c);
  for (said& s : said_)
    if (s.by == &c) s.by = nullptr;
}

// --- its end

void turn::wake() {
  if (std::exchange(is_awake_, true)) return;
  began_ = std::chrono::steady_clock::now();
  if (on_work) on_work();
}

bool turn::is_for_a_crowd() const noexcept {
  constexpr std::size_t crowd = 64;
  std::size_t people = 0;
  for (const room* r : dirty_rooms_) people += r->seats().size();
  return people >= crowd;
}

bool turn::commit() {
  const bool kept = !store_.dirty() || commit_store();
  for (room* r : dirty_rooms_) hand_out(*r);
  for (room* r : std::exchange(dirty_rooms_, {})) r->run_.end();
  return kept;
}

bool turn::commit_store() {
  const auto begin = std::chrono::steady_clock::now();
  try {
    store_.commit();
    count_.commits.add();
    is_keeping_ = true;
  } catch (const store_error&) {
    count_.store_errors.add();
    is_keeping_ = false;
  }
  count_.commit_time.observe(std::chrono::steady_clock::now() - begin);
  return is_keeping_;
}

void turn::hand_out(room& r) {
  for (const room::seat& s : r.seats())
    for (client* c : s.who->clients()) {
      c->reader_.take_rest(r.run_);
      note(*c);
    }
}

void turn::deliver(bool kept) {
  sleep();
  being_told_.swap(dirty_clients_);
  for (client* c : being_told_) {
    c->is_dirty_ = false;
    outgoing batch = c->reader_.hand_over();
    if (!kept) batch.drop_conditional();
    if (!batch.empty()) c->connection_.deliver(std::move(batch));
    if (c->ending_) c->connection_.end();
  }
  being_told_.clear();
  if (!said_.empty()) count_.delivery_time.observe(std::chrono::steady_clock::now() - began_);
  if (!kept)
    for (const said& s : std::exchange(said_, {}))
      if (s.by && !s.by->ending_) s.by->not_kept(s.what, s.target);
  said_.clear();
}

}  // namespace parlance::chat
