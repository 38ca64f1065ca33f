#include <algorithm>
#include <utility>

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

std::vector<person*> people::of_account(std::string_view account) const {
  std::vector<person*> those;
  for (const auto& [nick, who] : all_)
    if (same_name(who->account, account)) those.push_back(who.get());
  return those;
}

person& people::add(std::string_view nick) {
  auto made = std::make_unique<person>();
  made->set_names(std::string(nick), {}, {});
  return *all_.emplace(folded(nick), std::move(made)).first->second;
}

void people::rename(person& who, std::string_view nick, std::string_view user, std::string_view host) {
  auto node = all_.extract(all_.find(who.nick_));
  node.key() = folded(nick);
  who.set_names(std::string(nick), user, host);
  all_.insert(std::move(node));
}

void people::remove(const person& who) noexcept { all_.erase(all_.find(who.nick_)); }

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
