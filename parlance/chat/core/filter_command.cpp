#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/filter_command.hpp>
#include <parlance/chat/core/server_bans.hpp>

namespace parlance::chat {
namespace {

using action = filter::action;

constexpr std::size_t longest_reason = 150;       // bytes, with which it fits into a line of IRC
constexpr std::int64_t usual_ban = 24 * 60 * 60;  // seconds

filter_answer refuse(std::string why) { return {.lines = {std::move(why)}, .done = false}; }

std::optional<action> action_called(std::string_view name) {
  for (const action one : {action::warn, action::block, action::silent, action::kill, action::ban})
    if (same_name(filters::name_of(one), name)) return one;
  return {};
}

std::string letters_there_are() {
  std::string all = "WHERE is * or letters of";
  for (const filters::letter& one : filters::places) all += fmt::format(" {} ({}),", one.is, one.about);
  all += " and whom it spares:";
  for (const filters::letter& one : filters::spares) all += fmt::format(" {} ({})", one.is, one.about);
  return all;
}

/// Programs read it, too.
std::string line_of(const filter& its) {
  return fmt::format("filter {} {} {}{} {}", its.number, filters::name_of(its.does), its.looks_at,
                     its.does == action::ban ? fmt::format(" {}s", its.length) : "", its.pattern);
}

filter_answer list(const filters& all) {
  filter_answer answer;
  for (const filters::entry& e : all.all()) {
    answer.lines.push_back(line_of(e.what));
    answer.lines.push_back(fmt::format("       {} by {} at {:%Y-%m-%d %H:%M} UTC, found {} times",
                                       e.what.reason, e.what.set_by,
                                       fmt::gmtime(static_cast<std::time_t>(e.what.set_at)), e.found));
  }
  answer.lines.push_back(fmt::format("filters: {}", all.all().size()));
  return answer;
}

filter_answer add(hub& of, std::string_view text, std::string_view by) {
  filter its{
      .pattern = std::string(take_word(text)), .set_by = std::string(by), .set_at = of.clock().seconds()};
  const std::string_view does = take_word(text);
  its.looks_at = take_word(text);
  const std::optional<action> what = action_called(does);
  if (its.looks_at.empty()) return refuse(fmt::format("filters have {}", filter_usage));
  if (!what) return refuse(fmt::format("{} is none of warn, block, silent, kill and ban", does));
  if (!filters::are_letters(its.looks_at)) return refuse(letters_there_are());
  its.does = *what;
  if (*what == action::ban) {
    std::string_view rest = text;
    const std::optional<std::int64_t> length = parse_ban_length(take_word(rest));
    if (length) text = rest;
    its.length = length.value_or(usual_ban);
  }
  its.reason = text.empty() ? "no reason given" : text;
  if (its.reason.size() > longest_reason)
    return refuse(fmt::format("a reason has {} bytes at most", longest_reason));
  const std::string pattern = its.pattern;
  if (std::string wrong = of.filters().add(std::move(its)); !wrong.empty()) return refuse(std::move(wrong));
  const auto all = of.filters().all();
  return {.lines = {line_of(std::ranges::find(all, pattern, [](const filters::entry& e) {
                              return e.what.pattern;
                            })->what)}};
}

filter_answer test(hub& of, std::string_view text) {
  const filter* const its = of.filters().find({.in = 'p', .text = text});
  return {.lines = {its ? line_of(*its) : "no filter is found in that"}};
}

}  // namespace

filter_answer obey_filter_command(hub& of, std::string_view text, std::string_view by) {
  const std::string_view what = take_word(text);
  if (what.empty() || (same_name(what, "LIST") && text.empty())) return list(of.filters());
  if (same_name(what, "ADD")) return add(of, text, by);
  if (same_name(what, "TEST") && !text.empty()) return test(of, text);
  if (!same_name(what, "DEL") || text.empty()) return refuse(fmt::format("filters have {}", filter_usage));
  if (!of.filters().remove(text)) return refuse("there is no such filter");
  return {.lines = {fmt::format("filter {} is no more", text)}};
}

}  // namespace parlance::chat
