// The hub: what happens in the chat. It owns all that the chat is: people, rooms, accounts, bans, and the turn,
// which each have a class of their own; what touches several of them is here. It has no lock, because it
// belongs to one thread, and no input or output: it speaks to connections.
//
//   chat::hub hub(settings, store, every_dialect);
//   hub.claim(alice, "alice");                    // a client takes a nick
//   hub.enter(alice);                             // and is somebody now
//   hub.join(*alice.who(), "#lobby");
//   hub.say(alice, "#lobby", {.text = "hello"});
//   hub.end_turn();                               // kept, then told
//
// What it does has its effect at once, but nobody is told before the end of the turn of the loop: see turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/accounts/accounts.hpp>
#include <parlance/chat/accounts/cloak.hpp>
#include <parlance/chat/accounts/login_guard.hpp>
#include <parlance/chat/accounts/logins.hpp>
#include <parlance/chat/accounts/mail_codes.hpp>
#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/shared_budget.hpp>
#include <parlance/chat/core/arrivals.hpp>
#include <parlance/chat/core/carried_person.hpp>
#include <parlance/chat/core/client.hpp>
#include <parlance/chat/core/clock.hpp>
#include <parlance/chat/core/departed.hpp>
#include <parlance/chat/core/event.hpp>
#include <parlance/chat/core/filters.hpp>
#include <parlance/chat/core/forgetting.hpp>
#include <parlance/chat/core/listings.hpp>
#include <parlance/chat/core/message_search.hpp>
#include <parlance/chat/core/named_networks.hpp>
#include <parlance/chat/core/outcome.hpp>
#include <parlance/chat/core/people.hpp>
#include <parlance/chat/core/person.hpp>
#include <parlance/chat/core/presence.hpp>
#include <parlance/chat/core/room.hpp>
#include <parlance/chat/core/rooms.hpp>
#include <parlance/chat/core/server_bans.hpp>
#include <parlance/chat/core/settings.hpp>
#include <parlance/chat/core/turn.hpp>
#include <parlance/chat/core/uploads.hpp>
#include <parlance/chat/core/watches.hpp>
#include <parlance/chat/watch/metrics.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/task.hpp>

namespace parlance::chat {

class store;

/// What somebody says.
struct utterance {
  event::kind what = event::kind::message;
  std::string_view text = {};
  std::string_view tags = {};
  std::span<const text_line> lines = {};
};

class hub {
 public:
  /// Settings and store outlive it.
  /// `carried`: who was there in the run of the server whose place this one takes. Whose connections did not come
  /// along goes with `end_carrying`.
  hub(const settings& configured, store& keeps, const encoders& encode,
      std::span<const carried_person> carried = {});
  ~hub();
  hub(const hub&) = delete;
  hub& operator=(const hub&) = delete;

  // --- people

  chat::people& people() noexcept { return people_; }
  const chat::people& people() const noexcept { return people_; }

  /// Takes a nick for a client that has none yet, who is not there until `enter`. Again: another one instead.
  outcome claim(client& by, std::string_view nick);
  /// The next guest's nick.
  std::string next_guest();
  /// The claimed nick's owner is there now: others can see and reach it. `user`: as in "nick!user@host".
  outcome enter(client& by, std::string_view user = "guest");
  /// The one who runs the server, whose name is reserved and who is not put out, is there, in no room yet;
  /// again: has one more window.
  void enter_operator(client& by);
  /// One more window of somebody who is there.
  void attach(client& to, person& whom);

  /// Of who has logged in and is there: client::missed_since is where what was said to the account meanwhile begins.
  void collect(client& of);
  /// It is being shown that, and nobody need be again.
  void missed_is_shown(client& to);

  // --- from one run of the server to the next

  carried_person carry(const person& who) const;
  /// The connection that came along is that person's again: nobody is told, and nothing was missed.
  void go_on(client& of, person& whom);
  void end_carrying();
  /// The client is gone. So is who has no other and does not stay; `why` is told, in few words or none.
  void leave(client& by, std::string_view why = {});
  /// The same for one whose connection still is there, and ends when it has been told everything that is due.
  /// Of one that obeys a `command`, when that is over.
  void finish(client& by, std::string_view why = {});
  /// Puts somebody out, with all clients. The one that obeys a `command` goes when that is over, and its
  /// person with it.
  void remove(person& whom, std::string_view why);
  /// Puts one client out; the same holds.
  void dismiss(client& whom, std::string_view why);

  /// A command, or a part of one, that a client obeys. Whatever ends that client meanwhile (its account is
  /// dropped, it is killed, it failed to log in too often) takes effect when this does end, so nothing that
  /// the command uses goes away under it. Until then client::is_ending is true, and what remains of the
  /// command, as further targets, is for nobody.
  class command {
   public:
    explicit command(client& by) noexcept;
    ~command();
    command(const command&) = delete;
    command& operator=(const command&) = delete;

   private:
    client& by_;
    client* const outer_;
  };
  /// Everybody is gone and nobody is told: the end of the chat.
  void clear() noexcept;

  /// Each of its rooms keeps and hears that, and so it is paid for, by `by`: a message for each.
  outcome rename(person& who, std::string_view wanted, client* by = nullptr);
  /// After a change of user or host: tells the neighbours.
  void change_host(person& who, std::string_view user, std::string_view host);

  /// The away message of one client; empty: it is back. Its person is away when no client of its is here.
  void set_away(client& by, std::string_view why);
  void set_realname(person& who, std::string_view realname);
  /// Keeps and tells somebody a change of its own modes: "+o".
  void tell_own_modes(person& who, std::string_view changes);
  /// Must be called when the configuration has changed, and was `before`: who has no entry any more is no
  /// operator, others may do what theirs says now, who may not be always on any more is not, and clients are
  /// told of what they can ask for.
  void settings_changed(const settings& before);
  /// Must be called when its clients have become others: see set_away.
  void update_away(person& who);

  /// What others see for the address.
  std::string host_of(std::string_view address);
  /// The ban that keeps the client out, or null. `user`: as in "nick!user@host".
  /// `account`: as which it is logged in; empty: none.
  const server_ban* ban_on(const client& caller, std::string_view user, std::string_view account);
  /// Of the account alone: nobody logs in to it.
  const server_ban* ban_on_account(std::string_view account) const;
  /// Why whoever calls from there is not even listened to: "You are banned ..."; empty when it is.
  std::string why_banned(const std::optional<network>& from) const;
  /// For `length` seconds from now; 0: until it is taken back. False: there are too many. See enforce_bans.
  bool add_ban(server_ban::kind what, std::string_view mask, std::string_view reason, std::string_view by,
               std::int64_t length);
  /// Puts out those who are here and may not be any more, but `but` and who may ban, so that none locks
  /// itself out.
  void enforce_bans(std::string_view why, const client* but);
  /// Told then, for those who are nobody yet; set by whoever runs the hub.
  std::function<void()> on_ban;

  // --- accounts

  account_registry& accounts() noexcept { return accounts_; }
  chat::logins& logins() noexcept { return logins_; }
  /// What was sent by mail, to be shown again.
  chat::mail_codes& mail_codes() noexcept { return mail_codes_; }
  /// Told of a key of a room that was wrong; set by whoever runs the hub.
  std::function<void(const person& who, const room& of)> on_wrong_key;
  /// Whether somebody, or an account, could be called so here.
  bool is_fit_name(std::string_view name) const noexcept;
  /// Whether somebody who is logged in to `account`, or to none, may be called so.
  outcome may_have(std::string_view nick, std::string_view account);
  /// Is logged in to the account from now on, or to none; tells it and the neighbours.
  void log_in(person& who, std::string_view account);
  /// The account is no more: who is logged in to it is put out, its rooms are like others again, and nothing
  /// is left for who takes the name next. False: there is none. Throws store_error when it could not be kept: then it
  /// has happened, and is kept as soon as anything can be, but nobody should be told yet.
  bool drop_account(std::string_view name, std::string_view why);
  /// Those who are logged in to the account, in the order in which they called.
  std::vector<client*> clients_of(std::string_view account) const;
  /// The one of somebody that has this number (client::number); null: it has gone.
  client* find_client(std::uint64_t number) const noexcept;
  /// Puts them out, but `but`: they have shown a password that is not the account's any more. How many.
  std::size_t put_out_clients_of(std::string_view account, const client* but, std::string_view why);
  /// To be called when an account's choice to be always on has changed.
  void always_on_is_set(const account& of);

  // --- rooms

  chat::rooms& rooms() noexcept { return rooms_; }
  const chat::rooms& rooms() const noexcept { return rooms_; }

  /// `by`: the client at whose wish it is. Who speaks plain is answered in words instead of being told of
  /// itself.
  outcome join(person& who, std::string_view room_name, std::string_view key = {}, client* by = nullptr);
  /// Whether one may come in who gives `key` for it; a wrong one is paid for. `is_link`: is set where that is the token of
  /// an invite link.
  outcome try_key(const person& who, const room& r, std::string_view key, bool& is_link);
  outcome part(person& who, room& from, std::string_view why = {}, client* by = nullptr);
  /// Has no questions about rights: the caller does. Throws store_error when it could not be kept that who is
  /// put out does not come back with a restart.
  void kick(const source& by, room& from, person& whom, std::string_view why);
  void set_topic(const source& by, room& of, std::string_view text);
  /// Is to be followed by announce_modes, which keeps it or puts back what was.
  void give_ranks(room& in, person& whom, unsigned char ranks);
  /// Tells a room that its modes or ranks were changed by `text`, "+o-v a b", as they are by now.
  void announce_modes(const source& by, room& of, std::string_view text);
  /// A room with another name, and the same in everything else; its history goes along. Tells those who
  /// asked for such. Says name_taken when there is a room of that name, and no_rights for the lobby. Throws
  /// store_error when it cannot be kept; then nothing has changed.
  outcome rename_room(const source& by, room& of, std::string_view to, std::string_view why);

  /// From now on it is a room like others, which ends when nobody is in it. Founders who are there become
  /// operators. Throws store_error when that could not be kept; then it is as it was.
  void unregister_room(const source& by, room& r);

  // --- files

  chat::uploads& uploads() noexcept { return uploads_; }

  // --- talk

  /// `target`: a room, a nick, or a prefix and a room ("@#dev": its operators). On success `id`, when given,
  /// is its place in the history.
  outcome say(client& from, std::string_view target, const utterance& what, entry_id* id = nullptr);
  /// Says something in a room for somebody of another network, whom one calls `nick` (see is_relayed_name).
  outcome relay(client& from, room& in, std::string_view nick, std::string_view text);

  /// Says something in a room for a hook, which calls itself `nick` (see hooks.hpp); `text`: as lines_of takes it apart.
  /// Asks for no rights: who has made the hook had them; nor for filters (filtering.hpp).
  void say_for_hook(room& in, std::string_view nick, std::string_view text);
  std::string prefix_of_hook(std::string_view nick) const;

  /// Puts what somebody has done into a conversation's history, when there is one.
  void keep(std::string_view conversation, const event& what);
  /// The same of what is said, and of anything; `extra`: see playback.hpp.
  void keep(std::string_view conversation, const event& what, std::string_view extra);

  /// The name of a private talk in the history.
  std::string conversation_of(const person& a, const person& b) const;

  // --- the turn

  /// Where work that takes long goes on beside the turns; set by whoever runs the hub.
  std::function<void(io::task<void>)> spawn;
  /// Keeps, then hands out everything that the turn had.
  void end_turn();
  /// The end of the turn that is under way, for who waits for it.
  struct turn_end {
    io::event over;
    bool kept = false;
  };
  std::shared_ptr<turn_end> expect_turn_end();
  /// See searching.hpp.
  message_search& search() noexcept { return search_; }
  const message_search& search() const noexcept { return search_; }
  chat::forgetting& forgetting() noexcept { return forgetting_; }
  /// For client's constructor.
  std::uint64_t next_client() noexcept { return ++clients_; }
  /// For client's destructor.
  void forget(client& c) noexcept;

  chat::turn& turn() noexcept { return turn_; }
  chat::clock& clock() noexcept { return clock_; }
  const chat::clock& clock() const noexcept { return clock_; }
  const settings& configured() const noexcept { return settings_; }
  const named_networks& named() const noexcept { return named_; }
  store& kept() noexcept { return store_; }

  server_bans& bans() noexcept { return bans_; }
  /// What is not to be said here (filtering.hpp).
  chat::filters& filters() noexcept { return filters_; }
  /// What lists of addresses have said.
  listings& listed() noexcept { return listings_; }
  /// Names that clients of IRC watch.
  watches& watched() noexcept { return watches_; }
  const departures& departed() const noexcept { return departures_; }
  departures& departed() noexcept { return departures_; }

  /// The same as person::searches, of a network's people and of all together.
  arrivals coming;
  shared_budget searches{{.most = 8'000'000, .per_second = 800'000},
                         {.most = 1'000'000, .per_second = 100'000}};
  /// And person::history.
  shared_budget history_reading{{.most = 4, .per_second = 0.4}, {.most = 1.5, .per_second = 0.1}};
  /// Whose share of what is shared somebody takes: nothing for those whom the configuration exempts.
  std::optional<network> share_of(const person& who) const;

  /// Told what an operator does: "kill", and whom or what to; set by whoever runs the hub.
  std::function<void(const caller& from, std::string_view name, std::string_view does, std::string_view to)>
      on_operator;
  /// Told of what a filter was found in, which `where` names; `untold`: how often before without a word. Set by whoever runs
  /// the hub.
  std::function<void(std::string_view nick, std::string_view address, const filter& its,
                     std::string_view where, std::uint64_t untold)>
      on_filtered;
  /// Has a mail sent, beside the chat: to that address, with those words. Set by whoever runs the hub; null: none can be.
  std::function<void(const std::string& to, std::string_view subject, std::string_view text)> on_mail;
  /// Told of what somebody says in a room, or to a person, who may not see it; and when that has been kept, or has not. Set
  /// by whoever runs the hub, for what is told beside the connections.
  std::function<void(const event& what, const room* in, const person* to)> on_said;
  std::function<void(bool kept)> on_turn_over;
  /// False while nobody has ever subscribed to pushes (push_subscriptions.hpp), so that what is said need not be searched
  /// for whom it names.
  bool has_push_subscriptions = false;
  /// What operators can ask for, set by whoever runs the hub; null: nobody can.
  /// `then` is called once it is done, or has failed and changed nothing: with whether, and how it went in
  /// words.
  std::function<void(std::function<void(bool done, std::string_view how)> then)> on_rehash;
  std::function<void()> on_stop;

  /// What is counted, by the hub and by whoever runs it.
  metrics count;

 private:
  void review_operators();
  void review_presence();
  void tell_modes(const source& by, room& of, std::string_view text);
  void tell_away(person& who, std::string_view why);
  person& take_nick(client& by, std::string_view nick);
  void arrive(person& who);
  bool became_alone(person& who);
  std::size_t most_alone() const noexcept;
  void settle_identity(person& who);
  void note_use(const person& who);
  void settle_presence(person& who);
  void settle_presence_again(person& who);
  person* come_back(const presence::absent& kept);
  void sit_again(person& who, const std::vector<presence::absent::seat>& in_rooms);
  void set_down(const carried_person& one);
  void release_room(const source& by, room& r);
  void tell_ranks(room& in, const person& whom, unsigned char ranks, client* but);
  void give_lasting_ranks(person& who);
  void detach(client& c);
  void vanish(person& who, std::string_view why);
  outcome say_to_room(client& from, room& in, std::string_view target, rank least, const utterance& what,
                      entry_id* id);
  outcome say_to_person(client& from, person& to, const utterance& what, entry_id* id);
  outcome say_to_absent(client& from, const account& to, const utterance& what, entry_id* id);
  outcome as_if_said(client& from, const event& what);
  void keep_private(const person& by, const std::string& at, std::string_view nick, const event& what);

  const settings& settings_;
  named_networks named_{settings_};
  store& store_;
  account_registry accounts_{store_};
  chat::mail_codes mail_codes_;
  chat::logins logins_{settings_.limits, named_.exempt, count.failed_logins};
  login_guard key_guard_;      // of rooms, by their names
  client* obeying_ = nullptr;  // whose command is under way
  std::string why_it_ends_;    // it was ended by its own command...
  bool is_put_out_ = false;    // ...and did not leave by itself
  /// While somebody may wait for it.
  std::shared_ptr<turn_end> turn_end_;
  std::uint64_t guests_ = 0;
  std::uint64_t clients_ = 0;  // that there have been
  chat::clock clock_{store_};
  cloak cloak_{store_};
  message_search search_{store_, count};
  chat::forgetting forgetting_{*this};
  server_bans bans_{store_};
  chat::filters filters_{store_};
  listings listings_;
  watches watches_;
  departures departures_{settings_.limits};
  chat::turn turn_;
  presence presence_{store_, turn_};
  chat::people people_;
  chat::uploads uploads_{settings_, store_};
  chat::rooms rooms_{settings_, store_, accounts_, clock_, turn_, presence_};
};

}  // namespace parlance::chat
