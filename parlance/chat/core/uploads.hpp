// The files that people have put up to show in what they say: which there are, whose they are, and how much may still
// come. Of each there is a document; the files themselves are the affair of whoever runs the hub (web/upload_folder.hpp).
//
//   std::expected<uploads::arrival, uploads::obstacle> coming = all.begin(identity, network, now);
//   if (!coming->grow(bytes)) ...                           // as its bytes come; what it holds is free again with it
//   if (coming->gives_way().is_set()) ...                   // others wait for its place
//   const upload& kept = all.keep(*coming, "cat.png", seconds);
//   for (const std::string& file : all.take_removed()) ...  // to be deleted
//
// One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <parlance/chat/base/budget.hpp>
#include <parlance/chat/base/network.hpp>
#include <parlance/chat/core/settings.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

class store;

struct upload {
  std::string token;       ///< random: who knows it may have the file
  std::string owner;       ///< an identity (correspondence.hpp)
  std::string name;        ///< as it is shown, and as upload_name made it
  std::uint64_t size = 0;  ///< in bytes
  std::int64_t since = 0;  ///< in seconds since the Unix epoch

  /// What it is called in the folder: the token, and the name's ending, which tells what it is.
  std::string file() const;
};

/// The name of a file that somebody else has named, fit to be shown and to stand in an address: without folders, not
/// hidden, and not long; its ending in small letters. `ending`: for one that has none, as "png"; or empty.
std::string upload_name(std::string_view given, std::string_view ending);
/// What is behind the last dot, where that can tell what a file is; or nothing.
std::string_view ending_of(std::string_view name) noexcept;

class uploads {
 public:
  /// Both outlive it.
  uploads(const settings& configured, store& keeps) : settings_(configured), store_(keeps) {}
  uploads(const uploads&) = delete;
  uploads& operator=(const uploads&) = delete;

  /// Whether there can be any.
  bool is_offered() const noexcept;

  /// At the start: those of which there is a document. Throws store_error.
  void load();

  /// Why none may come, or no more of it.
  enum class obstacle : unsigned char {
    too_often,    ///< of this person; later it may
    too_many,     ///< under way at the same time, of this person, of this household or of all
    person_full,  ///< uploads.quota_per_person
    full          ///< uploads.quota
  };

  /// One that is under way. Not longer than the uploads.
  class arrival {
   public:
    arrival(arrival&& other) noexcept;
    arrival& operator=(arrival&&) = delete;
    ~arrival();
    const std::string& token() const noexcept { return what_.token; }
    std::uint64_t size() const noexcept { return what_.size; }
    /// Set when it is to end, for others wait and nothing comes as slowly as this.
    io::event& gives_way() const noexcept { return of_->coming_.at(number_).gives_way; }
    /// So many bytes more have come.
    std::expected<void, obstacle> grow(std::uint64_t bytes);

   private:
    friend uploads;
    arrival(uploads& of, upload what, std::uint64_t number) noexcept
        : of_(&of), what_(std::move(what)), number_(number) {}
    uploads* of_;
    upload what_;
    std::uint64_t number_;
  };

  /// `from`: its household; nothing: of this machine, or one that is not bounded. `expected`: bytes, as far as known.
  std::expected<arrival, obstacle> begin(std::string_view owner, const std::optional<network>& from,
                                         std::uint64_t expected, io::time_point now);
  /// It is whole. Throws store_error: then it is not kept, nor told of. Valid until it is removed.
  const upload& keep(arrival&& whole, std::string_view name, std::int64_t now);

  /// Null: there is none.
  const upload* find(std::string_view token) const;
  /// Whether `from` may look for one: whoever guesses at addresses may not for a while. As failed logins are, but
  /// apart from them and more often, for old addresses that are looked for are no guesses.
  bool may_look(const std::optional<network>& from, io::time_point now);
  /// It has looked for one that is not there.
  void has_missed(const std::optional<network>& from, io::time_point now);
  const std::unordered_map<std::string, upload>& all() const noexcept { return all_; }
  /// False: there is none. Throws store_error.
  bool remove(std::string_view token);
  /// Those of an account that is no more.
  void remove_all_of(std::string_view owner);
  /// Those from before; the oldest, no more than `most`.
  void remove_older_than(std::int64_t since, std::size_t most);
  /// Files of those that were removed.
  std::vector<std::string> take_removed() { return std::exchange(removed_, {}); }

  /// Bytes of all, each counted as at least `least_cost`.
  std::uint64_t total() const noexcept { return total_; }
  static constexpr std::uint64_t least_cost = std::uint64_t{16} << 10U;

 private:
  std::expected<void, obstacle> take(const std::string& owner, std::uint64_t bytes);
  void give_back(const std::string& owner, std::uint64_t bytes);
  void forget(std::unordered_map<std::string, upload>::iterator one);

  /// One that is under way.
  struct under_way {
    std::string owner;
    std::optional<network> from;
    std::uint64_t size = 0;
    io::time_point since{};
    io::event gives_way = {};
  };
  bool may_begin(std::string_view owner, const std::optional<network>& from) const;
  under_way* slowest(io::time_point now);

  const settings& settings_;
  store& store_;
  std::unordered_map<std::string, upload> all_;          // by token
  std::unordered_map<std::string, std::uint64_t> held_;  // bytes, by owner, of what is under way, too
  std::uint64_t total_ = 0;
  std::unordered_map<std::string, budget> often_;             // by owner
  std::unordered_map<network, budget, network_hash> missed_;  // by household
  std::map<std::uint64_t, under_way> coming_;                 // by their numbers
  std::uint64_t numbers_ = 0;
  std::vector<std::string> removed_;
};

}  // namespace parlance::chat
