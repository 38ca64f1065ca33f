#include <sqlite3.h>

#include <algorithm>
#include <limits>

#include <parlance/chat/store/engine.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

using trouble = store_error::trouble;

constexpr int page = 4096;
constexpr int due_pages = 8 * 1024 * 1024 / page;
/// How many documents are read at once for a visitor.
constexpr std::int64_t batch = 256;

std::uint64_t size_of(const std::string& path) {
  std::error_code none;
  const std::uintmax_t size = std::filesystem::file_size(path, none);
  return none ? 0 : size;
}

std::uint64_t microseconds(std::chrono::system_clock::time_point at) {
  const auto since = std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
  return since > 0 ? unsign(since) : 0;
}

}  // namespace

store::store(store_options options) : options_(std::move(options)) {
  try {
    engine_ = std::make_unique<engine>(options_);
  } catch (const sqlite::failure& why) {
    throw store_failure(trouble::unusable, store_path(options_), why);
  }
}

store::~store() {
  rollback();
  // So that the next start need not skip the rest of the stretch, and has nothing to move.
  if (engine_->last < engine_->reserved || engine_->has_journal())
    engine_->change([&] {
      engine_->reserve(engine_->last);
      engine_->commit();
    });
  engine_->rollback();
}

entry_id store::next_id(std::chrono::system_clock::time_point now, std::chrono::microseconds ahead) {
  engine& e = *engine_;
  e.last = std::max(e.times.place_of(microseconds(now + ahead)), e.last + 1);
  if (e.last > e.reserved)
    e.change(
        [&] { e.reserve(std::max(e.times.place_of(microseconds(now)) + stretch, e.last + stretch_ahead)); });
  return e.last;
}

entry_id store::last_id() const noexcept { return engine_->last; }

entry_id store::last_said() {
  return engine_->ask([&] { return engine_->last_said(std::numeric_limits<entry_id>::max()); });
}

const timeline& store::times() const noexcept { return engine_->times; }

void store::set_back(std::chrono::system_clock::time_point before,
                     std::chrono::system_clock::time_point now) {
  constexpr std::uint64_t millisecond = timeline::millisecond;
  engine& e = *engine_;
  const entry_id next = std::max(e.last + 1, e.times.place_of(microseconds(before)));
  const entry_id end = (next + millisecond - 1) / millisecond * millisecond;
  const std::uint64_t to = microseconds(now) / millisecond * millisecond, from = e.times.time_of(end);
  if (from <= to) return;
  timeline times = e.times;
  try {
    for (std::uint64_t left = from - to; left != 0;) {
      const engine::time_ahead part = e.ask([&] { return e.find_time_ahead(to, left, end); });
      e.times.set_back(part.from, part.by, end);
      left -= part.by;
    }
  } catch (const store_error&) {
    e.times = std::move(times);
    throw;
  }
  e.keep_times();
}

void store::set_forward(std::chrono::microseconds by) {
  engine& e = *engine_;
  if (!e.times.is_ahead_from_the_beginning()) return;
  timeline right = e.times;
  right.put_right();
  const std::uint64_t ahead = right.time_of(e.last) - e.times.time_of(e.last);
  if (by.count() < 0 || static_cast<std::uint64_t>(by.count()) < ahead / 2) return;
  e.times = std::move(right);
  e.keep_times();
}

void store::append(std::string_view conversation, const entry& what) {
  if (what.kind > 63) throw std::invalid_argument("an entry's kind is above 63");
  engine& e = *engine_;
  if (e.append_to_journal(conversation, what)) {
    e.last = std::max(e.last, what.id);
    return;
  }
  e.change([&] {
    e.append(conversation, what);
    if (what.id <= e.last) return;
    e.last = what.id;
    if (e.last > e.reserved) e.reserve(e.last + stretch);
  });
}

bool store::remove(std::string_view conversation, entry_id id) {
  return engine_->change_conversation({.name = std::string(conversation), .removed = id});
}

bool store::rename(std::string_view from, std::string_view to) {
  return from != to && newest(to) == 0 &&
         engine_->change_conversation({.name = std::string(from), .to = std::string(to)});
}

void store::erase(std::string_view conversation) {
  engine_->change_conversation({.name = std::string(conversation)});
}

void store::erase_after(std::string_view conversation, entry_id after) {
  engine_->change_conversation(
      {.name = std::string(conversation), .kept_to = after, .ended_at = engine_->last});
}

std::optional<store::conversation> store::conversation_behind(std::int64_t row) {
  return engine_->ask([&]() -> std::optional<conversation> {
    sqlite::rows found = engine_->sql.conversation_behind.start(row);
    if (!found.next()) return {};
    return conversation{found.integer(0), std::string(found.text(1))};
  });
}

std::optional<stored_entry> store::find(std::string_view conversation, entry_id id) {
  engine& e = *engine_;
  return e.ask([&]() -> std::optional<stored_entry> {
    const auto* in = e.look_up(conversation);
    if (!in) return {};
    for (const ended_part& p : ended_parts(e.sql, in->row))
      if (p.holds(id)) return {};
    sqlite::rows row = e.sql.find.start(in->row, number(id));
    if (!row.next()) return {};
    return entry_of(row, e.times);
  });
}

std::vector<stored_entry> store::read(std::string_view conversation, const entry_range& which) {
  engine& e = *engine_;
  return e.ask([&] {
    std::vector<stored_entry> all;
    const auto* in = e.look_up(conversation);
    if (!in) return all;
    e.visit(*in, which, [&](const sqlite::rows& row) { all.push_back(entry_of(row, e.times)); });
    if (which.from == entry_range::end::newest) std::ranges::reverse(all);
    return all;
  });
}

entry_id store::newest(std::string_view conversation, kind_set kinds) {
  engine& e = *engine_;
  return e.ask([&]() -> entry_id {
    const auto* in = e.look_up(conversation);
    if (!in) return 0;
    entry_id last = 0;
    e.visit(*in, {.limit = 1, .kinds = kinds},
            [&](const sqlite::rows& row) { last = unsign(row.integer(0)); });
    return last;
  });
}

std::vector<std::pair<std::string, entry_id>> store::newest(std::span<const std::string> among,
                                                            kind_set kinds) {
  std::vector<std::pair<std::string, entry_id>> all;
  for (const std::string& name : among)
    if (const entry_id id = newest(name, kinds)) all.emplace_back(name, id);
  return all;
}

void store::put(std::string_view kind, std::string_view key, std::string_view json) {
  engine_->set_document(kind, key, json);
}

bool store::erase(std::string_view kind, std::string_view key) {
  return engine_->set_document(kind, key, std::nullopt);
}

std::optional<std::string> store::get(std::string_view kind, std::string_view key) {
  engine& e = *engine_;
  // Another program that writes into the database is no reason not to read it.
  if (e.is_behind())
    if (const auto changed = e.documents.find({std::string(kind), std::string(key)});
        changed != e.documents.end())
      return changed->second;
  return e.read([&]() -> std::optional<std::string> {
    sqlite::rows row = e.sql.get.start(kind, key);
    if (!row.next()) return {};
    return std::string(row.text(0));
  });
}

std::size_t store::count(std::string_view kind, std::string_view from, std::string_view below) {
  return engine_->ask([&] {
    sqlite::rows row = engine_->sql.count.start(kind, from, below);
    return row.next() ? unsign(row.integer(0)) : 0;
  });
}

std::optional<std::string> store::first(std::string_view kind, std::string_view from,
                                        std::string_view below) {
  return engine_->ask([&]() -> std::optional<std::string> {
    sqlite::rows row = engine_->sql.from.start(kind, from, below, std::int64_t{1});
    return row.next() ? std::optional(std::string(row.text(0))) : std::nullopt;
  });
}

void store::each(std::string_view kind, std::string_view prefix, const visitor& visit) {
  // In batches, so that no statement is under way while the visitor changes the store.
  std::vector<std::pair<std::string, std::string>> found;
  std::string from(prefix);
  const std::string end = behind(prefix);
  bool beyond = false;
  do {
    found.clear();
    engine_->ask([&] {
      sqlite::rows row = (beyond ? engine_->sql.beyond : engine_->sql.from).start(kind, from, end, batch);
      while (row.next()) found.emplace_back(row.text(0), row.text(1));
    });
    for (const auto& [key, json] : found) visit(key, json);
    if (!found.empty()) from = found.back().first;
    beyond = true;
  } while (found.size() == static_cast<std::size_t>(batch));
}

bool store::dirty() const noexcept {
  const engine& e = *engine_;
  return e.in_turn || e.failed || e.is_behind() || (e.journal && e.journal->is_dirty());
}

void store::commit() {
  if (!dirty()) return;
  engine& e = *engine_;
  bool written = false;
  if (e.try_commit(written)) return;
  const store_error why = store_failure(trouble::failed, e.path, *e.failed);
  e.rollback();
  if (written) e.bury();
  throw why;
}

bool store::settle() noexcept {
  engine& e = *engine_;
  if (e.in_turn || e.failed || (e.journal && e.journal->is_dirty())) return false;
  if (e.has_journal() || e.is_behind()) try {
      e.begin();
      e.commit();
    } catch (const sqlite::failure&) {
      e.rollback();
      return false;
    }
  return true;
}

void store::keep_now(const std::function<void()>& change) {
  check();
  engine& e = *engine_;
  const auto documents = e.documents;
  const auto conversations = e.conversations;
  bool written = false;
  const auto undo = [&](const sqlite::failure& why) {
    e.rollback();
    e.documents = documents;
    e.conversations = conversations;
    if (written) e.bury();
    e.failed = why;
  };
  try {
    change();
  } catch (...) {
    undo(e.failed.value_or(sqlite::failure(SQLITE_ABORT, 0, "a change was given up half way")));
    throw;
  }
  if (e.try_commit(written)) return;
  const sqlite::failure why = *e.failed;
  undo(why);
  throw store_failure(trouble::failed, e.path, why);
}

bool store::has_pending_documents() const noexcept { return !engine_->documents.empty(); }

void store::check() {
  engine_->change([] {});
  if (engine_->failed) throw store_failure(trouble::failed, engine_->path, *engine_->failed);
}

void store::rollback() noexcept {
  engine_->documents.clear();
  engine_->conversations.clear();
  engine_->rollback();
}

void store::count_only(kind_set counted, std::size_t most_others) noexcept {
  engine_->counted = counted;
  engine_->most_others = most_others;
}

store::pruned store::prune(entry_id older_than, std::size_t most, std::size_t budget) {
  engine& e = *engine_;
  pruned all;
  bool round = false;
  // Even a conversation of which nothing goes costs a look.
  for (std::size_t spent = 0; spent < budget && !round;) {
    const engine::pruning step = e.change([&] {
      engine::pruning done;
      if (e.sweep_ended(budget - spent, done)) return done;
      return e.prune_next(older_than, most, budget - spent, round);
    });
    if (e.failed) return {};
    all.removed += step.removed;
    spent += step.looked_at + 1;
  }
  all.done = round;
  return all;
}

bool store::checkpoint_due() noexcept {
  if (engine_->db->wal_pages() < due_pages) return false;
  engine_->db->forget_wal_pages();
  return true;
}

store::statistics store::measure() {
  engine& e = *engine_;
  return e.ask([&] {
    statistics all;
    all.conversations = unsign(e.db->integer("SELECT count(*) FROM conversations WHERE name IS NOT NULL"));
    all.entries = unsign(e.db->integer(
        "SELECT sum((last >> 32) - (first >> 32) + (last & 0xffffffff) - (first & 0xffffffff) + 1) "
        "FROM (SELECT "
        "(SELECT number FROM entries WHERE conversation = c.id ORDER BY id LIMIT 1) AS first, "
        "(SELECT number FROM entries WHERE conversation = c.id ORDER BY id DESC LIMIT 1) AS last "
        "FROM conversations c)"));
    all.free_bytes = unsign(e.db->integer("PRAGMA freelist_count")) * page;
    all.file_bytes = unsign(e.db->integer("PRAGMA page_count")) * page;
    if (!options_.folder.empty()) all.log_bytes = size_of(e.path + "-wal");
    return all;
  });
}

void checkpoint(const store_options& of) {
  if (of.folder.empty()) return;
  const std::string path = store_path(of);
  try {
    sqlite::connection db(path, sqlite::opening::existing, of.vfs);
    db.integer("PRAGMA user_version");  // only what has read the file knows of its log
    db.checkpoint();
  } catch (const sqlite::failure& why) {
    throw store_failure(trouble::failed, path, why);
  }
}

}  // namespace parlance::chat
