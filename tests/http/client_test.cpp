#include <string>

#include <parlance/io/combinators.hpp>

#include "http/client_support.hpp"
#include "http/packed.hpp"

namespace parlance::http::test {
namespace {

class client : public io::test::on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(client);

std::string with_length(std::string_view body, std::string_view fields = "") {
  return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

bool has_line(std::string_view head, std::string_view line) {
  return head.find("\r\n" + std::string(line) + "\r\n") != head.npos;
}

// --- what is asked

TEST_P(client, asks_as_http_1_1_wants_it) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(says(with_length("hello")));
    request what = to(from->at("/a?b#c"));
    what.fields.append("X-Mine", "yes");
    what.fields.append("Connection", "keep-alive");
    what.fields.append("Transfer-Encoding", "chunked");
    const outcome got = co_await fetch(what);
    EXPECT_EQ(got.body, "hello") << got.text;
    const std::string& head = from->heads.at(0);
    EXPECT_TRUE(head.starts_with("GET /a?b HTTP/1.1\r\nHost: " + from->origin().substr(7) + "\r\n")) << head;
    EXPECT_TRUE(has_line(head, "X-Mine: yes")) << head;
    EXPECT_TRUE(has_line(head, "Connection: close")) << head;
    EXPECT_TRUE(has_line(head, "Accept-Encoding: gzip, deflate, br, zstd")) << head;
    EXPECT_EQ(head.find("keep-alive"), head.npos) << head;
    EXPECT_EQ(head.find("Transfer-Encoding"), head.npos) << head;
  }());
}

TEST_P(client, leaves_out_what_it_adds_by_itself_where_that_is_asked_for) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(says(with_length("")));
    request what = to(from->at("/"));
    what.body = request_body("x", "text/plain");
    what.method = "POST";
    what.omitted = {"user-agent", "Accept", "accept-encoding", "Content-Type", "Host"};
    co_await fetch(what);
    const std::string& head = from->heads.at(0);
    for (const char* name : {"User-Agent", "Accept", "Content-Type"})
      EXPECT_EQ(head.find(name), head.npos) << head;
    EXPECT_NE(head.find("\r\nHost: "), head.npos) << head;
  }());
}

TEST_P(client, sends_usual_fields_to_whom_they_are_for) {
  io::wait([]() -> task<void> {
    const auto other = co_await server::start(says(with_length("there")));
    const auto from = co_await server::start(says(redirect_to(other->at("/"))));
    client_options options;
    for (const char* line : {"X-Key", "X-All", "Accept", "Connection", "Content-Type"})
      options.usual.all.append(line, "all");
    field_list& own = options.usual.of[origin::of(url::parse(from->origin()).value())];
    own.append("X-Key", "one");
    own.append("X-Key", "two");
    own.append("Authorization", "mine");
    request what = to("http://me:secret@" + from->origin().substr(7) + "/");
    what.fields.append("x-all", "said");
    what.omitted = {"User-Agent"};
    EXPECT_EQ((co_await fetch(what, options)).body, "there");
    const std::string &first = from->heads.at(0), &second = other->heads.at(0);
    for (const char* line : {"X-Key: one", "X-Key: two", "x-all: said", "Accept: all", "Authorization: mine"})
      EXPECT_TRUE(has_line(first, line)) << first;
    for (const char* line :
         {"X-Key: all", "X-All: all", "Accept: */*", "Connection: all", "Content-Type: all"})
      EXPECT_FALSE(has_line(first, line)) << first;
    EXPECT_FALSE(first.contains("Basic")) << first;
    EXPECT_TRUE(has_line(second, "X-Key: all")) << second;
    for (const char* text : {"one", "two", "mine", "Authorization"})
      EXPECT_FALSE(second.contains(text)) << second;
    // What a request leaves out stays out.
    what.omitted.emplace_back("x-key");
    co_await fetch(what, options);
    EXPECT_FALSE(from->heads.at(1).contains("X-Key")) << from->heads.at(1);
  }());
}

TEST_P(client, sends_a_name_and_a_password_of_the_url_as_basic_authorization) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(says(with_length("")));
    co_await fetch("http://me:p%40ss@" + from->origin().substr(7) + "/");
    EXPECT_TRUE(has_line(from->heads.at(0), "Authorization: Basic bWU6cEBzcw==")) << from->heads.at(0);
    EXPECT_EQ(from->heads.at(0).find("me:"), std::string::npos);
  }());
}

TEST_P(client, sends_a_body_with_its_length) {
  io::wait([]() -> task<void> {
    const std::string body = io::test::pattern(3'000'000);
    std::string came;
    const auto from = co_await server::start([&](net::stream& caller, asked what) -> task<void> {
      came = what.more;
      while (came.size() < body.size()) came += co_await caller.recv();
      co_await caller.send(with_length("taken"));
    });
    request what = to(from->at("/"));
    what.method = "POST";
    what.body = body;
    const outcome got = co_await fetch(what);
    EXPECT_EQ(got.body, "taken") << got.text;
    EXPECT_TRUE(came == body);
    EXPECT_TRUE(has_line(from->heads.at(0), "Content-Length: 3000000")) << from->heads.at(0);
  }());
}

TEST_P(client, says_the_length_of_an_empty_post) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(says(with_length("")));
    request what = to(from->at("/"));
    what.method = "POST";
    co_await fetch(what);
    EXPECT_TRUE(has_line(from->heads.at(0), "Content-Length: 0")) << from->heads.at(0);
  }());
}

TEST_P(client, refuses_a_field_that_would_make_two) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(says(with_length("")));
    request what = to(from->at("/"));
    EXPECT_THROW(what.fields.append("X", "a\r\nEvil: b"), std::invalid_argument);
    what.method = "GET / HTTP/1.1\r\nEvil:";
    bool refused = false;
    try {
      co_await send(what);
    } catch (const std::invalid_argument&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    EXPECT_TRUE(from->heads.empty());
  }());
}

TEST_P(client, takes_an_answer_that_comes_before_all_is_sent) {
  io::wait([]() -> task<void> {
    request what = to("http://placeholder/");
    what.method = "POST";
    what.body = io::test::pattern(20'000'000);
    // It never reads the body.
    const auto from = co_await server::start(
        says_and_stays("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno!"));
    what.target = url::parse(from->at("/")).value();
    const outcome got = co_await fetch(what);
    EXPECT_EQ(got.status, 413U) << got.text;
    EXPECT_EQ(got.body, "no!");
  }());
}

TEST_P(client, goes_on_sending_while_the_answer_comes) {
  io::wait([]() -> task<void> {
    const std::string body = io::test::pattern(2'000'000);
    // Everything comes back, from the first byte on.
    const auto from = co_await server::start([&](net::stream& caller, asked what) -> task<void> {
      co_await caller.send("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n");
      co_await caller.send(what.more);
      for (std::size_t left = body.size() - what.more.size(); left != 0;) {
        const std::string_view arrived = co_await caller.recv();
        if (arrived.empty()) co_return;
        co_await caller.send(arrived);
        left -= arrived.size();
      }
    });
    request what = to(from->at("/"));
    what.method = "PUT";
    what.body = body;
    const outcome got = co_await fetch(what);
    EXPECT_TRUE(got.body == body) << got.text;
  }());
}

// --- where a body ends

TEST_P(client, reads_a_body_by_its_length_and_no_further) {
  io::wait([]() -> task<void> {
    const outcome got = co_await fetch_from(says(with_length("hello") + "HTTP/1.1 200 OK\r\n\r\n"));
    EXPECT_EQ(got.body, "hello") << got.text;
  }());
}

TEST_P(client, does_not_wait_for_the_end_of_a_connection_whose_body_is_whole) {
  io::wait([]() -> task<void> {
    const io::time_point start = io::loop::current().now();
    const outcome got = co_await fetch_from(says_and_stays(with_length("hello")));
    EXPECT_EQ(got.body, "hello") << got.text;
    co_await io::yield();
    EXPECT_LT(io::loop::current().now() - start, io::test::patience(1s));
  }());
}

TEST_P(client, reads_chunks_that_come_a_byte_at_a_time) {
  io::wait([]() -> task<void> {
    const outcome got =
        co_await fetch_from(dribbles("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n"
                                     "5;why=not\r\nhello\r\n1\r\n,\r\n6\r\n world\r\n0\r\nT: u\r\n\r\n"));
    EXPECT_EQ(got.body, "hello, world") << got.text;
  }());
}

TEST_P(client, reads_until_the_close) {
  io::wait([]() -> task<void> {
    const outcome got = co_await fetch_from(says("HTTP/1.0 200 OK\r\n\r\nall that there is"));
    EXPECT_EQ(got.body, "all that there is") << got.text;
  }());
}

TEST_P(client, reads_no_body_where_there_is_none) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(
        says_and_stays("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nContent-Encoding: gzip\r\n\r\n"));
    request what = to(from->at("/"));
    what.method = "HEAD";
    outcome got = co_await fetch(what);
    EXPECT_EQ(got.status, 200U) << got.text;
    EXPECT_EQ(got.body, "");
    got = co_await fetch_from(says_and_stays("HTTP/1.1 204 No Content\r\n\r\n"));
    EXPECT_EQ(got.status, 204U) << got.text;
    got = co_await fetch_from(says_and_stays("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"));
    EXPECT_EQ(got.status, 304U) << got.text;
  }());
}

TEST_P(client, passes_over_interim_responses) {
  io::wait([]() -> task<void> {
    const outcome got = co_await fetch_from(
        says("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" +
             with_length("hello")));
    EXPECT_EQ(got.status, 200U) << got.text;
    EXPECT_EQ(got.body, "hello");
  }());
}

// --- what it is coded in

TEST_P(client, takes_every_coding_off) {
  io::wait([]() -> task<void> {
    const std::string text = "hello, hello, hello, world";
    outcome got = co_await fetch_from(says(with_length(gzipped(text), "Content-Encoding: gzip\r\n")));
    EXPECT_EQ(got.body, text) << got.text;
    got = co_await fetch_from(says(with_length(brotli_sample(), "Content-Encoding: br\r\n")));
    EXPECT_EQ(got.body, text) << got.text;
    got = co_await fetch_from(dribbles(with_length(zstd_packed(text), "Content-Encoding: zstd\r\n")));
    EXPECT_EQ(got.body, text) << got.text;
  }());
}

TEST_P(client, takes_an_empty_body_whatever_its_coding) {
  io::wait([]() -> task<void> {
    const outcome got = co_await fetch_from(says(with_length("", "Content-Encoding: gzip\r\n")));
    EXPECT_EQ(got.status, 200U) << got.text;
    EXPECT_EQ(got.body, "");
  }());
}

TEST_P(client, asks_for_no_coding_and_leaves_it_on_when_told_to) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(says(with_length("as it is", "Content-Encoding: gzip\r\n")));
    const outcome got = co_await fetch(from->at("/"), {.decode = false});
    EXPECT_EQ(got.body, "as it is") << got.text;
    EXPECT_EQ(from->heads.at(0).find("Accept-Encoding"), std::string::npos);
  }());
}

TEST_P(client, asks_for_no_coding_of_a_part_and_passes_it_as_it_comes) {
  io::wait([]() -> task<void> {
    const std::string part = gzipped("hello, hello").substr(5);
    const auto from = co_await server::start(
        says("HTTP/1.1 206 Partial Content\r\nContent-Encoding: gzip\r\nContent-Length: " +
             std::to_string(part.size()) + "\r\n\r\n" + part));
    request what = to(from->at("/"));
    what.fields.append("Range", "bytes=5-");
    const outcome got = co_await fetch(what);
    EXPECT_TRUE(got.body == part) << got.text;
    EXPECT_EQ(from->heads.at(0).find("Accept-Encoding"), std::string::npos);
  }());
}

TEST_P(client, tells_of_bytes_after_the_end_of_what_is_coded) {
  io::wait([]() -> task<void> {
    const auto from =
        co_await server::start(says(with_length(gzipped("hello") + "\n\n", "Content-Encoding: gzip\r\n")));
    exchange e = co_await open(to(from->at("/")));
    EXPECT_EQ(co_await e.read_all(), "hello");
    EXPECT_EQ(e.left_out(), 2U);
  }());
}

TEST_P(client, gives_the_head_of_what_it_cannot_decode) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(
        says("HTTP/1.1 200 OK\r\nContent-Encoding: UTF-8\r\nContent-Length: 2\r\n\r\nno"));
    exchange e = co_await open(to(from->at("/")));
    EXPECT_EQ(e.head().status, 200U);
    std::error_code why;
    try {
      co_await e.read();
    } catch (const io::error& failure) {
      why = failure.code();
    }
    EXPECT_EQ(why, errc::coding);
  }());
}

TEST_P(client, joins_folded_lines_of_an_answer) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(dribbles(with_length("page", "Policy: a \r\n   b\r\n")));
    const response got = co_await get(from->at("/"));
    EXPECT_EQ(got.fields.get("Policy"), "a b");
    EXPECT_EQ(got.body, "page");
  }());
}

TEST_P(client, keeps_no_more_in_memory_than_it_may) {
  io::wait([]() -> task<void> {
    constexpr std::size_t size = 50'000'000;
    const std::string bomb = gzipped(std::string(size, '0'));
    const handler answer = says(with_length(bomb, "Content-Encoding: gzip\r\n"));
    outcome got = co_await fetch_from(answer, {.max_body = 1'000'000});
    EXPECT_EQ(got.code, errc::too_large);
    EXPECT_TRUE(says_all(got.text, {"more than 1000000 bytes"})) << got.text;
    got = co_await fetch_from(says_and_stays(with_length("12345678901")), {.max_body = 10});
    EXPECT_EQ(got.code, errc::too_large);
    got = co_await fetch_from(says(with_length("1234567890")), {.max_body = 10});
    EXPECT_EQ(got.body, "1234567890");
  }());
}

TEST_P(client, streams_a_bomb_in_small_pieces_and_lets_others_go_on) {
  io::wait([]() -> task<void> {
    constexpr std::size_t size = 50'000'000;
    const auto from = co_await server::start(
        says(with_length(gzipped(std::string(size, '0')), "Content-Encoding: gzip\r\n")));
    std::size_t turns_of_others = 0;
    io::scope others;
    others.spawn([&]() -> task<void> {
      for (;; ++turns_of_others) co_await io::yield();
    });
    exchange e = co_await open(to(from->at("/")));
    const std::size_t turns_before = turns_of_others;
    std::size_t whole = 0, biggest = 0;
    for (std::string_view piece; !(piece = co_await e.read()).empty(); whole += piece.size())
      biggest = std::max(biggest, piece.size());
    EXPECT_EQ(whole, size);
    EXPECT_LE(biggest, 64U * 1024);
    EXPECT_GE(turns_of_others - turns_before, 10U);
  }());
}

// --- piece by piece

TEST_P(client, hands_out_a_body_that_is_bigger_than_memory_would_be_given) {
  io::wait([]() -> task<void> {
    const std::string body = io::test::pattern(5'000'000);
    const auto from = co_await server::start(says(with_length(body)));
    exchange e = co_await open(to(from->at("/")), {.max_body = 1000});
    EXPECT_EQ(e.head().status, 200U);
    EXPECT_EQ(e.announced(), body.size());
    std::size_t at = 0;
    for (std::string_view piece; !(piece = co_await e.read()).empty(); at += piece.size())
      if (piece != std::string_view(body).substr(at, piece.size())) co_return ADD_FAILURE() << "at " << at;
    EXPECT_EQ(at, body.size());
    EXPECT_EQ(e.received(), body.size());
    EXPECT_EQ((co_await e.read()).size(), 0U) << "asked again, it says so again";
    EXPECT_GE(e.times().complete, e.times().first_byte);
    EXPECT_GE(e.times().first_byte, e.times().connected);
  }());
}

TEST_P(client, tells_what_passes_by) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start([](net::stream& caller, asked what) -> task<void> {
      co_await caller.send(
          what.head.starts_with("GET /a ")
              ? redirect_to("/b")
              : "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    std::string seen;
    request what = to(from->at("/a"));
    what.observer = {.connected = [&](const url& u, const net::stream&) { seen += "connected " + u.path(); },
                     .sent = [&](std::string_view h) { seen += ", sent " + std::string(h.substr(0, 6)); },
                     .received = [&](const response_head& h) { seen += ", got " + std::to_string(h.status); },
                     .redirected = [&](const url& u) { seen += ", to " + u.path() + "; "; }};
    co_await fetch(std::move(what));
    EXPECT_EQ(seen, "connected /a, sent GET /a, got 302, to /b; connected /b, sent GET /b, got 103, got 200");
  }());
}

TEST_P(client, gives_text_as_utf_8) {
  io::wait([]() -> task<void> {
    const auto from =
        co_await server::start(says(with_length("caf\xe9", "Content-Type: text/plain; charset=latin1\r\n")));
    const response got = co_await get(from->at("/"));
    EXPECT_TRUE(got.ok());
    EXPECT_EQ(got.text(), "caf\xc3\xa9");
    EXPECT_EQ(got.body, "caf\xe9");
    EXPECT_EQ(got.target.path(), "/");
  }());
}

TEST_P(client, takes_the_place_of_another_and_of_itself) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(says(redirect_to("/there")));
    http::client one, other({.max_redirects = 0});
    one = std::move(other);
    EXPECT_EQ((co_await one.get(from->at("/"))).status, 302U) << "it follows nothing, as the other";
    http::client& same = one;
    one = std::move(same);
    EXPECT_EQ((co_await one.get(from->at("/"))).status, 302U);
  }());
}

TEST_P(client, calls_from_the_first_port_that_is_free) {
  io::wait([]() -> task<void> {
    net::listener from = co_await net::listen("127.0.0.1:0");
    const auto port_of = [&](dial_options dial) -> task<std::uint16_t> {
      std::uint16_t port = 0;
      const auto accept = [&]() -> task<void> {
        net::stream caller = co_await from.accept();
        port = caller.remote().port();
        co_await caller.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        co_await caller.close();
      };
      co_await io::all(accept(),
                       fetch("http://" + from.local().to_string() + "/", {.dial = std::move(dial)}));
      co_return port;
    };
    // One that somebody listens at is not free.
    const auto taken = co_await net::listen("127.0.0.1:0");
    const std::uint16_t first = taken.local().port();
    if (first > 65000) co_return;
    const std::uint16_t last = first + 500;
    const std::uint16_t got =
        co_await port_of({.local = "127.0.0.1", .first_port = first, .last_port = last});
    EXPECT_GT(got, first);
    EXPECT_LE(got, last);
    const outcome none =
        co_await fetch("http://" + from.local().to_string() + "/",
                       {.dial = {.local = "127.0.0.1", .first_port = first, .last_port = first}});
    EXPECT_EQ(none.code, std::errc::address_in_use) << none.text;
  }());
}

TEST_P(client, leaves_out_a_length_that_is_said_to_be_wrong) {
  io::wait([]() -> task<void> {
    client_options options;
    options.ignore_length = true;
    outcome got = co_await fetch_from(says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nlonger"), options);
    EXPECT_EQ(got.body, "longer") << got.text;
    got = co_await fetch_from(says("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nshorter"), options);
    EXPECT_EQ(got.body, "shorter") << got.text;
    got = co_await fetch_from(
        says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"), options);
    EXPECT_EQ(got.body, "ok") << got.text;
  }());
}

TEST(dial_options, know_the_addresses_of_a_host_by_its_name_before_those_of_any) {
  const auto at = [](std::string_view text) { return net::endpoint::parse_ip(text, 0).value(); };
  const dial_options how{
      .resolve = {{.host = "", .port = 80, .addresses = {at("192.0.2.1")}},
                  {.host = "", .addresses = {at("192.0.2.2")}},
                  {.host = "Named", .port = 81, .addresses = {at("192.0.2.3"), at("::1")}}}};
  const auto known = [&](const std::string& host, std::uint16_t port) {
    std::string all;
    for (const net::endpoint& each : how.addresses_of({.host = host, .port = port, .path = {}}))
      all += each.to_string() + ' ';
    return all;
  };
  EXPECT_EQ(known("any", 80), "192.0.2.1:80 ");
  EXPECT_EQ(known("any", 81), "192.0.2.2:81 ");
  EXPECT_EQ(known("nAMED", 81), "192.0.2.3:81 [::1]:81 ");
  EXPECT_EQ(known("named", 82), "192.0.2.2:82 ");
  EXPECT_TRUE(dial_options{}.addresses_of({.host = "named", .port = 81, .path = {}}).empty());
}

}  // namespace
}  // namespace parlance::http::test
