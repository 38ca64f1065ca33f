// One caller of a server: from its first bytes to its end. For server.cpp.
//
// An idle caller costs one coroutine, which waits for bytes, and one timer, which makes something of silence:
// a greeting, the end of a message, or the end of patience with somebody who leaves. A second coroutine, the
// writer, lives while there is something to send.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/door.hpp>
#include <parlance/chat/hub.hpp>
#include <parlance/chat/plain_framing.hpp>
#include <parlance/chat/server.hpp>
#include <parlance/io/list.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/timer.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::chat {

class session final : public member,
                      public std::enable_shared_from_this<session>,
                      public io::link<in_server>,
                      private io::timer {
 public:
  session(server& of, net::stream caller);
  ~session();

  /// The whole conversation.
  static io::task<void> run(std::shared_ptr<session> self);

  /// Says `last_words` after what is due already, and ends the conversation: our side at once, the rest when
  /// the caller has ended its own or its time is up. The caller has left the hub by then.
  void farewell(std::string_view last_words);

  caller_info describe() const;

 private:
  bool receive(const event& what) override;
  void dismissed(std::string_view why) override;
  void expire() noexcept override;

  // What arrives.
  bool understand(std::string_view arrived);
  bool take_message();
  void take(const plain_framing::message& said);
  void enter(std::string_view wanted);
  void input_ended();
  void watch_for_silence();
  void silence();
  bool too_fast();
  io::task<void> hold_back();
  io::task<void> turn_away();

  // What goes out.
  void tell(std::string text);
  bool enqueue(line text);
  void push(line text);
  static io::task<void> write(std::shared_ptr<session> self);

  /// The connection is of no use any more.
  void lost(std::string_view why);

  server& server_;
  net::stream stream_;
  std::string peer_;
  std::string head_;  // first bytes, while they do not tell what the caller speaks
  plain_framing framing_;
  std::vector<line> outbox_;
  std::size_t queued_ = 0;  // bytes in the outbox and with the writer
  io::time_point connected_;
  io::time_point heard_;
  io::time_point free_from_{};  // when the next message would be on time for the rate
  language speaks_ = language::unknown;
  bool leaving_ = false;  // not in the hub, and what it says is not listened to
  bool writing_ = false;
  bool waited_longer_ = false;  // for the rest of a character
};

}  // namespace parlance::chat
