// People who stay in the chat while nobody is connected as them: a document of each, so that it is there again
// after a restart, in its rooms.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

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
  bool keeps(const person& who) const noexcept { return !who.kept_as_.empty(); }
  /// Nobody of that account comes back.
  void forget(std::string_view account);

  /// Somebody as it was kept.
  struct absent {
    std::string nick, account, user, host, address, realname;
    struct seat {
      std::string room;
      unsigned char ranks;
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
};

}  // namespace parlance::chat
