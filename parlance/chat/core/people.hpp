// Who there is, by nick: those who are there, whom others see and reach, and those who only claim a nick yet.
//
//   chat::people all;
//   person& alice = all.add("alice");             // has the nick, and is nobody yet
//   all.came(alice);
//   all.find("ALICE");                            // &alice
//   all.rename(alice, "alicia", "user", "host");
//   all.remove(alice);
//
// It owns them, and counts them. One thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <parlance/chat/base/by_name.hpp>
#include <parlance/chat/core/person.hpp>

namespace parlance::chat {

class people {
 public:
  /// Who is there; null: nobody of that nick.
  person* find(std::string_view nick) const;
  /// The same, or who only claims it yet.
  person* holder_of(std::string_view nick) const;
  /// Whether a nick looks like that of somebody else than `but`, who may only claim it yet: see scripts.hpp.
  bool looks_like_other(std::string_view nick, const person* but) const;
  /// All who are logged in to an account.
  std::vector<person*> of_account(std::string_view account) const;
  /// Those who only claim a nick among them.
  const by_name<std::unique_ptr<person>>& all() const noexcept { return all_; }

  /// Somebody new, by a nick that nobody has.
  person& add(std::string_view nick);
  /// The nick is nobody else's. `user` and `host`: as in "nick!user@host".
  void rename(person& who, std::string_view nick, std::string_view user, std::string_view host);
  void remove(const person& who) noexcept;
  void clear() noexcept {
    looks_.clear();
    all_.clear();
  }

  /// Is there from now on, or is not any more.
  void came(person& who) noexcept;
  void gone(person& who) noexcept;
  /// Of somebody who is there.
  void set_mode(person& who, char letter, bool on) noexcept;

  /// How many are there; each is counted as it changes, because greeting one must not cost looking at all.
  struct census {
    std::size_t people = 0, most_people = 0, invisible = 0, operators = 0;
    std::size_t strangers = 0;  ///< clients of IRC that have not registered; they count themselves
  } present;

 private:
  void count_modes(const person& who, bool came) noexcept;

  void remember_look(const person& who);
  void forget_look(const person& who);

  by_name<std::unique_ptr<person>> all_;
  /// By what their nicks look like: those whose nicks are not of ASCII alone, which look like themselves.
  std::unordered_map<std::string, const person*> looks_;
};

}  // namespace parlance::chat
