#include <algorithm>
#include <tuple>

#include <cli/chat/model/conversation.hpp>

namespace parlance::cli {
namespace {

std::size_t size_of(const chat_entry& one) {
  std::size_t bytes = sizeof one + one.id.size() + one.nick.size() + one.text.size();
  if (!one.more) return bytes;
  bytes += sizeof *one.more + one.more->reply_to.size();
  for (const auto& [what, who] : one.more->reactions) {
    bytes += sizeof what + sizeof who + what.size();
    for (const std::string& nick : who) bytes += sizeof nick + nick.size();
  }
  return bytes;
}

}  // namespace

chat_entry* conversation::find(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

const chat_entry* conversation::first_kept() const {
  const auto first = std::ranges::find_if(entries_, [](const auto& one) { return !one->id.empty(); });
  return first == entries_.end() ? nullptr : first->get();
}

std::size_t conversation::place_of(wall_time time) const {
  const auto behind = std::ranges::upper_bound(entries_, time, {}, [](const auto& one) { return one->time; });
  return static_cast<std::size_t>(behind - entries_.begin());
}

std::optional<std::size_t> conversation::place_of(const chat_entry& one) const {
  for (std::size_t at = place_of(one.time - 1); at < entries_.size() && entries_[at]->time == one.time; ++at)
    if (entries_[at].get() == &one) return at;
  return {};
}

bool conversation::hear(chat_entry one) {
  // The server's clock may have been set back.
  if (!entries_.empty()) one.time = std::max(one.time, entries_.back()->time);
  return insert(std::move(one));
}

bool conversation::insert(chat_entry one) {
  if (!one.id.empty() && by_id_.contains(one.id)) return false;
  const auto at = entries_.begin() + static_cast<std::ptrdiff_t>(place_of(one.time));
  chat_entry& there = **entries_.insert(at, std::make_unique<chat_entry>(std::move(one)));
  bytes_ += size_of(there);
  if (there.id.empty()) return true;
  by_id_.emplace(there.id, &there);
  if (!last_kept_ || there.time >= last_kept_->time) last_kept_ = &there;
  return true;
}

void conversation::change(chat_entry& one, const std::function<void(chat_entry&)>& how) {
  bytes_ -= size_of(one);
  how(one);
  bytes_ += size_of(one);
}

void conversation::take_back(chat_entry& one) {
  change(one, [](chat_entry& it) {
    it.is_redacted = true;
    it.text = {};
  });
}

void conversation::forget() {
  by_id_.clear();
  last_kept_ = nullptr;
  bytes_ = 0;
  entries_.clear();
  older = past::unknown;
}

void conversation::shorten(std::size_t to) {
  if (entries_.size() <= to) return;
  for (; entries_.size() > to; entries_.pop_front()) {
    const chat_entry& first = *entries_.front();
    by_id_.erase(first.id);
    bytes_ -= size_of(first);
    if (last_kept_ == &first) last_kept_ = nullptr;
  }
  if (older == past::none) older = past::more;
}

std::vector<const chat_member*> conversation::people(std::string_view signs) const {
  std::vector<const chat_member*> all;
  all.reserve(members.size());
  for (const auto& [folded, member] : members) all.push_back(&member);
  const auto place = [&](const chat_member* who) {
    return who->ranks.empty() ? signs.size() : std::min(signs.find(who->ranks.front()), signs.size());
  };
  std::ranges::sort(all, [&](const chat_member* a, const chat_member* b) {
    return std::tuple(place(a), a->nick) < std::tuple(place(b), b->nick);
  });
  return all;
}

}  // namespace parlance::cli
