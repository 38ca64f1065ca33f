#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/chat/base/one_more.hpp>
#include <parlance/chat/base/processor_time.hpp>
#include <parlance/chat/core/message_search.hpp>
#include <parlance/io/blocking.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::chat {
namespace {

using namespace std::chrono_literals;

/// Messages that are indexed at once, and at most in front of a search: some twenty milliseconds of work.
constexpr std::size_t batch = 2000;
constexpr int batches_before_search = 3;
/// So many are indexed without being looked for; fewer wait for a while, as they cost less together.
constexpr std::size_t many = 1000;
/// When more than this are said in a tick, the index cannot follow with what it may cost. They are taken in when it is
/// quieter, or when somebody searches; until then the processor is for those who talk.
constexpr std::size_t too_many_to_follow = 1000;
constexpr int ticks_between_few = 10;
constexpr io::duration tick = 1s, between_begins = 20ms;
constexpr io::duration pause_after_failure = 10s;
constexpr std::size_t most_waiting = 64;
/// What a search may take, of the index's time.
constexpr std::chrono::milliseconds longest(250);

struct looked {
  search_index::progress made;
  search_hits found;
};

}  // namespace

message_search::message_search(store& keeps, metrics& count) : store_(keeps), count_(count) {}

message_search::~message_search() {
  // A worker may be at it, and the store goes soon.
  if (index_) index_->close();
}

void message_search::said(std::string_view conversation, entry_id id) {
  if (!index_) return;
  ++messages_;
  ++in_this_tick_;
  if (const auto at = unindexed_.find(conversation); at != unindexed_.end())
    at->second = id;
  else
    unindexed_.emplace(conversation, id);
}

std::vector<std::string> message_search::unindexed() const {
  std::vector<std::string> all;
  all.reserve(unindexed_.size());
  for (const auto& [conversation, id] : unindexed_) all.push_back(conversation);
  return all;
}

void message_search::has_indexed(const search_index::progress& made) {
  // Places rise in all conversations together, so nothing below is missing anywhere.
  std::erase_if(unindexed_, [&](const auto& one) { return one.second <= made.indexed_to; });
  if (!made.is_behind) is_ready_ = true;
  count_.search_messages.set(static_cast<std::int64_t>(made.messages));
  count_.search_bytes.set(static_cast<std::int64_t>(made.bytes));
}

void message_search::failed(std::string_view why) {
  count_.search_errors.add();
  is_ready_ = false;
  has_more_to_tend_ = true;  // it looks at everything when it is opened again
  not_before_ = io::after(io::loop::current().now(), pause_after_failure);
  if (tell_) tell_(fmt::format("the index for searches cannot be used: {}", why));
}

/// From here on it is told what is said; so everything before that must be where it looks at first.
void message_search::begin() {
  if (!store_.settle()) return;
  index_ = std::make_shared<search_index>(store_.options());
  has_more_to_tend_ = true;
}

void message_search::end() noexcept {
  if (index_) index_->close();
  index_.reset();
  is_ready_ = false;
  unindexed_.clear();
  gone_.clear();
  search_index::remove(store_.options());
}

template <class Job>
auto message_search::run(Job job, double& seconds) -> io::task<std::invoke_result_t<Job&, search_index&>> {
  auto [made, took] = co_await io::blocking([index = index_, job = std::move(job)]() mutable {
    const double start = processor_seconds();
    auto result = job(*index);
    return std::pair(std::move(result), processor_seconds() - start);
  });
  seconds += took;
  co_return std::move(made);
}

io::task<message_search::answer> message_search::find(search_request what, std::function<void()> end_turn) {
  if (waiting_ >= most_waiting) co_return answer{.how = outcome::too_busy};
  const one_more asks(waiting_);
  const auto since = io::loop::current().now();
  const io::mutex::guard alone = co_await one_at_a_time_.lock();
  if (io::loop::current().now() < not_before_) co_return answer{.how = outcome::failed};
  if (!index_) co_return answer{.how = outcome::not_ready};
  count_.searches.add();
  // What the journal has is in no database.
  if (!store_.settle()) {
    co_await io::end_of_turn();
    end_turn();
    store_.settle();
  }
  answer given;
  // Bounded, for what is said from here on may be where it is not looked for.
  const auto look = [where = unindexed(), last = store_.last_id(),
                     what = std::move(what)](search_index& in) mutable {
    looked all;
    for (int i = 0; i < batches_before_search; ++i)
      if (all.made = in.catch_up(where, last, batch); !all.made.is_behind) break;
    if (all.made.is_behind) return all;
    what.until = std::chrono::steady_clock::now() + longest;
    all.found = in.find(what);
    return all;
  };
  try {
    const looked all = co_await run(look, given.seconds);
    has_indexed(all.made);
    if (all.made.is_behind) is_ready_ = false;  // somebody waits for it
    given.how = all.made.is_behind  ? outcome::not_ready
                : all.found.is_late ? outcome::too_slow
                                    : outcome::done;
    given.hits = all.found.all;
  } catch (const std::runtime_error& why) {  // SQLite's, or there is no thread
    if (io::context::current().cancelled()) throw;
    failed(why.what());
  }
  count_.search_time.observe(io::loop::current().now() - since);
  co_return given;
}

io::task<void> message_search::catch_up() {
  for (bool is_behind = true; is_behind && index_;) {
    if (is_ready_ && !catching_up_.has_any(io::loop::current().now())) {
      messages_ = std::max(messages_, many);  // it goes on with the next tick
      co_return;
    }
    const io::mutex::guard alone = co_await one_at_a_time_.lock();
    if (!index_) co_return;
    messages_ = 0;
    double took = 0;
    const search_index::progress made =
        co_await run([where = unindexed(),
                      last = store_.last_id()](search_index& in) { return in.catch_up(where, last, batch); },
                     took);
    has_indexed(made);
    catching_up_.owe(took, io::loop::current().now());
    is_behind = made.is_behind;
  }
}

io::task<void> message_search::tend() {
  while (index_ && (has_more_to_tend_ || has_to_review_ || !gone_.empty())) {
    if (!tending_.has_any(io::loop::current().now())) co_return;
    const io::mutex::guard alone = co_await one_at_a_time_.lock();
    if (!index_) co_return;
    double took = 0;
    has_more_to_tend_ =
        co_await run([gone = std::exchange(gone_, {}), review = std::exchange(has_to_review_, false)](
                         search_index& in) { return in.tend(gone, review, batch); },
                     took);
    tending_.owe(took, io::loop::current().now());
  }
}

io::task<void> message_search::keep(std::function<bool()> is_wanted,
                                    std::function<void(std::string_view)> tell) {
  if (!is_possible()) co_return;
  tell_ = std::move(tell);
  for (int ticks = 0;; ++ticks) {
    if (!is_wanted()) {
      if (index_ || ticks == 0) end();
    } else if (io::loop::current().now() >= not_before_) {
      if (!index_) begin();
      try {
        const bool has_some = messages_ >= many || (!unindexed_.empty() && ticks % ticks_between_few == 0);
        const bool can_follow = std::exchange(in_this_tick_, 0) <= too_many_to_follow;
        if (!is_ready_ || (has_some && can_follow)) co_await catch_up();
        co_await tend();
      } catch (const std::runtime_error& why) {
        if (io::context::current().cancelled()) throw;
        failed(why.what());
      }
    }
    co_await io::sleep(index_ || !is_wanted() ? tick : between_begins);
  }
}

}  // namespace parlance::chat
