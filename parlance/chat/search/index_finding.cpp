// How the index is asked.
#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>
#include <string_view>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/search/index_database.hpp>
#include <parlance/chat/store/engine.hpp>

namespace parlance::chat {
namespace {

using end = entry_range::end;

/// A string of FTS5's query language (section 3.1), which means nothing but itself.
std::string phrase_of(std::string_view text) {
  std::string all = "\"";
  for (const char c : text) {
    if (c == '"') all += '"';
    all += c;
  }
  return all + '"';
}

}  // namespace

std::optional<std::string> index_database::expression_for(const search_request& what,
                                                          std::int64_t row) const {
  std::string all;
  const auto add = [&](const std::string& text, bool is_beginning) {
    if (!all.empty()) all += " AND ";
    all += phrase_of(text);
    if (is_beginning) all += " *";
  };
  for (const search_term& term : what.terms)
    if (const std::string text = words_in(row, searchable(term.text)); !words_.words_of(text).empty())
      add(text, term.is_beginning);
  // Nothing but marks was asked for, which are no words.
  if (all.empty() && !what.terms.empty()) return {};
  if (!what.from.empty()) add(one_word_in(row, folded(what.from)), false);
  return all;
}

void index_database::find_in(shard& in, const search_request& what,
                             const std::vector<std::string>& expressions,
                             const std::vector<std::set<std::int64_t>>& shards,
                             std::vector<search_hit>& hits) {
  const bool is_newest = what.begin == end::newest;
  std::unique_ptr<sqlite::statement>& query = is_newest ? in.newest : in.oldest;
  if (!query)
    query = std::make_unique<sqlite::statement>(
        db_, fmt::format("SELECT rowid FROM {0} WHERE {0} MATCH ?1 AND rowid > ?2 AND rowid <= ?3 "
                         "ORDER BY rowid {1} LIMIT ?4",
                         table_of(in.number), is_newest ? "DESC" : "ASC"));
  const auto before = static_cast<std::ptrdiff_t>(hits.size());
  for (std::size_t i = 0; i < what.among.size(); ++i) {
    if (expressions[i].empty() || !shards[i].contains(in.number)) continue;
    const entry_id since = what.among[i].since;
    const entry_id after = std::max(what.after, since > 0 ? since - 1 : 0);
    sqlite::rows each = query->start(std::string_view(expressions[i]), number(after), number(what.last),
                                     number(what.limit - unsign(before)));
    while (each.next()) hits.push_back({i, unsign(each.integer(0))});
  }
  std::sort(hits.begin() + before, hits.end(),
            [&](const search_hit& a, const search_hit& b) { return is_newest ? a.id > b.id : a.id < b.id; });
  if (hits.size() > what.limit) hits.resize(what.limit);
}

void index_database::find_by_time(const search_request& what,
                                  const std::vector<std::optional<std::int64_t>>& rows,
                                  std::vector<search_hit>& hits) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i]) continue;
    const entry_id since = what.among[i].since;
    for (const entry_id id : kept_.of_one(*rows[i],
                                          {.after = std::max(what.after, since > 0 ? since - 1 : 0),
                                           .last = what.last,
                                           .most = what.limit},
                                          what.begin))
      hits.push_back({i, id});
  }
  std::ranges::sort(hits, [&](const search_hit& a, const search_hit& b) {
    return what.begin == end::newest ? a.id > b.id : a.id < b.id;
  });
  if (hits.size() > what.limit) hits.resize(what.limit);
}

search_hits index_database::find(const search_request& what) {
  search_hits found;
  const kept_messages::reading now(kept_);
  std::vector<std::optional<std::int64_t>> rows;
  for (const search_request::place& p : what.among) rows.push_back(kept_.row_of(p.conversation));
  if (what.terms.empty() && what.from.empty()) {
    find_by_time(what, rows, found.all);
    return found;
  }
  std::vector<std::string> expressions(rows.size());
  std::vector<std::set<std::int64_t>> shards(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i]) continue;
    expressions[i] = expression_for(what, *rows[i]).value_or(std::string());
    for (sqlite::rows each = statements_->shards_with.start(*rows[i]); each.next();)
      shards[i].insert(each.integer(0));
  }
  until_ = what.until;
  try {
    const auto look = [&](shard& in) {
      if (found.all.size() < what.limit && in.last > what.after && in.after < what.last && !found.is_late) {
        if (is_stopped_()) found.is_late = true;
        if (!found.is_late) find_in(in, what, expressions, shards, found.all);
      }
    };
    if (what.begin == end::newest)
      std::for_each(shards_.rbegin(), shards_.rend(), look);
    else
      std::for_each(shards_.begin(), shards_.end(), look);
  } catch (const sqlite::failure& why) {
    until_ = std::chrono::steady_clock::time_point::max();
    if ((why.code() & 0xff) != SQLITE_INTERRUPT || is_closed_) throw;
    found.is_late = true;
  }
  until_ = std::chrono::steady_clock::time_point::max();
  return found;
}

}  // namespace parlance::chat
