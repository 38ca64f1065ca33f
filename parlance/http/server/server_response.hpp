// The answer to a request: as a whole, or piece by piece.
//
//   co_await answer.send("hello\n");                                       // 200, text/plain
//   co_await answer.status(201).json(R"({"id":7})");
//   co_await answer.redirect("/items/7");
//
//   answer.fields().append("Content-Type", "text/csv");
//   for (const row& each : table) co_await answer.write(each.text());      // goes out as it is written
//   co_await answer.finish();
//
// Date, and what frames the body and the connection, are added: Content-Length, Transfer-Encoding, Connection.
// For HEAD, and a status that has no body, what would be the body goes nowhere. A peer that takes nothing keeps
// a write waiting, until server_limits::stall; one that is gone fails it with io::error, which a handler lets pass.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/message/message.hpp>
#include <parlance/http/server/server_stream.hpp>
#include <parlance/io/task.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::http {

/// One task at a time uses it. Lasts until its handler is done.
class server_response {
 public:
  explicit server_response(server_stream& on) noexcept : stream_(on) {}
  server_response(const server_response&) = delete;
  server_response& operator=(const server_response&) = delete;

  /// 200 unless another is set; before anything is sent.
  server_response& status(unsigned code) noexcept { return head_.status = code, *this; }
  unsigned status() const noexcept { return head_.status; }
  /// What else the head says; before anything is sent. Of those that frame the answer only `Connection: close`
  /// may be there: others are refused with std::invalid_argument when it is sent.
  field_list& fields() noexcept { return head_.fields; }

  /// The whole answer; head and body go together. `media_type` is its Content-Type, unless the fields have one,
  /// or it is empty.
  io::task<void> send(std::string_view body, std::string_view media_type = "text/plain; charset=utf-8");
  /// The same with JSON, which is not looked at (RFC 8259).
  io::task<void> json(std::string_view text) { return send(text, "application/json"); }
  /// An answer without a body: 204, unless another status is set.
  io::task<void> send_nothing();
  /// 303 (See Other), unless another of 3xx is set. Throws std::invalid_argument for a control character in it.
  io::task<void> redirect(std::string_view location);
  /// A part of a regular file as the whole body; the descriptor stays the caller's.
  io::task<void> send_file(int file, std::uint64_t offset, std::uint64_t length);

  /// How many bytes will be written: then the client is told before. More, or fewer, is std::logic_error.
  server_response& length(std::uint64_t bytes) noexcept { return length_ = bytes, *this; }
  /// The next bytes of the body; the head goes with the first. Of nothing: the head goes, if it has not.
  io::task<void> write(std::string_view piece);
  /// The same from a regular file.
  io::task<void> write_file(int file, std::uint64_t offset, std::uint64_t length);
  /// The end of what was written. Done by itself when the handler returns; a handler that throws instead leaves
  /// an answer of which the client sees that it is not whole. `trailers` reach who speaks HTTP/1.1, or 2, and was
  /// told no length (RFC 9110 6.5).
  io::task<void> finish(const field_list& trailers = {});

  /// Whether the connection may become another protocol's: it speaks HTTP/1.1, and the request has no body.
  bool can_upgrade() const noexcept { return stream_.can_upgrade(); }
  /// Answers with 101 and the fields that are set, `Connection` and `Upgrade` among them, and gives the connection
  /// to the handler. Throws std::logic_error where it cannot be.
  io::task<net::stream> upgrade();

  /// Whether a head has been sent, or begun to be, and all of the answer.
  bool begun() const noexcept { return state_ != state::fresh; }
  bool finished() const noexcept { return state_ == state::finished; }

 private:
  enum class state : std::uint8_t { fresh, written, finished };
  void expect_fresh() const;
  void count(std::uint64_t bytes);

  server_stream& stream_;
  response_head head_;
  std::optional<std::uint64_t> length_;
  std::uint64_t written_ = 0;
  state state_ = state::fresh;
};

}  // namespace parlance::http
