// A stream that lives on another loop: the system calls on it, its TLS and the copying are that thread's
// work. This end of it, on the loop on which it was made, is a net::stream like any other.
//
//   net::remote_stream s(co_await door.accept(), other);       // an io::loop_thread
//   for (std::string_view text; !(text = co_await s.recv()).empty();) fmt::print("{}", text);
//
// Each call is one request to the other loop and one answer: it is worth its while where what is sent is
// worth more than two hand-overs between threads. A send without an owner copies its bytes. A send or a
// shutdown that is cancelled or destroyed after it began is done all the same.
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
