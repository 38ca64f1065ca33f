// All that is known of one network: who one is there, its rooms and talks, and what becomes of what one says.
//
// It lives as long as one means to be there, over all the connections that that takes: nothing that was said
// meanwhile is lost or there twice, where the server keeps a history (IRCv3 draft/chathistory), and what was
// being said is said, or shown as unsaid.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/io/time.hpp>

#include <cli/chat/irc/session.hpp>
#include <cli/chat/model/conversation.hpp>

namespace parlance::cli {

class chat_network final : public irc_session::owner {
 public:
  enum class state : std::uint8_t {
    connecting,  ///< for the first time
    online,
    lost,     ///< and tried again
    refused,  ///< for good, until one does something about it
    left
  };

  /// Is told what happens.
  class observer {
   public:
    /// Something that is shown has changed.
    virtual void changed() = 0;
    /// Something is to be sent.
    virtual void has_output() = 0;
    /// One was meant, or spoken to alone, and did not look.
    virtual void called(chat_network& in, conversation& where, const chat_entry& what) = 0;
    /// One is in it, and has asked for that.
    virtual void opened(chat_network& in, conversation& which) = 0;
    /// It is there no more.
    virtual void dropped(chat_network& in, conversation& which) = 0;
    /// One does not come into that room, or was put out of it, and why.
    virtual void kept_out(chat_network& in, const std::string& room, const std::string& why) = 0;
    /// The connection is to be ended, and made again by TLS at that port where there is one.
    virtual void disconnect(chat_network& in, std::optional<std::uint16_t> tls_port) = 0;
    /// For so many seconds it is to be spoken to by TLS alone (IRCv3 sts).
    virtual void encrypted(chat_network& in, std::uint64_t seconds) = 0;

   protected:
    ~observer() = default;
  };

  /// `called`: until the server says its name. `rooms`: to come into, each with its key behind a space; none:
  /// the lobby, where the server is one of ours.
  chat_network(std::string called, irc_identity who, std::vector<std::string> rooms, observer& by);

  const std::string& name() const noexcept { return name_; }
  state status() const noexcept { return state_; }
  /// Why it is not online, for people.
  const std::string& reason() const noexcept { return reason_; }
  bool is_refused() const noexcept { return state_ == state::refused; }
  /// Whether one has been online at all.
  bool was_in() const noexcept { return was_in_; }
  /// The name that one wants there.
  const std::string& wanted_nick() const noexcept { return identity_.nick; }
  irc_session::refusal refusal() const noexcept { return refusal_; }
  irc_identity& identity() noexcept { return identity_; }
  irc_session& session() noexcept { return session_; }
  const irc_session& session() const noexcept { return session_; }
  const std::string& nick() const noexcept { return session_.is_ready() ? session_.nick() : identity_.nick; }
  bool is_away() const noexcept { return away_; }
  std::optional<io::duration> lag() const noexcept { return lag_; }

  /// In the order in which they are shown: what the server says of itself, rooms by name, talks by name.
  const std::vector<std::unique_ptr<conversation>>& conversations() const noexcept { return all_; }
  conversation& server() noexcept { return *all_.front(); }
  conversation* find(std::string_view name);
  conversation& get(std::string_view name);
  /// What these say is neither shown nor counted: masks like "bob!*@*" (chat/core/mask.hpp).
  const std::vector<std::string>& ignored() const noexcept { return ignored_; }
  /// Of what was said before, by their names alone.
  void set_ignored(std::vector<std::string> masks);
  /// The rooms to be in again another time, each with its key behind a space.
  std::vector<std::string> rooms_to_keep();
  /// Of a talk, or of a room that one is not in.
  void drop(conversation& which);

  // The connection.
  void connecting();
  void connected(bool secure, bool by_tls);
  void received(std::string_view bytes);
  /// `again_in`: when it is tried again.
  void lost(const std::string& why, io::duration again_in);
  io::time_point next_attempt() const noexcept { return next_attempt_; }
  /// Says goodbye.
  void quit(const std::string& why);
  /// What time brings: pings, pending messages that may go now, read markers. When to call it next.
  io::time_point tick(io::time_point now);
  /// Nothing has come for so long that the connection must be dead.
  bool is_dead() const noexcept { return dead_; }

  // What one does.
  /// Each line of the text, in as few messages as the server allows.
  void say(conversation& where, std::string_view text, bool is_action = false);
  /// How many messages that would be.
  std::size_t messages_in(std::string_view text) const;
  void react(conversation& where, const chat_entry& to, std::string_view with);
  void take_back(conversation& where, const chat_entry& what);
  /// Once more what was refused; or not.
  void again(conversation& where, std::size_t pending);
  void give_up(conversation& where, std::size_t pending);
  /// What has not been sent is not: how many.
  std::size_t give_up_unsent(conversation& where);
  void join(std::string_view name, std::string_view password = {});
  /// Leaves a room, or puts a talk away.
  void part(conversation& which, std::string_view why = {});
  void want_nick(const std::string& nick);
  void send(std::vector<std::string> words);
  /// A line as it is.
  void send_raw(std::string_view line);
  /// Now, and with each connection that comes.
  void log_in(const std::string& account, const std::string& password);
  void fetch_older(conversation& where);
  /// On the server: what is found comes to `found`, none when it cannot search.
  void search(conversation& where, std::string_view text, std::function<void(std::vector<chat_entry>)> found);
  bool can_search() const { return session_.has("soju.im/search"); }
  /// That one is typing (IRCv3 typing), or no longer is.
  void tell_typing(conversation& where, bool is_active);

  /// Whose end is seen; null: nobody's.
  void look_at(conversation* which);
  /// A line of the program itself.
  void tell(const std::string& text, conversation* where = nullptr);
  /// Where what has no place of its own is told; null: at the server's.
  void tell_in(conversation* where) noexcept { told_in_ = where; }

  /// The most that is kept in memory, of all conversations.
  static constexpr std::size_t most_conversations = 500;
  static constexpr std::size_t most_entries = 100'000, most_bytes = std::size_t{64} * 1024 * 1024;

 private:
  // What the session tells.
  void received(const irc_line& line) override;
  void welcomed() override;
  void refused(irc_session::refusal what, const std::string& why) override;
  void must_encrypt(std::uint16_t port) override;
  void stays_encrypted(std::uint64_t seconds) override;

  // receive.cpp: what becomes of each line.
  using handler = void (chat_network::*)(const irc_line&);
  static const std::map<std::string_view, handler>& handlers();
  void on_said(const irc_line& line);
  void on_tagged(const irc_line& line);
  void on_joined(const irc_line& line);
  void on_parted(const irc_line& line);
  void on_kicked(const irc_line& line);
  void on_quit(const irc_line& line);
  void on_renamed(const irc_line& line);
  void on_away(const irc_line& line);
  void on_topic(const irc_line& line);
  void on_mode(const irc_line& line);
  void on_redacted(const irc_line& line);
  void on_read_marker(const irc_line& line);
  void on_invite(const irc_line& line);
  void on_kept_out(const irc_line& line);
  void on_fail(const irc_line& line);
  void on_error(const irc_line& line);
  void on_pong(const irc_line& line);
  void on_welcome(const irc_line& line);
  void on_server_version(const irc_line& line);
  void on_supports(const irc_line& line);
  void on_names(const irc_line& line);
  void on_whox(const irc_line& line);
  void on_topic_told(const irc_line& line);
  void on_no_topic(const irc_line& line);
  void on_modes_told(const irc_line& line);
  void on_listed(const irc_line& line);
  void on_list_end(const irc_line& line);
  void on_back(const irc_line& line);
  void on_gone_away(const irc_line& line);
  void on_motd(const irc_line& line);
  void on_whois(const irc_line& line);
  void on_nothing(const irc_line& line);
  void tell_rest(const irc_line& line);
  void left(conversation& where, const irc_line& line, std::string_view who, chat_entry::kind what,
            std::string detail);
  void change_modes(conversation& where, const std::vector<std::string>& change);

  std::string conversation_name(const irc_line& line) const;
  std::optional<chat_entry> said_in(const irc_line& line) const;
  bool is_ignored(const irc_line& line) const;
  static chat_entry event_of(const irc_line& line, chat_entry::kind what, std::string_view who,
                             std::string_view detail = {});
  void hear(conversation& where, chat_entry one);
  void count(conversation& where, const chat_entry& one);
  void recount(conversation& where);
  void mark_read(conversation& where);
  void apply_reaction(conversation& where, const irc_line& line);
  void bound_memory();
  conversation& add(std::string_view name, conversation::kind what);

  // history.cpp
  struct page {
    std::vector<irc_line> lines;
    bool failed = false, lost = false;
  };
  struct wait {
    io::time_point until = io::never;
    int count = 0;
  };
  void ask(std::vector<std::string> words, std::function<void(page)> then);
  void take(conversation& where, const std::vector<irc_line>& lines);
  void catch_up(const std::string& key);
  void fetch_latest(const std::string& key);
  void fetch_after(const std::string& key, const std::string& reference, int pages);
  void caught_up(const std::string& key);
  bool again_later(const std::string& key);
  io::time_point ask_again(io::time_point now);
  void find_talks();
  void find_new_talks();

  // outbox.cpp
  void pump(io::time_point now);
  void transmit(conversation& where, pending_message& one);
  void settle(const std::string& key, const std::string& label, const std::vector<irc_line>& lines);
  void reconsider(conversation& where, wall_time since);
  void echoed(conversation& where, const irc_line& line);
  std::vector<std::string> messages_of(std::string_view text) const;
  void added(conversation& where);

  std::string name_;
  irc_identity identity_;
  observer& observer_;
  irc_session session_{*this};
  state state_ = state::connecting;
  std::string reason_;
  irc_session::refusal refusal_ = irc_session::refusal::other;
  std::vector<std::unique_ptr<conversation>> all_;
  std::vector<std::string> rooms_;  // to come into at first
  std::vector<std::string> ignored_;
  std::set<std::string> asked_for_;  // folded: rooms to show when one is in them
  conversation* seen_ = nullptr;
  conversation* told_in_ = nullptr;
  std::string told_name_;  // which one has, as was told last
  bool was_in_ = false, away_ = false, is_ours_ = false;
  wall_time lost_at_ = 0;
  std::size_t listed_ = 0;

  io::time_point next_attempt_{};
  io::time_point heard_at_{}, pinged_at_{}, next_send_{};
  bool ping_is_out_ = false, dead_ = false;
  std::optional<io::duration> lag_;
  std::map<std::string, io::time_point> untold_;  // by key: when to tell how far it was read
  std::map<std::string, wall_time> since_;        // by key: what had come before it was caught up
  std::map<std::string, wait> waits_;  // by key, whose history was refused; empty: which talks are new
};

/// Now, on the wall.
wall_time now_on_the_wall();
/// Of "2026-11-30T08:00:00.000Z" (IRCv3 server-time); what is further ahead than a day is that. Nothing for
/// what is no time.
std::optional<wall_time> time_in(std::string_view stamp);
/// Of server-time, or now.
wall_time time_of(const irc_line& line);
/// As server-time has it: "2026-11-30T08:00:00.000Z".
std::string stamp_of(wall_time time);

}  // namespace parlance::cli
