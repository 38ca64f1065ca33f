// People who stay in the chat while nobody is connected as them: a document of each, so that it is there again
// after a restart, in its rooms.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <parlance/chat/base/network.hpp>
#include <parlance/chat/core/person.hpp>
#include <parlance/chat/core/turn.hpp>

namespace parlance::chat {

class store;

class presence {
 public:
  /// They outlive it.
  presence(store& keeps, turn& in) noexcept : store_(keeps), turn_(in) {}
  presence(const presence&) = delete;
  presence& operator=(const presence&) = delete;

  /// Who is logged in stays from now on, or does not any more.
  void begin(person& who);
  void end(person& who);
  /// Keeps what it is now, when it stays; `but`: as if it had left that room. Whoever changes it says so in the
  /// same turn.
  void keep(const person& who, const room* but = nullptr);
  /// The same at the end of the turn, in which it may change often.
  void keep_soon(person& who);
  /// At that end, before it is committed.
  void settle();
  /// It is about to be destroyed.
  void gone(const person& who) noexcept { std::erase(changed_, &who); }
  bool keeps(const person& who) const noexcept { return !who.kept_as_.empty(); }
  /// Who stays has no client from now on. False: too many of that household have none already (`most`), and
  /// nothing has changed. `from`: nothing for those who have no share.
  bool begin_alone(person& who, const std::optional<network>& from, std::size_t most);
  /// It has one again, or is gone.
  void end_alone(person& who) noexcept;
  /// Nobody of that account comes back.
  void forget(std::string_view account);

  /// Somebody as it was kept.
  struct absent {
    std::string nick, account, user, host, address, realname, away;
    mode_set modes;
    entry_id alone_since = 0, unshown_since = 0;
    struct seat {
      std::string room;
      unsigned char ranks;
      entry_id since;  // its coming there; 0: an older version kept none
    };
    std::vector<seat> rooms;
  };
  /// At the start. `come` has each be there again, and answers null for who is not to be. Those, and what is no
  /// such document, are forgotten: from then on nobody would keep it true, and later it would be in rooms that
  /// it was put out of meanwhile, with the ranks that it had.
  void restore(const std::function<person*(const absent&)>& come);

 private:
  store& store_;
  turn& turn_;
  std::vector<const person*> changed_;  // in this turn; one that changed twice may be there twice
  std::unordered_map<network, std::size_t, network_hash> alone_;  // how many, by household
};

/// Who is kept as one who stays, and is called as that account is, is kept under its other name. A part of the store's turn.
/// Throws store_error.
void rename_in_presence(store& in, std::string_view account, std::string_view to);

}  // namespace parlance::chat
