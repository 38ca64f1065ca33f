// Somebody in the chat. It may have several clients at once (an account on a telephone and on a desk), or
// none (an account that stays while its owner is away); they all are in the same rooms and see the same
// conversation.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/chat/accounts/permission.hpp>
#include <parlance/chat/base/budget.hpp>
#include <parlance/chat/base/network.hpp>
#include <parlance/chat/core/event.hpp>
#include <parlance/chat/core/metadata.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

class client;
class hub;
class people;
class presence;
class room;
class rooms;
class turn;

/// A set of modes, by their letters.
class mode_set {
 public:
  constexpr bool has(char letter) const noexcept { return bits_ >> index(letter) & 1; }
  constexpr void set(char letter, bool on = true) noexcept {
    const std::uint64_t bit = std::uint64_t{1} << index(letter);
    bits_ = on ? bits_ | bit : bits_ & ~bit;
  }
  constexpr bool empty() const noexcept { return bits_ == 0; }
  /// "int", sorted.
  std::string letters() const {
    std::string all;
    for (char c = 'A'; c <= 'z'; ++c)
      if (has(c)) all += c;
    return all;
  }
  friend constexpr bool operator==(mode_set, mode_set) = default;

 private:
  static constexpr unsigned index(char letter) noexcept { return static_cast<unsigned>(letter - 'A') & 63; }
  std::uint64_t bits_ = 0;
};

class person {
 public:
  struct seat {
    room* in;
    std::size_t index;   // in the room's seats
    entry_id since = 0;  // the history's place of its coming
  };

  const std::string& nick() const noexcept { return nick_; }
  /// As others see them. Valid until one of the names changes.
  std::string_view user() const noexcept {
    return std::string_view(prefix_).substr(nick_.size() + 1, host_at_ - nick_.size() - 2);
  }
  std::string_view host() const noexcept { return std::string_view(prefix_).substr(host_at_); }
  /// "nick!user@host".
  const std::string& prefix() const noexcept { return prefix_; }
  /// False while its client has not finished to register.
  bool present() const noexcept { return present_; }
  const std::vector<seat>& seats() const noexcept { return seats_; }
  const std::vector<client*>& clients() const noexcept { return clients_; }
  bool is_in(const room& r) const noexcept { return find_seat(r) != seats_.size(); }
  std::size_t find_seat(const room& r) const noexcept {
    const auto found = std::find_if(seats_.begin(), seats_.end(), [&](const seat& s) { return s.in == &r; });
    return static_cast<std::size_t>(found - seats_.begin());
  }
  bool is_operator() const noexcept { return modes.has('o'); }
  /// As an operator of the server.
  bool may(permission what) const noexcept { return is_operator() && permitted.has(what); }
  source as_source() const noexcept {
    return {.prefix = prefix_,
            .nick = nick_,
            .account = account,
            .realname = realname,
            .is_bot = modes.has('B'),
            .serial = account.empty() ? serial : 0};
  }

  std::string address;  // where it really is: for operators
  std::string realname;
  std::string account;  // logged in as; empty: nobody
  std::uint64_t account_number = 0;
  /// The name that its account was made under: a part of its identity (correspondence.hpp).
  std::string_view identity_name() const noexcept {
    return own_ && !own_->identity_name.empty() ? own_->identity_name : account;
  }
  std::string away;  // why it is away; empty: it is here
  mode_set modes;    // once it is there, people::set_mode changes them
  permissions permitted;
  chat::metadata metadata;
  /// Its name in the histories of private talks while it has no account: no two people ever have the same.
  std::uint64_t serial = 0;
  std::int64_t signed_on = 0;  // seconds since the Unix epoch
  io::time_point spoke{};
  /// Who is not logged in and may write to it all the same, when only others may (+R).
  struct accepted {
    std::uint64_t serial;
    std::string nick;
  };
  static constexpr std::size_t most_accepted = 100;
  bool is_accepted(const person& whom) const noexcept {
    return own_ && std::any_of(own_->accepts.begin(), own_->accepts.end(),
                               [&](const accepted& a) { return a.serial == whom.serial; });
  }
  /// What most people never need.
  struct extras {
    std::string identity_name;  // the name that its account was made under, where it has another now
    std::string oper;           // the name under which it became an operator
    std::vector<accepted> accepts;
    /// Looking for people by a mask: people looked at, each as much work as the mask is long.
    budget searches{.most = 500'000, .per_second = 50'000};
    /// Reading history: seconds of the processor's.
    budget history{.most = 1, .per_second = 0.05};
    /// Asking to be let into rooms.
    budget knocks{.most = 2.5, .per_second = 1.0 / 60};
  };
  /// Made when it is first asked for.
  extras& own() {
    if (!own_) own_ = std::make_unique<extras>();
    return *own_;
  }
  /// The room that a plain line is said to.
  room* speaks_in = nullptr;
  /// Stays without a client.
  bool always_on = false;
  /// The history's place from which on it has none; 0: it has one.
  entry_id alone_since = 0;
  /// From where on nobody was shown what was said meanwhile: whoever can ask for it has not been; 0: nothing.
  entry_id unshown_since = 0;
  bool is_secure = false;  // by TLS
  /// Whoever runs the server, whom no room keeps out.
  bool is_console = false;
  /// Nothing of it is to stay in the history: it has asked to be forgotten, and nothing was kept of it since; or its
  /// account ends. That it goes is told, and not kept.
  bool goes_unkept = false;

 private:
  friend hub;
  friend people;
  friend presence;
  friend rooms;
  friend turn;
  void set_names(std::string nick, std::string_view user, std::string_view host) {
    std::string whole = fmt::format("{}!{}@{}", nick, user, host);  // of which the others may be parts
    host_at_ = static_cast<std::uint32_t>(whole.size() - host.size());
    prefix_ = std::move(whole);
    nick_ = std::move(nick);
  }

  std::string nick_;
  std::string prefix_ = "!@";
  std::uint32_t host_at_ = 2;  // in the prefix
  std::vector<seat> seats_;
  std::vector<client*> clients_;
  std::string kept_as_;  // the key of the document that has it come back; empty: it does not stay
  std::unique_ptr<const network> alone_of_;  // of whose share it takes while it has no client
  std::unique_ptr<extras> own_;
  std::uint64_t told_ = 0;  // the last announcement that it was given
  bool present_ = false;
};

}  // namespace parlance::chat
