#include <algorithm>
#include <utility>

#include <parlance/chat/base/scripts.hpp>
#include <parlance/chat/core/people.hpp>

namespace parlance::chat {

person* people::holder_of(std::string_view nick) const {
  const auto found = all_.find(nick);
  return found == all_.end() ? nullptr : found->second.get();
}

person* people::find(std::string_view nick) const {
  person* const holder = holder_of(nick);
  return holder && holder->present_ ? holder : nullptr;
}

bool people::looks_like_other(std::string_view nick, const person* but) const {
  const auto is_other = [&](const person* who) { return who && who != but && !same_name(who->nick_, nick); };
  if (is_ascii(nick) && looks_.empty()) return false;
  const std::string look = skeleton_of(nick);
  const auto found = looks_.find(look);
  return is_other(holder_of(look)) || (found != looks_.end() && is_other(found->second));
}

void people::remember_look(const person& who) {
  if (!is_ascii(who.nick_)) looks_.emplace(skeleton_of(who.nick_), &who);
}

void people::forget_look(const person& who) {
  if (is_ascii(who.nick_)) return;
  const auto found = looks_.find(skeleton_of(who.nick_));
  if (found != looks_.end() && found->second == &who) looks_.erase(found);
}

std::vector<person*> people::of_account(std::string_view account) const {
  std::vector<person*> those;
  for (const auto& [nick, who] : all_)
    if (same_name(who->account, account)) those.push_back(who.get());
  return those;
}

person& people::add(std::string_view nick) {
  auto made = std::make_unique<person>();
  made->set_names(std::string(nick), {}, {});
  person& who = *all_.emplace(folded(nick), std::move(made)).first->second;
  remember_look(who);
  return who;
}

void people::rename(person& who, std::string_view nick, std::string_view user, std::string_view host) {
  auto node = all_.extract(all_.find(who.nick_));
  node.key() = folded(nick);
  forget_look(who);
  who.set_names(std::string(nick), user, host);
  remember_look(who);
  all_.insert(std::move(node));
}

void people::remove(const person& who) noexcept {
  forget_look(who);
  all_.erase(all_.find(who.nick_));
}

void people::came(person& who) noexcept {
  who.present_ = true;
  present.most_people = std::max(present.most_people, ++present.people);
  count_modes(who, true);
}

void people::gone(person& who) noexcept {
  who.present_ = false;
  --present.people;
  count_modes(who, false);
}

void people::set_mode(person& who, char letter, bool on) noexcept {
  count_modes(who, false);
  who.modes.set(letter, on);
  count_modes(who, true);
}

void people::count_modes(const person& who, bool came) noexcept {
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

}  // namespace parlance::chat
