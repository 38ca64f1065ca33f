#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/client/client_head.hpp>
#include <parlance/http/client/exchange.hpp>
#include <parlance/http/client/http1_connection.hpp>
#include <parlance/http/client/http2_connection.hpp>
#include <parlance/http/client/in_words.hpp>
#include <parlance/http/client/policy.hpp>
#include <parlance/http/client/redirect.hpp>
#include <parlance/http/message/content_coding.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/tls_session.hpp>

namespace parlance::http {
namespace {

/// Interim responses (1xx) before the final one; more is a server that means no good.
constexpr unsigned most_interim = 32;

/// Decoded pieces that are handed out before others get a turn. What a few bytes blow up to needs no waiting,
/// so nothing else would give way.
constexpr unsigned pieces_per_turn = 16;

}  // namespace

net::tls_client_options with_versions(net::tls_client_options tls, http_versions which) {
  if (tls.alpn.empty() && which == http_versions::both) tls.alpn = {"h2", "http/1.1"};
  if (tls.alpn.empty() && which == http_versions::http_2) tls.alpn = {"h2"};
  if (tls.alpn.empty()) tls.alpn = {"http/1.1"};
  return tls;
}

client_parts::client_parts(client_options with)
    : options(std::move(with)),
      dialler(with_versions(options.tls, options.versions), options.tls_context, options.proxy_tls,
              options.dial, options.proxies),
      connections(std::make_shared<pool>(options.connections)) {}

struct exchange::state {
  state(std::shared_ptr<client_parts> by, request from);

  // One request and the head of its response.
  io::task<void> ask();
  io::task<std::optional<failure>> try_twice();
  io::task<std::optional<failure>> try_once();
  io::task<void> take_connection();
  io::task<void> dial();
  void send();
  io::task<void> receive_head();
  bool may_retry(const failure& e) const;
  bool expects_continue() const;
  bool may_expect_nothing() const;
  bool authenticate();
  bool follow();
  io::task<void> begin_body();

  // The body.
  void choose_decoder();
  io::task<std::string_view> next();
  io::task<std::string_view> next_decoded();
  std::string_view shown_as_it_came(std::string_view piece) const;
  void finish();
  void leave_connection();

  bool decodes() const { return options.decode && !options.keeps_chunks; }
  io::duration since(io::time_point when) const { return io::loop::current().now() - when; }
  std::string where() const;
  [[noreturn]] void fail(std::error_code code, std::string_view why) const;
  [[noreturn]] void fail(const failure& e) const;

  const std::shared_ptr<client_parts> parts;
  const client_options& options;
  request what;
  const url first;  // before any redirect
  const io::time_point opened = io::loop::current().now();
  const io::time_point deadline;
  io::time_point start = opened;  // of the last request
  exchange_times times;
  std::vector<hop> hops;

  route way;  // of the last request
  std::unique_ptr<body_source> body;
  bool expectation_refused = false;
  unsigned challenges = 0;  // of this target that were answered
  std::optional<lease> on;
  std::unique_ptr<request_stream> asked;  // goes before both

  response_head head;
  std::optional<content_decoder> decoder;  // chosen with the first read: nobody may want the body
  bool decoder_chosen = false;
  std::string_view coded;  // of the body, not yet decoded
  unsigned pieces_in_turn = 0;

  // What is known of the body when its stream has gone.
  bool complete = false;
  std::uint64_t received = 0;
  std::optional<std::uint64_t> announced;
  field_list trailers;
};

exchange::state::state(std::shared_ptr<client_parts> by, request from)
    : parts(std::move(by)),
      options(parts->options),
      what(std::move(from)),
      first(what.target),
      deadline(io::after(opened, options.timeout)),
      body(what.body.open()) {}

// --- what went wrong

std::string exchange::state::where() const {
  switch (asked ? asked->now_in() : phase::connecting) {
    case phase::connecting:
      return {};  // the reason says it
    case phase::sending:
      return "sending the request";
    case phase::waiting:
      return "waiting for the response";
    case phase::head:
      return "in the head of the response";
    case phase::body:
      if (const auto all = asked->announced())
        return fmt::format("in the body, {} of {} bytes", asked->received(), *all);
      return fmt::format("in the body, {} bytes", asked->received());
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
void exchange::state::fail(const failure& e) const {
  if (e.code() == io::errc::timed_out && deadline <= io::loop::current().now())
    fail(e.code(), fmt::format("not done within the {} that it was given", in_words(options.timeout)));
  fail(e.code(), e.what());
}

// --- one request and the head of its response

/// A server that does not know what an expectation is may be asked without one.
io::task<void> exchange::state::ask() {
  std::optional<failure> failed = co_await try_twice();
  if (!failed && may_expect_nothing()) {
    expectation_refused = true;
    leave_connection();
    failed = co_await try_twice();
  }
  if (failed) fail(*failed);
}

/// Over a connection that was used before it may fail because the server has closed that meanwhile: then it
/// is tried again, once, over a new one.
io::task<std::optional<failure>> exchange::state::try_twice() {
  std::optional<failure> failed = co_await try_once();
  if (!failed || !may_retry(*failed)) co_return failed;
  // Perhaps it was only this request that it had no room for.
  const bool is_fit = asked->was_refused() && on->get()->available();
  asked.reset();
  if (!is_fit && on->is_alone())
    on->drop_connection();
  else if (!is_fit)
    on.reset();
  co_return co_await try_once();
}

bool exchange::state::expects_continue() const {
  return body && !expectation_refused && options.versions != http_versions::http_1_0 &&
         body->length().value_or(UINT64_MAX) >= options.expect_continue_from;
}

/// The server knows nothing of 100 (Continue) and says so (RFC 9110 10.1.1).
bool exchange::state::may_expect_nothing() const {
  constexpr unsigned expectation_failed = 417;
  return head.status == expectation_failed && expects_continue() && body->rewind();
}

/// What is left of an answer is read apart.
void exchange::state::leave_connection() {
  parts->connections->drain(*std::move(on), std::move(asked));
  on.reset();
}

io::task<std::optional<failure>> exchange::state::try_once() {
  try {
    co_await take_connection();
    send();
    co_await receive_head();
    co_return std::nullopt;
  } catch (const failure& e) {
    co_return e;
  } catch (const io::error& e) {
    co_return failure(e.code(), e.what());
  }
}

/// RFC 9110 9.2.2, RFC 9112 9.3.1: nothing was answered, and it does no harm twice, or was not sent at all.
bool exchange::state::may_retry(const failure& e) const {
  if (asked && asked->was_refused()) return !body || body->rewind();
  if (!asked || !on->used_before() || asked->answered()) return false;
  const bool of_connection = e.code().category() == std::system_category() || e.code() == errc::incomplete ||
                             e.code() == net::errc::truncated;
  const bool harmless = is_idempotent(what.method) || !asked->has_sent();
  return of_connection && harmless && (!body || body->rewind());
}

io::task<void> exchange::state::take_connection() {
  way = way_to(options, what.target);
  co_await parts->dialler.prepare(way);
  const bool may_share = !way.is_forwarded && (options.versions == http_versions::http_2 ||
                                               (way.to.secure && options.versions == http_versions::both));
  if (!on) on.emplace(co_await parts->connections->take(way, may_share));
  start = io::loop::current().now();
  times = {};
  const bool reused = on->get() != nullptr;
  if (!reused) co_await dial();
  const auto& tell = reused ? what.observer.reused : what.observer.connected;
  if (tell) tell(what.target, on->get()->below());
}

io::task<void> exchange::state::dial() {
  const io::duration left = deadline == io::never ? io::unlimited : deadline - start;
  net::connect_times done;
  net::stream dialled = co_await parts->dialler.dial(way, std::min(options.connect_timeout, left), done);
  times.resolved = done.resolved;
  times.connected = done.connected;
  times.secured = done.secured;
  const bool by_tls = way.to.secure && !way.is_forwarded;
  const bool is_2 = by_tls ? dialled.tls() && dialled.tls()->alpn() == "h2"
                           : !way.is_forwarded && options.versions == http_versions::http_2;
  if (by_tls && !is_2 && options.versions == http_versions::http_2)
    throw failure(errc::refused, "the server does not agree to HTTP/2");
  if (is_2)
    on->settle(std::make_unique<http2_connection>(std::move(dialled)));
  else
    on->settle(std::make_unique<http1_connection>(std::move(dialled)));
}

void exchange::state::send() {
  const auto length = length_to_tell(what, body.get());
  request_head sent = client_head(what, decodes(), length, policy_fields(options, what, way));
  if (way.is_forwarded) sent.target = forwarded_target(what);
  const bool is_1_0 = options.versions == http_versions::http_1_0;
  if (is_1_0) sent.version = version::http_1_0;
  asked = on->get()->begin({.head = std::move(sent),
                            .body = body.get(),
                            .last = is_1_0 || !parts->connections->keeps(),
                            .expect_continue = expects_continue(),
                            .ignore_length = options.ignore_length,
                            .keeps_chunks = options.keeps_chunks,
                            .limits = {.first_byte = options.first_byte_timeout,
                                       .stall = options.stall_timeout,
                                       .go_ahead = options.continue_timeout}});
  if (what.observer.sent) what.observer.sent(asked->sent_head());
}

io::task<void> exchange::state::receive_head() {
  for (unsigned interim = 0;; ++interim) {
    if (interim > most_interim)
      throw failure(errc::malformed,
                    fmt::format("the server sent more than {} interim responses", most_interim));
    head = co_await asked->receive_head();
    if (interim == 0) times.first_byte = asked->answered().value_or(start) - start;
    if (what.observer.received) what.observer.received(head);
    if (head.status == 101)
      throw failure(errc::malformed, "the server switched to a protocol that nobody asked for");
    if (head.status >= 200) co_return learn(options, what, head);
  }
}

/// A server that wants to know who asks is told, if that is known: the request is to be sent again.
bool exchange::state::authenticate() {
  if (challenges == most_challenges || !answer_challenge(options, what, way, head, challenges != 0))
    return false;
  if (body && !body->rewind()) return false;
  ++challenges;
  leave_connection();
  return true;
}

/// Turns to where a redirect points. False: the response is the final one.
bool exchange::state::follow() {
  if (!is_redirect(head.status) || !head.fields.contains("Location") || options.max_redirects == 0)
    return false;
  if (hops.size() >= options.max_redirects)
    fail(errc::redirect, fmt::format("redirected more than {} times", options.max_redirects));
  auto next = follow_redirect({.method = what.method,
                               .from = what.target,
                               .status = head.status,
                               .location = head.fields.get("Location"),
                               .followed = static_cast<unsigned>(hops.size()),
                               .strict = options.hsts.get(),
                               .rules = options.redirects});
  if (!next) fail(errc::redirect, next.error());
  times.complete = since(start);
  hops.push_back({.from = what.target, .status = head.status, .times = times});
  leave_connection();
  if (body && next->keeps_body && !body->rewind())
    fail(errc::redirect,
         fmt::format("redirected to {}, and the body cannot be sent again", shown(next->target)));
  if (options.redirects.tells_others && options.credentials)
    options.credentials->trust(origin::of(what.target), origin::of(next->target));
  turn_to(*std::move(next), what);
  challenges = 0;
  if (what.body.empty()) body.reset();
  if (what.observer.redirected) what.observer.redirected(what.target);
  return true;
}

// --- the body

/// What has no body is whole now, whether anybody reads it or not.
io::task<void> exchange::state::begin_body() {
  try {
    asked->begin_body();
    announced = asked->announced();
    if (asked->has_body() && announced != 0) co_return;
    co_await asked->read();
  } catch (const failure& e) {
    fail(e);
  }
  finish();
}

void exchange::state::choose_decoder() {
  if (std::exchange(decoder_chosen, true)) return;
  constexpr unsigned partial_content = 206;
  if (!decodes() || !asked->has_body() || head.status == partial_content) return;
  auto made = content_decoder::make(head.fields);
  // Of an error the status tells the most: its page passes as it came.
  if (!made && head.status >= 400) return;
  if (!made) fail(errc::coding, made.error());
  if (!made->identity()) decoder.emplace(*std::move(made));
}

std::string_view exchange::state::shown_as_it_came(std::string_view piece) const {
  if (what.observer.received_body && !piece.empty()) what.observer.received_body(piece);
  return piece;
}

io::task<std::string_view> exchange::state::next_decoded() {
  for (;;) {
    const auto plain = decoder->next(coded);
    if (!plain) fail(errc::coding, plain.error());
    if (!plain->empty()) {
      if (++pieces_in_turn < pieces_per_turn) co_return *plain;
      pieces_in_turn = 0;
      try {
        co_await io::yield();
      } catch (const io::error& e) {
        fail(failure(e.code(), e.what()));
      }
      co_return *plain;
    }
    coded = shown_as_it_came(co_await asked->read());
    if (!coded.empty()) continue;
    // Nothing at all is a fair empty body, whatever coding the head announced.
    if (const auto ended = decoder->finish(); !ended && asked->received() != 0)
      fail(errc::incomplete, ended.error());
    co_return std::string_view();
  }
}

io::task<std::string_view> exchange::state::next() {
  if (complete) co_return std::string_view();
  choose_decoder();
  // Not `?:`: each side is a coroutine of its own, and only one may be made.
  std::string_view piece;
  try {
    if (decoder)
      piece = co_await next_decoded();
    else
      piece = shown_as_it_came(co_await asked->read());
  } catch (const failure& e) {
    fail(e);
  }
  received = asked->received();
  if (!piece.empty()) co_return piece;
  finish();
  co_return std::string_view();
}

void exchange::state::finish() {
  complete = true;
  times.complete = since(start);
  trailers = asked->trailers();
  asked.reset();
  on.reset();
  coded = {};
}

exchange::exchange(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
exchange::exchange(exchange&&) noexcept = default;
exchange& exchange::operator=(exchange&&) noexcept = default;
exchange::~exchange() = default;

const response_head& exchange::head() const noexcept { return state_->head; }
const url& exchange::target() const noexcept { return state_->what.target; }
const exchange_times& exchange::times() const noexcept { return state_->times; }
const std::vector<hop>& exchange::hops() const noexcept { return state_->hops; }
const field_list& exchange::trailers() const noexcept { return state_->trailers; }
std::uint64_t exchange::received() const noexcept { return state_->received; }
std::optional<std::uint64_t> exchange::announced() const noexcept { return state_->announced; }

std::uint64_t exchange::left_out() const noexcept {
  return state_->decoder ? state_->decoder->left_out() : 0;
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
  if (!state_->complete) state_->choose_decoder();
  if (!state_->decoder && announced() > most) refuse();
  std::string whole;
  for (std::string_view piece; !(piece = co_await read()).empty();) {
    if (piece.size() > most - whole.size()) refuse();
    whole += piece;
  }
  co_return whole;
}

io::task<exchange> exchange::begin(std::shared_ptr<client_parts> by, request what) {
  secure_target(by->options, what);
  auto s = std::make_unique<state>(std::move(by), std::move(what));
  do {
    co_await io::timeout_at(s->deadline, s->ask());
  } while (s->authenticate() || s->follow());
  co_await io::timeout_at(s->deadline, s->begin_body());
  co_return exchange(std::move(s));
}

}  // namespace parlance::http
