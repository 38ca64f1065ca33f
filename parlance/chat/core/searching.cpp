#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/processor_time.hpp>
#include <parlance/chat/core/searching.hpp>
#include <parlance/chat/search/words.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::chat {
namespace {

using result = search_answer::outcome;

/// Of what was found, some may have gone since; so often it is looked for more.
constexpr int most_rounds = 4;
constexpr std::size_t looked_up_at_once = 10;

/// Where somebody may look for it. Nothing: there is no such conversation.
std::vector<readable_history> readable(hub& of, const person& who, std::string_view in) {
  std::vector<readable_history> all;
  if (!in.empty()) {
    if (std::optional<readable_history> one = find_history(of, who, in)) all.push_back(*std::move(one));
    return all;
  }
  // Who runs the server reads all rooms, and nobody's private talks but its own.
  if (who.is_console)
    for (const auto& [key, r] : of.rooms().all()) all.push_back(history_of(of, who, *r));
  else
    for (const person::seat& s : who.seats()) all.push_back(history_of(of, who, *s.in));
  std::ranges::move(talks_of(of, who), std::back_inserter(all));
  return all;
}

bool may_ask(hub& of, person& who) {
  const io::time_point now = io::loop::current().now();
  return who.own().history.has_any(now) && of.history_reading.has(of.share_of(who), now);
}

void pay(hub& of, person* who, const std::optional<network>& share, double seconds) {
  const io::time_point now = io::loop::current().now();
  if (who) who->own().history.owe(seconds, now);
  of.history_reading.owe(share, seconds, now);
}

/// Adds those of the hits that somebody may read, and that are still there.
void add_found(hub& of, const person& who, const search_question& asked, const search_request& looked_in,
               std::span<const search_hit> hits, std::vector<found_message>& to) {
  const std::vector<readable_history> now = readable(of, who, asked.in);
  for (const search_hit& hit : hits) {
    if (to.size() >= asked.limit) return;
    const auto in =
        std::ranges::find(now, looked_in.among[hit.place].conversation, &readable_history::conversation);
    if (in == now.end() || hit.id < in->since) continue;
    std::optional<stored_entry> said = of.kept().find(in->conversation, hit.id);
    if (!said || (kind_bit(said->kind) & said_kinds) == 0) continue;
    const std::string_view nick = std::string_view(said->source).substr(0, said->source.find('!'));
    if (asked.from.empty() || same_name(nick, asked.from)) to.push_back({*in, *std::move(said)});
  }
}

result result_of(message_search::outcome how) {
  switch (how) {
    case message_search::outcome::done:
      return result::done;
    case message_search::outcome::not_ready:
      return result::not_ready;
    case message_search::outcome::too_busy:
      return result::not_now;
    case message_search::outcome::too_slow:
      return result::too_slow;
    case message_search::outcome::failed:
      break;
  }
  return result::failed;
}

/// What the hub's own part of it costs is paid for, too.
class paid_part {
 public:
  paid_part(hub& of, person& who) : of_(of), who_(who), start_(processor_seconds()) {}
  ~paid_part() { pay(of_, &who_, of_.share_of(who_), processor_seconds() - start_); }
  paid_part(const paid_part&) = delete;
  paid_part& operator=(const paid_part&) = delete;

 private:
  hub& of_;
  person& who_;
  const double start_;
};

/// Throws store_error.
io::task<search_answer> look_for(hub& of, search_question what, search_request asked,
                                 std::function<person*()> whose) {
  search_answer answer;
  std::optional<network> share;
  {
    person* const who = whose();
    if (!who) co_return search_answer{result::nobody};
    if (!can_search(of, of.configured())) co_return search_answer{result::failed};
    if (!may_ask(of, *who)) co_return search_answer{result::not_now};
    const paid_part work(of, *who);
    share = of.share_of(*who);
    for (readable_history& one : readable(of, *who, what.in))
      asked.among.push_back({std::move(one.conversation), one.since});
  }
  if (!what.in.empty() && asked.among.empty()) co_return search_answer{result::no_target};
  // Nothing but quotes was asked for.
  const bool is_nothing = asked.terms.empty() && !what.text.empty();
  if (what.limit == 0 || asked.among.empty() || is_nothing) co_return answer;
  for (int round = 0; round < most_rounds; ++round) {
    const message_search::answer found = co_await of.search().find(asked, [&of] { of.end_turn(); });
    person* const who = whose();
    pay(of, who, share, found.seconds);
    if (!who) co_return search_answer{result::nobody};
    if (found.how != message_search::outcome::done) co_return search_answer{result_of(found.how)};
    for (std::span<const search_hit> rest = found.hits; !rest.empty();) {
      // Some in a turn, so that nobody waits for it.
      const auto some = rest.first(std::min(rest.size(), looked_up_at_once));
      person* const still = whose();
      if (!still) co_return search_answer{result::nobody};
      {
        const paid_part work(of, *still);
        add_found(of, *still, what, asked, some, answer.all);
      }
      rest = rest.subspan(some.size());
      if (!rest.empty()) co_await io::yield();
    }
    if (answer.all.size() >= what.limit || found.hits.size() < asked.limit) break;
    (asked.begin == entry_range::end::newest ? asked.last : asked.after) =
        found.hits.back().id - (asked.begin == entry_range::end::newest ? 1 : 0);
  }
  std::ranges::sort(answer.all, {}, [](const found_message& m) { return m.said.id; });
  co_return answer;
}

}  // namespace

std::string_view explain(result how) noexcept {
  switch (how) {
    case result::too_long:
      return "That is too much to look for at once: at most 8 words or phrases, and 256 bytes";
    case result::no_target:
      return "There is no such conversation that you can read";
    case result::not_now:
      return "Please wait a while and try again";
    case result::not_ready:
      return "The index of the history is being made; try again in a while";
    case result::too_slow:
      return "The search took too long; look for more, or rarer, words";
    default:
      return "The search could not be run";
  }
}

bool can_search(const hub& of, const settings& by) noexcept {
  return by.history.enabled && by.history.search && of.search().is_possible();
}

io::task<search_answer> search_messages(hub& of, search_question what, std::function<person*()> whose) {
  search_request asked{.terms = search_terms(what.text),
                       .from = what.from,
                       .after = what.first > 0 ? what.first - 1 : 0,
                       .last = what.last,
                       .begin = what.begin};
  if (what.text.size() > longest_search || asked.terms.size() > most_terms)
    co_return search_answer{result::too_long};
  what.limit = asked.limit = std::min(what.limit, most_found);
  // What was said in this turn comes first, if it is kept.
  co_await io::end_of_turn();
  of.end_turn();
  try {
    co_return co_await look_for(of, std::move(what), std::move(asked), std::move(whose));
  } catch (const store_error&) {
    of.count.store_errors.add();
  }
  co_return search_answer{result::failed};
}

}  // namespace parlance::chat
