// `--trace`: the sequence diagram of a conversation, drawn while it happens.
//
//   trace shown("-", "connect");
//   net::stream s = co_await net::connect(to, {.observer = shown.observer()});
//   ...
//   shown.finish();
//
// Where packets may be captured, flags, numbers and times are those of the wire; elsewhere they are inferred from
// what the socket does and says of itself (TCP_INFO). Of each connection the first 300 segments that carry only
// bytes or acknowledgements are drawn, and the others counted.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <parlance/net/connect_observer.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::cli {

class trace {
 public:
  class recorder;

  /// `into`: a file, as SVG, or "-": text on stderr. `command`: what is shown, for the title. Throws complaint
  /// when the file cannot be written.
  trace(const std::string& into, const std::string& command);
  ~trace();
  trace(const trace&) = delete;
  trace& operator=(const trace&) = delete;

  /// For connections that this end makes.
  std::shared_ptr<const net::connect_observer> observer();
  /// Callers will come here.
  void listening(std::span<const net::endpoint> at);
  /// One of them; gives the stream to speak through, with TLS over it or none.
  net::stream accepted(net::stream caller);

  /// Something that happened, at no end in particular.
  void note(std::string_view what);
  /// The handshake of TLS over a connection is done.
  void secured(const net::stream& over);

  /// A connection, whose stream may have gone meanwhile.
  struct place {
    net::endpoint local, remote;
    bool hidden = false;  // TLS hides what passes
  };
  static place place_of(const net::stream& over);
  /// A message, which is drawn only where what is below hides it.
  void message(const place& over, bool outgoing, std::string_view bytes);

  /// The last packets are waited for, a moment, and the file is written. Throws complaint.
  void finish();

 private:
  std::shared_ptr<recorder> its_;
};

}  // namespace parlance::cli
