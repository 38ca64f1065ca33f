// The hub: who is there, in which rooms, and who hears what. It alone owns the state of the chat; it has no
// lock, because it belongs to one thread, and no input or output: it hands events to members.
//
//   chat::hub hub(limits);
//   hub.enter(alice);                     // as guest1, into #lobby
//   hub.rename(alice, "alice");
//   hub.say(alice, "hello");              // everybody else in the room: receive(said)
//
// Everybody in a room sees its events in one order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <parlance/chat/event.hpp>
#include <parlance/chat/limits.hpp>
#include <parlance/chat/names.hpp>

namespace parlance::chat {

class hub;
class room;

/// Somebody in the chat. Derive from it to receive; what it is called and where it is, the hub decides. A
/// member that is destroyed has left.
class member {
 public:
  member() = default;
  member(const member&) = delete;
  member& operator=(const member&) = delete;

  bool present() const noexcept { return hub_ != nullptr; }
  const std::string& name() const noexcept { return name_; }
  /// The room that it speaks in; null when it is in none.
  const room* speaks_in() const noexcept { return speaks_in_; }
  bool is_in(const room& r) const noexcept { return find_seat(r) != seats_.size(); }
  std::size_t room_count() const noexcept { return seats_.size(); }

  /// Whether it hears itself as the others hear it, because that is the answer that it waits for.
  bool hears_itself = false;

 protected:
  ~member();

  /// Takes what happened. False: it can take no more, and the hub will dismiss it. Must not call the hub.
  virtual bool receive(const event& what) = 0;
  /// The hub has put it out, for a reason in few words. Must not call the hub.
  virtual void dismissed(std::string_view why) = 0;

 private:
  friend hub;
  struct seat {
    room* in;
    std::size_t index;  // in the room's members
  };
  std::size_t find_seat(const room& r) const noexcept;

  hub* hub_ = nullptr;
  std::string name_;
  std::vector<seat> seats_;
  room* speaks_in_ = nullptr;
  std::uint64_t told_ = 0;  // the last announcement that it was given
};

class room {
 public:
  explicit room(std::string_view name) : name_(name) {}
  const std::string& name() const noexcept { return name_; }
  const std::vector<member*>& members() const noexcept { return members_; }

 private:
  friend hub;
  std::string name_;
  std::vector<member*> members_;
};

/// How a request to the hub went.
enum class outcome : unsigned char {
  done,
  already_so,      ///< has that name, or is in that room: `join` makes it the one that is spoken in
  bad_name,        ///< see names.hpp
  name_taken,      ///< by somebody who is there, or reserved
  bad_room_name,   ///< see names.hpp
  no_such_room,    ///< or not in it
  no_such_person,  ///< nobody of that name is there
  in_no_room,      ///< has left every room, so nobody would hear it
  too_many_rooms,  ///< is in as many as one may be in
  full             ///< no more people, or rooms, fit in
};

class hub {
 public:
  explicit hub(const limits& bounds);
  ~hub();
  hub(const hub&) = delete;
  hub& operator=(const hub&) = delete;

  /// Comes into the lobby, under `wanted` or, without it, as the next guest.
  outcome enter(member& who, std::string_view wanted = {});
  /// The one at the console, whose name is reserved.
  outcome enter_operator(member& who);
  /// Leaves the chat; `why` is told, in few words or none. Nothing when it is not there.
  void leave(member& who, std::string_view why = {});
  /// Puts it out: leave, then member::dismissed.
  void dismiss(member& who, std::string_view why);
  /// Everybody is gone and nobody is told: the end of the chat.
  void clear() noexcept;

  outcome rename(member& who, std::string_view wanted);
  outcome join(member& who, std::string_view room_name);
  /// An empty name: the room that is spoken in.
  outcome part(member& who, std::string_view room_name);
  outcome say(member& who, std::string_view text) { return speak(who, event::kind::said, text); }
  outcome act(member& who, std::string_view text) { return speak(who, event::kind::acted, text); }
  outcome whisper(member& who, std::string_view to, std::string_view text);

  member* find(std::string_view name) const;
  const room* find_room(std::string_view name) const;
  std::size_t size() const noexcept { return people_.size(); }

  struct room_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept { return hash_name(name); }
  };
  struct room_equal {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const noexcept { return same_name(a, b); }
  };
  using room_map = std::unordered_map<std::string, room, room_hash, room_equal>;
  const room_map& rooms() const noexcept { return rooms_; }
  const limits& bounds() const noexcept { return limits_; }

 private:
  struct by_name {
    using is_transparent = void;
    static std::string_view of(std::string_view name) noexcept { return name; }
    static std::string_view of(const member* m) noexcept { return m->name(); }
    std::size_t operator()(const auto& m) const noexcept { return hash_name(of(m)); }
    bool operator()(const auto& a, const auto& b) const noexcept { return same_name(of(a), of(b)); }
  };

  outcome admit(member& who, std::string_view name);
  std::string next_guest();
  room& make_room(std::string_view name);
  void sit(member& who, room& in);
  void rise(member& who, std::size_t seat);
  outcome speak(member& who, event::kind what, std::string_view text);
  void tell(const event& what, member& to);
  void tell_room(const event& what, const room& in, const member* but);
  /// Each person once who shares a small enough room with `who`.
  void tell_neighbours(const event& what, const member& who);
  /// Puts out those who could take no more.
  void dismiss_slow();

  limits limits_;
  std::unordered_set<member*, by_name, by_name> people_;
  room_map rooms_;
  std::vector<member*> slow_;
  std::uint64_t announcements_ = 0;
  std::uint64_t guests_ = 0;
  bool dismissing_ = false;
};

}  // namespace parlance::chat
