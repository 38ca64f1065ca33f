#include <parlance/chat/irc/websocket_handler.hpp>
#include <parlance/chat/web/called_host.hpp>
#include <parlance/chat/web/http_handler.hpp>
#include <parlance/http/response_writer.hpp>
#include <parlance/http/upgrade.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat {
namespace {

io::time_point now() noexcept { return io::loop::current().now(); }

constexpr http::head_limits request_limits = {.bytes = std::size_t{16} * 1024};

}  // namespace

http_handler::http_handler(hub& chat, connection& by, caller from, http_site& at)
    : hub_(chat),
      connection_(by),
      from_(std::move(from)),
      site_(at),
      parser_(request_limits),
      deadline_(io::after(now(), chat.configured().limits.registration_time)) {}

bool http_handler::next() {
  if (answered_ || input_.empty()) return false;
  const auto fed = parser_.feed(input_);
  if (!fed) {
    answer_error(fed.error());
    return false;
  }
  if (!*fed) return false;
  answer(parser_.take());
  return successor_ != nullptr;
}

void http_handler::answer(const http::request_head& head) {
  if (const auto refused = site_.settle_caller(head, from_)) return answer_error(*refused);
  if (!http::asks_for_websocket(head)) return send(site_.page(head));
  const settings& all = hub_.configured();
  const http::upgrade_answer how = http::answer_upgrade(
      head, {.subprotocols = {std::string(irc::websocket_binary_protocol),
                              std::string(irc::websocket_text_protocol)},
             .origins = all.websocket.origins,
             .takes_host =
                 [&](std::string_view host) {
                   return !site_.is_out_of_reach() || may_be_called(host, all.server.name);
                 },
             .advice = "the server's setting websocket.origins says which may"});
  if (!how.accepted()) return send(how.response);
  answered_ = true;
  outgoing batch;
  batch.append([&](std::string& out) { out += how.response; });
  connection_.deliver(std::move(batch));
  from_.framed =
      how.subprotocol == irc::websocket_binary_protocol ? framing::websocket_binary : framing::websocket_text;
  successor_ = std::make_unique<irc::websocket_handler>(hub_, connection_, from_);
  successor_->feed(input_);
}

void http_handler::answer_error(const http::protocol_error& what) {
  const std::string body = what.text + "\n";
  send(http::write_response({.status = what.status, .body = body}, "GET", http::after::close));
}

void http_handler::send(std::string_view response) {
  answered_ = true;
  outgoing batch;
  batch.append([&](std::string& out) { out += response; });
  connection_.deliver(std::move(batch));
  connection_.end();
}

io::duration http_handler::patience() {
  return answered_ ? io::unlimited : std::max(deadline_ - now(), io::duration::zero());
}

void http_handler::pause() {
  if (!answered_ && now() >= deadline_) answer_error({408, "the request did not come in time"});
}

}  // namespace parlance::chat
