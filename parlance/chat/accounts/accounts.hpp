// Who has an account: its name, what is kept of its password, and what its owner has chosen. Accounts are
// documents of the store, one each.
//
//   chat::account_registry accounts(store);
//   const auto secrets = chat::derive_secrets(password);           // slow: on a worker thread
//   if (!accounts.create("alice", secrets, now)) ...               // there is one already
//   const std::optional<chat::account> alice = accounts.find("ALICE");
//   if (chat::verify_password(alice->hash, given)) ...             // slow: on a worker thread
//
// What it changes is a part of the store's turn. It belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <parlance/io/time.hpp>

namespace parlance::chat {

class store;

/// Until when nobody logs in to an account (suspension.hpp).
struct suspension {
  std::string reason = {};  ///< for people; or empty
  std::string by = {};      ///< which operator
  std::int64_t since = 0;   ///< seconds since the Unix epoch
  std::int64_t until = 0;   ///< the same; 0: it is lifted by an operator alone
};

/// What an account was called, and in the history up to which place.
struct former_name {
  std::string name;
  std::uint64_t until = 0;
};

struct account {
  std::string name;  ///< as its owner spells it
  /// No other account has it, or ever will, not even the next of that name. 0: it was made by a version that
  /// gave none.
  std::uint64_t number = 0;
  std::string hash;   ///< of the password: an argon2id string
  std::string scram;  ///< of the password, for SCRAM-SHA-256
  /// SHA-256 of certificates that prove who it is, as 64 small hexadecimal digits each.
  std::vector<std::string> certificates;
  std::string email;         ///< where mail reaches its owner, as they said; or empty
  bool is_verified = false;  ///< and as a code has shown that was sent there
  std::int64_t created = 0;  ///< seconds since the Unix epoch
  std::int64_t used =
      0;  ///< the same, by the day, when somebody was logged in to it last; 0: nobody has noted it
  /// The history's place behind which private messages wait that were said to it while nobody was connected; 0: none.
  std::uint64_t waiting_since = 0;
  /// Its owner asks to stay in the chat without being connected.
  bool always_on = false;
  /// Several clients at once are one person.
  bool multiclient = true;
  /// The name that it was made under, where it has another now: what is kept under its identity (correspondence.hpp) is
  /// so still.
  std::string identity_name = {};
  /// Names that it had, the oldest first: of what was said then the history has the name of then.
  std::vector<former_name> former_names = {};
  std::optional<suspension> suspended = {};  ///< whether it holds still is for suspension_of to say
};

/// What is kept of a password.
struct account_secrets {
  std::string hash;
  std::string scram;
};
/// Takes long, on any thread. Throws std::runtime_error when there is not enough memory.
account_secrets derive_secrets(std::string_view password);

/// Names that are remembered of one account.
inline constexpr std::size_t most_former_names = 32;

/// How many certificates one account may have.
inline constexpr std::size_t max_certificates = 16;

/// What it says is done is a part of the turn, and kept with it or as soon as the store can. Throws
/// store_error when the store can neither be read nor be changed now; then nothing is done.
class account_registry {
 public:
  /// The store outlives it.
  explicit account_registry(store& keeps) : store_(keeps) {}

  std::optional<account> find(std::string_view name);
  bool exists(std::string_view name);
  /// That of an identity, whatever it is called by now.
  std::optional<account> find_by_identity(std::string_view identity);
  /// The name of another account that a name looks like (scripts.hpp), if there is one.
  std::optional<std::string> looks_like(std::string_view name);
  /// The name of the account that a certificate belongs to.
  std::optional<std::string> owner_of(std::string_view certificate);

  /// Each whose folded name begins with `prefix`, by name.
  void each(std::string_view prefix, const std::function<void(const account&)>& visit);

  /// `created`: seconds since the Unix epoch; `is_verified`: a code has shown that mail reaches its owner there. False: the
  /// name has an account already, or looks like one that has.
  bool create(std::string_view name, account_secrets secrets, std::int64_t created,
              std::string_view email = {}, bool is_verified = false);
  /// It has another name from `place` in the history on; its identity stays. False: there is none, or the name is taken,
  /// or looks like another account's. `along`: called when it is neither, changes what else names it, which is kept with
  /// it or not at all. See rename_account (account_control.hpp).
  bool rename(
      std::string_view name, std::string_view to, std::uint64_t place,
      const std::function<void()>& along = [] {});
  /// With its certificates. False: there is none. See hub::drop_account.
  bool remove(std::string_view name);
  /// Keeps what was changed in one that is there.
  void update(const account& changed);
  /// Somebody is logged in to it at `now`, in seconds since the Unix epoch. Silently, where there is none.
  void is_used(std::string_view name, std::int64_t now);
  /// False: it is somebody's already, or the account has too many.
  bool add_certificate(account& to, std::string_view certificate);
  bool remove_certificate(account& from, std::string_view certificate);

  /// What chat::mock_scram takes: random, and the same for as long as the store is.
  const std::string& mock_secret();

  /// Whether an address may make one more account now, which then counts. Those of this machine always may.
  bool may_create_from(const std::string& address, io::time_point now);

 private:
  void put(const account& a);

  store& store_;
  std::string mock_secret_;
  std::unordered_map<std::string, io::time_point> free_from_;  // by household
};

/// "@alice#17": under this is kept what is an account's, and no other's of its name. `number`: see account.
std::string identity_of_account(std::string_view account, std::uint64_t number);
std::string identity_of(const account& its);
/// The folded account of an identity that is one's, as it was called when it was made.
std::string_view account_of(std::string_view identity) noexcept;

/// As the store keeps it; nothing for a document that is none: nobody can log in to that.
std::optional<account> account_of_record(std::string_view json);

/// Whether it looks like the address of a mailbox: "alice@example.org".
bool is_email(std::string_view text) noexcept;

/// Whether it is the SHA-256 of a certificate as accounts have it.
bool is_certificate(std::string_view text) noexcept;

}  // namespace parlance::chat
