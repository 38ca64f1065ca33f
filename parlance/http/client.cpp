#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include <parlance/http/charset.hpp>
#include <parlance/http/client.hpp>
#include <parlance/http/framing.hpp>
#include <parlance/http/head_parser.hpp>
#include <parlance/http/media_type.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::http {
namespace {

/// Interim responses (1xx) before the final one; more is a server that means no good.
constexpr unsigned most_interim = 32;

[[noreturn]] void fail(std::error_code code, const url& target, std::string_view why) {
  throw io::error(code, "get " + target.str(), why);
}

/// A failure of the connection, told as one of the exchange.
[[noreturn]] void fail(const io::error& e, const url& target, std::string_view when) {
  if (e.code() == io::errc::timed_out && !when.empty())
    throw io::error(e.code(), "get " + target.str(), fmt::format("timed out {}", when));
  throw io::error(e.code(), "get " + target.str(), e.what());
}

request_head make_head(const request& what, bool decode) {
  request_head head{.method = what.method, .target = what.target.target()};
  head.fields.append("Host", what.fields.get("Host").value_or(what.target.authority()));
  const auto add_default = [&](std::string_view name, std::string_view value) {
    if (!what.fields.contains(name)) head.fields.append(name, value);
  };
  add_default("User-Agent", "parlance");
  add_default("Accept", "*/*");
  if (decode) add_default("Accept-Encoding", accept_encoding);
  for (const field f : what.fields)
    if (!f.name.empty() &&
        !std::ranges::equal(f.name, std::string_view("host"), [](char a, char b) { return (a | 0x20) == b; }))
      head.fields.append(f.name, f.value);
  const bool has_body =
      !what.body.empty() || what.method == "POST" || what.method == "PUT" || what.method == "PATCH";
  if (has_body) head.fields.set("Content-Length", std::to_string(what.body.size()));
  head.fields.set("Connection", "close");
  return head;
}

}  // namespace

struct exchange::state {
  state(request from, client_options with) : what(std::move(from)), options(std::move(with)) {}

  io::task<void> begin();
  io::task<void> receive_head();
  io::task<std::string_view> next_coded();
  io::task<std::string_view> next();
  io::duration since_start() const { return io::loop::current().now() - start; }

  request what;
  client_options options;
  exchange_times times;
  io::time_point start{};
  std::optional<net::stream> connection;
  response_head head;
  http::framing framing;
  std::optional<body_reader> body;
  std::optional<content_decoder> decoder;
  std::string_view arrived;  // from the connection, not yet used
  std::string_view coded;    // of the body, not yet decoded
  bool complete = false;
};

// --- one request and the head of its response
// -------------------------------------------------------------------

io::task<void> exchange::state::begin() {
  start = io::loop::current().now();
  times = {};
  net::connect_times connecting;
  net::connect_options how{.tls = what.target.secure(),
                           .tls_options = options.tls,
                           .context = what.target.secure() ? options.tls_context : nullptr,
                           .timeout = options.connect_timeout,
                           .times = &connecting};
  net::address to{.host = std::string(what.target.host_name()), .port = what.target.port(), .path = {}};
  try {
    connection.emplace(co_await net::connect(std::move(to), std::move(how)));
  } catch (const io::error& e) {
    fail(e, what.target, {});
  }
  times.resolved = connecting.resolved;
  times.connected = connecting.connected;
  times.secured = connecting.secured;
  connection->set_recv_timeout(options.stall_timeout);
  connection->set_send_timeout(options.stall_timeout);
  if (options.observer.connected) options.observer.connected(what.target, *connection);

  const std::string text = serialise(make_head(what, options.decode));
  if (options.observer.sent) options.observer.sent(text);
  std::optional<io::error> send_failure;
  try {
    const std::string_view pieces[] = {text, what.body};
    co_await connection->send(pieces);
  } catch (const io::error& e) {
    // The server may have answered without waiting for all of the request, and that answer counts.
    if (e.code() == io::errc::cancelled) throw;
    send_failure = e;
  }
  try {
    co_await receive_head();
  } catch (const io::error& e) {
    if (send_failure) fail(*send_failure, what.target, "sending the request");
    throw;
  }
}

io::task<void> exchange::state::receive_head() {
  response_parser parser;
  for (unsigned interim = 0;;) {
    while (!parser.done()) {
      if (arrived.empty()) {
        try {
          arrived = co_await connection->recv();
        } catch (const io::error& e) {
          fail(e, what.target, "waiting for the response");
        }
        if (times.first_byte == io::duration::zero()) times.first_byte = since_start();
        if (arrived.empty() && !parser.started())
          fail(errc::incomplete, what.target, "the server closed the connection without an answer");
        if (arrived.empty()) fail(errc::incomplete, what.target, parser.cut_short().text);
      }
      if (const auto fed = parser.feed(arrived); !fed) fail(errc::malformed, what.target, fed.error().text);
    }
    head = parser.take();
    if (options.observer.received) options.observer.received(head);
    if (head.status >= 200) break;
    if (head.status == 101)
      fail(errc::malformed, what.target, "the server switched to a protocol that nobody asked for");
    if (++interim > most_interim)
      fail(errc::malformed, what.target, "the server sends interim responses without end");
  }
  const auto how = frame_response(what.method, head);
  if (!how) fail(errc::malformed, what.target, how.error().text);
  framing = *how;
  body.emplace(framing);
  decoder.reset();
  if (options.decode && framing.kind != body_kind::none) {
    auto made = content_decoder::make(head.fields);
    if (!made) fail(errc::coding, what.target, made.error());
    if (!made->identity()) decoder.emplace(*std::move(made));
  }
}

// --- the body
// ---------------------------------------------------------------------------------------------------

io::task<std::string_view> exchange::state::next_coded() {
  while (!body->done()) {
    if (arrived.empty()) {
      try {
        arrived = co_await connection->recv();
      } catch (const io::error& e) {
        fail(e, what.target, fmt::format("in the body, after {} bytes", body->received()));
      }
      if (arrived.empty()) {
        if (const auto ended = body->end(); !ended) fail(errc::incomplete, what.target, ended.error().text);
        break;
      }
    }
    const auto piece = body->next(arrived);
    if (!piece) fail(errc::malformed, what.target, piece.error().text);
    if (!piece->empty()) co_return *piece;
  }
  co_return std::string_view();
}

io::task<std::string_view> exchange::state::next() {
  if (complete) co_return std::string_view();
  std::string_view piece;
  if (!decoder) {
    piece = co_await next_coded();
  } else {
    for (;;) {
      const auto plain = decoder->next(coded);
      if (!plain) fail(errc::coding, what.target, plain.error());
      piece = *plain;
      if (!piece.empty()) break;
      coded = co_await next_coded();
      if (!coded.empty()) continue;
      // Nothing at all is a fair empty body, whatever coding the head announced.
      if (const auto ended = decoder->finish(); !ended && body->received() != 0)
        fail(errc::coding, what.target, ended.error());
      break;
    }
  }
  if (!piece.empty()) co_return piece;
  complete = true;
  times.complete = since_start();
  co_await connection->close();
  co_return std::string_view();
}

exchange::exchange(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
exchange::exchange(exchange&&) noexcept = default;
exchange& exchange::operator=(exchange&&) noexcept = default;
exchange::~exchange() = default;

const response_head& exchange::head() const noexcept { return state_->head; }
const url& exchange::target() const noexcept { return state_->what.target; }
const exchange_times& exchange::times() const noexcept { return state_->times; }
std::uint64_t exchange::received() const noexcept { return state_->body->received(); }

std::optional<std::uint64_t> exchange::announced() const noexcept {
  if (state_->framing.kind != body_kind::length) return std::nullopt;
  return state_->framing.length;
}

io::task<std::string_view> exchange::read() { return state_->next(); }

io::task<std::string> exchange::read_all() {
  std::string whole;
  for (std::string_view piece; !(piece = co_await state_->next()).empty();) {
    if (whole.size() + piece.size() > state_->options.max_body)
      fail(errc::too_large, target(),
           fmt::format("the body has more than {} bytes (max_body)", state_->options.max_body));
    whole += piece;
  }
  co_return whole;
}

io::task<exchange> open(request what, client_options options) {
  auto s = std::make_unique<exchange::state>(std::move(what), std::move(options));
  for (unsigned followed = 0;; ++followed) {
    co_await s->begin();
    if (!is_redirect(s->head.status) || !s->head.fields.contains("Location") || s->options.max_redirects == 0)
      break;
    if (followed == s->options.max_redirects)
      fail(errc::redirect, s->what.target, fmt::format("more than {} redirects", followed));
    auto next = follow_redirect({.method = s->what.method,
                                 .from = s->what.target,
                                 .status = s->head.status,
                                 .location = s->head.fields.get("Location"),
                                 .followed = followed});
    if (!next) fail(errc::redirect, s->what.target, next.error());
    s->what.method = std::move(next->method);
    s->what.target = std::move(next->target);
    if (!next->keeps_body) {
      s->what.body.clear();
      for (const char* name :
           {"Content-Type", "Content-Encoding", "Content-Language", "Content-Location", "Content-Length"})
        s->what.fields.remove(name);
    }
    if (!next->keeps_credentials)
      for (const char* name : {"Authorization", "Proxy-Authorization", "Cookie"}) s->what.fields.remove(name);
    if (s->options.observer.redirected) s->options.observer.redirected(s->what.target);
    s->connection.reset();
    s->arrived = {};
  }
  co_return exchange(std::move(s));
}

// --- the whole in one
// -------------------------------------------------------------------------------------------

std::string response::text() const {
  std::string label;
  if (const auto content_type = fields.get("Content-Type"))
    if (const auto type = media_type::parse(*content_type)) label = type->parameter("charset").value_or("");
  auto decoder = text_decoder::make(label);
  if (!decoder) return body;
  std::string text(decoder->next(body));
  text += decoder->finish();
  return text;
}

namespace {

io::task<response> fetch(request what, client_options options) {
  exchange e = co_await open(std::move(what), std::move(options));
  std::string body = co_await e.read_all();
  co_return response{e.head().status, e.head().reason, e.head().fields, std::move(body), e.target()};
}

}  // namespace

io::task<response> send(request what, client_options options) {
  const io::duration limit = options.timeout;
  const url target = what.target;
  try {
    co_return co_await io::timeout(limit, fetch(std::move(what), std::move(options)));
  } catch (const io::error& e) {
    if (e.code() != io::errc::timed_out || limit == io::unlimited) throw;
    fail(e, target,
         fmt::format("after {:g} s in all, or before", std::chrono::duration<double>(limit).count()));
  }
}

io::task<response> get(std::string text, client_options options) {
  auto target = url::parse_typed(text);
  if (!target) throw io::error(errc::url, "get " + text.substr(0, 200), target.error());
  return send(request{.target = *std::move(target)}, std::move(options));
}

}  // namespace parlance::http
