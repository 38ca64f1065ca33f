// A room: who is in it, what is allowed there, and what this turn of the loop has said in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <parlance/chat/base/budget.hpp>
#include <parlance/chat/base/network.hpp>
#include <parlance/chat/core/hook.hpp>
#include <parlance/chat/core/metadata.hpp>
#include <parlance/chat/core/person.hpp>
#include <parlance/chat/core/room_run.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

/// What somebody may do in a room: a set, highest first. Letters and prefixes by the field's custom.
enum rank : unsigned char { no_rank = 0, voice = 1, half_operator = 2, channel_operator = 4, founder = 8 };

inline constexpr unsigned char every_rank = founder | channel_operator | half_operator | voice;

inline constexpr std::string_view rank_letters = "qohv";
inline constexpr std::string_view rank_prefixes = "~@%+";
/// The rank of a letter ('o') or prefix ('@'), or no_rank.
constexpr rank rank_of(char c) noexcept {
  for (std::size_t i = 0; i < rank_letters.size(); ++i)
    if (rank_letters[i] == c || rank_prefixes[i] == c) return static_cast<rank>(founder >> i);
  return no_rank;
}
/// The prefixes of a set of ranks, highest first; only the highest when `all` is false.
std::string prefixes_of(unsigned char ranks, bool all);

/// The ranks of a set by their letters, highest first: "qo".
std::string letters_of(unsigned char ranks);

/// The modes that a new room has.
inline constexpr std::string_view usual_modes = "nt";

/// A mask in one of a room's lists.
struct list_entry {
  std::string mask;
  std::string set_by;
  std::int64_t set_at;  // seconds since the Unix epoch
  entry_id id =
      0;  // a place in the history: it was set before what has a greater one, whatever the clock said
  std::int64_t expires = 0;  // as set_at, when it is taken back by itself; 0: never
  author its = {};
};

class room {
 public:
  explicit room(std::string_view called);

  struct seat {
    person* who;
    unsigned char ranks;
  };

  const std::string& name() const noexcept { return name_; }
  /// Its name in the history and among documents: folded.
  const std::string& key() const noexcept { return key_; }
  /// What its name looks like (scripts.hpp).
  const std::string& look() const noexcept { return look_; }
  const std::vector<seat>& seats() const noexcept { return seats_; }
  unsigned char ranks_of(const person& who) const noexcept;
  bool has_at_least(const person& who, rank least) const noexcept { return ranks_of(who) >= least; }
  /// Whether it may know that there is such a room: it is not secret, or it is in it.
  bool is_known_to(const person& who) const noexcept;
  /// Whether `to` sees that `whom` is here, and comes and goes.
  bool shows(const person& whom, const person& to) const noexcept;
  /// Those that somebody's account has here whenever it comes; none without one. See ranks_on_coming.
  unsigned char lasting_ranks(const person& who) const noexcept;
  bool is_founded_by(const person& who) const noexcept;
  /// What was said here is for those who were let in: a mode says so (room_modes.hpp).
  bool is_closed() const noexcept;
  /// Who is here is a part of what is kept of it, so that nobody comes before them after a restart. In the
  /// lobby, where nobody gets a rank for being the first, that matters only if it is for the invited.
  bool keeps_people() const noexcept;
  /// Nobody has set anything.
  bool is_as_made() const noexcept;
  /// All that is set is as it is there.
  void take_settings(room&& from);

  struct {
    std::string text;
    std::string set_by;
    std::int64_t set_at = 0;
    author its = {};
  } topic;
  // Its modes; what there are stands in room_modes.hpp.
  mode_set modes;                                         // those without a parameter
  std::string password;                                   // +k
  std::size_t limit = 0;                                  // +l; 0: none
  std::string forward;                                    // +f: where those go who may not come in
  std::size_t slow = 0;                                   // +W: seconds between two messages of one; 0: none
  std::vector<list_entry> bans, exceptions, invitations;  // +b +e +I
  budget knocks{.most = 9.5, .per_second = 0.2};          // of all who ask to be let in
  std::int64_t created = 0;
  entry_id begins_after = 0;          // what was said here up to this one was said before it was made
  std::optional<network> maker = {};  // the household of who made it
  chat::metadata metadata;
  /// Registered: it outlives its people, and belongs to the account of this name and number.
  std::string founder_account;
  std::uint64_t founder_number = 0;
  /// Accounts that get ranks when they come in.
  struct ranked_account {
    std::string name;
    std::uint64_t number;
    unsigned char ranks;
  };
  std::vector<ranked_account> ranked_accounts;
  /// To whom its founder offers it: an account of this name and number, or none.
  struct {
    std::string account;
    std::uint64_t number = 0;
  } offered_to;
  /// What is said here is forgotten after so many seconds, if the server does not forget it sooner. 0: as the server does.
  std::int64_t retention = 0;
  /// While it is slow, when somebody without a rank has spoken last (room_rules.hpp): an account, or person::serial.
  std::unordered_map<std::uint64_t, io::time_point> spoke;
  /// What programs elsewhere say here, and are told; by when they were made.
  std::vector<hook> hooks;
  struct invitation {
    std::uint64_t serial;  // person::serial, so whatever it is called by then
    entry_id since;        // newer bans keep it out
  };
  /// Those who were invited by somebody who may, and have not come yet.
  std::vector<invitation> invited;
  const invitation* find_invitation(const person& who) const noexcept;
  struct absentee {
    std::string
        identity;  // as identity_of had it (correspondence.hpp): of an account, or of somebody without one
    unsigned char ranks;
    entry_id since;  // clock::started_at of the start before which it was here; newer bans keep it out
  };
  /// Those who were here when the server ended: accounts may come back, however the room was closed then.
  /// Each until it comes, and again when it is gone without having left; nobody any more once somebody here
  /// closes the room anew.
  std::vector<absentee> expected;
  /// Who came without an account in the place of one expected: a household, or here person::serial.
  std::vector<std::uint64_t> returned;
  const absentee* find_expected(std::string_view identity) const noexcept;
  /// Nobody any more: it is closed anew.
  void expect_nobody();
  /// Under which those who are here, and those who are expected, are kept (crowd.hpp); 0: they are not.
  entry_id crowd = 0;
  /// There was somebody to expect when the server started.
  bool is_awaited = false;
  /// May people read what was said before they came? By default as the server's configuration says.
  enum class reading : unsigned char { by_default, members, since_joined } history = reading::by_default;

 private:
  friend class rooms;
  friend turn;

  std::string name_;
  std::string key_;
  std::string look_;
  std::vector<seat> seats_;
  room_run run_;
  bool is_kept_ = false;  // there is a record of it
  /// Of what has changed and is not kept yet, as it was: what the record cannot give back.
  struct {
    std::vector<std::pair<std::uint64_t, unsigned char>> ranks;  // person::serial
    bool of_kept_people = false;
    std::optional<std::vector<absentee>> expected;
  } before_;
};

}  // namespace parlance::chat
