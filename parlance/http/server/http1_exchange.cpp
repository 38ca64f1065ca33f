#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <parlance/http/base/date.hpp>
#include <parlance/http/base/grammar.hpp>
#include <parlance/http/server/http1_exchange.hpp>
#include <parlance/http/server/refusal.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/send_file.hpp>

namespace parlance::http {
namespace {

/// Digits, without what fmt::format costs for each answer.
class decimal {
 public:
  explicit decimal(std::uint64_t value) noexcept : digits_(value) {}
  operator std::string_view() const noexcept { return {digits_.data(), digits_.size()}; }

 private:
  fmt::format_int digits_;
};

void append(std::string& to, std::initializer_list<std::string_view> pieces) {
  for (const std::string_view each : pieces) to += each;
}

}  // namespace

http1_exchange::http1_exchange(http1_wire& on, const request_head& asked, const framing& how, bool last)
    : wire_(on),
      asked_(asked),
      framing_(how),
      body_(how),
      keep_(how.persistent && !last),
      // Of a client of HTTP/1.0 it means nothing (RFC 9110 10.1.1).
      expects_(!body_.done() && asked.version != version::http_1_0 && asked.fields.contains("Expect")) {}

// --- the request's body

std::optional<std::uint64_t> http1_exchange::announced() const noexcept {
  if (framing_.kind == body_kind::chunked) return std::nullopt;
  return framing_.length;
}

/// Waits for more of the request.
io::task<void> http1_exchange::receive() {
  wire_.limit_recv(wire_.limits.stall);
  bool late = false;
  try {
    wire_.arrived = co_await wire_.stream.recv();
  } catch (const io::error& e) {
    late = e.code() == io::errc::timed_out && !io::context::current().cancelled();
    if (!late) wire_.broken = true;
    if (!late) throw;
  }
  if (late) throw refusal(408, "the rest of the request did not come in time");
}

io::task<std::string_view> http1_exchange::read() {
  while (!body_.done()) {
    if (wire_.arrived.empty()) {
      if (std::exchange(expects_, false)) {
        constexpr std::string_view go_ahead = "HTTP/1.1 100 Continue\r\n\r\n";
        co_await send_all(std::span(&go_ahead, 1));
      }
      unreadable_ = true;  // unless something comes
      co_await receive();
      if (wire_.arrived.empty()) throw refusal(400, body_.end().error().text);
      unreadable_ = false;
    }
    expects_ = false;  // it has not waited
    auto piece = body_.next(wire_.arrived);
    if (!piece) {
      unreadable_ = true;
      throw refusal(piece.error().status, piece.error().text);
    }
    if (!piece->empty()) co_return *piece;
  }
  co_return std::string_view();
}

io::task<bool> http1_exchange::drain() {
  if (unreadable_ || wire_.broken || !keep_) co_return false;
  const std::uint64_t before = body_.received();
  const auto is_too_much = [&] { return body_.received() - before > wire_.limits.drain; };
  try {
    const io::time_point late = io::after(io::loop::current().now(), wire_.limits.drain_time);
    while (!body_.done() && !is_too_much()) co_await io::timeout_at(late, read());
  } catch (const refusal&) {
    co_return false;
  } catch (const io::error&) {
    if (io::context::current().cancelled()) throw;
    co_return false;
  }
  co_return !is_too_much();
}

// --- the head of the answer

bool http1_exchange::has_body(unsigned status) const noexcept {
  return status >= 200 && status != 204 && status != 304;
}

/// Of what is left of the request's body nobody knows yet; but what is known to be too much, or will perhaps
/// never be sent, ends the connection.
bool http1_exchange::may_be_kept() const noexcept {
  if (!keep_ || unreadable_ || expects_) return false;
  return framing_.kind != body_kind::length || framing_.length - body_.received() <= wire_.limits.drain;
}

void http1_exchange::write_fields(const response_head& head) {
  bool dated = false;
  for (const field each : head.fields) {
    dated = dated || equals_ignoring_case(each.name, "Date");
    if (equals_ignoring_case(each.name, "Content-Length") ||
        equals_ignoring_case(each.name, "Transfer-Encoding"))
      throw std::invalid_argument(fmt::format("an answer's {} is set by the server alone", each.name));
  }
  if (!dated) append(wire_.head, {"Date: ", date_now(), "\r\n"});
  wire_.head += head.fields.wire();
}

void http1_exchange::write_head(const response_head& head, std::optional<std::uint64_t> length) {
  const bool is_final = head.status >= 200 || head.status == 101;
  if (!is_final || head.status > 999 || !is_field_value(head.reason))
    throw std::invalid_argument(
        fmt::format("an answer cannot have the status {} {}", head.status, in_quotes(head.reason)));
  std::string& text = wire_.head;
  text.clear();
  const std::string_view reason = head.reason.empty() ? reason_phrase(head.status) : head.reason;
  append(text, {"HTTP/1.1 ", decimal(head.status), " ", reason, "\r\n"});
  write_fields(head);
  keep_ = head.status == 101 || (may_be_kept() && !head.fields.has_token("Connection", "close"));
  if (has_body(head.status)) {
    sends_body_ = asked_.method != "HEAD";
    if (length) {
      append(text, {"Content-Length: ", decimal(*length), "\r\n"});
    } else if (asked_.version == version::http_1_0) {
      keep_ = false;  // its end is that of the connection
    } else {
      chunked_ = sends_body_;
      text += "Transfer-Encoding: chunked\r\n";
    }
  }
  if (!keep_ && !head.fields.has_token("Connection", "close")) text += "Connection: close\r\n";
  // An old client believes in it only when told (RFC 9112 C.2.2).
  if (keep_ && asked_.version == version::http_1_0) text += "Connection: keep-alive\r\n";
  text += "\r\n";
}

// --- the answer

io::task<void> http1_exchange::send_all(std::span<const std::string_view> pieces) {
  try {
    co_await wire_.stream.send(pieces);
  } catch (...) {
    wire_.broken = true;
    throw;
  }
}

io::task<void> http1_exchange::send_head(const response_head& head, std::optional<std::uint64_t> length,
                                         std::string_view first) {
  write_head(head, length);
  if (!sends_body_) first = {};
  std::array<char, 18> size;  // of a chunk: sixteen digits and a line's end
  std::array<std::string_view, 4> pieces{wire_.head};
  if (chunked_ && !first.empty()) {
    const auto end = fmt::format_to(size.data(), "{:x}\r\n", first.size());
    pieces = {wire_.head, std::string_view(size.data(), end), first, "\r\n"};
  } else {
    pieces[1] = first;
  }
  begun_ = true;
  try {
    co_await wire_.stream.send(std::span<const std::string_view>(pieces));
  } catch (...) {
    wire_.broken = true;
    throw;
  }
}

io::task<void> http1_exchange::send(std::string_view piece) {
  if (!sends_body_ || piece.empty()) co_return;
  std::array<std::string_view, 3> pieces{piece};
  const std::string size = chunked_ ? fmt::format("{:x}\r\n", piece.size()) : std::string();
  if (chunked_) pieces = {size, piece, "\r\n"};
  co_await send_all(pieces);
}

io::task<void> http1_exchange::send_file(int file, std::uint64_t offset, std::uint64_t length) {
  if (!sends_body_ || length == 0) co_return;
  const std::string size = fmt::format("{:x}\r\n", length);
  constexpr std::string_view end = "\r\n";
  const std::string_view before = size;
  if (chunked_) co_await send_all(std::span(&before, 1));
  try {
    co_await net::send_file(wire_.stream, file, {.offset = offset, .length = length});
  } catch (...) {
    wire_.broken = true;
    throw;
  }
  if (chunked_) co_await send_all(std::span(&end, 1));
}

io::task<void> http1_exchange::finish(const field_list& trailers) {
  if (!chunked_) co_return;
  const std::array<std::string_view, 3> pieces{"0\r\n", trailers.wire(), "\r\n"};
  co_await send_all(pieces);
}

bool http1_exchange::can_upgrade() const noexcept {
  return asked_.version == version::http_1_1 && framing_.kind != body_kind::chunked && framing_.length == 0;
}

io::task<net::stream> http1_exchange::upgrade(const response_head& head) {
  co_await send_head(head, std::nullopt, {});
  upgraded_ = true;
  if (!wire_.arrived.empty()) wire_.stream.unread(std::string(std::exchange(wire_.arrived, {})));
  wire_.limit_recv(io::unlimited);
  co_return std::move(wire_.stream);
}

}  // namespace parlance::http
