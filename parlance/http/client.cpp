#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include <parlance/http/charset.hpp>
#include <parlance/http/client.hpp>
#include <parlance/http/client_head.hpp>
#include <parlance/http/framing.hpp>
#include <parlance/http/grammar.hpp>
#include <parlance/http/head_parser.hpp>
#include <parlance/http/media_type.hpp>
#include <parlance/io/blocking.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/tls.hpp>

namespace parlance::http {
namespace {

/// Interim responses (1xx) before the final one; more is a server that means no good.
constexpr unsigned most_interim = 32;

/// Bytes of a body that are sent in one operation. The time limit is for each, so a long upload that goes on
/// is not cut off.
constexpr std::size_t upload_step = 64 * 1024;

/// Decoded pieces that are handed out before others get a turn. What a few bytes blow up to needs no waiting,
/// so nothing else would give way.
constexpr unsigned pieces_per_turn = 16;

std::string in_words(io::duration length) {
  const double seconds = std::chrono::duration<double>(length).count();
  return seconds < 0.1 ? fmt::format("{:.3g} ms", seconds * 1000) : fmt::format("{:.4g} s", seconds);
}

/// For messages: without name and password, and no longer than a line bears.
std::string shown(const url& target) {
  constexpr std::size_t most = 300;
  std::string text = target.origin() + target.target();
  if (text.size() > most) text = text.substr(0, most) + "...";
  return text;
}

}  // namespace

struct exchange::state {
  enum class phase { connecting, sending, waiting, head, body };

  state(request from, client_options with);

  // One request and the head of its response.
  io::task<void> begin();
  io::task<void> read_authorities();
  io::task<void> connect();
  io::task<void> send_request();
  io::task<void> upload(std::string head_text);
  io::task<void> receive_head();
  io::task<void> receive_one_head();
  io::task<void> arrive();
  io::task<void> wait_while_uploading();
  void frame_body();
  void choose_decoder();
  bool follow(unsigned followed);

  // The body.
  io::task<std::string_view> next();
  io::task<std::string_view> next_plain();
  io::task<std::string_view> next_coded();
  void drop() noexcept;

  io::duration since(io::time_point when) const { return io::loop::current().now() - when; }
  bool has_length() const noexcept { return framing.kind == body_kind::length; }
  std::string where() const;
  [[noreturn]] void fail(std::error_code code, std::string_view why) const;
  [[noreturn]] void fail(const io::error& e) const;
  [[noreturn]] void fail_connecting(const io::error& e, const net::connect_times& done) const;

  request what;
  client_options options;
  const url first;  // before any redirect
  const io::time_point opened = io::loop::current().now();
  const io::time_point deadline;
  io::time_point start = opened;  // of the last redirect
  exchange_times times;
  phase now_in = phase::connecting;

  std::optional<net::stream> connection;
  std::optional<io::scope> uploading;         // goes before `connection`, which its child uses
  io::context* waiting_for_upload = nullptr;  // of who waits for an answer or the end of the upload
  bool sent = false;
  std::optional<io::error> send_failure;
  io::time_point head_due = io::never;

  response_head head;
  http::framing framing;
  std::optional<body_reader> body;
  std::optional<content_decoder> decoder;  // chosen with the first read: nobody may want the body
  bool decoder_chosen = false;
  std::string_view arrived;  // from the connection, not yet used
  std::string_view coded;    // of the body, not yet decoded
  unsigned pieces_in_turn = 0;
  bool complete = false;
};

exchange::state::state(request from, client_options with)
    : what(std::move(from)),
      options(std::move(with)),
      first(what.target),
      deadline(io::after(opened, options.timeout)) {
  if (options.tls.alpn.empty()) options.tls.alpn = {"http/1.1"};
}

// --- what went wrong

std::string exchange::state::where() const {
  switch (now_in) {
    case phase::connecting:
      return {};  // the reason says it
    case phase::sending:
      return "sending the request";
    case phase::waiting:
      return "waiting for the response";
    case phase::head:
      return "in the head of the response";
    case phase::body:
      if (has_length()) return fmt::format("in the body, {} of {} bytes", body->received(), framing.length);
      return fmt::format("in the body, {} bytes", body->received());
  }
  return {};
}

void exchange::state::fail(std::error_code code, std::string_view why) const {
  std::string doing = fmt::format("{} {}", lower(what.method), shown(what.target));
  if (what.target != first) doing += fmt::format(", redirected from {}", shown(first));
  const std::string in = where();
  throw io::error(code, doing,
                  fmt::format("{} ({}{}after {})", why, in, in.empty() ? "" : ", ", in_words(since(opened))));
}

/// A failure of the connection, told as one of the exchange.
void exchange::state::fail(const io::error& e) const {
  if (e.code() != io::errc::timed_out) fail(e.code(), e.what());
  const io::time_point now = io::loop::current().now();
  const bool waits = now_in == phase::waiting;
  const std::string stall = in_words(waits ? options.first_byte_timeout : options.stall_timeout);
  if (deadline <= now)
    fail(e.code(), fmt::format("not done within the {} that it was given", in_words(options.timeout)));
  if (head_due <= now) fail(e.code(), fmt::format("the head was not whole {} after it began", stall));
  if (io::context::current().cancelled()) fail(e.code(), "timed out");
  fail(e.code(),
       fmt::format("the server {} nothing for {}", now_in == phase::sending ? "took" : "sent", stall));
}

void exchange::state::fail_connecting(const io::error& e, const net::connect_times& done) const {
  if (e.code() != io::errc::timed_out) fail(e.code(), e.what());
  if (deadline <= io::loop::current().now()) fail(e);
  if (done.resolved < io::duration::zero())
    fail(e.code(), fmt::format("timed out looking up {}", what.target.host_name()));
  if (done.connected >= io::duration::zero())
    fail(e.code(), fmt::format("timed out in the TLS handshake with {}", what.target.authority()));
  fail(e.code(), e.what());  // it names each address and how far it got
}

// --- one request and the head of its response

io::task<void> exchange::state::begin() {
  now_in = phase::connecting;
  if (what.target.secure() && !options.tls_context) co_await read_authorities();
  start = io::loop::current().now();
  times = {};
  co_await connect();
  connection->set_send_timeout(options.stall_timeout);
  if (options.observer.connected) options.observer.connected(what.target, *connection);
  co_await send_request();
  co_await receive_head();
  frame_body();
}

/// It takes longer than a connection does, and nobody else should have to wait for it.
io::task<void> exchange::state::read_authorities() {
  try {
    options.tls_context = co_await io::blocking([tls = options.tls] {
      return net::is_default(tls) ? net::tls_context::default_client() : net::tls_context::client(tls);
    });
  } catch (const io::error& e) {
    fail(e);
  }
}

io::task<void> exchange::state::connect() {
  // Less than nothing: that part was not reached.
  const io::duration not_yet(-1);
  net::connect_times done{not_yet, not_yet, not_yet};
  const io::duration left = deadline == io::never ? io::unlimited : deadline - start;
  net::connect_options how{.tls = what.target.secure(),
                           .context = what.target.secure() ? options.tls_context : nullptr,
                           .timeout = std::min(options.connect_timeout, left),
                           .times = &done};
  net::address to{.host = std::string(what.target.host_name()), .port = what.target.port(), .path = {}};
  try {
    connection.emplace(co_await net::connect(std::move(to), std::move(how)));
  } catch (const io::error& e) {
    fail_connecting(e, done);
  }
  times.resolved = std::max(done.resolved, io::duration::zero());
  times.connected = std::max(done.connected, io::duration::zero());
  times.secured = std::max(done.secured, io::duration::zero());
}

io::task<void> exchange::state::send_request() {
  now_in = phase::sending;
  std::string head_text = serialise(client_head(what, options.decode));
  if (options.observer.sent) options.observer.sent(head_text);
  sent = false;
  send_failure.reset();
  if (!what.body.empty()) {
    // It goes on for as long as the exchange does, whatever becomes of the wait in which it began.
    const io::context::enter apart(io::loop::current().root());
    uploading.emplace();
    uploading->spawn(upload(std::move(head_text)));
    co_return;
  }
  co_await upload(std::move(head_text));
}

/// Sends the request. A failure is kept for who waits for the answer: the server may have answered without
/// waiting for all of the request, and that answer counts.
io::task<void> exchange::state::upload(std::string head_text) {
  try {
    std::string_view rest = what.body;
    const std::string_view first_step = rest.substr(0, upload_step);
    const std::string_view pieces[] = {head_text, first_step};
    co_await connection->send(pieces);
    rest.remove_prefix(first_step.size());
    for (; !rest.empty(); rest.remove_prefix(std::min(rest.size(), upload_step)))
      co_await connection->send(rest.substr(0, upload_step));
  } catch (const io::error& e) {
    send_failure = e;
  }
  sent = true;
  if (waiting_for_upload) waiting_for_upload->cancel();
}

io::task<void> exchange::state::receive_head() {
  for (unsigned interim = 0;; ++interim) {
    if (interim > most_interim)
      fail(errc::malformed, fmt::format("the server sent more than {} interim responses", most_interim));
    co_await receive_one_head();
    if (options.observer.received) options.observer.received(head);
    if (head.status == 101) fail(errc::malformed, "the server switched to a protocol that nobody asked for");
    if (head.status >= 200) co_return;
  }
}

io::task<void> exchange::state::receive_one_head() {
  response_parser parser;
  now_in = sent ? phase::waiting : phase::sending;
  while (!parser.done()) {
    if (arrived.empty()) {
      if (parser.started() && head_due == io::never)
        head_due = io::after(io::loop::current().now(), options.stall_timeout);
      co_await io::timeout_at(head_due, arrive());
      if (times.first_byte == io::duration::zero()) times.first_byte = since(start);
      if (arrived.empty() && !parser.started())
        fail(errc::incomplete, "the server closed the connection without an answer");
      if (arrived.empty()) fail(errc::incomplete, parser.cut_short().text);
    }
    now_in = phase::head;
    if (const auto fed = parser.feed(arrived); !fed) fail(errc::malformed, fed.error().text);
  }
  head_due = io::never;
  head = parser.take();
}

/// Waits for bytes of the response; none: its end.
io::task<void> exchange::state::arrive() {
  try {
    if (!sent) co_await wait_while_uploading();
    if (send_failure && send_failure->code() == io::errc::timed_out) throw io::error(*send_failure);
    if (sent && now_in == phase::sending) now_in = phase::waiting;
    // A server that reads a long request may be silent meanwhile; when it has all of it, it may not.
    if (sent && connection->is_open())
      connection->set_recv_timeout(now_in == phase::waiting ? options.first_byte_timeout
                                                            : options.stall_timeout);
    arrived = co_await connection->recv();
  } catch (const io::error& e) {
    const bool in_vain = now_in == phase::waiting && e.code().category() == std::system_category();
    if (!send_failure || !in_vain) fail(e);
    now_in = phase::sending;
    fail(*send_failure);
  }
}

/// Until something has arrived, or all is sent.
io::task<void> exchange::state::wait_while_uploading() {
  struct registration {
    registration(io::context*& at, io::context& waiting) : place(at) { place = &waiting; }
    ~registration() { place = nullptr; }
    io::context*& place;
  };
  io::context waiting;
  const registration registered(waiting_for_upload, waiting);
  try {
    co_await io::run_in(waiting, connection->peek());
  } catch (const io::error&) {
    if (!sent) throw;
  }
}

void exchange::state::frame_body() {
  const auto how = frame_response(what.method, head);
  if (!how) fail(errc::malformed, how.error().text);
  framing = *how;
  body.emplace(framing);
  now_in = phase::body;
}

void exchange::state::choose_decoder() {
  if (std::exchange(decoder_chosen, true)) return;
  constexpr unsigned partial_content = 206;
  if (!options.decode || framing.kind == body_kind::none || head.status == partial_content) return;
  auto made = content_decoder::make(head.fields);
  if (!made) fail(errc::coding, made.error());
  if (!made->identity()) decoder.emplace(*std::move(made));
}

/// Turns to where a redirect points. False: the response is the final one.
bool exchange::state::follow(unsigned followed) {
  if (!is_redirect(head.status) || !head.fields.contains("Location") || options.max_redirects == 0)
    return false;
  if (followed >= options.max_redirects)
    fail(errc::redirect, fmt::format("redirected more than {} times", options.max_redirects));
  auto next = follow_redirect({.method = what.method,
                               .from = what.target,
                               .status = head.status,
                               .location = head.fields.get("Location"),
                               .followed = followed});
  if (!next) fail(errc::redirect, next.error());
  drop();
  const bool elsewhere = !next->target.same_origin(what.target);
  what.method = std::move(next->method);
  what.target = std::move(next->target);
  if (!next->keeps_body) {
    what.body.clear();
    for (const char* name : {"Content-Type", "Content-Encoding", "Content-Language", "Content-Location"})
      what.fields.remove(name);
  }
  if (!next->keeps_credentials)
    for (const char* name : {"Authorization", "Proxy-Authorization", "Cookie"}) what.fields.remove(name);
  if (elsewhere) what.fields.remove("Host");
  if (options.observer.redirected) options.observer.redirected(what.target);
  return true;
}

// --- the body

io::task<std::string_view> exchange::state::next_coded() {
  while (!body->done()) {
    if (arrived.empty()) {
      co_await arrive();
      pieces_in_turn = 0;
      if (arrived.empty()) {
        if (const auto ended = body->end(); !ended) fail(errc::incomplete, ended.error().text);
        break;
      }
    }
    const auto piece = body->next(arrived);
    if (!piece) fail(errc::malformed, piece.error().text);
    if (!piece->empty()) co_return *piece;
  }
  co_return std::string_view();
}

io::task<std::string_view> exchange::state::next_plain() {
  for (;;) {
    const auto plain = decoder->next(coded);
    if (!plain) fail(errc::coding, plain.error());
    if (!plain->empty()) {
      if (++pieces_in_turn < pieces_per_turn) co_return *plain;
      pieces_in_turn = 0;
      try {
        co_await io::yield();
      } catch (const io::error& e) {
        fail(e);
      }
      co_return *plain;
    }
    coded = co_await next_coded();
    if (!coded.empty()) continue;
    // Nothing at all is a fair empty body, whatever coding the head announced.
    if (const auto ended = decoder->finish(); !ended && body->received() != 0)
      fail(errc::incomplete, ended.error());
    co_return std::string_view();
  }
}

io::task<std::string_view> exchange::state::next() {
  if (complete) co_return std::string_view();
  choose_decoder();
  // Not `?:`: each side is a coroutine of its own, and only one may be made.
  std::string_view piece;
  if (decoder)
    piece = co_await next_plain();
  else
    piece = co_await next_coded();
  if (!piece.empty()) co_return piece;
  complete = true;
  times.complete = since(start);
  // Nothing more is due to either side, so nobody waits for the server to end its own.
  drop();
  co_return std::string_view();
}

void exchange::state::drop() noexcept {
  uploading.reset();
  connection.reset();
  arrived = coded = {};
}

exchange::exchange(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
exchange::exchange(exchange&&) noexcept = default;
exchange& exchange::operator=(exchange&&) noexcept = default;
exchange::~exchange() = default;

const response_head& exchange::head() const noexcept { return state_->head; }
const url& exchange::target() const noexcept { return state_->what.target; }
const exchange_times& exchange::times() const noexcept { return state_->times; }
std::uint64_t exchange::received() const noexcept { return state_->body->received(); }

std::uint64_t exchange::left_out() const noexcept {
  return state_->decoder ? state_->decoder->left_out() : 0;
}

std::optional<std::uint64_t> exchange::announced() const noexcept {
  if (!state_->has_length()) return std::nullopt;
  return state_->framing.length;
}

io::task<std::string_view> exchange::read() {
  if (state_->deadline == io::never) return state_->next();
  return io::timeout_at(state_->deadline, state_->next());
}

io::task<std::string> exchange::read_all() {
  const std::uint64_t most = state_->options.max_body;
  const auto refuse = [&] {
    state_->fail(errc::too_large, fmt::format("the body has more than {} bytes (max_body)", most));
  };
  state_->choose_decoder();
  if (!state_->decoder && announced() > most) refuse();
  std::string whole;
  for (std::string_view piece; !(piece = co_await read()).empty();) {
    if (piece.size() > most - whole.size()) refuse();
    whole += piece;
  }
  co_return whole;
}

io::task<exchange> open(request what, client_options options) {
  auto s = std::make_unique<exchange::state>(std::move(what), std::move(options));
  unsigned followed = 0;
  do {
    co_await io::timeout_at(s->deadline, s->begin());
  } while (s->follow(followed++));
  co_return exchange(std::move(s));
}

// --- the whole in one

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

io::task<response> send(request what, client_options options) {
  exchange e = co_await open(std::move(what), std::move(options));
  std::string body = co_await e.read_all();
  co_return response{e.head().status, e.head().reason, e.head().fields, std::move(body), e.target()};
}

io::task<response> get(std::string text, client_options options) {
  auto target = url::parse_typed(text);
  if (!target) throw io::error(errc::url, "get " + url_in_quotes(text), target.error());
  request what{.target = *std::move(target)};
  co_return co_await send(std::move(what), std::move(options));
}

}  // namespace parlance::http
