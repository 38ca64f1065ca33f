// Who hears what, and when: what the hub tells in one turn of the loop, and its end.
//
// A room's run of the turn is taken by its people at the end, in one piece each, unless one is told something
// else before: then it first takes what the run has so far (`catch_up`), so that each client hears everything
// in the order in which it happened.
#include <algorithm>
#include <utility>

#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

/// What must not be told unless the store has it.
bool is_conditional(const event& what) { return what.id != 0 && what.is_said(); }

}  // namespace

// --- telling

void hub::tell(client& to, const event& what) {
  const form shape = to.captured_ ? to.shape_.unframed() : to.shape_;
  to.write([&](std::string& out) { encode_(out, what, shape); }, is_conditional(what));
}

void hub::tell(person& to, const event& what, client* but) {
  for (client* c : to.clients_)
    if (c != but) tell(*c, what);
}

void hub::tell(room& in, const event& what, client* but) {
  wake();
  if (!std::exchange(in.is_dirty_, true)) dirty_rooms_.push_back(&in);
  pass_by(in, but);
  if (capturing_ != but) pass_by(in, capturing_);
  for (room::reader& r : in.readers_) {
    if (!r.said) r.said = std::make_shared<run>();
    const std::uint32_t begin = r.said->size();
    encode_(r.said->bytes, what, r.shape);
    if (is_conditional(what) && r.said->size() != begin)
      r.said->conditional.push_back({begin, r.said->size()});
  }
  skip(in, but);
  if (capturing_ != but && skip(in, capturing_)) tell(*capturing_, what);
}

/// The same for those who see that `whom` is there.
void hub::tell_of(room& in, const person& whom, const event& what, client* but) {
  if (!in.modes.has('u') || in.ranks_of(whom) != no_rank) return tell(in, what, but);
  for (const room::seat& s : in.seats_)
    if (in.shows(whom, *s.who)) tell(*s.who, what, but);
}

/// Gives a client in the room what was said before something that it will skip.
void hub::pass_by(room& in, client* who) {
  if (!who || !who->person_ || !who->person_->is_in(in)) return;
  mark_dirty(*who);
  catch_up(*who, in);
}

/// It does not get what was said last. False: it is not there.
bool hub::skip(room& in, client* who) {
  if (!who || !who->person_ || !who->person_->is_in(in)) return false;
  mark_of(*who, in) = reader_of(in, who->shape_)->said->size();
  return true;
}

void hub::tell_neighbours(person& of, const event& what, bool and_itself) {
  if (what.what == event::kind::away || what.what == event::kind::account ||
      what.what == event::kind::chghost || what.what == event::kind::setname)
    watches_.changed(of, what);
  // With one room to tell, its run does.
  if (of.seats_.size() == 1 && (and_itself || of.clients_.empty())) {
    event here = what;
    here.in_crowd = of.seats_.front().in->seats_.size() > settings_.limits.announced;
    return tell_of(*of.seats_.front().in, of, here, nullptr);
  }
  of.told_ = ++announcements_;
  if (and_itself) tell(of, what);
  for (const person::seat& s : of.seats_) {
    event here = what;
    here.in_crowd = s.in->seats_.size() > settings_.limits.announced;
    std::vector<std::pair<form, std::string>> made;
    for (const room::seat& neighbour : s.in->seats_) {
      if (!s.in->shows(of, *neighbour.who)) continue;
      if (std::exchange(neighbour.who->told_, announcements_) == announcements_) continue;
      for (client* c : neighbour.who->clients_) {
        if (c == capturing_) {
          tell(*c, here);
          continue;
        }
        auto text =
            std::find_if(made.begin(), made.end(), [&](const auto& m) { return m.first == c->shape_; });
        if (text == made.end()) {
          text = made.emplace(made.end(), c->shape_, std::string());
          encode_(text->second, here, c->shape_);
        }
        if (!text->second.empty()) c->write(text->second);
      }
    }
  }
}

// --- the run of a room

room::reader* hub::reader_of(room& r, form shape) noexcept {
  const auto found = std::find_if(r.readers_.begin(), r.readers_.end(),
                                  [&](const room::reader& x) { return x.shape == shape; });
  return found == r.readers_.end() ? nullptr : &*found;
}

void hub::read(room& r, form shape) {
  if (room::reader* there = reader_of(r, shape))
    ++there->clients;
  else
    r.readers_.push_back({shape, 1, nullptr});
}

void hub::stop_reading(room& r, form shape) {
  if (room::reader* there = reader_of(r, shape); there && --there->clients == 0)
    r.readers_.erase(r.readers_.begin() + (there - r.readers_.data()));
}

std::uint32_t& hub::mark_of(client& c, const room& r) {
  const auto found =
      std::find_if(c.marks_.begin(), c.marks_.end(), [&](const client::mark& m) { return m.in == &r; });
  if (found != c.marks_.end()) return found->taken;
  c.hub_.mark_dirty(c);
  return c.marks_.emplace_back(&r, 0).taken;
}

void hub::catch_up(client& c) {
  for (const person::seat& s : c.person_->seats_)
    if (s.in->is_dirty_) catch_up(c, *s.in);
}

void hub::catch_up(client& c, room& r) {
  const room::reader* from = reader_of(r, c.shape_);
  if (!from || !from->said) return;
  std::uint32_t& taken = mark_of(c, r);
  c.out_.add(from->said, taken, from->said->size());
  taken = from->said->size();
}

void hub::reshape(client& c, form to) {
  if (c.shape_ == to) return;
  if (!c.person_) {
    c.shape_ = to;
    return;
  }
  catch_up(c);
  c.marks_.clear();
  for (const person::seat& s : c.person_->seats_) {
    stop_reading(*s.in, c.shape_);
    read(*s.in, to);
    if (const room::reader* said = reader_of(*s.in, to); said->said) mark_of(c, *s.in) = said->said->size();
  }
  c.shape_ = to;
}

// --- the turn

void hub::wake() {
  if (std::exchange(awake_, true)) return;
  began_ = std::chrono::steady_clock::now();
  if (on_work) on_work();
}

void hub::mark_dirty(client& c) {
  wake();
  if (!std::exchange(c.is_dirty_, true)) dirty_clients_.push_back(&c);
}

void hub::forget(client& c) noexcept {
  if (operator_ == &c) operator_ = nullptr;
  if (capturing_ == &c) capturing_ = nullptr;
  if (c.is_dirty_) std::erase(dirty_clients_, &c);
  for (said& s : said_)
    if (s.by == &c) s.by = nullptr;
}

void hub::end_turn() {
  keep_crowds();
  end_deserted_rooms();
  const bool kept = !store_.dirty() || commit();
  for (room* r : dirty_rooms_) hand_out(*r);
  for (room* r : std::exchange(dirty_rooms_, {})) {
    r->is_dirty_ = false;
    for (room::reader& reader : r->readers_) reader.said.reset();
  }
  for (room* r : std::exchange(empty_rooms_, {})) rooms_.erase(rooms_.find(r->key_));
  awake_ = false;

  being_told_.swap(dirty_clients_);
  for (client* c : being_told_) {
    c->is_dirty_ = false;
    c->marks_.clear();
    outgoing batch = std::exchange(c->out_, {});
    if (!kept) batch.drop_conditional();
    if (!batch.empty()) c->connection_.deliver(std::move(batch));
    if (c->ending_) c->connection_.end();
  }
  being_told_.clear();
  if (!said_.empty()) count.delivery_time.observe(std::chrono::steady_clock::now() - began_);
  if (!kept) tell_what_was_not_kept();
  said_.clear();
}

bool hub::commit() {
  const auto begin = std::chrono::steady_clock::now();
  try {
    store_.commit();
    count.commits.add();
    keeping_ = true;
  } catch (const store_error&) {
    count.store_errors.add();
    keeping_ = false;
  }
  count.commit_time.observe(std::chrono::steady_clock::now() - begin);
  return keeping_;
}

void hub::hand_out(room& r) {
  for (const room::seat& s : r.seats_)
    for (client* c : s.who->clients_) {
      const room::reader* from = reader_of(r, c->shape_);
      if (!from || !from->said || from->said->bytes.empty()) continue;
      const auto mark =
          std::find_if(c->marks_.begin(), c->marks_.end(), [&](const client::mark& m) { return m.in == &r; });
      c->out_.add(from->said, mark == c->marks_.end() ? 0 : mark->taken, from->said->size());
      mark_dirty(*c);
    }
}

void hub::tell_what_was_not_kept() {
  for (const said& s : std::exchange(said_, {}))
    if (s.by && !s.by->ending_) s.by->not_kept(s.what, s.target);
}

}  // namespace parlance::chat
