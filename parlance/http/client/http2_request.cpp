#include <fmt/core.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/body/body_upload.hpp>
#include <parlance/http/client/http2_request.hpp>
#include <parlance/http/client/in_words.hpp>
#include <parlance/http/http2/http2_fields.hpp>
#include <parlance/http/message/head_parser.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::http {
namespace {

/// Heads that wait to be received; a server that sends more of them means no good.
constexpr std::size_t most_heads = 64;

/// Which would be that of a request of HTTP/1.1.
std::string text_of(request_head head) {
  field_list sent;
  for (const field each : head.fields)
    if (!is_of_connection(head.fields, each.name, each.value)) sent.append(each.name, each.value);
  head.fields = std::move(sent);
  head.version = version::http_2;
  return serialise(head);
}

}  // namespace

http2_request::http2_request(http2_connection& on, outgoing what)
    : on_(on),
      method_(what.head.method),
      source_(what.body),
      limits_(what.limits),
      expects_(source_ && (what.expect_continue || what.head.fields.has_token("Expect", "100-continue"))) {
  field_list& fields = what.head.fields;
  if (expects_ && !fields.contains("Expect")) fields.append("Expect", "100-continue");
  head_text_ = text_of(what.head);
  const http2_fields all(what.head, on.below().tls() != nullptr ? "https" : "http");
  const nghttp2_data_provider body = http2_session::body_of_streams();
  const std::int32_t id = nghttp2_submit_request(on.frames(), nullptr, all.data(), all.size(),
                                                 source_ ? &body : nullptr, static_cast<http2_stream*>(this));
  if (id < 0) throw failure(errc::incomplete, fmt::format("cannot ask: {}", nghttp2_strerror(id)));
  joins(on, id);
  on.wake();
  if (source_) {
    uploading_.spawn(upload());
    return;
  }
  send_no_data();
  sent_ = true;
}

// --- the request

io::task<void> http2_request::upload() {
  try {
    if (!expects_ || co_await may_send_body()) co_await send_body();
  } catch (const failure& e) {
    // Of the connection: the answer may still come, or says the same.
    if (!is_over()) source_failure_ = e;
  } catch (const io::error& e) {
    source_failure_.emplace(e.code(),
                            e.code() == io::errc::timed_out
                                ? fmt::format("the server took nothing for {}", in_words(limits_.stall))
                                : std::string(e.what()));
  } catch (const std::exception& e) {
    source_failure_.emplace(io::from_errno(EIO), e.what());
  }
  sent_ = true;
  changed.set();
}

/// No, when a final answer has come that does not want it: one of 2xx may be made from what it still reads.
io::task<bool> http2_request::may_send_body() {
  co_await wait_to_continue(go_ahead_, limits_.go_ahead);
  co_return status_ < 300;
}

io::task<void> http2_request::send_body() {
  for (body_upload body(*source_); !body.ended();) {
    const std::string_view piece = co_await body.next();
    co_await send_data(piece, body.ended(), limits_.stall);
  }
}

// --- the head of the answer

void http2_request::begin_fields() noexcept {
  if (status_ >= 200) return;  // trailers
  const io::time_point now = io::loop::current().now();
  if (!answered_) answered_ = now;
  head_due_ = io::after(now, limits_.stall);
  changed.set();
}

bool http2_request::take_field(std::string_view name, std::string_view value) {
  constexpr head_limits most;
  arriving_bytes_ += name.size() + value.size() + 4;  // as HTTP/1.1 would have it
  if (arriving_bytes_ > most.bytes || arriving_.fields.size() >= most.fields) {
    too_much_ = fmt::format("the head has more than {} bytes, or {} fields", most.bytes, most.fields);
    return false;
  }
  if (name == ":status") {
    const auto code = parse_decimal(value);
    if (!code || *code < 100 || *code > 999) return false;
    arriving_.status = static_cast<unsigned>(*code);
    return true;
  }
  return arriving_.fields.try_append(name, value);
}

bool http2_request::end_fields() {
  response_head whole = std::exchange(arriving_, response_head{.status = 0, .version = version::http_2});
  arriving_bytes_ = 0;
  head_due_ = io::never;
  if (status_ >= 200) {
    trailers_ = std::move(whole.fields);
  } else {
    if (heads_.size() >= most_heads) return false;
    status_ = whole.status;
    whole.version = version::http_2;
    if (const auto length = whole.fields.get("Content-Length")) length_ = parse_decimal(*length);
    heads_.push_back(std::move(whole));
    if (status_ == 100 || status_ >= 200) go_ahead_.set();
  }
  changed.set();
  return true;
}

/// Not looked at, so it may be asked again (RFC 9113 8.7).
void http2_request::tell_end(std::optional<std::uint32_t> code) noexcept {
  refused_ = code == NGHTTP2_REFUSED_STREAM;
}

void http2_request::expect_no_failure() const {
  if (source_failure_) throw failure(*source_failure_);
  if (!too_much_.empty()) throw failure(errc::malformed, too_much_);
  if (!why_over()) return;
  // A body that ends before its length breaks HTTP/2 (RFC 9113 8.1.1); what the caller has is a part, as with HTTP/1.
  const bool is_part = announced_ && peer_closed() && received() < *announced_;
  throw failure(is_part ? make_error_code(errc::incomplete) : why_over()->code(), why_over()->what());
}

io::task<response_head> http2_request::receive_head() {
  now_in_ = sent_ ? phase::waiting : phase::sending;
  while (heads_.empty()) {
    expect_no_failure();
    if (is_over()) throw failure(errc::incomplete, "the server ended the stream without an answer");
    co_await wait_for_head();
  }
  now_in_ = phase::head;
  response_head next = std::move(heads_.front());
  heads_.pop_front();
  co_return next;
}

/// While a long request is sent, the server may be silent.
io::task<void> http2_request::wait_for_head() {
  const bool begun = head_due_ != io::never;
  if (begun)
    now_in_ = phase::head;
  else if (sent_)
    now_in_ = phase::waiting;
  const io::duration limit = sent_ ? limits_.first_byte : io::unlimited;
  changed.reset();
  try {
    co_await io::timeout_at(begun ? head_due_ : io::after(io::loop::current().now(), limit), changed);
    co_return;
  } catch (const io::error& e) {
    if (e.code() != io::errc::timed_out) throw failure(e.code(), e.what());
  }
  fail_late();
}

void http2_request::fail_late() {
  if (io::context::current().cancelled())
    throw failure(io::make_error_code(io::errc::timed_out), "timed out");
  on_.take_no_more();  // perhaps nothing comes there any more
  if (now_in_ == phase::head)
    throw failure(io::make_error_code(io::errc::timed_out),
                  fmt::format("the head was not whole {} after it began", in_words(limits_.stall)));
  throw failure(io::make_error_code(io::errc::timed_out),
                fmt::format("the server sent nothing for {}",
                            in_words(now_in_ == phase::body ? limits_.stall : limits_.first_byte)));
}

// --- its body

void http2_request::begin_body() {
  if (now_in_ == phase::body) return;
  now_in_ = phase::body;
  // What comes agrees with what was announced, or nghttp2 resets the stream (RFC 9113 8.1.1).
  if (has_body()) announced_ = length_;
}

bool http2_request::has_body() const noexcept {
  return method_ != "HEAD" && status_ >= 200 && status_ != 204 && status_ != 304;
}

io::task<std::string_view> http2_request::read() {
  begin_body();
  bool late = false;
  std::string_view piece;
  try {
    piece = co_await next_data(limits_.stall);
  } catch (const io::error& e) {
    late = e.code() == io::errc::timed_out;
    if (!late) throw failure(e.code(), e.what());
  }
  if (late) fail_late();
  if (piece.empty() && !input_ended()) expect_no_failure();
  co_return piece;
}

}  // namespace parlance::http
