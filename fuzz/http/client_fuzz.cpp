// A whole client against a server that says anything: redirects, challenges, connections that are kept, decoders. Each
// request ends; what it gives is what the server said, however that was cut; what it sends is well formed; what is meant
// for one host goes to no other; and no connection is left behind.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <parlance/http/client.hpp>
#include <parlance/http/message/body_reader.hpp>
#include <parlance/http/message/framing.hpp>
#include <parlance/http/message/head_parser.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/listener.hpp>

#include "send_in_steps.hpp"

namespace {

using namespace parlance;
using namespace std::chrono_literals;

/// Told to the first host alone.
constexpr std::array<std::string_view, 3> secrets = {"s3cret-key", "s3cret-cookie",
                                                     "username=\"s3cret-user\""};
/// More is not read of a body, which may be a bomb.
constexpr std::size_t most_read = 100'000;
constexpr io::duration longest = 50s;

void expect(bool holds) {
  if (!holds) std::abort();
}

/// What a server says to its requests, one behind the other, whoever makes them: what stands between bytes of 0xff. The
/// first byte may say what is done afterwards.
class script {
 public:
  struct line {
    std::string_view said;
    bool ends = false, resets = false, is_silent = false;
  };

  explicit script(std::string_view text) : rest_(text) {}

  line next() {
    if (rest_.empty()) return {.said = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"};
    const std::size_t end = std::min(rest_.find('\xff'), rest_.size());
    line one{.said = rest_.substr(0, end)};
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    one.ends = one.said.starts_with('!');
    one.resets = one.said.starts_with('~');
    one.is_silent = one.said.starts_with('.');
    if (one.ends || one.resets || one.is_silent) one.said.remove_prefix(1);
    return one;
  }

 private:
  std::string_view rest_;
};

/// A connection of the server.
class talker {
 public:
  talker(net::stream& to, script& says, std::size_t step) : to_(to), says_(says), step_(step) {}

  io::task<> run() {
    try {
      while (co_await serve_one()) continue;
    } catch (const io::error&) {  // it has had enough
    }
  }

 private:
  /// Whether there is another byte of what the client sends.
  io::task<bool> arrive() {
    if (!arrived_.empty()) co_return true;
    arrived_ = co_await to_.recv();
    co_return !arrived_.empty();
  }

  io::task<bool> serve_one() {
    constexpr char handshake = 0x16;
    http::request_parser parser;
    while (!parser.done()) {
      if (!co_await arrive()) co_return false;
      if (!parser.started() && arrived_.front() == handshake) co_return false;
      expect(parser.feed(arrived_).has_value());
    }
    const http::request_head head = parser.take();
    expect_no_secret(head);
    const auto how = http::frame_request(head);
    expect(how.has_value());
    if (head.fields.contains("Expect")) {
      const script::line line = says_.next();
      if (!co_await say(line)) co_return false;
      if (!line.said.starts_with("HTTP/1.1 1")) co_return co_await take_body(*how);
    }
    if (!co_await take_body(*how)) co_return false;
    co_return co_await say(says_.next()) && how->persistent;
  }

  static void expect_no_secret(const http::request_head& head) {
    const std::string_view host = head.fields.get("Host").value_or("");
    if (host == "first.test") return;
    const std::string all = http::serialise(head);
    for (const std::string_view one : secrets) expect(!all.contains(one));
  }

  io::task<bool> take_body(const http::framing& how) {
    http::body_reader body(how);
    while (!body.done()) {
      if (!co_await arrive()) co_return false;
      expect(body.next(arrived_).has_value());
    }
    co_return true;
  }

  io::task<bool> say(script::line what) {
    for (std::string_view rest = what.said; !rest.empty(); rest.remove_prefix(std::min(step_, rest.size()))) {
      co_await to_.send(rest.substr(0, step_));
      co_await io::yield();
    }
    if (what.is_silent) co_await io::sleep(1h);
    if (what.ends) co_await to_.shutdown();
    if (what.resets) to_.abort();
    co_return !what.ends && !what.resets;
  }

  net::stream& to_;
  script& says_;
  const std::size_t step_;
  std::string_view arrived_;
};

io::task<> serve(net::stream caller, script& says, std::size_t step) {
  talker one(caller, says, step);
  co_await one.run();
}

io::task<> accept(net::listener& at, script& says, std::size_t step) {
  io::scope callers;
  for (;;) callers.spawn(serve(co_await at.accept(), says, step));
}

/// How a request went: the status and the body, or nothing.
struct outcome {
  unsigned status = 0;
  std::string body = {};
  bool complete = false;

  friend bool operator==(const outcome&, const outcome&) = default;
};

io::task<outcome> ask(http::client& by, std::string_view method, std::string target,
                      http::request_body body = {}) {
  http::request what{.target = http::url::parse(target).value(), .method = std::string(method)};
  what.body = std::move(body);
  what.fields.append("X-Api-Key", secrets[0]);
  what.fields.append("Cookie", secrets[1]);
  const bool has_host = target.starts_with("http://first.test/");
  if (!has_host) what.fields = {};
  const io::time_point begun = io::loop::current().now();
  outcome result;
  try {
    http::exchange on = co_await by.open(std::move(what));
    result.status = on.head().status;
    expect(result.status >= 200);
    std::string_view piece;
    while (result.body.size() < most_read && !(piece = co_await on.read()).empty()) result.body += piece;
    result.complete = piece.empty();
    if (result.complete && on.announced()) expect(*on.announced() == on.received());
  } catch (const io::error&) {
    result.complete = false;
  }
  expect(io::loop::current().now() - begun <= longest + 1s);
  co_return result;
}

io::task<> settle(http::client& by) {
  co_await io::sleep(2s);  // nothing is drained any more
  expect(by.connections() == by.idle_connections());
  co_await io::sleep(10s);
  expect(by.connections() == 0);
}

http::client_options options_for(const net::listener& at) {
  http::client_options made;
  made.dial.connect_to = {{.host = "", .to_host = "127.0.0.1", .to_port = at.local().port()}};
  made.connect_timeout = 5s;
  made.first_byte_timeout = made.stall_timeout = 5s;
  made.timeout = longest;
  made.max_redirects = 5;
  made.expect_continue_from = 10;
  made.connections.per_route = 2;
  made.connections.idle_time = 8s;
  return made;
}

/// One request, whose answer is taken as it comes.
io::task<outcome> fetch(std::string_view says, std::size_t step) {
  net::listener at = co_await net::listen("127.0.0.1:0");
  script lines(says);
  io::scope serving;
  serving.spawn(accept(at, lines, step));
  http::client_options options = options_for(at);
  options.max_redirects = 0;
  options.decode = false;
  http::client by(std::move(options));
  outcome result = co_await ask(by, "GET", "http://first.test/");
  co_await settle(by);
  serving.cancel();
  co_return result;
}

/// What one is to make of that answer; nothing where it says no more than that there is none.
std::optional<outcome> reading_of(std::string_view says) {
  constexpr std::size_t most_interim = 32;
  script lines(says);
  const script::line line = lines.next();
  if (line.resets) return std::nullopt;
  std::string_view rest = line.said;
  http::response_head head{.status = 0};
  for (std::size_t interim = 0; head.status < 200; ++interim) {
    http::response_parser parser;
    const auto fed = parser.feed(rest);
    if (!fed || !*fed || interim > most_interim) return outcome();
    head = parser.take();
    if (head.status == 101) return outcome();
  }
  const auto how = http::frame_response("GET", head);
  if (!how) return outcome();
  outcome result{.status = head.status};
  http::body_reader body(*how);
  while (!body.done() && !rest.empty()) {
    const auto piece = body.next(rest);
    if (!piece) return outcome{.status = head.status};
    result.body += *piece;
  }
  result.complete = body.done() || (line.ends && body.end());
  return result;
}

void check(const outcome& found, const outcome& expected) {
  expect(found.complete == expected.complete);
  if (expected.complete) expect(found == expected);
}

/// Many, of a client that follows, answers challenges, keeps cookies and decodes.
io::task<> talk(std::string_view says, std::size_t step) {
  net::listener at = co_await net::listen("127.0.0.1:0");
  script lines(says);
  io::scope serving;
  serving.spawn(accept(at, lines, step));
  http::client_options options = options_for(at);
  options.credentials = std::make_shared<http::credentials>();
  options.credentials->add(http::origin::of(http::url::parse("http://first.test/").value()),
                           {.by = http::login::scheme::digest, .user = "s3cret-user", .password = "pass"});
  options.cookies = std::make_shared<http::cookie_jar>();
  options.hsts = std::make_shared<http::hsts>(10);
  http::client by(std::move(options));
  const std::string mine = "http://first.test/a/", other = "http://other.test/";
  co_await ask(by, "GET", mine + "1");
  co_await ask(by, "HEAD", mine + "2");
  co_await ask(by, "POST", mine + "3", "a body of some length");
  {
    io::scope together;
    const auto also = [&](std::string_view method, std::string target,
                          http::request_body body) -> io::task<> {
      co_await ask(by, method, std::move(target), std::move(body));
    };
    together.spawn(also("GET", mine + "4", {}));
    together.spawn(also("PUT", other, "short"));
    together.spawn(also("GET", mine + "5", {}));
    co_await together.join();
  }
  unsigned pieces = 0;
  std::string piece;
  const auto next = [&]() -> io::task<std::string_view> {
    piece.assign(++pieces % 4U == 0 ? 0 : 5, 'p');
    co_return piece;
  };
  co_await ask(by, "POST", mine + "6", http::produced(next));
  co_await ask(by, "GET", other);
  co_await settle(by);
  serving.cancel();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4096) return 0;
  const std::string_view says(reinterpret_cast<const char*>(data + 1), size - 1);
  if (says.contains("s3cret")) return 0;
  const std::size_t step = data[0] % 64U + 1;
  const auto expected = reading_of(says);
  for (const std::size_t each : {says.size() + 1, step}) {
    const io::loop here({.backend = "sim", .sim = {.seed = data[0]}});
    const outcome found = io::wait(fetch(says, each));
    if (expected) check(found, *expected);
    io::wait(talk(says, each));
  }
  return 0;
}
