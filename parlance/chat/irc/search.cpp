// SEARCH (soju.im/search; https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md).
#include <algorithm>
#include <charconv>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/searching.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/history_reading.hpp>
#include <parlance/io/task.hpp>

namespace parlance::chat::irc {
namespace {

constexpr std::string_view name = "SEARCH";

void refuse(irc_client& by, std::string_view about, std::string_view text) {
  by.fail(name, "INVALID_PARAMS", {about}, text);
}

/// A time, as those of server-time are written.
std::optional<places> places_at(const irc_client& by, std::string_view text) {
  const std::optional<std::uint64_t> time = parse_time(text);
  return time ? std::optional(by.chat().clock().places_of(*time)) : std::nullopt;
}

bool take_limit(search_question& into, std::string_view text) {
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (text.empty() || end != text.data() + text.size() || error == std::errc::invalid_argument) return false;
  into.limit = error == std::errc::result_out_of_range ? most_found : std::min(limit, most_found);
  return true;
}

/// Attributes stand as tags do: "in=#chan;text=some\swords". Says why not.
std::optional<search_question> understand(irc_client& by, std::string_view attributes) {
  search_question asked;
  for (const std::string_view item : items_of(attributes, ';')) {
    const std::size_t sign = std::min(item.find('='), item.size());
    const std::string_view key = item.substr(0, sign);
    std::string value = unescape_tag(item.substr(std::min(sign + 1, item.size())));
    if (key == "in") {
      asked.in = std::move(value);
    } else if (key == "from") {
      asked.from = std::move(value);
    } else if (key == "text") {
      asked.text = std::move(value);
    } else if (key == "after" || key == "before") {
      const std::optional<places> at = places_at(by, value);
      if (!at) return refuse(by, key, "Invalid timestamp"), std::nullopt;
      if (key == "before") {
        asked.last = at->last;
      } else {
        asked.first = at->first;
        asked.begin = entry_range::end::oldest;
      }
    } else if (key == "limit") {
      if (!take_limit(asked, value)) return refuse(by, key, "Invalid limit"), std::nullopt;
    } else {
      return refuse(by, key.empty() ? std::string_view("*") : key, "Unknown attribute"), std::nullopt;
    }
  }
  return asked;
}

void tell(irc_client& by, const search_answer& answer) {
  using outcome = search_answer::outcome;
  const std::string_view why = explain(answer.how);
  if (answer.how == outcome::no_target) return refuse(by, "in", why);
  if (answer.how == outcome::too_long) return refuse(by, "text", why);
  if (answer.how != outcome::done) return by.fail(name, "INTERNAL_ERROR", {}, why);
  const std::string batch = by.open_batch("soju.im/search", {});
  // As many as may wait for one client: the newest.
  const std::size_t most = by.bounds().sendq / 2;
  std::string lines;
  for (auto found = answer.all.rbegin(); found != answer.all.rend() && lines.size() < most; ++found)
    lines.insert(0, history_lines(by, {found->said}, found->in, batch));
  by.answer_past(lines, by.standard_reply("FAIL", name, "INTERNAL_ERROR", {}, explain(outcome::failed)));
  by.close_batch(batch);
}

}  // namespace

void search(irc_client& by, const message& m) {
  if (!by.has(capability::search)) return by.reply(numeric::ERR_UNKNOWNCOMMAND, {name, "Unknown command"});
  if (m.param_count() == 0) return refuse(by, "*", "Insufficient parameters");
  if (m.param_count() > 1) return refuse(by, "*", "Too many parameters: a space in a value is \\s");
  std::optional<search_question> asked = understand(by, m.param(0));
  if (!asked) return;
  const auto answer = std::make_shared<search_answer>();
  by.wait_for(
      [](hub& chat, search_question what, std::function<person*()> whose,
         std::shared_ptr<search_answer> into) -> io::task<void> {
        *into = co_await search_messages(chat, std::move(what), std::move(whose));
      }(by.chat(), *std::move(asked), by.presence(), answer),
      [&by, answer] {
        if (by.who()) tell(by, *answer);
      });
}

}  // namespace parlance::chat::irc
