// What somebody has said and done is forgotten: every entry of theirs is taken out of the history, of rooms and of private
// talks, out of the index for searches, and the files that they have put up; of topics, bans and pins it is not known any
// more that they are theirs. Others' words stay, also where they name them.
//
//   chat.forgetting().begin(said_by_account(alice), done);
//   while (chat.forgetting().step(200)) ...                  // housekeeping; each step a part of a turn
//
// It takes long where much is kept, so it is done in steps, and what is left of it is kept (record_kinds::forget): it goes
// on after a restart, and when the account has ended meanwhile. What is said after it was asked for stays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/accounts/accounts.hpp>
#include <parlance/chat/core/person.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {

class hub;

/// Whose entries are meant.
struct speaker {
  /// What it was called while it was logged in, and of which places in the history: above `after`, up to `until`.
  struct name {
    std::string account;
    entry_id after = 0, until = 0;
  };
  std::string key;  ///< no other's
  std::vector<name> names = {};
  std::vector<std::uint64_t> serials = {};  ///< of people while they had no account (person::serial)

  bool has_said(const stored_entry& what) const;
  bool has_set(const author& its) const;

 private:
  bool was_called(std::string_view account, entry_id at) const;
};

/// An account, up to now: not others that had its name.
speaker said_by_account(const account& its, entry_id now);
/// Also what those who are logged in to it have said since they came, before they logged in.
speaker said_by_account(hub& of, const account& its);
/// Whoever had accounts of that name that are no more.
speaker said_by_former_accounts(std::string_view name, entry_id now);
/// Somebody without one, since they came.
speaker said_by_guest(const person& who);

class forgetting {
 public:
  explicit forgetting(hub& of) noexcept : of_(of) {}
  forgetting(const forgetting&) = delete;
  forgetting& operator=(const forgetting&) = delete;

  /// From now on. `then` is told how many entries are gone, if the server has not been started again meanwhile; of one
  /// client (client::number), what it asked for last; 0: by somebody else, each of whom is told. Throws store_error: then
  /// nothing has begun.
  void begin(const speaker& whose, std::function<void(std::size_t removed)> then, std::uint64_t by = 0);
  /// Looks at no more than about `most` entries. False: nothing is left to be forgotten. Throws store_error.
  bool step(std::size_t most);

 private:
  struct job;
  bool go_on(job& with, std::size_t most);
  void leave_out_names(const job& with);
  void keep(const job& what);

  hub& of_;
  /// Who waits for it.
  struct listener {
    std::uint64_t by;
    std::function<void(std::size_t removed)> then;
  };
  std::map<std::string, std::vector<listener>, std::less<>> listeners_;
};

}  // namespace parlance::chat
