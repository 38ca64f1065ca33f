#include <algorithm>

#include <parlance/chat/accounts/mail_codes.hpp>
#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/base/names.hpp>

namespace parlance::chat {
namespace {

constexpr budget few{.most = 3, .per_second = 3.0 / 3600};
constexpr std::size_t most_remembered = 10'000;

/// Fifty bits, in letters that look like no other.
std::string random_code() {
  constexpr std::string_view letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
  static_assert(letters.size() == 32);
  std::string code = random_bytes(10);
  for (char& c : code) c = letters[static_cast<unsigned char>(c) % letters.size()];
  return code;
}

/// As people copy it.
std::string plain(std::string_view code) {
  std::string letters;
  for (const char c : code) {
    const char small = fold(c);
    if (small >= 'a' && small <= 'z') letters += static_cast<char>(small - 'a' + 'A');
    if (c >= '0' && c <= '9') letters += c;
  }
  return letters;
}

/// However far it is like it, so that nothing is learnt by how long that takes.
bool is_same(std::string_view a, std::string_view b) {
  unsigned differs = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    differs |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  return differs == 0;
}

template <class Map, class Key> budget& budget_of(Map& all, const Key& key, io::time_point now) {
  make_room(all, most_remembered, now);
  return all.try_emplace(key, few).first->second;
}

}  // namespace

bool mail_codes::pay(const std::string& email, const std::optional<network>& from, io::time_point now) {
  budget& there = budget_of(by_address_, folded(email), now);
  budget* const household = from ? &budget_of(by_household_, from->household(), now) : nullptr;
  if (!there.has(1, now) || (household && !household->has(1, now)) || !all_mails_.has(1, now)) return false;
  there.take(1, now);
  if (household) household->take(1, now);
  return all_mails_.take(1, now);
}

void mail_codes::forget_old(io::time_point now) {
  std::erase_if(all_, [now](const auto& one) { return one.second.until <= now; });
}

std::optional<std::string> mail_codes::make(purpose why, matter what, const std::optional<network>& from,
                                            io::time_point now) {
  forget_old(now);
  if (all_.size() >= most || !pay(what.email, from, now)) return {};
  std::string code = random_code();
  std::pair key{why, folded(what.name)};
  all_.insert_or_assign(std::move(key),
                        open{.code = code, .what = std::move(what), .until = io::after(now, lasts)});
  return code;
}

const mail_codes::matter* mail_codes::waits(purpose why, std::string_view name, io::time_point now) {
  const auto found = all_.find({why, folded(name)});
  return found == all_.end() || found->second.until <= now ? nullptr : &found->second.what;
}

const mail_codes::matter* mail_codes::find(purpose why, std::string_view name, std::string_view code,
                                           io::time_point now) {
  const auto found = all_.find({why, folded(name)});
  if (found == all_.end() || found->second.until <= now) return nullptr;
  return is_same(found->second.code, plain(code)) ? &found->second.what : nullptr;
}

void mail_codes::end(purpose why, std::string_view name, std::string_view code) {
  const auto found = all_.find({why, folded(name)});
  if (found != all_.end() && is_same(found->second.code, plain(code))) all_.erase(found);
}

}  // namespace parlance::chat
