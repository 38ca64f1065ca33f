#include <fmt/core.h>

#include <cerrno>
#include <utility>

#include <parlance/http/body/body_upload.hpp>
#include <parlance/http/client/http1_stream.hpp>
#include <parlance/http/client/in_words.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::http {

http1_stream::http1_stream(http1_connection& on, outgoing what)
    : on_(on),
      method_(what.head.method),
      source_(what.body),
      limits_(what.limits),
      last_(what.last),
      ignores_length_(what.ignore_length),
      keeps_chunks_(what.keeps_chunks),
      expects_(source_ && (what.expect_continue || what.head.fields.has_token("Expect", "100-continue"))) {
  field_list& fields = what.head.fields;
  chunked_ = source_ && !source_->length();
  if (chunked_ && what.head.version == version::http_1_0)
    throw failure(errc::refused, "HTTP/1.0 sends no body whose length is not known before");
  if (chunked_) fields.append("Transfer-Encoding", "chunked");
  if (expects_ && !fields.contains("Expect")) fields.append("Expect", "100-continue");
  if (last_) fields.append("Connection", "close");
  head_text_ = serialise(what.head);
  on_.stream_.set_send_timeout(limits_.stall);
  on_.stream_.set_recv_timeout(io::unlimited);
  uploading_.spawn(upload());
}

// --- the request

/// A failure of the connection is kept for who waits for the answer: the server may have answered without
/// waiting for all of the request, and that answer counts.
io::task<void> http1_stream::upload() {
  try {
    co_await send_all();
  } catch (const failure& e) {
    source_failure_ = e;
  } catch (const io::error& e) {
    has_sent_ = has_sent_ || e.bytes_sent() != 0;
    send_failure_.emplace(e.code(), e.what());
  } catch (const std::exception& e) {
    source_failure_.emplace(io::from_errno(EIO), e.what());
  }
  sent_ = true;
  if (waiting_for_upload_) waiting_for_upload_->cancel();
}

io::task<void> http1_stream::send_all() {
  if (!source_) {
    co_await on_.stream_.send(head_text_);
    has_sent_ = true;
    co_return;
  }
  if (!expects_) co_return co_await send_body(head_text_);
  co_await on_.stream_.send(head_text_);
  has_sent_ = true;
  if (co_await may_send_body())
    co_await send_body({});
  else
    withheld_ = true;
}

/// No, when a final answer has come that does not want it: one of 2xx may be made from what it still reads.
io::task<bool> http1_stream::may_send_body() {
  co_await wait_to_continue(go_ahead_, limits_.go_ahead);
  co_return head_.status < 300;
}

/// `before` goes with the first piece.
io::task<void> http1_stream::send_body(std::string_view before) {
  for (body_upload body(*source_); !body.ended(); before = {}) {
    co_await send_piece(before, co_await body.next());
    has_sent_ = true;
  }
}

io::task<void> http1_stream::send_piece(std::string_view before, std::string_view piece) {
  if (!chunked_) co_return co_await on_.stream_.send({before, piece});
  // The last chunk has no bytes, and after it there could be trailers (RFC 9112 7.1).
  const std::string size = fmt::format("{:x}\r\n", piece.size());
  co_await on_.stream_.send({before, size, piece, "\r\n"});
}

// --- the head of the answer

io::task<response_head> http1_stream::receive_head() {
  response_parser parser;
  now_in_ = sent_ ? phase::waiting : phase::sending;
  std::string_view& arrived = on_.arrived_;
  while (!parser.done()) {
    if (arrived.empty()) {
      if (parser.started() && head_due_ == io::never)
        head_due_ = io::after(io::loop::current().now(), limits_.stall);
      co_await io::timeout_at(head_due_, arrive());
      if (arrived.empty()) fail_cut_short(parser);
      if (!answered_) answered_ = io::loop::current().now();
    }
    now_in_ = phase::head;
    if (const auto fed = parser.feed(arrived); !fed) throw failure(errc::malformed, fed.error().text);
  }
  head_due_ = io::never;
  head_ = parser.take();
  if (head_.status == 100 || head_.status >= 200) go_ahead_.set();
  co_return head_;
}

void http1_stream::fail_cut_short(const response_parser& parser) const {
  if (parser.started()) throw failure(errc::incomplete, parser.cut_short().text);
  throw failure(errc::incomplete, "the server closed the connection without an answer");
}

/// Waits for bytes of the answer; none: its end.
io::task<void> http1_stream::arrive() {
  try {
    if (!sent_) co_await wait_while_uploading();
    if (source_failure_) throw failure(*source_failure_);
    if (send_failure_ && send_failure_->code() == io::errc::timed_out)
      throw io::error(send_failure_->code(), "send");
    if (sent_ && now_in_ == phase::sending) now_in_ = phase::waiting;
    // A server that reads a long request may be silent meanwhile; when it has all of it, it may not.
    if (sent_ && on_.stream_.is_open())
      on_.stream_.set_recv_timeout(now_in_ == phase::waiting ? limits_.first_byte : limits_.stall);
    on_.arrived_ = co_await on_.stream_.recv();
  } catch (const io::error& e) {
    const bool in_vain = now_in_ == phase::waiting && e.code().category() == std::system_category();
    if (!send_failure_ || !in_vain) fail_late(e);
    now_in_ = phase::sending;
    throw failure(*send_failure_);
  }
}

/// Until something has arrived, or all is sent.
io::task<void> http1_stream::wait_while_uploading() {
  struct registration {
    registration(io::context*& at, io::context& waiting) : place(at) { place = &waiting; }
    ~registration() { place = nullptr; }
    io::context*& place;
  };
  io::context waiting;
  const registration registered(waiting_for_upload_, waiting);
  try {
    co_await io::run_in(waiting, on_.stream_.peek());
  } catch (const io::error&) {
    if (!sent_) throw;
  }
}

void http1_stream::fail_late(const io::error& e) const {
  if (e.code() != io::errc::timed_out) throw failure(e.code(), e.what());
  const std::string stall = in_words(now_in_ == phase::waiting ? limits_.first_byte : limits_.stall);
  if (head_due_ <= io::loop::current().now())
    throw failure(e.code(), fmt::format("the head was not whole {} after it began", stall));
  if (io::context::current().cancelled()) throw failure(e.code(), "timed out");
  throw failure(e.code(), fmt::format("the server {} nothing for {}",
                                      now_in_ == phase::sending ? "took" : "sent", stall));
}

// --- its body

void http1_stream::begin_body() {
  if (body_) return;
  const auto how = frame_response(method_, head_);
  if (!how) throw failure(errc::malformed, how.error().text);
  framing_ = *how;
  if (ignores_length_ && framing_.kind == body_kind::length)
    framing_ = {.kind = body_kind::until_close, .persistent = false};
  body_.emplace(framing_, chunk_limits(), keeps_chunks_);
  now_in_ = phase::body;
}

io::task<std::string_view> http1_stream::read() {
  begin_body();
  std::string_view& arrived = on_.arrived_;
  while (!body_->done()) {
    if (arrived.empty()) {
      co_await arrive();
      if (arrived.empty()) {
        if (const auto ended = body_->end(); !ended) throw failure(errc::incomplete, ended.error().text);
        co_return std::string_view();
      }
    }
    const auto piece = body_->next(arrived);
    if (!piece) throw failure(errc::malformed, piece.error().text);
    if (!piece->empty()) co_return *piece;
  }
  end_of_answer();
  co_return std::string_view();
}

void http1_stream::end_of_answer() noexcept { on_.available_ = can_be_followed() && on_.arrived_.empty(); }

bool http1_stream::can_be_followed() const noexcept {
  const bool all_sent = sent_ && !withheld_ && !send_failure_ && !source_failure_;
  return all_sent && !last_ && framing_.persistent;
}

std::optional<std::uint64_t> http1_stream::announced() const noexcept {
  if (framing_.kind != body_kind::length) return std::nullopt;
  return framing_.length;
}

const field_list& http1_stream::trailers() const noexcept {
  static const field_list none;
  return body_ ? body_->trailers() : none;
}

}  // namespace parlance::http
