// What the chat keeps: conversations, which are streams of entries that only grow at their end, and
// documents, which are JSON values by kind and key.
//
//   chat::store kept({.folder = "/var/lib/parlance"});
//   const chat::entry_id id = kept.next_id(std::chrono::system_clock::now());
//   kept.append("#lobby", {.id = id, .kind = 1, .source = "alice!a@host", .text = "hello"});
//   kept.commit();                                                  // throws: nobody has been told of it
//   for (const auto& e : kept.read("#lobby", {.limit = 50})) ...    // the newest 50, oldest first
//
// Kept before told: whatever happens in one turn of the loop is added, committed once, and delivered only
// then. The turn begins by itself with the first change; its reads see its changes. A change that fails is
// not thrown where it is made: commit reports it. What was said in a turn that could not be kept is gone, and
// its senders can be told; everything else that was changed in it (documents, and names and ends of
// conversations) holds, and is kept by the first commit that succeeds.
//
// Texts are bytes and come back as they were given. A store belongs to one thread, and blocks it for
// microseconds; `checkpoint` is the part that takes longer, and is for another thread. It is kept in SQLite;
// nothing in this interface is, so that another engine can stand behind it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/chat/store/timeline.hpp>

namespace parlance::chat {

enum class durability : unsigned char {
  process,  ///< what is committed survives a kill, and all but the last moments survive a power cut
  power     ///< it survives a power cut: each commit waits for the disk
};

struct store_options {
  /// Is made when it is not there. Empty: in memory only, and gone with the store.
  std::filesystem::path folder = {};
  durability keeps = durability::process;
  /// The name of a registered sqlite3_vfs, for tests.
  std::string vfs = {};
};

/// The text says which file, what is wrong, and what to do.
class store_error : public std::runtime_error {
 public:
  enum class trouble : unsigned char {
    unusable,  ///< at the start: damaged, of a newer version, of another program, in use, not permitted
    full,      ///< no space left on the disk; later commits work when there is
    failed     ///< anything else that went wrong on the way
  };
  store_error(trouble kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}
  trouble kind() const noexcept { return kind_; }

 private:
  trouble kind_;
};

/// What is appended.
struct entry {
  entry_id id = 0;
  unsigned char kind = 0;  ///< below 64; what it means, the hub decides
  std::string_view source = {};
  std::string_view account = {};
  std::string_view text = {};
  std::string_view tags = {};
  std::string_view extra = {};
};

/// What is read.
struct stored_entry {
  entry_id id = 0;
  unsigned char kind = 0;
  std::string source;
  std::string account;
  std::string text;
  std::string tags;
  std::string extra;
  std::uint64_t time = 0;  ///< when it was said, in microseconds since 1970

  bool operator==(const stored_entry&) const = default;
};

/// A set of kinds of entries, a bit for each.
using kind_set = std::uint64_t;
inline constexpr kind_set all_kinds = ~kind_set{0};
constexpr kind_set kind_bit(unsigned char kind) noexcept { return kind_set{1} << (kind & 63U); }

/// Reading these alone costs nothing for the entries of other kinds that lie between; reading others looks at
/// each.
inline constexpr kind_set found_kinds = kind_bit(1) | kind_bit(2);

/// Which entries to read: those between two ids, at most `limit`, counted from one end.
struct entry_range {
  enum class end : unsigned char { oldest, newest };

  entry_id after = 0;                                      ///< not included
  entry_id before = std::numeric_limits<entry_id>::max();  ///< not included
  std::size_t limit = 100;
  end from = end::newest;
  kind_set kinds = all_kinds;
};

class store {
 public:
  /// Opens the folder's history, or begins it. Throws store_error (unusable) and leaves the files as they
  /// are.
  explicit store(store_options options);
  /// What is not committed is gone.
  ~store();
  store(const store&) = delete;
  store& operator=(const store&) = delete;

  const store_options& options() const noexcept { return options_; }

  /// The place of `now` and so much `ahead`, or more: greater than every id ever given, also after a restart and
  /// when the clock goes back. A part of the turn: it may be told to anybody once the turn is committed.
  entry_id next_id(std::chrono::system_clock::time_point now, std::chrono::microseconds ahead = {});
  /// No id that was given so far is greater, whatever the clock says.
  entry_id last_id() const noexcept;
  /// The last one of which an entry is kept; after a kill others may have been skipped. It looks at each conversation.
  entry_id last_said();

  /// When what has an id was said.
  const timeline& times() const noexcept;
  /// The clock was set back, from `before` to `now`: ids go on, and are of times from now on. Entries of later times
  /// were said while it was ahead, which was since a silence that is long enough, or always: all that was said since is
  /// as much older. A part of the turn. Throws store_error when it cannot be found out: it is as it was.
  void set_back(std::chrono::system_clock::time_point before, std::chrono::system_clock::time_point now);
  /// The clock was set forward by so much, or this is the start, so long after what was said last. Where all that was
  /// said had been taken for said while it was ahead, and this is most of how much it was, it was the clock that was
  /// behind: that is taken back. A part of the turn.
  void set_forward(std::chrono::microseconds by);

  // Conversations. A conversation is there while it has entries. Its name is any text: a folded room name, or
  // whatever is chosen for a private talk.

  /// Adds at the end. Throws std::invalid_argument when its id is not greater than the last one's, or its
  /// kind is above 63: that is a mistake of the caller.
  void append(std::string_view conversation, const entry& what);
  /// Takes one out of the history. False: it is not there.
  bool remove(std::string_view conversation, entry_id id);
  /// The history moves to another name. False: there is none, or the other name has one.
  bool rename(std::string_view from, std::string_view to);
  /// The conversation is over. At once nobody can read it; `prune` frees its space.
  void erase(std::string_view conversation);
  /// Only what has an id above `after`.
  void erase_after(std::string_view conversation, entry_id after);

  struct conversation {
    std::int64_t row;  ///< the same whatever it is called; later ones have greater ones
    std::string name;
  };
  /// The next one; of all, the first is behind 0.
  std::optional<conversation> conversation_behind(std::int64_t row);

  std::optional<stored_entry> find(std::string_view conversation, entry_id id);
  /// In ascending order, whichever end they are counted from.
  std::vector<stored_entry> read(std::string_view conversation, const entry_range& which);
  /// The id of the last entry of these kinds, or 0.
  entry_id newest(std::string_view conversation, kind_set kinds = all_kinds);
  /// The same for each of these conversations that has any.
  std::vector<std::pair<std::string, entry_id>> newest(std::span<const std::string> among,
                                                       kind_set kinds = all_kinds);

  // Documents. Their keys are UTF-8.

  /// Replaces what was there.
  void put(std::string_view kind, std::string_view key, std::string_view json);
  /// False: it is not there.
  bool erase(std::string_view kind, std::string_view key);
  std::optional<std::string> get(std::string_view kind, std::string_view key);

  /// How many have a key from `from` on that is below `below`, as bytes go; some microseconds for a hundred.
  std::size_t count(std::string_view kind, std::string_view from, std::string_view below);
  /// The first of these keys.
  std::optional<std::string> first(std::string_view kind, std::string_view from, std::string_view below);

  using visitor = std::function<void(std::string_view key, std::string_view json)>;
  /// Each document of a kind whose key begins with `prefix`, in the order of their keys' bytes. The visitor
  /// may change the store.
  void each(std::string_view kind, std::string_view prefix, const visitor& visit);
  void each(std::string_view kind, const visitor& visit) { each(kind, {}, visit); }

  // The turn.

  /// Documents were changed that are not committed yet.
  bool has_pending_documents() const noexcept;

  /// Whether there is something to commit.
  bool dirty() const noexcept;
  /// Everything since the last commit, or nothing: then store_error (full or failed) is thrown, what was said
  /// is gone, and what was changed is left for the next commit. Should the disk go on failing until the
  /// process is killed, a turn that failed may be found whole at the next start.
  void commit();
  /// Undoes everything since the last commit that succeeded.
  void rollback() noexcept;
  /// Makes a change and commits it with everything since the last commit, for what is told only once it is
  /// kept. Or throws store_error (full or failed), or what `change` throws: then the change is undone, also for later
  /// commits, and the turn has failed.
  void keep_now(const std::function<void()>& change);
  /// Has what was kept beside the database in it, and what was left for the next commit, for those who copy it
  /// while it is used. Between turns; fails silently, and then has changed nothing. Whether it has all.
  bool settle() noexcept;
  /// Throws store_error when nothing can be kept now. For what is better refused than done now and kept
  /// later, and before it.
  void check();

  // Housekeeping.

  struct pruned {
    std::size_t removed = 0;
    bool done = true;  ///< false: there may be more, so call again soon
  };
  /// Of these kinds a conversation has `most` entries when it is pruned, and of all others together as many, but
  /// no more than `most_others`, so that neither pushes the other out. Said before the first is appended; otherwise
  /// all count.
  void count_only(kind_set counted,
                  std::size_t most_others = std::numeric_limits<std::size_t>::max()) noexcept;
  /// Removes what is older than `older_than`, what exceeds the newest `most` of its conversation, and what
  /// was erased. A part of the turn. Looks at no more than about `budget` rows, some microseconds each, and
  /// goes on from there at the next call. Entries that were removed one by one still count among the `most`.
  pruned prune(entry_id older_than, std::size_t most, std::size_t budget);

  /// Whether the log has grown so long that `checkpoint` should run; said once, and again after a commit that
  /// finds it still so. A log that nobody sees to grows to 64 MiB; then commits begin to do it themselves.
  bool checkpoint_due() noexcept;

  struct statistics {
    std::uint64_t conversations = 0;
    std::uint64_t entries = 0;     ///< those removed one by one included
    std::uint64_t file_bytes = 0;  ///< of the database
    std::uint64_t free_bytes = 0;  ///< of these, what pruning left for later entries
    std::uint64_t log_bytes = 0;   ///< of the write-ahead log beside it
  };
  /// Takes some microseconds for each conversation.
  statistics measure();

 private:
  struct engine;
  store_options options_;
  std::unique_ptr<engine> engine_;
};

/// Copies the log of an open store into its database and waits for the disk: for a thread that may wait,
/// while the store is in use on its own. Must be over before the store's folder is opened again. Throws
/// store_error (full or failed); nothing is lost then, and the next one may succeed.
void checkpoint(const store_options& of);

}  // namespace parlance::chat
