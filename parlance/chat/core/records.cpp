#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <unordered_set>
#include <vector>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/records.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

std::uint64_t number_of(std::string_view digits) {
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

/// A part of a key, and what is behind the space after it.
std::string_view take_part(std::string_view& key) {
  const std::string_view part = key.substr(0, key.find(' '));
  key.remove_prefix(std::min(part.size() + 1, key.size()));
  return part;
}

/// Who asks several times in one step has the numbers at hand.
class owners {
 public:
  explicit owners(hub& of) : of_(of) {}

  bool has(key_part what, std::string_view name) {
    switch (what) {
      case key_part::any:
        return true;
      case key_part::account:
        return of_.accounts().exists(name);
      case key_part::certificate:
        return of_.accounts().owner_of(name).has_value();
      case key_part::look:
        return of_.accounts().looks_like(name).has_value() || of_.accounts().exists(name);
      case key_part::identity:
        return is_account(name) ? has_account(of_, name) : has_guest(number_of(name));
      case key_part::correspondent:
        return !is_account(name) || has_account(of_, name);
      case key_part::room:
        return of_.rooms().find(name) || of_.kept().newest(name) != 0;
      case key_part::room_or_person:
        return !name.starts_with('#') || has(key_part::room, name);
      case key_part::registered:
        return name.starts_with('#') ? is_registered(name) : has_account(of_, name);
      case key_part::crowd:
        return has_crowd(number_of(name));
    }
    return true;
  }

 private:
  bool is_registered(std::string_view name) const {
    const room* const its = of_.rooms().find(name);
    return its && !its->founder_account.empty();
  }

  bool has_guest(std::uint64_t serial) {
    if (!guests_) {
      guests_.emplace();
      for (const auto& [nick, who] : of_.people().all()) guests_->insert(who->serial);
    }
    return guests_->contains(serial);
  }

  bool has_crowd(std::uint64_t crowd) {
    if (!crowds_) {
      crowds_.emplace();
      for (const auto& [key, r] : of_.rooms().all()) crowds_->insert(r->crowd);
    }
    return crowds_->contains(crowd);
  }

  hub& of_;
  std::optional<std::unordered_set<std::uint64_t>> guests_, crowds_;
};

bool is_room(key_part what) noexcept {
  return what == key_part::room || what == key_part::room_or_person || what == key_part::registered;
}

/// A document whose key names a room, from `at` on.
struct record_of_room {
  const record_kind* kind;
  std::string key, json;
  std::size_t at = 0;
};

/// `of`: identities whose documents may name it, besides those that its own name.
std::vector<record_of_room> records_of_room(store& in, std::string_view room,
                                            std::span<const std::string> of) {
  std::vector<record_of_room> all;
  const auto find = [&](const record_kind& kind, const std::string& key, std::size_t at, const auto& visit) {
    if (auto json = in.get(kind, key)) all.push_back({&kind, key, *std::move(json), at});
    in.each(kind, key + ' ', [&](std::string_view longer, std::string_view json) {
      visit(longer.substr(key.size() + 1));
      all.push_back({&kind, std::string(longer), std::string(json), at});
    });
  };
  std::set<std::string, std::less<>> identities(of.begin(), of.end());
  for (const record_kind& kind : record_kinds::all)
    if (is_room(kind.first))
      find(kind, std::string(room), 0, [&](std::string_view rest) {
        if (kind.second == key_part::identity) identities.emplace(take_part(rest));
      });
  for (const record_kind& kind : record_kinds::all)
    if (is_room(kind.second))
      for (const std::string& identity : identities)
        find(kind, fmt::format("{} {}", identity, room), identity.size() + 1, [](std::string_view) {});
  return all;
}

}  // namespace

bool has_account(hub& of, std::string_view identity) {
  return of.accounts().find_by_identity(identity).has_value();
}

void erase_records_of(store& in, std::string_view account, std::string_view identity) {
  for (const record_kind& kind : record_kinds::all) {
    const bool is_by_name = kind.first == key_part::account;
    const bool is_by_identity = kind.first == key_part::identity || kind.first == key_part::registered;
    if (!is_by_name && !is_by_identity) continue;
    const std::string owner = is_by_name ? folded(account) : std::string(identity);
    in.erase(kind, owner);
    in.each(kind, owner + ' ', [&](std::string_view key, std::string_view) { in.erase(kind, key); });
  }
}

void erase_records_of_room(store& in, std::string_view room) {
  for (const record_of_room& one : records_of_room(in, room, {})) in.erase(*one.kind, one.key);
}

void move_records_of_room(store& in, std::string_view from, std::string_view to,
                          std::span<const std::string> there) {
  const auto moved = records_of_room(in, from, there), gone = records_of_room(in, to, there);
  for (const auto& all : {moved, gone})
    for (const record_of_room& one : all) in.erase(*one.kind, one.key);
  for (const record_of_room& one : moved) {
    std::string key = one.key;
    in.put(*one.kind, key.replace(one.at, from.size(), to), one.json);
  }
}

void sweep_records(hub& of, sweep_place& from, std::size_t most) {
  owners known(of);
  for (; most > 0 && !from.is_at_end(); --most) {
    const record_kind& kind = record_kinds::all[from.kind];
    const bool ends = kind.first != key_part::any;
    const std::optional<std::string> key = ends ? of.kept().first(kind, from.key, "\xff") : std::nullopt;
    if (!key) {
      from = {.kind = from.kind + 1};
      continue;
    }
    std::string_view rest = *key;
    const std::string_view first = take_part(rest), second = take_part(rest);
    if (!known.has(kind.first, first) || !known.has(kind.second, second)) {
      of.kept().erase(kind, *key);
      of.turn().wake();
    }
    from.key = *key + '\0';
  }
}

}  // namespace parlance::chat
