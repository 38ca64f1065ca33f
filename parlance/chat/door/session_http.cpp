// A session whose caller speaks HTTP: requests are answered until the connection ends, or is a WebSocket in which
// IRC is spoken.
#include <chrono>
#include <exception>
#include <utility>

#include <parlance/chat/door/session.hpp>
#include <parlance/chat/irc/websocket_handler.hpp>
#include <parlance/chat/web/called_host.hpp>
#include <parlance/chat/web/hook_door.hpp>
#include <parlance/chat/web/pages.hpp>
#include <parlance/chat/web/uploads.hpp>
#include <parlance/http/message/forwarded.hpp>
#include <parlance/http/server/accept_websocket.hpp>
#include <parlance/http/server/refusal.hpp>
#include <parlance/http/server/serve.hpp>
#include <parlance/http/websocket/upgrade.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::chat {
namespace {

io::time_point now() noexcept { return io::loop::current().now(); }

/// A page asks for all of its files at once; what comes after that may call again, and leave its place to others.
constexpr io::duration kept_idle = std::chrono::seconds(5);

/// At once, on one connection of HTTP/2: all files of the page, and no more of what silent ones hold.
constexpr std::uint32_t most_streams = 16;

/// Of a message, for the rate of whoever asks.
constexpr double cost_of_a_request = 0.25;

http::server_options options_of(server& of) {
  return {.limits = {.head = {.bytes = std::size_t{16} * 1024},
                     .head_time = of.bounds().registration_time,
                     .idle = kept_idle,
                     .streams = most_streams},
          .on_failure = [&of](std::exception_ptr why, const http::server_request&) {
            of.chat().count.errors.add();
            try {
              std::rethrow_exception(std::move(why));
            } catch (const std::exception& e) {
              of.log().error("request_failed", {{"why", e.what()}});
            } catch (...) {
              of.log().error("request_failed", {});
            }
          }};
}

}  // namespace

/// For whom a request is.
struct session::asker {
  caller from;
  std::optional<network> address;
  bool is_forwarded = false;  ///< a proxy says so, in its fields

  /// See called_host.hpp. A proxy's own ends tell nothing of who can call it.
  bool is_out_of_reach(const io::endpoint& here) const {
    if (is_forwarded) return address && (address->is_private() || address->is_loopback());
    return chat::is_out_of_reach(here, address);
  }

  /// Nobody between can read it: by TLS, or without leaving this machine.
  bool is_private() const noexcept { return from.is_secure || !address || address->is_loopback(); }
};

io::task<void> session::serve_requests() {
  disarm();
  stranger_->head.clear();
  io::endpoint remote = told_ ? told_->peer : stream_.remote(), local = here();
  net::caller whole{.stream = std::move(stream_),
                    .remote = std::move(remote),
                    .local = std::move(local),
                    .stopping = over_};
  const http::server_handler handler = [this](http::server_request& asked, http::server_response& response) {
    return answer(asked, response);
  };
  const http::server_options options = options_of(server_);
  co_await http::serve_connection(whole, handler, options);
}

io::task<void> session::answer(http::server_request& asked, http::server_response& response) {
  heard_ = now();
  if (server_.bounds().message_rate != 0) {
    free_from_ = after_message(free_from_, cost_of_a_request, server_.bounds(), now());
    if (free_from_ > now()) {
      server_.chat().count.rate_limited.add();
      co_await io::sleep_until(free_from_);
    }
  }
  asker by = find_asker(asked);
  if (http::asks_for_websocket(asked.head()))
    co_await become_websocket(std::move(by), asked, response);
  else if (is_upload_path(asked.path()))
    co_await answer_upload(server_.chat(), server_.files_, std::move(by.from), asked, response);
  else if (is_hook_path(asked.path()))
    co_await server_.hook_door_.answer(by.from, by.is_private() || by.is_out_of_reach(asked.local()), asked,
                                       response);
  else if (server_.on_api && asked.path().starts_with("/api/"))
    co_await server_.on_api(by.from, by.is_private(), asked, response);
  else
    co_await answer_page(server_.chat(), by.address, asked, response);
}

/// The caller, or for whom it asks as a proxy (settings::proxies_group). Throws http::refusal where that one may not
/// ask.
session::asker session::find_asker(const http::server_request& asked) const {
  asker by{.from = from(), .address = address_};
  if (!server_.hub_.named().forward.contain(address_)) return by;
  const auto found = http::find_forwarded_client(
      asked.fields(), server_.configured().proxies.header,
      [this](const io::endpoint& one) { return server_.hub_.named().forward.contain(network::of(one)); });
  if (!found) throw http::refusal(found.error().status, found.error().text);
  const std::optional<http::forwarded_client>& client = *found;
  if (client) by.from.is_secure = client->is_secure;
  if (server_.configured().tls.only && !by.from.is_secure)
    throw http::refusal(403, "this server is asked by https only");
  if (!client) return by;
  by.is_forwarded = true;
  by.address = network::of(client->from);
  by.from.address = client->from.address();
  by.from.from = client->from.port() == 0 ? by.from.address : client->from.to_string();
  if (const std::optional<obstacle> what = server_.obstacle_to_address(by.address)) {
    server_.chat().count.refused.add();
    if (server_.tells_of(by.address))
      server_.log().info("caller_refused", {{"from", by.from.from}, {"why", what->why}});
    throw http::refusal(what->status(), what->why);
  }
  return by;
}

io::task<void> session::become_websocket(asker by, http::server_request& asked,
                                         http::server_response& response) {
  const settings& all = server_.configured();
  const bool is_out_of_reach = by.is_out_of_reach(asked.local());
  const http::upgrade_rules rules{
      .subprotocols = {std::string(irc::websocket_binary_protocol),
                       std::string(irc::websocket_text_protocol)},
      .origins = all.websocket.origins,
      .takes_host =
          [&](std::string_view host) { return !is_out_of_reach || may_be_called(host, all.server.name); },
      .advice = "the server's setting websocket.origins says which may"};
  http::opened_websocket opened = co_await http::accept_websocket(asked, response, rules);
  by.from.framed = opened.subprotocol == irc::websocket_binary_protocol ? framing::websocket_binary
                                                                        : framing::websocket_text;
  if (!asked.host().empty()) by.from.here = asked.host();
  stream_ = std::move(opened.stream);
  if (leaving_) co_return stream_.close_at_once();
  handler_ = std::make_unique<irc::websocket_handler>(server_.chat(), *this, std::move(by.from));
  go_on_as(protocol::websocket);
  if (by.is_forwarded) comes_from(by.address);
}

}  // namespace parlance::chat
