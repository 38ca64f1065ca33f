#include <fmt/core.h>

#include <array>
#include <new>
#include <utility>

#include <parlance/http/http2/http2_fields.hpp>
#include <parlance/http/http2/http2_session.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::http {
namespace {

/// Gathered into one send.
constexpr std::size_t most_at_once = std::size_t{64} * 1024;

http2_session& session_of(void* user) noexcept { return *static_cast<http2_session*>(user); }

http2_stream* stream_of(nghttp2_session* session, std::int32_t id) noexcept {
  return static_cast<http2_stream*>(nghttp2_session_get_stream_user_data(session, id));
}

std::string_view view_of(const std::uint8_t* bytes, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(bytes), size};
}

// What nghttp2 calls. Nothing is thrown through it: what has no memory left ends the connection.

int begin_fields(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
  if (frame->hd.type != NGHTTP2_HEADERS) return 0;
  if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
    if (http2_stream* const of = stream_of(session, frame->hd.stream_id)) of->begin_fields();
    return 0;
  }
  try {
    http2_stream* const fresh = session_of(user).open(frame->hd.stream_id);
    if (!fresh)  // whatever it is, it was not looked at
      return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                       NGHTTP2_REFUSED_STREAM);
    return nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, fresh);
  } catch (...) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
}

int take_field(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name,
               std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t,
               void*) {
  http2_stream* const of = stream_of(session, frame->hd.stream_id);
  if (!of) return 0;
  try {
    return of->take_field(view_of(name, name_size), view_of(value, value_size))
               ? 0
               : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  } catch (...) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
}

/// What nghttp2 would pass over (RFC 9113 8.2.1: it is malformed).
int refuse_field(nghttp2_session*, const nghttp2_frame*, const std::uint8_t*, std::size_t,
                 const std::uint8_t*, std::size_t, std::uint8_t, void*) {
  return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

int take_frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
  const std::uint8_t type = frame->hd.type;
  if (type == NGHTTP2_GOAWAY) {
    session_of(user).goes_away("the peer ended the connection", frame->goaway.error_code);
    session_of(user).peer_goes_away();
  }
  if (type == NGHTTP2_RST_STREAM) session_of(user).stream_was_reset();
  if (type != NGHTTP2_HEADERS && type != NGHTTP2_DATA) return 0;
  http2_stream* const of = stream_of(session, frame->hd.stream_id);
  if (!of) return 0;
  try {
    if (type == NGHTTP2_HEADERS && !of->end_fields()) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_PROTOCOL_ERROR);
      return 0;
    }
  } catch (...) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) of->end_input();
  return 0;
}

/// Who breaks the rules of a stream takes it back as well as who resets it (CVE-2025-8671).
bool is_fault_of_the_peer(std::uint32_t code) noexcept {
  return code == NGHTTP2_PROTOCOL_ERROR || code == NGHTTP2_FLOW_CONTROL_ERROR ||
         code == NGHTTP2_STREAM_CLOSED || code == NGHTTP2_FRAME_SIZE_ERROR;
}

int frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
  if (frame->hd.type == NGHTTP2_GOAWAY)
    session_of(user).goes_away("the peer broke HTTP/2", frame->goaway.error_code);
  if (frame->hd.type != NGHTTP2_RST_STREAM) return 0;
  const std::uint32_t code = frame->rst_stream.error_code;
  if (http2_stream* const of = stream_of(session, frame->hd.stream_id)) of->was_reset_here(code);
  if (is_fault_of_the_peer(code)) session_of(user).stream_was_reset();
  return 0;
}

int take_data(nghttp2_session* session, std::uint8_t, std::int32_t id, const std::uint8_t* data,
              std::size_t size, void*) {
  // The connection's window is open to all: each stream has its own.
  nghttp2_session_consume_connection(session, size);
  http2_stream* const of = stream_of(session, id);
  if (!of) return 0;
  try {
    of->take_data(view_of(data, size));
    return 0;
  } catch (...) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
}

int close_stream(nghttp2_session* session, std::int32_t id, std::uint32_t code, void*) {
  if (http2_stream* const of = stream_of(session, id)) of->closed(code);
  return 0;
}

bool submit_trailers(nghttp2_session* session, std::int32_t id, const field_list& all) noexcept {
  try {
    const http2_fields trailers(all);
    return nghttp2_submit_trailer(session, id, trailers.data(), trailers.size()) == 0;
  } catch (...) {
    return false;
  }
}

ssize_t fill_frame(nghttp2_session* session, std::int32_t id, std::uint8_t* room, std::size_t size,
                   std::uint32_t* flags, nghttp2_data_source*, void*) {
  http2_stream* const of = stream_of(session, id);
  if (!of) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  const auto taken = of->fill(reinterpret_cast<char*>(room), size);
  if (!taken) return NGHTTP2_ERR_DEFERRED;
  if (taken->end) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!of->trailers_to_send().empty()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      if (!submit_trailers(session, id, of->trailers_to_send())) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
  }
  return static_cast<ssize_t>(taken->bytes);
}

nghttp2_session* make(http2_session::role mine, http2_session* user) {
  nghttp2_session_callbacks* calls = nullptr;
  nghttp2_option* options = nullptr;
  nghttp2_session* made = nullptr;
  if (nghttp2_session_callbacks_new(&calls) == 0 && nghttp2_option_new(&options) == 0) {
    nghttp2_session_callbacks_set_on_begin_headers_callback(calls, begin_fields);
    nghttp2_session_callbacks_set_on_header_callback(calls, take_field);
    nghttp2_session_callbacks_set_on_invalid_header_callback(calls, refuse_field);
    nghttp2_session_callbacks_set_on_frame_recv_callback(calls, take_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(calls, frame_sent);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls, take_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(calls, close_stream);
    nghttp2_option_set_no_auto_window_update(options, 1);
    nghttp2_option_set_no_closed_streams(options, 1);
    if (mine == http2_session::role::client)
      nghttp2_session_client_new2(&made, calls, user, options);
    else
      nghttp2_session_server_new2(&made, calls, user, options);
  }
  nghttp2_option_del(options);
  nghttp2_session_callbacks_del(calls);
  if (!made) throw std::bad_alloc();
  return made;
}

}  // namespace

nghttp2_data_provider http2_session::body_of_streams() noexcept {
  return {.source = {.ptr = nullptr}, .read_callback = fill_frame};
}

http2_session::http2_session(net::stream over, role mine, const http2_settings& settings, io::context* above)
    : stream_(std::move(over)), reading_(above), frames_(make(mine, this)) {
  // The whole connection's window is all that there can be.
  constexpr std::int32_t whole_connection = 0x7fffffff;
  const std::array<nghttp2_settings_entry, 4> entries = {{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, mine == role::server ? settings.streams : 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, settings.window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, settings.head},
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
  }};
  // Only clients say that they take no pushes (RFC 9113 6.5.2).
  nghttp2_submit_settings(frames(), NGHTTP2_FLAG_NONE, entries.data(), mine == role::client ? 4 : 3);
  nghttp2_session_set_local_window_size(frames(), NGHTTP2_FLAG_NONE, 0, whole_connection);
  wake();
}

http2_session::~http2_session() {
  streams_.for_each([](http2_stream& one) {
    one.lost(failure(io::make_error_code(io::errc::cancelled), "the connection was given up"));
  });
}

void http2_session::consumed(std::int32_t stream, std::size_t bytes) noexcept {
  nghttp2_session_consume_stream(frames(), stream, bytes);
  wake();
}

void http2_session::lose(const failure& why) noexcept {
  if (!why_lost_) why_lost_ = why;
  while (!streams_.empty()) streams_.front().lost(*why_lost_);
  wake();
}

void http2_session::goes_away(std::string_view who, std::uint32_t code) {
  if (code != NGHTTP2_NO_ERROR && !why_going_)
    why_going_.emplace(errc::malformed, fmt::format("{} ({})", who, name_of_http2_error(code)));
}

io::task<void> http2_session::read_frames(std::optional<failure>& why) {
  while (!why && nghttp2_session_want_read(frames())) {
    const std::string_view bytes = co_await stream_.recv();
    if (bytes.empty()) {
      why.emplace(errc::incomplete, "the peer closed the connection");
      co_return;
    }
    const auto done =
        nghttp2_session_mem_recv(frames(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (done < 0)
      why.emplace(errc::malformed,
                  fmt::format("the peer broke HTTP/2: {}", nghttp2_strerror(static_cast<int>(done))));
    has_read();
    wake();
  }
}

io::task<void> http2_session::read() {
  std::optional<failure> why;
  try {
    co_await io::run_in(reading_, read_frames(why));
  } catch (const io::error& e) {
    if (io::context::current().cancelled()) throw;
    if (!reading_.cancelled()) why.emplace(e.code(), e.what());
  }
  if (why_going_) why = why_going_;
  lose(why.value_or(failure(errc::incomplete, "the connection was ended")));
}

void http2_session::gather(std::string& into) {
  into.clear();
  while (into.size() < most_at_once) {
    const std::uint8_t* data = nullptr;
    const auto size = nghttp2_session_mem_send(frames(), &data);
    if (size < 0) throw failure(errc::malformed, nghttp2_strerror(static_cast<int>(size)));
    if (size == 0) return;
    into.append(view_of(data, static_cast<std::size_t>(size)));
  }
}

io::task<void> http2_session::write() {
  std::string batch;
  std::optional<failure> why;
  try {
    for (;;) {
      to_write_.reset();
      gather(batch);
      if (!batch.empty())
        co_await stream_.send(batch);
      else if (why_lost_ || (!nghttp2_session_want_write(frames()) && !nghttp2_session_want_read(frames())))
        break;
      else
        co_await to_write_;
    }
  } catch (const io::error& e) {
    if (io::context::current().cancelled()) throw;
    why.emplace(e.code(), e.what());
  } catch (const failure& e) {
    why = e;
  }
  if (why) lose(*why);
  reading_.cancel();
}

}  // namespace parlance::http
