#include <fmt/core.h>

#include <algorithm>
#include <queue>

#include <parlance/chat/search/kept_messages.hpp>
#include <parlance/chat/store/engine.hpp>
#include <parlance/chat/store/file.hpp>

namespace parlance::chat {
namespace {

/// By the index of what people say (store.hpp: found_kinds).
std::string said(std::string_view what, std::string_view rest) {
  return fmt::format(
      "SELECT {} FROM entries INDEXED BY found_entries WHERE conversation = ?1 AND kind IN (1, 2) "
      "AND id > ?2 AND id <= ?3 {}",
      what, rest);
}

}  // namespace

kept_messages::kept_messages(const store_options& of)
    : db_(store_path(of), sqlite::opening::read_only, of.vfs),
      oldest_(db_, said("id", "ORDER BY id LIMIT ?4")),
      newest_(db_, said("id", "ORDER BY id DESC LIMIT ?4")),
      count_(db_, said("count(*)", "")) {}

kept_messages::reading::reading(kept_messages& of) : of_(of) { of_.begin_.run(); }

kept_messages::reading::~reading() {
  try {
    of_.end_.run();
  } catch (const sqlite::failure&) {  // there is nothing to keep
  }
}

std::optional<std::int64_t> kept_messages::row_of(std::string_view conversation) {
  sqlite::rows found = row_.start(conversation);
  return found.next() ? std::optional(found.integer(0)) : std::nullopt;
}

std::vector<std::int64_t> kept_messages::rows() {
  std::vector<std::int64_t> all;
  for (sqlite::rows each = rows_.start(); each.next();) all.push_back(each.integer(0));
  return all;
}

bool kept_messages::has(std::int64_t row) { return has_.start(row).next(); }

std::vector<message_place> kept_messages::next(std::span<const std::int64_t> rows, const range& which) {
  // The first of all are kept, the last of them on top, so that no conversation is read further than it need be.
  const auto is_before = [](const message_place& a, const message_place& b) { return a.id < b.id; };
  std::priority_queue<message_place, std::vector<message_place>, decltype(is_before)> first(is_before);
  for (const std::int64_t row : rows) {
    const bool is_full = first.size() >= which.most;
    const entry_id last = is_full ? std::min(which.last, first.top().id) : which.last;
    sqlite::rows each = oldest_.start(row, number(which.after), number(last), number(which.most));
    while (each.next()) {
      const message_place next{row, unsign(each.integer(0))};
      if (first.size() < which.most) {
        first.push(next);
      } else if (next.id < first.top().id) {
        first.pop();
        first.push(next);
      } else {
        break;
      }
    }
  }
  std::vector<message_place> all(first.size());
  for (auto at = all.rbegin(); at != all.rend(); ++at) {
    *at = first.top();
    first.pop();
  }
  return all;
}

std::vector<entry_id> kept_messages::of_one(std::int64_t row, const range& which, entry_range::end from) {
  std::vector<entry_id> all;
  sqlite::rows each = (from == entry_range::end::newest ? newest_ : oldest_)
                          .start(row, number(which.after), number(which.last), number(which.most));
  while (each.next()) all.push_back(unsign(each.integer(0)));
  return all;
}

std::size_t kept_messages::count(std::int64_t row, const range& which) {
  sqlite::rows one = count_.start(row, number(which.after), number(which.last));
  return one.next() ? unsign(one.integer(0)) : 0;
}

std::optional<kept_messages::message> kept_messages::find(const message_place& at) {
  sqlite::rows one = find_.start(at.conversation, number(at.id));
  if (!one.next()) return {};
  return message{std::string(one.text(0)), std::string(one.text(1))};
}

}  // namespace parlance::chat
