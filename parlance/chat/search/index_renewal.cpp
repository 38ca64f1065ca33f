// What goes out of the index: how it is found out, and how a shard is made anew without it.
#include <fmt/core.h>

#include <algorithm>

#include <parlance/chat/search/index_database.hpp>
#include <parlance/chat/store/engine.hpp>

namespace parlance::chat {

void index_database::review(bool in_all) {
  for (const shard& s : shards_) unreviewed_.insert(s.number);
  reviews_all_ |= in_all;
}

/// Whether the store has as many of a shard's messages as the shard has, in each conversation.
void index_database::review_next() {
  const std::int64_t number = *unreviewed_.begin();
  const shard* const its = find_shard(number);
  unreviewed_.erase(unreviewed_.begin());
  if (!its) return;
  counts had;
  for (sqlite::rows each = statements_->parts_of_shard.start(number); each.next();)
    had.emplace(each.integer(0), each.integer(1));
  if (reviews_all_)
    for (const std::int64_t row : kept_.rows()) had.emplace(row, 0);
  if (unreviewed_.empty()) reviews_all_ = false;
  const kept_messages::reading now(kept_);
  const bool is_true = std::ranges::all_of(had, [&](const auto& part) {
    const auto& [row, count] = part;
    const std::size_t kept = kept_.has(row) ? kept_.count(row, {.after = its->after, .last = its->last}) : 0;
    return kept == unsign(count);
  });
  if (!is_true) stale_.insert(number);
}

void index_database::renew(std::int64_t which) {
  const shard* const its = find_shard(which);
  if (!its) return;
  renewed_ = renewal{.of = which, .into = next_number_, .reached = its->after};
  new_table();
}

void index_database::go_on_renewing(std::size_t most) {
  renewal& its = *renewed_;
  const entry_id last = find_shard(its.of)->last;  // by now
  const kept_messages::reading now(kept_);
  const std::vector<std::int64_t> rows = kept_.rows();
  const std::vector<message_place> places =
      kept_.next(rows, {.after = its.reached, .last = last, .most = most});
  const bool is_whole = places.size() < most;
  change([&] {
    counts parts;
    index(places, its.into, parts);
    keep_parts(its.into, parts);
    for (const auto& [conversation, count] : parts) its.count += unsign(count);
    if (!places.empty()) its.reached = places.back().id;
    if (is_whole) replace(its);
  });
  if (!is_whole) return;
  // What has gone meanwhile may be in it again.
  if (stale_.erase(its.of) != 0) stale_.insert(its.into);
  shard& old = *find_shard(its.of);
  old = {.number = its.into, .after = old.after, .last = old.last, .count = its.count};
  renewed_.reset();
  has_dropped_ = true;
  drop_if_empty(old);
}

void index_database::replace(const renewal& by) {
  shard& old = *find_shard(by.of);
  old.oldest.reset();
  old.newest.reset();
  statements_->drop_parts.run(by.of);
  statements_->drop_shard.run(by.of);
  db_.run(fmt::format("DROP TABLE {}", table_of(by.of)).c_str());
  statements_->put_shard.run(by.into, number(old.after), number(old.last), number(by.count));
}

/// The next one has its ids, too, so that there are none that no shard has.
void index_database::drop_if_empty(const shard& which) {
  const std::size_t index = static_cast<std::size_t>(&which - shards_.data());
  if (which.count != 0 || index + 1 == shards_.size()) return;
  shard& next = shards_[index + 1];
  change([&] {
    statements_->drop_shard.run(which.number);
    db_.run(fmt::format("DROP TABLE {}", table_of(which.number)).c_str());
    statements_->put_shard.run(next.number, number(which.after), number(next.last), number(next.count));
  });
  next.after = which.after;
  shards_.erase(shards_.begin() + static_cast<std::ptrdiff_t>(index));
}

bool index_database::tend(const std::vector<entry_id>& gone, bool has_to_review, std::size_t most) {
  for (const entry_id id : gone)
    for (const shard& s : shards_)
      if (id > s.after && id <= s.last) stale_.insert(s.number);
  if (has_to_review) review(false);
  if (renewed_) {
    go_on_renewing(most);
  } else if (!stale_.empty()) {
    const std::int64_t next = *stale_.begin();
    stale_.erase(stale_.begin());
    renew(next);
  } else if (!unreviewed_.empty()) {
    review_next();
  } else if (std::exchange(has_dropped_, false)) {
    db_.integer("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  return renewed_ || !stale_.empty() || !unreviewed_.empty() || has_dropped_;
}

}  // namespace parlance::chat
