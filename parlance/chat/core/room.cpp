#include <algorithm>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/scripts.hpp>
#include <parlance/chat/core/room.hpp>
#include <parlance/chat/core/room_modes.hpp>

namespace parlance::chat {
namespace {

struct value_mover {
  room &to, &from;
  void operator()(std::monostate) const {}
  void operator()(auto of) const { to.*of = std::move(from.*of); }
};

/// Whether somebody is logged in to that account, and not to one of the same name before or after it.
bool is_of(const person& who, std::string_view account, std::uint64_t number) noexcept {
  return !who.account.empty() && who.account_number == number && same_name(account, who.account);
}

}  // namespace

std::string prefixes_of(unsigned char ranks, bool all) {
  std::string prefixes;
  for (std::size_t i = 0; i < rank_prefixes.size() && (all || prefixes.empty()); ++i)
    if (ranks & (founder >> i)) prefixes += rank_prefixes[i];
  return prefixes;
}

std::string letters_of(unsigned char ranks) {
  std::string letters;
  for (std::size_t i = 0; i < rank_letters.size(); ++i)
    if (ranks & (founder >> i)) letters += rank_letters[i];
  return letters;
}

room::room(std::string_view called) : name_(called), key_(folded(called)), look_(skeleton_of(called)) {}

unsigned char room::ranks_of(const person& who) const noexcept {
  const std::size_t at = who.find_seat(*this);
  return at == who.seats().size() ? no_rank : seats_[who.seats()[at].index].ranks;
}

bool room::is_known_to(const person& who) const noexcept { return !modes.has('s') || who.is_in(*this); }

bool room::shows(const person& whom, const person& to) const noexcept {
  return !modes.has('u') || &whom == &to || ranks_of(whom) != no_rank || ranks_of(to) != no_rank ||
         to.may(permission::inspect);
}

unsigned char room::lasting_ranks(const person& who) const noexcept {
  unsigned char ranks = is_founded_by(who) ? founder : no_rank;
  for (const ranked_account& one : ranked_accounts)
    if (is_of(who, one.name, one.number)) ranks |= one.ranks;
  return ranks;
}

bool room::is_founded_by(const person& who) const noexcept {
  return is_of(who, founder_account, founder_number);
}

const room::absentee* room::find_expected(std::string_view identity) const noexcept {
  const auto found = std::ranges::find(expected, identity, &absentee::identity);
  return found == expected.end() ? nullptr : &*found;
}

const room::invitation* room::find_invitation(const person& who) const noexcept {
  const auto found = std::ranges::find(invited, who.serial, &invitation::serial);
  return found == invited.end() ? nullptr : &*found;
}

void room::expect_nobody() {
  if (!before_.expected) before_.expected = expected;
  expected.clear();
  returned.clear();
}

bool room::is_closed() const noexcept {
  return std::ranges::any_of(room_modes(), [&](const room_mode& mode) {
    return mode.closes != closing::nothing && is_set(*this, mode);
  });
}

bool room::keeps_people() const noexcept {
  return founder_account.empty() && is_closed() && (!same_name(name_, lobby) || modes.has('i'));
}

void room::take_settings(room&& from) {
  topic = std::move(from.topic);
  modes = from.modes;
  for (const room_mode& mode : room_modes()) std::visit(value_mover{*this, from}, mode.value);
  founder_account = std::move(from.founder_account);
  founder_number = from.founder_number;
  ranked_accounts = std::move(from.ranked_accounts);
  hooks = std::move(from.hooks);
  offered_to = std::move(from.offered_to);
  retention = from.retention;
}

bool room::is_as_made() const noexcept {
  mode_set usual;
  for (const char c : usual_modes) usual.set(c);
  return modes == usual && topic.text.empty() && founder_account.empty() && hooks.empty() && retention == 0 &&
         std::ranges::none_of(room_modes(), [&](const room_mode& mode) {
           return mode.kind != mode_kind::flag && is_set(*this, mode);
         });
}

}  // namespace parlance::chat
