#include <fmt/core.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include <parlance/chat/base/formatting.hpp>
#include <parlance/chat/core/filters.hpp>
#include <parlance/chat/store/record_kinds.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;
using action = filter::action;

constexpr const record_kind& kind = record_kinds::filter;
constexpr auto actions = std::to_array<std::string_view>({"warn", "block", "silent", "kill", "ban"});

std::string key_of(const filter& its) { return std::to_string(its.number); }

std::string text_of(const filter& its) {
  return json{{"pattern", its.pattern},   {"does", filters::name_of(its.does)},
              {"looks_at", its.looks_at}, {"length", its.length},
              {"reason", its.reason},     {"set_by", its.set_by},
              {"set_at", its.set_at}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (wrong != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

/// Nothing for a document that is no filter.
std::optional<filter> read_filter(std::string_view key, std::string_view text) try {
  const json in = json::parse(text);
  const auto does = std::ranges::find(actions, in.at("does").get<std::string>());
  const std::optional<std::uint64_t> number = number_in(key);
  if (does == actions.end() || !number) return {};
  return filter{.pattern = in.at("pattern").get<std::string>(),
                .does = static_cast<action>(does - actions.begin()),
                .looks_at = in.at("looks_at").get<std::string>(),
                .length = in.at("length").get<std::int64_t>(),
                .reason = in.at("reason").get<std::string>(),
                .set_by = in.value("set_by", std::string()),
                .set_at = in.value("set_at", std::int64_t{0}),
                .number = *number};
} catch (const json::exception&) {
  return {};
}

std::unique_ptr<re2::RE2> compile(const std::string& pattern) {
  re2::RE2::Options how;
  how.set_log_errors(false);
  how.set_case_sensitive(false);
  how.set_dot_nl(true);
  how.set_never_capture(true);
  how.set_max_mem(filters::most_memory);
  return std::make_unique<re2::RE2>(pattern, how);
}

int size_of(const re2::RE2& compiled) { return compiled.ProgramSize() + compiled.ReverseProgramSize(); }

/// In a text that has nothing, or in each of some that have nothing in common.
bool is_in_everything(const re2::RE2& compiled) {
  return re2::RE2::PartialMatch("", compiled) ||
         std::ranges::all_of(std::array{"a", "0", "-", "\u0436"},
                             [&](const char* text) { return re2::RE2::PartialMatch(text, compiled); });
}

/// Why it cannot be looked for; empty: it can.
std::string why_unfit(const std::string& pattern, const re2::RE2& compiled) {
  if (pattern.empty() || pattern.size() > filters::longest_pattern)
    return fmt::format("a pattern has up to {} bytes", filters::longest_pattern);
  if (!compiled.ok()) return fmt::format("that is no pattern: {}", compiled.error());
  if (size_of(compiled) > filters::largest_program) return "that pattern is too large: its repetitions count";
  if (is_in_everything(compiled)) return "that pattern is found in everything";
  return {};
}

/// As it is read: what joins lines of a long message is nothing, and formatting is none.
std::string as_read(std::string_view text) {
  std::string shown = without_formatting(action_in(text).value_or(text));
  std::erase(shown, '\r');
  return shown;
}

bool has(std::string_view letters, char which) { return letters.find(which) != letters.npos; }

}  // namespace

std::string_view filters::name_of(action what) noexcept { return actions[static_cast<std::size_t>(what)]; }

bool filters::are_letters(std::string_view looks_at) noexcept {
  const auto is_of = [](std::span<const letter> all, char c) {
    return std::ranges::find(all, c, &letter::is) != all.end();
  };
  bool has_place = false;
  for (std::size_t i = 0; i < looks_at.size(); ++i) {
    const char c = looks_at[i];
    const bool is_place = c == '*' || is_of(places, c);
    if ((!is_place && !is_of(spares, c)) || has(looks_at.substr(0, i), c)) return false;
    has_place |= is_place;
  }
  return has_place;
}

filters::filters(store& keeps) : store_(keeps) {
  store_.each(kind, [&](std::string_view key, std::string_view text) {
    std::optional<filter> its = read_filter(key, text);
    if (!its || all_.size() >= most) return;
    std::unique_ptr<re2::RE2> compiled = compile(its->pattern);
    if (why_unfit(its->pattern, *compiled).empty()) all_.push_back({*std::move(its), std::move(compiled)});
  });
  std::ranges::sort(all_, {}, [](const entry& e) { return e.what.number; });
}

filters::~filters() = default;

std::string filters::add(filter what) {
  std::unique_ptr<re2::RE2> compiled = compile(what.pattern);
  if (std::string wrong = why_unfit(what.pattern, *compiled); !wrong.empty()) return wrong;
  const auto there = std::ranges::find(all_, what.pattern, [](const entry& e) { return e.what.pattern; });
  if (there == all_.end() && all_.size() >= most)
    return fmt::format("there are {} filters, and no more can be", most);
  int together = size_of(*compiled);
  for (const entry& e : all_)
    if (e.what.pattern != what.pattern) together += size_of(*e.looks_for);
  if (together > largest_together) return "the filters would be too large together: DEL takes one back";
  what.number = there != all_.end() ? there->what.number : all_.empty() ? 1 : all_.back().what.number + 1;
  store_.keep_now([&] { store_.put(kind, key_of(what), text_of(what)); });
  if (there == all_.end())
    all_.push_back({std::move(what), std::move(compiled)});
  else
    *there = {std::move(what), std::move(compiled)};
  return {};
}

bool filters::remove(std::string_view which) {
  auto there =
      std::ranges::find(all_, which, [](const entry& e) { return std::string_view(e.what.pattern); });
  if (const auto number = number_in(which); there == all_.end() && number)
    there = std::ranges::find(all_, *number, [](const entry& e) { return e.what.number; });
  if (there == all_.end()) return false;
  store_.keep_now([&] { store_.erase(kind, key_of(there->what)); });
  all_.erase(there);
  return true;
}

const filter* filters::find(const said& what) {
  if (all_.empty() || what.text.empty()) return nullptr;
  const std::string read = as_read(what.text);
  const bool is_another = read != what.text;
  entry* best = nullptr;
  for (entry& e : all_) {
    if (best && e.what.does <= best->what.does) continue;
    const std::string_view letters = e.what.looks_at;
    if (!has(letters, what.in) && !has(letters, '*')) continue;
    if ((what.is_operators && has(letters, 'o')) || (what.has_account && has(letters, 'r'))) continue;
    const auto is_in = [&](std::string_view text) {
      return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *e.looks_for);
    };
    if (is_in(what.text) || (is_another && is_in(read))) best = &e;
  }
  if (!best) return nullptr;
  ++best->found;
  return &best->what;
}

}  // namespace parlance::chat
