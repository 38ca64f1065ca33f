#include <fmt/core.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <parlance/http/base/date.hpp>
#include <parlance/http/base/grammar.hpp>
#include <parlance/http/http2/http2_fields.hpp>
#include <parlance/http/server/http2_exchange.hpp>
#include <parlance/http/server/http2_server.hpp>
#include <parlance/http/server/refusal.hpp>
#include <parlance/io/blocking.hpp>
#include <parlance/io/error.hpp>

namespace parlance::http {
namespace {

/// Of a file, in one step.
constexpr std::size_t file_step = std::size_t{64} * 1024;

/// What the system has in memory is read at once; what it has to fetch, is fetched on another thread.
io::task<std::size_t> read_file(int file, std::span<char> room, std::uint64_t offset) {
  const iovec into{.iov_base = room.data(), .iov_len = room.size()};
  ssize_t size = ::preadv2(file, &into, 1, static_cast<off_t>(offset), RWF_NOWAIT);
  if (size < 0)
    size = co_await io::blocking(
        [=] { return ::pread(file, room.data(), room.size(), static_cast<off_t>(offset)); });
  if (size < 0) throw io::error(io::from_errno(errno), "read a file");
  co_return static_cast<std::size_t>(size);
}

/// RFC 9113 8.3.1. nghttp2 sees to it for the schemes of HTTP alone, and takes what is not ASCII.
bool is_path(std::string_view text, std::string_view method) noexcept {
  const bool is_visible = std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  return is_visible && (text.starts_with('/') || (text == "*" && method == "OPTIONS"));
}

}  // namespace

http2_exchange::http2_exchange(http2_server& on, std::int32_t id)
    : on_(on), head_{.method = {}, .target = {}} {
  head_.version = version::http_2;
  joins(on, id);
}

// --- the head

void http2_exchange::refuse(unsigned status, std::string_view why) {
  if (!fault_) fault_ = {status, std::string(why)};
}

void http2_exchange::take_pseudo_field(std::string_view name, std::string_view value) {
  if (name == ":method") head_.method = value;
  if (name == ":path") head_.target = value;
  if (name == ":authority") authority_ = value;
}

/// What is too much is passed over, so that it can be answered.
bool http2_exchange::take_field(std::string_view name, std::string_view value) {
  const head_limits& most = on_.limits_.head;
  bytes_ += name.size() + value.size() + 4;  // as HTTP/1.1 would have it
  if (bytes_ > most.bytes || head_.fields.size() + trailers_.size() >= most.fields) {
    if (head_ended_) return false;
    refuse(431, fmt::format("the head has more than {} bytes, or {} fields", most.bytes, most.fields));
    return true;
  }
  if (head_ended_) return trailers_.try_append(name, value);
  if (name.starts_with(':')) return take_pseudo_field(name, value), true;
  // They may come in pieces (RFC 9113 8.2.3).
  if (name == "cookie") {
    if (!cookies_.empty()) cookies_ += "; ";
    cookies_ += value;
    return true;
  }
  return head_.fields.try_append(name, value);
}

bool http2_exchange::end_fields() {
  if (head_ended_) return true;  // trailers
  head_ended_ = true;
  bytes_ = 0;
  field_list& fields = head_.fields;
  const auto host = fields.get("Host");
  if (host && !authority_.empty() && !equals_ignoring_case(*host, authority_))
    refuse(400, "Host is another than :authority");
  if (fields.count("Host") > 1) refuse(400, "there is more than one Host");
  if (!host && authority_.empty()) refuse(400, "the request has no host");
  if (!host && !fields.try_append("Host", authority_)) refuse(400, ":authority is no host");
  if (!cookies_.empty()) fields.append("Cookie", cookies_);
  if (!is_token(head_.method)) refuse(400, "the method is no token");
  if (head_.method != "CONNECT" && !is_path(head_.target, head_.method)) refuse(400, ":path is no path");
  expects_ = fields.contains("Expect");
  return on_.has_request(*this);
}

void http2_exchange::tell_end(std::optional<std::uint32_t>) noexcept {
  gone_.set();
  if (!why_over() && output_ended()) return;
  broken_ = true;
  work_.cancel();
}

// --- its body

std::optional<std::uint64_t> http2_exchange::announced() const noexcept {
  if (const auto length = head_.fields.get("Content-Length")) return parse_decimal(*length);
  if (input_ended()) return received();
  return std::nullopt;
}

void http2_exchange::go_ahead() {
  if (!std::exchange(expects_, false) || !is_open() || input_ended() || has_data()) return;
  const http2_fields fields(response_head{.status = 100});
  nghttp2_submit_headers(session().frames(), NGHTTP2_FLAG_NONE, id(), nullptr, fields.data(), fields.size(),
                         nullptr);
  session().wake();
}

io::task<std::string_view> http2_exchange::read() {
  go_ahead();
  bool late = false;
  std::string_view piece;
  try {
    piece = co_await next_data(on_.limits_.stall);
  } catch (const io::error& e) {
    late = e.code() == io::errc::timed_out && !io::context::current().cancelled();
    if (!late) throw;
  }
  if (late) throw refusal(408, "the rest of the request did not come in time");
  if (piece.empty() && !input_ended())
    throw io::error(why_over() ? why_over()->code() : errc::incomplete, "receive a request",
                    why_over() ? why_over()->what() : "its stream is over");
  co_return piece;
}

// --- the answer

io::task<void> http2_exchange::send_some(std::string_view piece, bool last) {
  std::optional<failure> failed;
  try {
    co_await send_data(piece, last, on_.limits_.stall);
  } catch (const failure& e) {
    failed = e;
  } catch (const io::error&) {
    broken_ = true;
    throw;
  }
  if (failed) broken_ = true;
  if (failed) throw io::error(failed->code(), "send an answer", failed->what());
  if (last) ended_ = true;
}

io::task<void> http2_exchange::send_head(const response_head& head, std::optional<std::uint64_t> length,
                                         std::string_view first) {
  if (head.status < 200 || head.status > 999)
    throw std::invalid_argument(fmt::format("an answer cannot have the status {}", head.status));
  for (const std::string_view name : {"Content-Length", "Transfer-Encoding"})
    if (head.fields.contains(name))
      throw std::invalid_argument(fmt::format("an answer's {} is set by the server alone", name));
  const bool has_body = head.status != 204 && head.status != 304;
  sends_body_ = has_body && head_.method != "HEAD" && length != 0;
  response_head sent{.status = head.status, .reason = {}, .version = version::http_2, .fields = head.fields};
  if (!sent.fields.contains("Date")) sent.fields.append("Date", date_now());
  if (has_body && length) sent.fields.append("Content-Length", std::to_string(*length));
  if (!is_open()) throw io::error(errc::incomplete, "send an answer", "its stream is over");
  const http2_fields fields(sent);
  const nghttp2_data_provider body = http2_session::body_of_streams();
  const int submitted = nghttp2_submit_response(session().frames(), id(), fields.data(), fields.size(),
                                                sends_body_ ? &body : nullptr);
  if (submitted != 0) throw io::error(errc::incomplete, "send an answer", nghttp2_strerror(submitted));
  begun_ = true;
  session().wake();
  if (!sends_body_) {
    send_no_data();
    ended_ = true;
    co_return;
  }
  left_ = length;
  if (!first.empty()) co_await send(first);
}

io::task<void> http2_exchange::send(std::string_view piece) {
  if (!sends_body_ || piece.empty()) co_return;
  if (left_) *left_ -= std::min<std::uint64_t>(*left_, piece.size());
  co_await send_some(piece, left_ == 0);
}

io::task<void> http2_exchange::send_file(int file, std::uint64_t offset, std::uint64_t length) {
  if (!sends_body_ || length == 0) co_return;
  std::vector<char> room(std::min<std::uint64_t>(length, file_step));
  while (length != 0) {
    const std::size_t size =
        co_await read_file(file, std::span(room).first(std::min<std::uint64_t>(length, room.size())), offset);
    if (size == 0) throw io::error(errc::incomplete, "send a file", "it has become shorter");
    offset += size;
    length -= size;
    co_await send({room.data(), size});
  }
}

io::task<void> http2_exchange::finish(const field_list& trailers) {
  if (!sends_body_ || ended_) co_return;
  set_trailers(trailers);
  co_await send_some({}, true);
}

io::task<net::stream> http2_exchange::upgrade(const response_head&) {
  throw std::logic_error("a stream of HTTP/2 cannot become another protocol's");
}

void http2_exchange::end() noexcept {
  if (!ended_)
    reset(NGHTTP2_INTERNAL_ERROR);
  else if (!input_ended())
    reset(NGHTTP2_NO_ERROR);
}

}  // namespace parlance::http
