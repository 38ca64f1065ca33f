// Reading in pieces that mean something: lines, so many bytes, up to a mark. One recv is not one message:
// what a peer sends at once may come in parts, and what it sends in parts may come at once.
//
//   net::reader in(caller);
//   while (std::optional<std::string_view> line = co_await in.line(512))
//     co_await caller.send({*line, "\n"});
//
//   std::string_view head = (co_await in.exactly(4)).value();
//   std::size_t length = length_in(head);
//   std::string_view body = (co_await in.exactly(length)).value();
//
// What is given out is a view, valid until the next call of the reader or recv of the stream. It is not
// copied when it lies whole in what one recv brought; otherwise it is gathered, in a time that grows with its
// size only, whatever pieces it comes in. A reader takes no more memory than what was asked for, so a length
// that comes from the peer is to be bounded before it is asked for.
//
// Cancelling or destroying a call at any moment loses nothing: what had come is for the next. The same holds
// for one that throws. What a reader has and did not give out goes back to the stream when it is released or
// destroyed, so that somebody else can go on there, as with HTTP. Until then nobody else receives from the
// stream, which must outlive the reader. `start_tls`, `detach` and moving the stream release it, so what came
// in the open is the handshake's, and never passes for what came by TLS. Closing the stream drops what it
// has. Without memory to give back what was gathered, the stream is closed, and resets. While a call waits,
// start_tls throws EBUSY, and the stream should not be moved: the call throws errc::closed then, and what had
// come for it is lost.
//
// Errors: io::error naming the peer. EMSGSIZE: it is longer than the limit. net::errc::ended_early: the peer
// ended in the middle. EALREADY: another call of this reader waits. The stream's own. One thread, the stream's.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include <parlance/io/list.hpp>
#include <parlance/io/task.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::net {

class reader : public io::link<in_readers> {
 public:
  explicit reader(stream& from) noexcept : from_(from) { from.readers_.push_back(*this); }
  /// Releases.
  ~reader() { release(); }
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

  /// The next line, without its end, which is LF or CRLF; a CR elsewhere is a byte like any other. At most
  /// `limit` bytes, the end not counted. The last line may lack its end, and is given as it is: who must not
  /// take a line that was cut for a whole one asks for until("\n"). Empty: the peer has ended its side.
  io::task<std::optional<std::string_view>> line(std::size_t limit = 64 * 1024);

  /// What comes before the next `mark`, which is taken and not given; at most `limit` bytes. Empty: the peer
  /// has ended its side; in the middle that is an error. An empty mark throws EINVAL.
  io::task<std::optional<std::string_view>> until(std::string_view mark, std::size_t limit = 64 * 1024);

  /// So many bytes. Empty: the peer has ended its side; in the middle that is an error. Of 0: at once.
  io::task<std::optional<std::string_view>> exactly(std::size_t size);

  /// Everything up to the end of the peer's side, at most `limit` bytes.
  io::task<std::string_view> rest(std::size_t limit);

  /// What is there, waiting until something is. Empty: the peer has ended its side.
  io::task<std::string_view> some();

  /// Gives back to the stream what was not given out. The reader can be used again. Not while a call waits.
  void release();

 private:
  friend stream;
  class alone;
  struct search;
  void release_to(stream& to) noexcept;
  std::string_view received(std::string_view bytes) const;
  void forget() noexcept;
  std::string_view gathered() const noexcept { return {kept_.data() + taken_, kept_.size() - taken_}; }
  std::size_t had() const noexcept { return gathered().size() + chunk_.size(); }
  io::task<std::optional<std::string_view>> up_to(search mark, std::size_t limit);
  bool has(search& mark, std::size_t limit) const;
  void gather(std::size_t size, std::size_t most);
  std::string_view give(std::size_t size);
  [[noreturn]] void fail(std::error_code code, std::string_view why) const;

  stream& from_;
  std::vector<char> kept_;  // what was gathered
  std::size_t taken_ = 0;   // how much of it was given out
  // What comes behind it: the last recv's, as far as it is not gathered or given out.
  std::string_view chunk_;
  bool reading_ = false;
  bool left_ = false;  // its stream was moved while a call waits
};

}  // namespace parlance::net
