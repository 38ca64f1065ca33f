#include <algorithm>
#include <memory>

#include <parlance/chat/core/room_run.hpp>

namespace parlance::chat {
namespace {

/// What is around a text: tags, who says it, where. So that a run of one line seldom grows.
constexpr std::size_t usual_frame = 192;

}  // namespace

void room_run::append(const encoders& encode, const event& what) {
  is_begun_ = true;
  for (version& v : versions_) {
    if (!v.said) {
      v.said = std::make_shared<run>();
      v.said->bytes.reserve(what.text.size() + usual_frame);
    }
    const std::uint32_t begin = v.said->size();
    encode(v.said->bytes, what, v.shape);
    if (what.is_conditional() && v.said->size() != begin)
      v.said->conditional.push_back({begin, v.said->size()});
  }
}

void room_run::end() noexcept {
  is_begun_ = false;
  for (version& v : versions_) v.said.reset();
}

const shared_run* room_run::said_in(form shape) const noexcept {
  const auto its = std::ranges::find(versions_, shape, &version::shape);
  return its == versions_.end() || !its->said ? nullptr : &its->said;
}

std::vector<room_run::version>::iterator room_run::find(form shape) noexcept {
  return std::ranges::find(versions_, shape, &version::shape);
}

room_run::version& room_run::add_reader(form shape) {
  const auto there = find(shape);
  version& its = there != versions_.end() ? *there : versions_.emplace_back(shape, 0, nullptr);
  ++its.readers;
  return its;
}

void room_run::remove_reader(form shape) noexcept {
  if (const auto its = find(shape); its != versions_.end() && --its->readers == 0) versions_.erase(its);
}

void run_reader::begin(room_run& of) {
  const room_run::version& its = of.add_reader(shape_);
  const std::uint32_t said = its.said ? its.said->size() : 0;
  // It may have read here in this turn already, and have taken something of a version that is no more.
  if (mark* const there = find(of))
    there->taken = said;
  else if (said != 0)
    marks_.push_back({&of, said});
}

void run_reader::end(room_run& of) {
  catch_up(of);
  of.remove_reader(shape_);
}

void run_reader::catch_up(const room_run& of) {
  const shared_run* const said = of.said_in(shape_);
  if (!said) return;
  std::uint32_t& taken = mark_in(of);
  out_.add(*said, taken, (*said)->size());
  taken = (*said)->size();
}

void run_reader::skip(const room_run& of) {
  if (const shared_run* const said = of.said_in(shape_)) mark_in(of) = (*said)->size();
}

void run_reader::take_rest(const room_run& of) {
  const shared_run* const said = of.said_in(shape_);
  if (!said) return;
  const mark* const from = find(of);
  out_.add(*said, from ? from->taken : 0, (*said)->size());
}

outgoing run_reader::hand_over() {
  marks_.clear();
  return std::move(out_);  // nothing is left
}

run_reader::mark* run_reader::find(const room_run& in) noexcept {
  const auto found = std::ranges::find(marks_, &in, &mark::in);
  return found == marks_.end() ? nullptr : &*found;
}

std::uint32_t& run_reader::mark_in(const room_run& in) {
  mark* const there = find(in);
  return there ? there->taken : marks_.emplace_back(&in, 0).taken;
}

}  // namespace parlance::chat
