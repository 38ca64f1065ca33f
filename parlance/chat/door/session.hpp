// One caller of a server: from its first bytes to its end. For server.cpp.
//
// An idle caller costs one coroutine, which waits for bytes, and one timer, which makes something of silence:
// a greeting, the end of a message, or the end of patience with somebody who leaves. A second coroutine, the
// writer, lives while there is something to send. All of that is on the hub's loop; the system calls on its
// connection may be another thread's (net::remote_stream).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/base/network.hpp>
#include <parlance/chat/core/client.hpp>
#include <parlance/chat/core/protocol_handler.hpp>
#include <parlance/chat/door/carried.hpp>
#include <parlance/chat/door/door.hpp>
#include <parlance/chat/door/line_time.hpp>
#include <parlance/chat/door/server.hpp>
#include <parlance/chat/watch/metrics.hpp>
#include <parlance/http/server/server_request.hpp>
#include <parlance/http/server/server_response.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/list.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/timer.hpp>
#include <parlance/net/detached_stream.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::chat {

class session final : public connection,
                      public std::enable_shared_from_this<session>,
                      public io::link<in_server>,
                      private io::timer {
 public:
  /// `where` its connection lives; null: on this loop.
  session(server& of, net::stream caller, io::loop_thread* where, const arrival& how);
  ~session();

  /// The whole conversation.
  static io::task<void> run(std::shared_ptr<session> self);

  /// Ends the conversation with this turn, after what is due already: with `last_words` for who speaks plain.
  void farewell(std::string_view last_words);

  /// The same for whoever is nobody yet, who is told why.
  void keep_out(std::string_view why);
  const std::optional<network>& address() const noexcept { return address_; }

  // --- from one run of the server to the next

  /// Whether it is of those who go along: in the chat, by a connection that is no more than a descriptor of this loop.
  bool may_go_along() const;
  /// Nothing waits to be sent to it.
  bool is_quiet() const noexcept { return !writing_ && outbox_.empty(); }
  /// All of it but the connection. Nothing: it cannot go along just now.
  std::optional<carried_caller> carried() const;
  /// What ends its conversation here from now on is no loss.
  void let_go() noexcept;
  /// Once nothing waits on it. Throws io::error.
  net::detached_stream::parts take_connection() { return stream_.detach().release(); }
  /// Of one that was just made: goes on with that. False: it cannot.
  bool go_on(const carried_caller& from);

  caller_info describe() const;

  /// After a farewell: its system has all that was due to it, and knows that this is the end. Only TCP tells.
  bool has_all() const;

  void deliver(outgoing batch) override;
  void end() override;
  void comes_from(const std::optional<network>& address) override;

 private:
  void expire() noexcept override;

  // What arrives.
  io::task<void> start_tls();
  bool understand(std::string_view arrived);
  bool go_on_with(language what);
  bool speak(language what);
  void take_for_plain();
  bool break_silence();
  io::duration patience() const;
  pause_means weigh() const;
  void go_on_as(protocol what) noexcept;
  const caller& from() const { return handler_ ? handler_->from() : stranger_->from; }
  client* window() const { return handler_ ? handler_->window() : nullptr; }
  void take_all();
  io::task<void> wait_for_handler(io::event& done);
  void input_ended();
  void watch_for_silence();
  void silence();
  bool too_fast();
  bool has_had_its_turn(stint& its) noexcept;
  bool obey_next();
  io::task<bool> obey_alone();
  std::shared_ptr<blocklists::inquiry> asked_about();
  bool has_unread() const noexcept;
  io::task<void> turn_away();
  std::string last_words() const;

  // Whom it speaks with.
  io::endpoint here() const { return told_ && told_->here ? *told_->here : stream_.local(); }
  std::optional<obstacle> move_to(const std::optional<network>& address);

  // In HTTP.
  struct asker;
  io::task<void> serve_requests();
  io::task<void> answer(http::server_request& asked, http::server_response& response);
  asker find_asker(const http::server_request& asked) const;
  io::task<void> become_websocket(asker by, http::server_request& asked, http::server_response& response);

  // What goes out.
  void say(std::string_view bytes);
  void dequeue(std::size_t gone) noexcept;
  bool is_late_thread() const;
  static io::task<void> write(std::shared_ptr<session> self);

  /// The connection is of no use any more.
  void lost(std::string_view why);

  server& server_;
  net::stream stream_;
  std::optional<network> address_;
  std::unique_ptr<const arrival> told_;  // both ends, as a proxy says; null: those of the connection
  /// What is needed until the caller's first line has told what it speaks. Whoever is silent is greeted, and
  /// whoever sends a text and no newline is heard, as a plain caller; that decides nothing.
  struct stranger {
    caller from;
    std::string head = {};  // the first bytes
    std::size_t told = 0;   // so many of them a plain_handler has been given
    unsigned keys = 0;      // in so many steps the others came, as keys are typed
    void shorten();
    void count_keys(std::string_view arrived, io::duration gap) noexcept;
  };
  std::unique_ptr<stranger> stranger_;  // null, too, of who was greeted and has said nothing yet
  std::unique_ptr<protocol_handler> handler_;
  std::string said_meanwhile_;  // while the handler was busy: what it reads next
  outgoing outbox_;
  std::size_t queued_ = 0;  // bytes in the outbox and with the writer
  io::time_point connected_;
  io::time_point heard_;
  io::time_point free_from_{};  // when the next message would be on time for the rate
  line_time line_time_;
  io::event over_;                       // nothing more will be delivered
  io::event drained_;                    // less waits to be sent than before
  language speaks_ = language::unknown;  // by its first line
  protocol counted_as_ = protocol::unknown;
  bool is_refused_ = false;  // it would have to log in, and cannot
  bool was_told_ = false;    // why it cannot be here in plain text
  bool leaving_ = false;     // what it says is not listened to
  bool writing_ = false;
  bool reading_ = false;  // what it sent is being dealt with, and lies in the stream's buffer or in `head`
  bool has_spoken_ = false;
  bool has_tls_ = false;  // on this connection
  bool is_slow_ = false;  // more waits for it than may
  bool is_gone_along_ = false;
  bool is_elsewhere_;     // its connection lives on another thread
  io::time_point moved_;  // when something of what waits was last sent, or began to be
};

}  // namespace parlance::chat
