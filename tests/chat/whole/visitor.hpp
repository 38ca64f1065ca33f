// Somebody who calls a server in a simulation, and does as it is told: says lines, stops reading, resets. What it
// hears, a witness judges.
//
//   visitor ann({.speaks = visitor::language::irc, .nick = "ann"}, on_wrong);
//   work.spawn(ann.visit());
//   ann.say("JOIN #a\r\n");
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/io/event.hpp>
#include <parlance/io/task.hpp>
#include <parlance/net/stream.hpp>

#include "chat/whole/witness.hpp"

namespace parlance::chat::test {

class visitor {
 public:
  enum class language : unsigned char { plain, irc, websocket, http };
  struct traits {
    language speaks = language::irc;
    std::string nick = {};
    std::string account = {};  // which it logs in to; empty: none
    std::string local = {};    // the address that it calls from; empty: any
    bool answers_pings = true;
  };

  /// `wrong` is told what should not be, and the surroundings outlive it.
  visitor(traits its, surroundings& around, std::function<void(std::string)> wrong);

  /// The whole connection. Ends when the server ends it, or by `hang_up` or `reset`.
  io::task<void> visit();

  /// A line, without its end; `label`: of IRC, with one if it can.
  void say(std::string_view line, bool label = false);
  /// Bytes as they are: a part of a line, or no text at all.
  void send_raw(std::string_view bytes);
  void hang_up();
  void reset();
  void read(bool on);

  bool is_over() const noexcept { return over_; }
  bool is_irc() const noexcept { return its_.speaks == language::irc || its_.speaks == language::websocket; }
  bool is_http() const noexcept { return its_.speaks == language::http; }
  /// Whether all that it was told to say has left.
  bool has_said_all() const noexcept { return outbox_.empty() && !is_cut_; }
  const traits& its() const noexcept { return its_; }
  witness& sees() noexcept { return witness_; }

 private:
  io::task<void> talk();
  io::task<void> listen();
  io::task<void> shake_hands();
  void greet();
  void hear(std::string_view bytes);
  void hear_frames();
  void hear_answers();
  void hear_line(std::string_view line);
  void queue(std::string bytes);

  traits its_;
  surroundings& around_;
  witness witness_;
  std::function<void(std::string)> wrong_;
  std::optional<net::stream> stream_;
  std::string outbox_, unread_, text_;  // text_: what came in frames, of a line
  io::event more_, may_read_, leaves_;
  unsigned other_nicks_ = 0;
  bool over_ = false, reads_ = true,
       is_cut_ = false;  // cut: bytes that are no line were sent, so answers are not known
};

}  // namespace parlance::chat::test
