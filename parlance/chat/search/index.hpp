// The index of what was said: FTS5 (https://www.sqlite.org/fts5.html) in a database of its own, beside the store's.
//
//   search_index index({.folder = "/var/lib/parlance"});     // search.db there
//   while (index.catch_up({}, last, 2000).is_behind) {}
//   index.find({.among = {{"#dev"}}, .terms = search_terms("deploy \"last night\"")});
//
// It is made of the store and of nothing else, and can be deleted at any time. Where it is missing, damaged or
// of another version it is made anew.
//
// It has no texts, only where each word is, and it is of shards: each has the messages of some thousands of ids. So a
// search begins where the newest are and ends when it has enough; and when something of a shard is not in the
// store any more, the shard is made anew without it. FTS5 could delete it from the index by its text alone,
// which is gone by then, and would leave the words in the file for long all the same.
//
// Its functions block, and are for one thread at a time, not the loop's; `close` is for any. They throw sqlite::failure;
// then it is closed, and opened again by the next. What they give is not told before it was looked up in the store.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <parlance/chat/search/words.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {

struct search_request {
  struct place {
    std::string conversation;
    entry_id since = 0;  ///< nothing before this
  };
  std::vector<place> among = {};
  std::vector<search_term> terms = {};                       ///< all of them; none: whatever was said
  std::string from = {};                                     ///< a nick; empty: whoever said it
  entry_id after = 0;                                        ///< not included
  entry_id last = std::numeric_limits<std::int64_t>::max();  ///< included
  std::size_t limit = 100;
  entry_range::end begin = entry_range::end::newest;  ///< the limit counts from here
  std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max();
};

struct search_hit {
  std::size_t place = 0;  ///< the index in `among`
  entry_id id = 0;

  bool operator==(const search_hit&) const = default;
};

struct search_hits {
  std::vector<search_hit> all;  ///< from the end at which it began
  bool is_late = false;         ///< it took longer than `until`
};

class index_database;

class search_index {
 public:
  /// Nothing is opened yet. Of a store with a folder, which is open while this is used.
  explicit search_index(store_options of);
  ~search_index();
  search_index(const search_index&) = delete;
  search_index& operator=(const search_index&) = delete;

  struct progress {
    bool is_behind = false;  ///< there is more, so call again
    entry_id indexed_to = 0;
    std::uint64_t messages = 0;  ///< that it has
    std::uint64_t bytes = 0;     ///< of its file
    bool is_new = false;         ///< it had to be made anew
  };
  /// Takes in the next messages, at most `most`, up to an id, of these conversations: all those in which something was said
  /// up to there since it was up to date last. Looks at all conversations when it does not know better.
  progress catch_up(const std::vector<std::string>& where, entry_id up_to, std::size_t most);

  /// One step of what keeps it true, some milliseconds long. `gone`: these have been taken out of the store. `review`:
  /// others may have. Whether there is more to do.
  bool tend(const std::vector<entry_id>& gone, bool review, std::size_t most);

  search_hits find(const search_request& what);

  /// Ends what is under way, and closes the database: nothing can be done with it from then on.
  void close() noexcept;
  /// Deletes it. It must be closed, or never have been opened.
  static void remove(const store_options& of) noexcept;

 private:
  template <class Work> auto with_database(Work work);
  void open();

  const store_options of_;
  std::mutex in_use_;  // by whoever works with the database
  std::atomic<bool> is_closed_ = false;
  std::unique_ptr<index_database> open_;
  bool is_damaged_ = false;
};

}  // namespace parlance::chat
