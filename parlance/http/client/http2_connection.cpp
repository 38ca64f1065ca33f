#include <algorithm>
#include <utility>

#include <parlance/http/client/http2_connection.hpp>
#include <parlance/http/client/http2_request.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::http {
namespace {

/// However many the server would take.
constexpr std::size_t most_requests = 100;

}  // namespace

http2_connection::http2_connection(net::stream over)
    : http2_session(std::move(over), role::client, {}, &io::loop::current().root()) {
  // It goes on for as long as there are requests, whatever becomes of the wait in which it began.
  const io::context::enter apart(io::loop::current().root());
  tasks_.emplace();
  tasks_->spawn(read_on());
  tasks_->spawn(write());
}

std::unique_ptr<request_stream> http2_connection::begin(outgoing what) {
  const io::context::enter apart(io::loop::current().root());
  return std::make_unique<http2_request>(*this, std::move(what));
}

bool http2_connection::available() const noexcept {
  return takes_more_ && !why_lost() && nghttp2_session_check_request_allowed(frames()) != 0;
}

std::size_t http2_connection::capacity() const noexcept {
  return std::min<std::size_t>(
      most_requests, nghttp2_session_get_remote_settings(frames(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS));
}

io::task<void> http2_connection::until_unfit() { co_await unfit_; }

void http2_connection::take_no_more() noexcept {
  takes_more_ = false;
  unfit_.set();
}

io::task<void> http2_connection::read_on() {
  co_await read();
  take_no_more();
}

}  // namespace parlance::http
