#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/uploads.hpp>
#include <parlance/chat/store/record_kinds.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/text/sanitizer.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

constexpr std::size_t longest_name = 80, longest_ending = 8;
/// Under way at a time: of all, of one account, and of one household.
constexpr std::size_t most_coming = 64, most_coming_of = 4, most_coming_from = 4;
/// Where all places are taken, one that has been under way for so long and comes no faster, in bytes a second, is to
/// give way.
constexpr io::duration least_patience = std::chrono::seconds(10);
constexpr double fast_enough = 64.0 * 1024;
/// Of one person: at once, and then one each ten seconds.
constexpr budget as_often{.most = 30, .per_second = 0.1};
constexpr std::size_t most_remembered = 4096;
/// Addresses of one household that are none. A page may show as many old ones at once.
constexpr budget may_miss{.most = 200, .per_second = 1};

std::string key_of(const upload& one) { return fmt::format("{} {}", one.owner, one.token); }

std::uint64_t cost_of(std::uint64_t size) { return std::max(size, uploads::least_cost); }

/// Nothing for a document that is none.
std::optional<upload> read(std::string_view key, std::string_view text) {
  const std::size_t space = key.rfind(' ');
  if (space == key.npos) return {};
  try {
    const json in = json::parse(text);
    return upload{.token = std::string(key.substr(space + 1)),
                  .owner = std::string(key.substr(0, space)),
                  .name = in.at("name").get<std::string>(),
                  .size = in.at("size").get<std::uint64_t>(),
                  .since = in.at("since").get<std::int64_t>()};
  } catch (const json::exception&) {
    return {};
  }
}

/// Without breaking a character.
void shorten(std::string& text, std::size_t most) {
  if (text.size() <= most) return;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0U) == 0x80U) --most;
  text.resize(most);
}

}  // namespace

std::string_view ending_of(std::string_view name) noexcept {
  const std::size_t dot = name.rfind('.');
  if (dot == name.npos || dot == 0) return {};
  const std::string_view ending = name.substr(dot + 1);
  const auto is_fit = [](char c) { return (c >= '0' && c <= '9') || (fold(c) >= 'a' && fold(c) <= 'z'); };
  return ending.size() <= longest_ending && std::ranges::all_of(ending, is_fit) ? ending : std::string_view();
}

std::string upload_name(std::string_view given, std::string_view ending) {
  given.remove_prefix(std::min(given.find_last_of("/\\") + 1, given.size()));  // npos + 1 is 0
  std::string name = text::sanitize(given);
  name.erase(0, std::min(name.find_first_not_of(". "), name.size()));
  name.erase(name.find_last_not_of(". ") + 1);
  const std::string own = folded(ending_of(name));
  if (!own.empty()) {
    name.resize(name.size() - own.size() - 1);
    ending = own;
  }
  shorten(name, longest_name);
  if (name.empty()) name = "file";
  return ending.empty() ? name : fmt::format("{}.{}", name, ending);
}

std::string upload::file() const {
  const std::string_view ending = ending_of(name);
  return ending.empty() ? token : fmt::format("{}.{}", token, ending);
}

uploads::arrival::arrival(arrival&& other) noexcept
    : of_(std::exchange(other.of_, nullptr)), what_(std::move(other.what_)), number_(other.number_) {}

uploads::arrival::~arrival() {
  if (!of_) return;
  of_->coming_.erase(number_);
  of_->give_back(what_.owner, cost_of(what_.size));
}

std::expected<void, uploads::obstacle> uploads::arrival::grow(std::uint64_t bytes) {
  const std::uint64_t more = cost_of(what_.size + bytes) - cost_of(what_.size);
  const auto taken = of_->take(what_.owner, more);
  if (taken) of_->coming_.at(number_).size = what_.size += bytes;
  return taken;
}

bool uploads::is_offered() const noexcept {
  return settings_.uploads.enabled && !store_.options().folder.empty();
}

void uploads::load() {
  store_.each(record_kinds::upload, [this](std::string_view key, std::string_view text) {
    std::optional<upload> one = read(key, text);
    if (!one) return;
    total_ += cost_of(one->size);
    held_[one->owner] += cost_of(one->size);
    all_.emplace(one->token, *std::move(one));
  });
}

std::expected<void, uploads::obstacle> uploads::take(const std::string& owner, std::uint64_t bytes) {
  const settings::uploads_group& bounds = settings_.uploads;
  const auto of_owner = held_.find(owner);
  const std::uint64_t held = of_owner == held_.end() ? 0 : of_owner->second;
  if (held + bytes > bounds.quota_per_person) return std::unexpected(obstacle::person_full);
  if (total_ + bytes > bounds.quota) return std::unexpected(obstacle::full);
  held_[owner] += bytes;
  total_ += bytes;
  return {};
}

void uploads::give_back(const std::string& owner, std::uint64_t bytes) {
  total_ -= bytes;
  if (const auto one = held_.find(owner); (one->second -= bytes) == 0) held_.erase(one);
}

bool uploads::may_begin(std::string_view owner, const std::optional<network>& from) const {
  const auto are = [&](auto is) {
    return static_cast<std::size_t>(
        std::ranges::count_if(coming_, [&](const auto& one) { return is(one.second); }));
  };
  // Of guests the household is the owner, and may be one that is not bounded.
  if ((from || is_account(owner)) &&
      are([&](const under_way& one) { return one.owner == owner; }) >= most_coming_of)
    return false;
  return !from || are([&](const under_way& one) { return one.from == from; }) < most_coming_from;
}

/// Null: all come fast enough, or have begun just now.
uploads::under_way* uploads::slowest(io::time_point now) {
  under_way* found = nullptr;
  double pace = fast_enough;
  for (auto& [number, one] : coming_) {
    const double seconds = std::chrono::duration<double>(now - one.since).count();
    if (one.gives_way.is_set() || now - one.since < least_patience) continue;
    if (const double its = static_cast<double>(one.size) / seconds; its < pace) found = &one, pace = its;
  }
  return found;
}

bool uploads::may_look(const std::optional<network>& from, io::time_point now) {
  if (!from) return true;
  const auto its = missed_.find(from->household());
  return its == missed_.end() || its->second.has_any(now);
}

void uploads::has_missed(const std::optional<network>& from, io::time_point now) {
  if (!from) return;
  make_room(missed_, most_remembered, now);
  missed_.try_emplace(from->household(), may_miss).first->second.take(1, now);
}

std::expected<uploads::arrival, uploads::obstacle> uploads::begin(std::string_view owner,
                                                                  const std::optional<network>& from,
                                                                  std::uint64_t expected,
                                                                  io::time_point now) {
  const std::string whose(owner);
  const bool is_full = static_cast<std::size_t>(std::ranges::count_if(coming_, [](const auto& one) {
                         return !one.second.gives_way.is_set();
                       })) >= most_coming;
  under_way* const gives_way = is_full ? slowest(now) : nullptr;
  if (!may_begin(owner, from) || (is_full && !gives_way)) return std::unexpected(obstacle::too_many);
  make_room(often_, most_remembered, now);
  if (!often_.try_emplace(whose, as_often).first->second.take(1, now))
    return std::unexpected(obstacle::too_often);
  // What is too much is refused before it comes; and what has come counts as it comes.
  if (const auto fits = take(whose, cost_of(expected)); !fits) return std::unexpected(fits.error());
  give_back(whose, cost_of(expected));
  if (const auto taken = take(whose, least_cost); !taken) return std::unexpected(taken.error());
  if (gives_way) gives_way->gives_way.set();
  upload made;
  made.token = random_token();
  made.owner = whose;
  const std::uint64_t number = ++numbers_;
  under_way& coming = coming_[number];
  coming.owner = whose;
  coming.from = from;
  coming.since = now;
  return arrival(*this, std::move(made), number);
}

const upload& uploads::keep(arrival&& whole, std::string_view name, std::int64_t now) {
  upload& what = whole.what_;
  what.name = name;
  what.since = now;
  store_.keep_now([&] {
    store_.put(record_kinds::upload, key_of(what),
               json({{"name", what.name}, {"size", what.size}, {"since", what.since}})
                   .dump(-1, ' ', false, json::error_handler_t::replace));
  });
  arrival ended = std::move(whole);
  // What it held is the file's now.
  total_ += cost_of(ended.what_.size);
  held_[ended.what_.owner] += cost_of(ended.what_.size);
  return all_.emplace(ended.what_.token, ended.what_).first->second;
}

const upload* uploads::find(std::string_view token) const {
  const auto found = all_.find(std::string(token));
  return found == all_.end() ? nullptr : &found->second;
}

void uploads::forget(std::unordered_map<std::string, upload>::iterator one) {
  give_back(one->second.owner, cost_of(one->second.size));
  removed_.push_back(one->second.file());
  all_.erase(one);
}

bool uploads::remove(std::string_view token) {
  const auto one = all_.find(std::string(token));
  if (one == all_.end()) return false;
  store_.keep_now([&] { store_.erase(record_kinds::upload, key_of(one->second)); });
  forget(one);
  return true;
}

void uploads::remove_all_of(std::string_view owner) {
  for (auto one = all_.begin(); one != all_.end();) {
    const auto next = std::next(one);
    if (one->second.owner == owner) {
      store_.erase(record_kinds::upload, key_of(one->second));
      forget(one);
    }
    one = next;
  }
}

void uploads::remove_older_than(std::int64_t since, std::size_t most) {
  std::vector<std::pair<std::int64_t, std::string>> old;
  for (const auto& [token, one] : all_)
    if (one.since < since) old.emplace_back(one.since, token);
  std::ranges::sort(old);
  for (std::size_t i = 0; i < std::min(most, old.size()); ++i) remove(old[i].second);
}

}  // namespace parlance::chat
