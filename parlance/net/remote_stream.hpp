// A stream that lives on another loop: the system calls on it, its TLS and the copying are that thread's
// work. This end of it, on the loop on which it was made, is a net::stream like any other.
//
//   net::remote_stream s(co_await door.accept(), other);       // an io::loop_thread
//   for (std::string_view text; !(text = co_await s.recv()).empty();) fmt::print("{}", text);
//
// Each call is one request to the other loop and one answer: it is worth its while where what is sent is
// worth more than two hand-overs between threads. A send without an owner copies its bytes.
//
// A send or a shutdown that is called off here is called off over there, and is over when it is known how
// that ended. Of one that is destroyed nobody hears: what had not begun over there is not done, and where a
// part of a send has gone nothing follows, as with any stream. The peer reads a reset (over TCP), too, when the
// stream is closed at once while a send is under way, whether any of it has gone or not.
#pragma once

#include <parlance/io/loop_thread.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::net {

class remote_stream final : public stream {
 public:
  /// Moves a stream to `where`, which must outlive it. Throws as stream::detach.
  remote_stream(stream given, io::loop_thread& where);
};

}  // namespace parlance::net
