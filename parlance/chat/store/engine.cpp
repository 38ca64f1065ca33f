#include <parlance/chat/store/engine.hpp>
#include <parlance/chat/store/record_kinds.hpp>

namespace parlance::chat {
namespace {

// The log is as long as this before commits begin to copy it into the file by themselves: 64 MiB.
constexpr int most_wal_pages = 16'384;
// How many conversations are remembered at most.
constexpr std::size_t most_known = 16'384;
// The only document of its kind.
constexpr std::string_view times_key = "times";
// How far back one looks for a silence, as halves of what the clock was set back by: behind that, it was always ahead.
constexpr int most_looks = 64;

}  // namespace

void store_statements::insert(std::span<const store_journal::item> all) {
  const auto give = [](sqlite::statement& to, int first, const store_journal::item& one) {
    const entry& e = one.what;
    to.give(first, one.conversation, number(e.id), one.number, std::int64_t{e.kind}, e.source, e.account,
            e.text, e.tags, e.extra);
  };
  for (; all.size() >= rows_at_once; all = all.subspan(rows_at_once)) {
    int first = 1;
    for (const store_journal::item& one : all.first(rows_at_once)) {
      give(append_several, first, one);
      first += columns;
    }
    append_several.run();
  }
  for (const store_journal::item& one : all) {
    give(append, 1, one);
    append.run();
  }
}

stored_entry entry_of(const sqlite::rows& row, const timeline& times) {
  const auto text = [&](int column) { return std::string(row.text(column)); };
  return {unsign(row.integer(0)),
          static_cast<unsigned char>(row.integer(1)),
          text(2),
          text(3),
          text(4),
          text(5),
          text(6),
          times.time_of(unsign(row.integer(0)))};
}

timeline kept_times(store_statements& sql) {
  sqlite::rows found = sql.get.start(record_kinds::clock, times_key);
  return found.next() ? timeline::parse(found.text(0)) : timeline();
}

bool conversation_ends::take(const store_journal::item& one) {
  auto at = ends_.find(one.conversation);
  if (at == ends_.end()) {
    sqlite::rows found = sql_.end_of_row.start(one.conversation);
    if (!found.next()) return false;
    const store_conversation end{one.conversation, found.integer(0), unsign(found.integer(1))};
    at = ends_.emplace(one.conversation, end).first;
  }
  if (one.number <= at->second.number || one.what.id <= at->second.newest) return false;
  at->second.add(one);
  return true;
}

store::engine::engine(const store_options& options)
    : path(store_path(options)), lock(options.folder), db(open_store(options)), keeps(options.keeps) {
  db->limit_wal(most_wal_pages);
  times = kept_times(sql);
  last = reserved = kept_reserved = unsign(db->integer("SELECT value FROM meta WHERE name = 'reserved'"));
  if (options.folder.empty()) return;
  journal.emplace(path, options.vfs, unsign(db->integer("SELECT value FROM meta WHERE name = 'generation'")));
  drop_what_does_not_fit();
  if (!journal->empty()) move_journal();
}

/// Of the journal: what is in no conversation that there is, or not behind what is there.
void store::engine::drop_what_does_not_fit() {
  conversation_ends ends(sql);
  journal->cut([&](const store_journal::item& one) { return ends.take(one); });
}

/// At once, so that a journal that cannot be is found at the start.
void store::engine::move_journal() {
  try {
    begin();
    commit();
  } catch (const sqlite::failure& why) {
    if (!why.disk_is_full()) throw;
    rollback();  // and it goes on behind what is there
  }
}

void store::engine::begin() {
  std::vector<store_journal::item> moved;
  if (journal) journal->each([&](const store_journal::item& one) { moved.push_back(one); });
  sql.begin.run();
  try {
    sql.insert(moved);
    in_turn = true;
    for (const auto& [which, json] : documents) make(which.first, which.second, json);
    for (const conversation_change& c : conversations) make(c);
  } catch (const sqlite::failure&) {
    end_transaction();  // a part of it must never be committed, for the journal would be taken for moved
    in_turn = false;
    if (is_behind()) known.clear();  // what was read among changes that are undone
    throw;
  }
}

bool store::engine::make(std::string_view kind, std::string_view key, std::optional<std::string_view> json) {
  if (json)
    sql.put.run(kind, key, *json);
  else
    sql.drop.run(kind, key);
  return db->changes() > 0;
}

bool store::engine::set_document(std::string_view kind, std::string_view key,
                                 std::optional<std::string_view> json) {
  const bool was_there = change([&] { return make(kind, key, json); });
  documents.insert_or_assign({std::string(kind), std::string(key)}, json);
  return was_there;
}

bool store::engine::make(const conversation_change& what) {
  if (what.removed != 0) {
    const store_conversation* const in = look_up(what.name);
    if (!in) return false;
    sql.remove.run(in->row, number(what.removed));
    return db->changes() > 0;
  }
  if (what.kept_to && begins_by(what.name, *what.kept_to)) {
    const ended_part over{look_up(what.name)->row, *what.kept_to, what.ended_at};
    return make(record_kinds::ended, over.key(), over.value());
  }
  forget(what.name);
  if (!what.to) {
    sql.unname.run(what.name);
    return db->changes() > 0;
  }
  // The other name may have had a history whose last entry was removed.
  sql.unname.run(*what.to);
  forget(*what.to);
  sql.name.run(what.name, *what.to);
  return db->changes() > 0;
}

void store::engine::visit(const store_conversation& of, const entry_range& which,
                          const std::function<void(const sqlite::rows&)>& visitor) {
  auto parts = around(ended_parts(sql, of.row), which.after, which.before);
  if (which.from == entry_range::end::newest) std::ranges::reverse(parts);
  std::size_t left = which.limit;
  for (const auto& [after, before] : parts) {
    if (left == 0) return;
    sqlite::rows row = sql.in_order(which.from, which.kinds)
                           .start(of.row, number(after), number(before), bits(which.kinds), number(left));
    for (; row.next(); --left) visitor(row);
  }
}

bool store::engine::begins_by(std::string_view name, entry_id id) {
  const store_conversation* const its = look_up(name);
  if (!its) return false;
  sqlite::rows first = sql.ids.start(its->row, std::int64_t{0}, std::int64_t{1});
  return first.next() && unsign(first.integer(0)) <= id;
}

bool store::engine::change_conversation(conversation_change what) {
  const bool is_made = change([&] { return make(what); });
  if (what.to) ++era;
  what.era = era;
  if (what.to) ++era;
  conversations.insert(std::move(what));
  return is_made;
}

void store::engine::end_transaction() noexcept {
  // Some failures have rolled it back already.
  if (db->in_transaction()) try {
      sql.rollback.run();
    } catch (const sqlite::failure&) {  // it is as rolled back as it can be
    }
}

void store::engine::reserve(entry_id up_to) {
  reserved = std::min(up_to, entry_id{std::numeric_limits<std::int64_t>::max()});
  sql.reserve.run(number(reserved));
}

store::engine::time_ahead store::engine::find_time_ahead(std::uint64_t now, std::uint64_t by, entry_id end) {
  constexpr std::uint64_t millisecond = timeline::millisecond;
  entry_id first = first_said(times.place_of(now), end);
  if (first == 0) return {end, by};
  const std::uint64_t least = times.time_of(last_said(end)) - now + millisecond;
  const std::uint64_t silence = least - least / 16 + 2 * millisecond;
  for (int looks = 0; looks < most_looks; ++looks) {
    const std::uint64_t begin = times.time_of(first);
    if (const entry_id earlier = first_said(begin > silence ? times.place_of(begin - silence) : 0, first)) {
      first = earlier;
      continue;
    }
    const entry_id before = last_said(first);
    if (before == 0) break;
    // In a later millisecond than that, all the same.
    const std::uint64_t most = begin / millisecond - times.time_of(before) / millisecond - 1;
    return {first, std::min(by, most * millisecond)};
  }
  return {0, by};
}

entry_id store::engine::first_said(entry_id from, entry_id below) {
  sqlite::rows found = sql.first_said.start(number(from), number(below));
  return found.next() ? unsign(found.integer(0)) : 0;
}

entry_id store::engine::last_said(entry_id below) {
  sqlite::rows found = sql.last_said.start(number(below));
  return found.next() ? unsign(found.integer(0)) : 0;
}

void store::engine::keep_times() { set_document(record_kinds::clock, times_key, times.text()); }

void store::engine::commit() {
  if (!in_turn) {
    try {
      return journal->keep(keeps == durability::power);
    } catch (const sqlite::failure&) {
      begin();  // the database may still take it
    }
  }
  if (journal) sql.begin_generation.run(number(journal->next_generation()));
  sql.commit.run();
  in_turn = false;
  kept_reserved = reserved;
  documents.clear();
  conversations.clear();
  if (journal) journal->clear();
}

bool store::engine::try_commit(bool& written) {
  if (is_behind()) change([] {});  // what is to be done again may be all there is
  if (!failed) try {
      written = true;
      commit();
      return true;
    } catch (const sqlite::failure& why) {
      failed = why;
    }
  return false;
}

void store::engine::rollback() noexcept {
  if (journal) journal->drop();
  end_transaction();
  in_turn = false;
  failed.reset();
  reserved = kept_reserved;
  known.clear();
}

void store::engine::bury() noexcept {
  try {
    begin();
    reserve(std::max(reserved, last) + 1);
    commit();
  } catch (const sqlite::failure&) {
    rollback();
  }
}

store_conversation* store::engine::look_up(std::string_view name) {
  if (const auto at = known.find(name); at != known.end()) return &at->second;
  if (!in_turn && (has_journal() || is_behind())) begin();
  sqlite::rows found = sql.conversation.start(name);
  if (!found.next()) return nullptr;
  return remember(name, {found.integer(0), found.integer(1), unsign(found.integer(2))});
}

store_conversation* store::engine::remember(std::string_view name, const store_conversation& what) {
  if (known.size() >= most_known) known.clear();
  return &known.insert_or_assign(std::string(name), what).first->second;
}

void store::engine::forget(std::string_view name) {
  if (const auto at = known.find(name); at != known.end()) known.erase(at);
}

void store::engine::append(std::string_view name, const entry& what) {
  store_conversation* to = look_up(name);
  if (!to) {
    sql.add_conversation.run(name);
    to = remember(name, {db->last_row(), 0, 0});
  }
  const store_journal::item one = to->next(what, counted);
  sql.insert({&one, 1});
  to->add(one);
}

bool store::engine::append_to_journal(std::string_view name, const entry& what) {
  if (!journal || in_turn || failed || is_behind() || what.id > reserved) return false;
  try {
    store_conversation* const to = look_up(name);
    if (!to || in_turn) return false;  // looking it up may have begun a transaction
    const store_journal::item one = to->next(what, counted);
    if (!journal->add(one)) return false;
    to->add(one);
    return true;
  } catch (const sqlite::failure&) {
    return false;  // a transaction will meet with it, too
  }
}

bool store::engine::sweep_ended(std::size_t budget, pruning& done) {
  const std::optional<ended_part> part = first_ended_part(sql);
  if (!part) return false;
  std::vector<std::int64_t> gone;
  {
    sqlite::rows one = sql.ids.start(part->row, number(part->after), number(budget));
    while (one.next() && part->holds(unsign(one.integer(0)))) gone.push_back(one.integer(0));
  }
  for (const std::int64_t id : gone) sql.remove.run(part->row, id);
  if (gone.size() < budget) make(record_kinds::ended, part->key(), std::nullopt);
  done = {gone.size(), gone.size()};
  return true;
}

std::optional<store::engine::candidate> store::engine::next_to_prune() {
  sqlite::rows found = sql.sweep.start(swept);
  if (!found.next()) return {};
  candidate next{.row = found.integer(0), .last_number = found.integer(2)};
  if (!found.is_null(1)) next.name = found.text(1);
  return next;
}

store::engine::pruning store::engine::prune_next(entry_id older_than, std::size_t most, std::size_t budget,
                                                 bool& round) {
  const std::optional<candidate> next = next_to_prune();
  if (!next) {
    swept = swept_to = 0;
    round = true;
    return {};
  }
  const tally newest = tally::of(next->last_number);
  const auto is_beyond = [](std::uint64_t nth, std::uint64_t of, std::size_t limit) {
    return of >= limit && nth <= of - limit;
  };
  pruning done;
  std::vector<std::int64_t> gone;
  {
    sqlite::rows one = sql.ids.start(next->row, swept_to, number(budget));
    for (; one.next(); ++done.looked_at) {
      const tally its = tally::of(one.integer(1));
      const bool is_old = !next->name || unsign(one.integer(0)) < older_than;
      const bool is_counted = kind_bit(static_cast<unsigned char>(one.integer(2))) & counted;
      const bool has_too_many = is_beyond(its.counted, newest.counted, most),
                 or_others = is_beyond(its.others, newest.others, std::min(most, most_others));
      if (!is_old && !has_too_many && !or_others) break;  // nor has what comes behind it
      swept_to = one.integer(0);
      if (is_old || (is_counted ? has_too_many : or_others)) gone.push_back(swept_to);
    }
  }
  for (const std::int64_t id : gone) sql.remove.run(next->row, id);
  done.removed = gone.size();
  // With the budget used up there may be more to remove, and its turn comes again.
  if (done.looked_at == budget) return done;
  sql.drop_conversation.run(next->row);
  if (db->changes() > 0 && next->name) forget(*next->name);
  swept = next->row;
  swept_to = 0;
  return done;
}

}  // namespace parlance::chat
