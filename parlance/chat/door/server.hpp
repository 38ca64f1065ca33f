// The server: takes callers from a listener, finds out what they speak, and brings those who chat together in
// one hub.
//
//   chat::server server;
//   net::listener door = co_await net::listen(":8000");
//   callers.spawn(server.accept(door));
//   ...
//   co_await server.drain(5s, "the server is closing. Goodbye.");
//
// On one loop, but for the callers' connections, which may be on others. A caller's failure ends that caller
// and nobody else.
#pragma once

#include <netinet/tcp.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <parlance/chat/base/network.hpp>
#include <parlance/chat/base/stint.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/core/settings.hpp>
#include <parlance/chat/door/blocklists.hpp>
#include <parlance/chat/door/carried.hpp>
#include <parlance/chat/door/mailer.hpp>
#include <parlance/chat/door/message_rate.hpp>
#include <parlance/chat/door/refusal.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/chat/watch/bounded_lines.hpp>
#include <parlance/chat/watch/log.hpp>
#include <parlance/chat/web/hook_door.hpp>
#include <parlance/chat/web/hook_sender.hpp>
#include <parlance/chat/web/push_sender.hpp>
#include <parlance/chat/web/upload_folder.hpp>
#include <parlance/http/server/server_request.hpp>
#include <parlance/http/server/server_response.hpp>
#include <parlance/io/list.hpp>
#include <parlance/io/loop_thread.hpp>
#include <parlance/io/mutex.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/listener.hpp>
#include <parlance/net/stream.hpp>
#include <parlance/net/tls.hpp>

namespace parlance::chat {

class session;
struct in_server;

/// A caller, for whoever runs the server.
struct caller_info {
  std::string name;  ///< empty: it has not come in yet, or is leaving
  std::string from;
  io::duration connected{};
  std::string_view speaks;      ///< "plain", "irc", "websocket", "http"; empty: unknown yet
  io::duration idle{};          ///< since it last sent anything
  std::optional<tcp_info> tcp;  ///< empty: no TCP
};

/// How a caller has come.
struct arrival {
  io::endpoint peer;  ///< who calls
  /// Whom it has called, where that is not this end of the connection.
  std::optional<io::endpoint> here = {};
  bool is_secure = false;  ///< by TLS, which a proxy has taken off
};

struct server_options {
  chat::settings settings = {};
  /// Where the chat is kept; null: in memory, while the server lives.
  std::unique_ptr<chat::store> store = {};
  /// Makes the server speak TLS on the same port; null: it does not.
  std::shared_ptr<net::tls_context> tls = {};
  /// Told who comes and goes, and what went wrong and was not expected. Never what anybody says.
  chat::log log = {};
  /// Who was there in the program whose place this one takes; their connections come by `go_on`.
  std::vector<carried_person> people = {};
};

class server {
 public:
  explicit server(server_options options = {});
  /// Ends every conversation where it is.
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Serves whoever calls, until it is cancelled. Throws io::error when the listener fails.
  io::task<void> accept(net::listener& from);

  /// Serves one caller that is there already, or those for whom it speaks (settings::proxies_group).
  void welcome(net::stream caller);

  /// Once a second, until it is cancelled: measures how late the loop is, follows the wall clock, and settles
  /// the store.
  io::task<void> watch();

  /// Says `goodbye` to everybody, flushes what is due to each, and waits until all have
  /// gone, but not longer than `grace`; those who are left then are cut off. Those whose systems have all
  /// that was due to them are not waited for: some programs never hang up by themselves. Nobody is taken
  /// after that.
  io::task<void> drain(io::duration grace, std::string_view goodbye);

  /// Ends it here for another program that takes its place: nobody is obeyed any more, and what is due to those who are
  /// there is sent, for as long as `grace`. Who cannot go along, as TLS and WebSocket cannot, is told `goodbye` and goes.
  /// Gives all that goes along but listeners: the descriptors are the caller's. Nothing else may be done with the server then.
  io::task<carried> let_go(io::duration grace, std::string_view goodbye);
  /// At the start, once: the connections of those people. Who has none goes.
  void go_on(std::vector<carried_caller> callers);

  hub& chat() noexcept { return hub_; }
  const settings& configured() const noexcept { return options_.settings; }
  /// From now on these hold, for those who are there, too, but for what is settled once: names and folders.
  void use(chat::settings changed);
  const limits& bounds() const noexcept { return options_.settings.limits; }
  /// For handshakes from now on.
  const std::shared_ptr<net::tls_context>& tls() const noexcept { return options_.tls; }
  void use(std::shared_ptr<net::tls_context> tls) noexcept { options_.tls = std::move(tls); }
  std::vector<caller_info> callers();
  /// Answers what is asked below /api/ (`from`: who asks; `is_private`: nobody else can read it); set by whoever runs the
  /// server. May throw http::refusal. Null: there is nothing.
  std::function<io::task<void>(caller from, bool is_private, http::server_request& asked,
                               http::server_response& answer)>
      on_api;
  /// Told that nobody is known by that token any more (accounts/api_tokens.hpp); set and unset with on_api.
  std::function<void(std::string_view name)> on_api_token_ended;
  chat::log& log() noexcept { return options_.log; }

 private:
  friend session;

  io::task<void> all_are_quiet(io::duration limit);
  /// Returns when all callers have had for a while all that was due to them.
  io::task<void> all_have_all();
  /// Reads for whom a proxy speaks.
  io::task<void> welcome_proxied(net::stream caller);
  void take(net::stream caller, const arrival& how);
  /// Why a caller is not taken; empty: it is.
  std::optional<obstacle> obstacle_to(const std::optional<network>& peer) const;
  /// The same of where it calls from alone.
  std::optional<obstacle> obstacle_to_address(const std::optional<network>& peer) const;
  void turn_down(net::stream caller, const io::endpoint& peer, obstacle what);
  void put_out_banned();
  // For session: it is there, it is gone.
  void count_in(const std::optional<network>& peer);
  void count_out(const std::optional<network>& peer) noexcept;
  void count_address(const std::optional<network>& peer);
  void discount_address(const std::optional<network>& peer) noexcept;
  /// From when on who comes from there may say something; and it has gone.
  io::time_point take_burst(const std::optional<network>& peer);
  void give_back_burst(const std::optional<network>& peer, io::time_point free_from) noexcept;

  /// Whether the log has a line about who calls from there, of whom there may be too many (bounded_lines).
  bool tells_of(const std::optional<network>& peer) noexcept;
  void tell_untold();

  /// Of the turn in which it is called.
  io::task<void> end_turn();
  io::loop_thread* next_thread() noexcept;

  server_options options_;
  hub hub_;
  upload_folder files_;
  io::list<session, in_server> sessions_;
  std::unordered_map<network, std::size_t, network_hash> callers_of_;  // by household
  network_bursts bursts_;
  bounded_lines lines_{{.most = 1000, .per_second = 100}, {.most = 200, .per_second = 1}};
  stint stint_;           // of all callers
  io::mutex long_lines_;  // of those whose lines take long, one has a line dealt with in a turn of the loop
  std::size_t connections_ = 0;
  std::size_t proxied_ = 0;  // connections whose header has not come yet
  std::size_t being_refused_ = 0;
  std::vector<std::unique_ptr<io::loop_thread>> threads_;
  std::size_t last_thread_ = 0;
  bool closing_ = false;  // no new conversations, and nothing is told any more
  bool lets_go_ = false;  // and nobody is obeyed
  io::scope background_;  // the ends of turns
  io::scope house_;       // is kept until everybody goes
  push_sender push_;
  blocklists blocklists_;
  mailer mailer_;
  hook_door hook_door_;
  hook_sender hook_sender_;
  io::scope callers_;  // last: what runs in it uses the rest
};

}  // namespace parlance::chat
