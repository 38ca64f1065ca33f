// What a caller sends, understood in the protocol that it speaks. Each protocol is one of these; a session
// gives it what arrives.
//
//   handler.feed(bytes);
//   while (handler.next())            // one message at a time
//     if (handler.busy()) ...         // wait: it is working on the last one
//   ... nothing followed for handler.patience(): handler.pause()      ... the caller has ended its side:
//   handler.end("")
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/chat/core/client.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

class protocol_handler {
 public:
  virtual ~protocol_handler() = default;

  /// What arrived. It must stay until `next` has said that there is nothing left.
  virtual void feed(std::string_view bytes) = 0;
  /// Does what the next message asks for. False: there is none yet.
  virtual bool next() = 0;
  /// Set once it can go on; null when it can already.
  virtual io::event* busy() { return nullptr; }
  /// While it is busy: what it has been fed and has not read; and what waits for others is refused instead,
  /// so that it soon goes on.
  virtual std::string_view unread() const { return {}; }
  virtual void give_up_waiting() {}
  /// What the last message costs of its sender's rate; 1: one message.
  virtual double cost() { return 1; }
  /// After how long a silence `pause` is to be called; `unlimited`: never.
  virtual io::duration patience() { return io::unlimited; }
  virtual void pause() {}
  /// The caller has ended its side (`why` is empty), or the connection is lost.
  virtual void end(std::string_view why) = 0;
  virtual const caller& from() const = 0;
  /// What the caller sees of the chat; null when it sees nothing.
  virtual client* window() = 0;

  // From one run of the server to the next, with the connection.

  /// What it knows beside the person (hub::carry), for `go_on` of one that was just made there. Nothing: it cannot go
  /// on there, or not just now.
  virtual std::optional<std::string> carried() const { return {}; }
  /// The first bytes of a message that has not ended; whatever it was fed is with it.
  virtual std::string_view begun() const { return {}; }
  /// Goes on as that person's window. False: it does not know what was carried.
  virtual bool go_on(std::string_view /*carried*/, person& /*whom*/) { return false; }

  /// What ends the conversation on the wire, after everything that it was told.
  virtual std::string last_bytes() { return {}; }
};

}  // namespace parlance::chat
