#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <stdexcept>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/client/client_head.hpp>
#include <parlance/http/client/connect_websocket.hpp>
#include <parlance/http/client/connector.hpp>
#include <parlance/http/client/in_words.hpp>
#include <parlance/http/client/policy.hpp>
#include <parlance/http/message/head_parser.hpp>
#include <parlance/http/websocket/upgrade.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/base64.hpp>
#include <parlance/net/tls_session.hpp>

namespace parlance::http {
namespace {

constexpr unsigned switching_protocols = 101;

/// Heads before the last one; more is a server that means no good.
constexpr unsigned most_interim = 32;

/// 16 random bytes (RFC 6455 4.1).
std::string random_key() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), bytes.size()) != 1)
    throw failure(io::from_errno(EIO), "no random bytes are to be had");
  return net::base64_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// As those of http and https: ws, and wss over TLS.
std::string over_http(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string scheme = lower(std::string_view(text).substr(0, colon));
  if (scheme == "ws" || scheme == "wss") return (scheme == "ws" ? "http" : "https") + text.substr(colon);
  return text;
}

request_head head_of(const client_options& options, const request& what, const websocket_request& wanted,
                     const route& way, const std::string& key) {
  request_head head = client_head(what, false, std::nullopt, policy_fields(options, what, way));
  head.fields.append("Connection", "Upgrade");
  for (const auto& [name, value] : {std::pair<const char*, std::string>{"Upgrade", "websocket"},
                                    {"Sec-WebSocket-Version", "13"},
                                    {"Sec-WebSocket-Key", key}})
    head.fields.set(name, value);
  for (const char* name : {"Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"}) head.fields.remove(name);
  std::string offered;
  for (const std::string& one : wanted.subprotocols) {
    if (!is_token(one)) throw std::invalid_argument("a subprotocol of a WebSocket is a token");
    offered += (offered.empty() ? "" : ", ") + one;
  }
  if (!offered.empty()) head.fields.append("Sec-WebSocket-Protocol", offered);
  return head;
}

/// The final head; what comes behind it is the stream's again.
io::task<response_head> receive_head(net::stream& from, const client_options& within) {
  const auto in = [](io::duration limit) { return io::after(io::loop::current().now(), limit); };
  response_parser parser;
  std::string_view arrived;
  io::time_point due = in(within.first_byte_timeout);
  for (unsigned heads = 0; heads <= most_interim;) {
    if (arrived.empty()) arrived = co_await io::timeout_at(due, from.recv());
    if (arrived.empty()) throw failure(errc::incomplete, parser.cut_short().text);
    if (!parser.started()) due = in(within.stall_timeout);
    const auto whole = parser.feed(arrived);
    if (!whole) throw failure(errc::malformed, whole.error().text);
    if (!*whole) continue;
    response_head head = parser.take();
    ++heads;
    due = in(within.first_byte_timeout);
    if (head.status < 200 && head.status != switching_protocols) continue;
    from.unread(std::string(arrived));
    co_return head;
  }
  throw failure(errc::malformed, fmt::format("the server sent more than {} interim responses", most_interim));
}

/// What was agreed on (RFC 6455 4.1, at its end).
std::string agreed(const response_head& head, const websocket_request& wanted, const std::string& key) {
  const auto refuse = [](const char* why) { throw failure(errc::malformed, why); };
  if (!head.fields.has_token("Upgrade", "websocket") || !head.fields.has_token("Connection", "upgrade"))
    refuse("the server switched to something that is no WebSocket");
  if (head.fields.count("Sec-WebSocket-Accept") != 1 ||
      head.fields.get("Sec-WebSocket-Accept") != accept_of(key))
    refuse("the server did not answer to this handshake: its Sec-WebSocket-Accept is another's");
  if (head.fields.contains("Sec-WebSocket-Extensions"))
    refuse("the server uses an extension that nobody offered");
  const auto chosen = head.fields.get("Sec-WebSocket-Protocol");
  if (!chosen) return {};
  if (head.fields.count("Sec-WebSocket-Protocol") != 1 ||
      std::ranges::find(wanted.subprotocols, *chosen) == wanted.subprotocols.end())
    refuse("the server chose a subprotocol that nobody offered");
  return std::string(*chosen);
}

io::task<opened_websocket> open(const client_options& options, const request& what,
                                const websocket_request& wanted) {
  connector dialler(options.tls, options.tls_context, options.proxy_tls, options.dial, options.proxies);
  for (unsigned challenges = 0;; ++challenges) {
    // An HTTP proxy forwards requests, and no WebSockets: it is asked for a tunnel.
    route way = way_to(options, what.target);
    if (way.is_forwarded) way = {.to = origin::of(what.target), .proxy = way.proxy};
    co_await dialler.prepare(way);
    net::connect_times times;
    net::stream stream = co_await dialler.dial(way, options.connect_timeout, times);
    if (what.observer.connected) what.observer.connected(what.target, stream);
    if (stream.tls() && stream.tls()->alpn() == "h2")
      throw failure(errc::refused, "the TLS context offers HTTP/2, over which no WebSocket is opened here");
    const std::string key = random_key();
    const std::string asked = serialise(head_of(options, what, wanted, way, key));
    if (what.observer.sent) what.observer.sent(asked);
    co_await stream.send(asked);
    const response_head head = co_await receive_head(stream, options);
    if (what.observer.received) what.observer.received(head);
    learn(options, what, head);
    if (head.status == switching_protocols) {
      std::string subprotocol = agreed(head, wanted, key);
      co_return opened_websocket{.stream = std::move(stream), .subprotocol = std::move(subprotocol)};
    }
    if (challenges == most_challenges || !answer_challenge(options, what, way, head, challenges != 0))
      throw failure(errc::refused, fmt::format("the server opens none: status {}{}{}", head.status,
                                               head.reason.empty() ? "" : " ", head.reason));
  }
}

}  // namespace

io::task<opened_websocket> connect_websocket(std::string text, websocket_request wanted,
                                             client_options options) {
  auto target = url::parse_typed(over_http(text));
  if (!target) throw io::error(errc::url, "open a WebSocket at " + url_in_quotes(text), target.error());
  request what{.target = *std::move(target), .fields = wanted.fields};
  secure_target(options, what);
  const std::string doing = "open a WebSocket at " + shown(what.target);
  try {
    co_return co_await io::timeout(options.timeout, open(options, what, wanted));
  } catch (const failure& e) {
    throw io::error(e.code(), doing, e.what());
  } catch (const io::error& e) {
    throw io::error(e.code(), doing, e.what());
  }
}

}  // namespace parlance::http
