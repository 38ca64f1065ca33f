#include <sqlite3.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include <parlance/chat/search/index.hpp>
#include <parlance/chat/search/index_database.hpp>

namespace parlance::chat {
namespace {

bool is_damage(const sqlite::failure& why) {
  const int code = why.code() & 0xff;
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

}  // namespace

search_index::search_index(store_options of) : of_(std::move(of)) {}

search_index::~search_index() { close(); }

template <class Work> auto search_index::with_database(Work work) {
  const std::lock_guard alone(in_use_);
  if (is_closed_) throw sqlite::failure(SQLITE_INTERRUPT, 0, "it is closed");
  try {
    if (!open_) open();
    return work(*open_);
  } catch (const sqlite::failure& why) {
    is_damaged_ = is_damage(why);
    open_.reset();
    throw;
  }
}

void search_index::open() {
  if (std::exchange(is_damaged_, false)) remove(of_);
  try {
    open_ = std::make_unique<index_database>(of_, is_closed_);
  } catch (const sqlite::failure& why) {
    // Its tables may be other ones.
    if (!is_damage(why) && (why.code() & 0xff) != SQLITE_ERROR) throw;
    remove(of_);
    open_ = std::make_unique<index_database>(of_, is_closed_);
  }
}

search_index::progress search_index::catch_up(const std::vector<std::string>& where, entry_id up_to,
                                              std::size_t most) {
  return with_database([&](index_database& db) { return db.catch_up(where, up_to, most); });
}

bool search_index::tend(const std::vector<entry_id>& gone, bool review, std::size_t most) {
  return with_database([&](index_database& db) { return db.tend(gone, review, most); });
}

search_hits search_index::find(const search_request& what) {
  return with_database([&](index_database& db) { return db.find(what); });
}

void search_index::close() noexcept {
  is_closed_ = true;
  const std::lock_guard alone(in_use_);
  open_.reset();
}

void search_index::remove(const store_options& of) noexcept {
  for (const char* rest : {"", "-wal", "-shm"}) {
    std::error_code ignored;
    std::filesystem::remove(index_path(of) + rest, ignored);
  }
}

}  // namespace parlance::chat
