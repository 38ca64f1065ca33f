// Through a proxy: each byte of SOCKS5 and CONNECT, every refusal, and a proxy that somebody else wrote.
#include <fmt/core.h>

#include <parlance/net/proxy.hpp>
#include <parlance/net/serve.hpp>

#include "net/program.hpp"
#include "net/support.hpp"

namespace parlance::net::test {
namespace {

using namespace std::string_literals;

/// What is said to a proxy and what it answers, in turn.
struct turn {
  std::string request, answer;
};

task<void> play(stream& proxy, std::vector<turn> turns) {
  for (const turn& one : turns) {
    EXPECT_EQ(co_await recv_until(proxy, one.request.size()), one.request);
    if (!one.answer.empty()) co_await proxy.send(one.answer);
  }
}

class proxies : public on_every_backend {
 protected:
  using function = task<void> (*)(stream&, address, proxy_credentials);
  /// Asks a proxy that answers so. What it fails with, and, when it does not, that the stream is the
  /// target's.
  task<std::string> ask(function how, std::string to, proxy_credentials as, std::vector<turn> turns) {
    auto [own, its] = memory_streams();
    scope playing;
    playing.spawn([](stream& proxy, std::vector<turn> all) -> task<void> {
      co_await play(proxy, std::move(all));
      co_await proxy.shutdown();
    }(its, std::move(turns)));
    std::string failed;
    try {
      co_await how(own, address::parse(to), as);
    } catch (const io::error& e) {
      code = e.code();
      co_return e.what();
    }
    EXPECT_EQ(co_await recv_all(own), "first words");
    co_return "";
  }
  task<std::string> socks5(std::string to, proxy_credentials as, std::vector<turn> turns) {
    return ask(socks5_connect, std::move(to), std::move(as), std::move(turns));
  }
  task<std::string> http(std::string to, proxy_credentials as, std::vector<turn> turns) {
    return ask(http_connect, std::move(to), std::move(as), std::move(turns));
  }
  std::error_code code;
};
PARLANCE_ON_EVERY_BACKEND(proxies);

const turn hello{"\x05\x01\x00"s, "\x05\x00"s};
const turn hello_with_user{"\x05\x02\x00\x02"s, "\x05\x02"s};
const std::string example = "\x05\x01\x00\x03\x0b"s + "example.com\x01\xbb"s;
const std::string done = "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"s;

TEST_P(proxies, that_speak_socks5_are_asked_for_names_and_addresses) {
  io::wait([&]() -> task<void> {
    EXPECT_EQ(co_await socks5("example.com:443", {}, {hello, {example, done + "first words"}}), "");
    EXPECT_EQ(co_await socks5("1.2.3.4:443", {},
                              {hello, {"\x05\x01\x00\x01\x01\x02\x03\x04\x01\xbb"s, done + "first words"}}),
              "");
    EXPECT_EQ(co_await socks5("[2001:db8::1]:80", {},
                              {hello,
                               {"\x05\x01\x00\x04\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01\x00\x50"s,
                                "\x05\x00\x00\x04"s + std::string(18, 'x') + "first words"}}),
              "");
    EXPECT_EQ(co_await socks5("ex\xc3\xa4mple.com:1", {},
                              {hello,
                               {"\x05\x01\x00\x03\x12xn--exmple-cua.com\x00\x01"s,
                                "\x05\x00\x00\x03\x02xx\x00\x00"s + "first words"}}),
              "");
  }());
}

TEST_P(proxies, that_speak_socks5_are_told_user_and_password_when_they_ask) {
  io::wait([&]() -> task<void> {
    EXPECT_EQ(
        co_await socks5(
            "example.com:443", {"ann", "secret"},
            {hello_with_user, {"\x01\x03\x61nn\x06secret"s, "\x01\x00"s}, {example, done + "first words"}}),
        "");
    EXPECT_EQ(co_await socks5("example.com:443", {"ann", "secret"},
                              {{hello_with_user.request, "\x05\x00"s}, {example, done + "first words"}}),
              "");
    EXPECT_EQ(co_await socks5("example.com:443", {"ann", "wrong"},
                              {hello_with_user, {"\x01\x03\x61nn\x05wrong"s, "\x01\x01"s}}),
              "connect example.com:443 through nowhere: it does not take this user and password");
    EXPECT_EQ(code, errc::proxy);
    EXPECT_EQ(co_await socks5("example.com:443", {}, {{hello.request, "\x05\xff"s}}),
              "connect example.com:443 through nowhere: it wants to know who asks");
    EXPECT_EQ(co_await socks5("example.com:443", {}, {{hello.request, "\x05\x02"s}}),
              "connect example.com:443 through nowhere: it chose what it was not offered");
    EXPECT_EQ(co_await socks5("example.com:443", {"ann", "x"}, {{hello_with_user.request, "\x05\x01"s}}),
              "connect example.com:443 through nowhere: it chose what it was not offered");
  }());
}

TEST_P(proxies, that_speak_socks5_refuse_in_words) {
  io::wait([&]() -> task<void> {
    const std::string_view words[] = {
        "general failure",       "not allowed by its rules",   "network unreachable",
        "host unreachable",      "connection refused",         "TTL expired",
        "command not supported", "address type not supported", "a reply that is not known"};
    for (char reply = 1; reply <= 9; ++reply) {
      EXPECT_EQ(co_await socks5("example.com:443", {}, {hello, {example, "\x05"s + reply + done.substr(2)}}),
                fmt::format("connect example.com:443 through nowhere: it answered {}: {}", int(reply),
                            words[reply - 1]));
      EXPECT_EQ(code, errc::proxy);
    }
  }());
}

TEST_P(proxies, that_say_what_socks5_does_not_allow_are_refused) {
  io::wait([&]() -> task<void> {
    for (const std::string& answer : {"\x04\x00"s, "HTTP/1.1 400 Bad Request\r\n\r\n"s})
      EXPECT_EQ(co_await socks5("example.com:443", {}, {{hello.request, answer}}),
                "connect example.com:443 through nowhere: it does not speak SOCKS5");
    for (const std::string& answer : {"\x05\x00\x01\x01"s, "\x05\x00\x00\x02"s, "\x05\x00\x00\x00"s})
      EXPECT_EQ(co_await socks5("example.com:443", {}, {hello, {example, answer}}),
                "connect example.com:443 through nowhere: its answer is malformed");
    for (std::size_t size = 0; size < done.size(); ++size)
      EXPECT_EQ(co_await socks5("example.com:443", {}, {hello, {example, done.substr(0, size)}}),
                "connect example.com:443 through nowhere: it ended the connection");
    EXPECT_EQ(code, errc::proxy);
  }());
}

const std::string question = "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n";

TEST_P(proxies, that_speak_http_are_asked_by_connect) {
  io::wait([&]() -> task<void> {
    for (const std::string answer :
         {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.0 200 \r\n\r\n", "HTTP/1.1 200\r\n\r\n",
          "HTTP/1.1 200 OK\r\n0AZaz9!#$%&'*+-.^_`|~: x\r\n\r\n",
          "HTTP/1.1 299 Fine\r\nVia: 1.1 x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
          "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"})
      EXPECT_EQ(co_await http("example.com:443", {}, {{question, answer + "first words"}}), "") << answer;
    EXPECT_EQ(co_await http("[2001:db8::1]:80", {},
                            {{"CONNECT [2001:db8::1]:80 HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n",
                              "HTTP/1.1 200 OK\r\n\r\nfirst words"}}),
              "");
    EXPECT_EQ(co_await http("example.com:443", {"Aladdin", "open sesame"},
                            {{question.substr(0, question.size() - 2) +
                                  "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n",
                              "HTTP/1.1 200 OK\r\n\r\nfirst words"}}),
              "");
  }());
}

TEST_P(proxies, that_speak_http_take_bytes_one_at_a_time) {
  io::wait([&]() -> task<void> {
    std::vector<turn> turns{{question, ""}};
    for (const char c : "HTTP/1.1 200 OK\r\nA: b\r\n\r\nfirst words"s)
      turns.push_back({"", std::string(1, c)});
    EXPECT_EQ(co_await http("example.com:443", {}, turns), "");
  }());
}

TEST_P(proxies, that_speak_http_refuse_in_their_own_words) {
  io::wait([&]() -> task<void> {
    for (const std::string line :
         {"407 Proxy Authentication Required", "502 Bad Gateway", "302 Found", "101 Upgrade"}) {
      EXPECT_EQ(co_await http("example.com:443", {}, {{question, "HTTP/1.1 " + line + "\r\nA: b\r\n\r\n"}}),
                "connect example.com:443 through nowhere: it answered " + line);
      EXPECT_EQ(code, errc::proxy);
    }
  }());
}

TEST_P(proxies, whose_answer_is_no_http_are_refused) {
  io::wait([&]() -> task<void> {
    for (const std::string answer :
         {"HTTP/1.1 200 OK\n\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1  200\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
          "HTTP/1.1 2000\r\n\r\n", "HTTP/1.1 +20 OK\r\n\r\n", "http/1.1 200 OK\r\n\r\n", "\r\n\r\n",
          "HTTP/1.1 200 O\x1bK\r\n\r\n", "HTTP/1.1 200 OK\r\nA b\r\n\r\n", "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
          "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
          "HTTP/1.1 200 OK\r\nA: \x01\r\n\r\n", "\x05\x01\n"})
      EXPECT_EQ(co_await http("example.com:443", {}, {{question, answer}}),
                "connect example.com:443 through nowhere: its answer is no HTTP")
          << answer;
    for (const std::string answer : {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n\r"})
      EXPECT_EQ(co_await http("example.com:443", {}, {{question, answer}}),
                "connect example.com:443 through nowhere: it ended the connection");
  }());
}

TEST_P(proxies, may_not_answer_without_end) {
  io::wait([&]() -> task<void> {
    std::string fields = "HTTP/1.1 200 OK\r\n";
    while (fields.size() < 17'000) fields += "A: bbbbbbbbbbbbbbbbbbbbbb\r\n";
    std::string interim;
    while (interim.size() < 17'000) interim += "HTTP/1.1 100 Continue\r\n\r\n";
    for (const std::string& answer : {"HTTP/1.1 200 " + std::string(17'000, 'x'), fields, interim})
      EXPECT_EQ(co_await http("example.com:443", {}, {{question, answer}}),
                "connect example.com:443 through nowhere: its answer is too long");
    const std::string first = "HTTP/1.1 200 OK\r\n", last = "\r\n\r\n";
    for (const std::size_t size : {std::size_t{16 * 1024}, std::size_t{16 * 1024 + 1}}) {
      const std::string longest =
          first + "A: " + std::string(size - first.size() - last.size() - 3, 'b') + last;
      EXPECT_EQ(co_await http("example.com:443", {}, {{question, longest + "first words"}}),
                size == 16 * 1024 ? "" : "connect example.com:443 through nowhere: its answer is too long");
    }
  }());
}

TEST_P(proxies, are_not_asked_for_what_they_cannot_reach) {
  io::wait([&]() -> task<void> {
    auto [own, its] = memory_streams();
    const address evil{"x\r\nHost: y", 1, {}}, long_name{std::string(256, 'x'), 1, {}};
    for (const address& to :
         {address::parse("unix:/x"), address::parse(":80"), address::parse("x:0"), evil}) {
      EXPECT_EQ(co_await failure(socks5_connect(own, to)), std::errc::invalid_argument) << to.to_string();
      EXPECT_EQ(co_await failure(http_connect(own, to)), std::errc::invalid_argument) << to.to_string();
    }
    const address good = address::parse("example.com:443");
    EXPECT_EQ(co_await failure(socks5_connect(own, long_name)), std::errc::invalid_argument);
    EXPECT_EQ(co_await failure(socks5_connect(own, good, {"ann", ""})), std::errc::invalid_argument);
    EXPECT_EQ(co_await failure(socks5_connect(own, good, {std::string(256, 'x'), "x"})),
              std::errc::invalid_argument);
    EXPECT_EQ(co_await failure(http_connect(own, good, {"a:b", "x"})), std::errc::invalid_argument);
    EXPECT_EQ(co_await failure(io::timeout(1ms, recv_some(its))), io::errc::timed_out);
  }());
}

TEST_P(proxies, that_speak_socks4_are_asked_for_addresses_and_names) {
  io::wait([&]() -> task<void> {
    const std::string granted = "\x00\x5a\x00\x00\x00\x00\x00\x00"s;
    const std::string by_name = "\x04\x01\x01\xbb\x00\x00\x00\x01"s;
    EXPECT_EQ(co_await ask(socks4_connect, "1.2.3.4:443", {},
                           {{"\x04\x01\x01\xbb\x01\x02\x03\x04\x00"s, granted + "first words"}}),
              "");
    EXPECT_EQ(co_await ask(socks4_connect, "example.com:443", {"ann", "not told"},
                           {{by_name + "ann\0example.com\0"s, granted + "first words"}}),
              "");
    for (const auto& [reply, why] : {std::pair{"\x5b"s, "91: refused, or failed"},
                                     {"\x5d"s, "93: another user is called so (identd)"},
                                     {"\x60"s, "96: a reply that is not known"}}) {
      EXPECT_EQ(co_await ask(socks4_connect, "example.com:443", {},
                             {{by_name + "\0example.com\0"s, "\x00"s + reply + granted.substr(2)}}),
                fmt::format("connect example.com:443 through nowhere: it answered {}", why));
      EXPECT_EQ(code, errc::proxy);
    }
    EXPECT_EQ(co_await ask(socks4_connect, "example.com:443", {},
                           {{by_name + "\0example.com\0"s, "\x05\xff\x00\x00\x00\x00\x00\x00"s}}),
              "connect example.com:443 through nowhere: it does not speak SOCKS4");
    auto [own, its] = memory_streams();
    EXPECT_EQ(co_await failure(socks4_connect(own, address::parse("[::1]:80"))), std::errc::invalid_argument);
    EXPECT_EQ(co_await failure(socks4_connect(own, address::parse("1.2.3.4:1"), {std::string(256, 'x'), ""})),
              std::errc::invalid_argument);
    EXPECT_EQ(co_await failure(socks4_connect(own, address::parse("1.2.3.4:1"), {"a\0b"s, ""})),
              std::errc::invalid_argument);
  }());
}

TEST_P(proxies, that_refuse_a_connect_are_heard) {
  io::wait([&]() -> task<void> {
    std::string heard;
    const connect_request more{.fields = "X-One: 1\r\nproxy-Authorization: Digest x\r\n",
                               .refused = [&](std::string_view head) { heard = head; }};
    const auto by = [&more](stream& through, address to, proxy_credentials as) -> task<void> {
      return http_connect(through, std::move(to), std::move(as), more);
    };
    auto [own, its] = memory_streams();
    scope playing;
    const std::string refusal = "HTTP/1.1 407 Who\r\nProxy-Authenticate: Digest realm=x\r\n\r\n";
    playing.spawn([](stream& proxy, std::vector<turn> all) -> task<void> {
      co_await play(proxy, std::move(all));
    }(its, {{"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nX-One: 1\r\nproxy-Authorization: Digest x\r\n\r\n",
             refusal}}));
    EXPECT_EQ(co_await failure(by(own, address::parse("a:1"), {"ann", "secret"})), errc::proxy);
    EXPECT_EQ(heard + "\r\n", refusal);
  }());
}

// RFC 9112, section 3.2: one Host. Names that begin like it, or are as long, are others.
TEST_P(proxies, that_speak_http_are_told_the_host_unless_the_fields_have_it) {
  io::wait([&]() -> task<void> {
    for (const auto& [fields, is_host] : {std::pair{"Hostile: 1\r\n", false},
                                          {"Xost: 1\r\n", false},
                                          {"X: Host: a\r\n", false},
                                          {"hOST: b\r\n", true}}) {
      auto [own, its] = memory_streams();
      scope playing;
      const std::string host = is_host ? "" : "Host: a:1\r\n";
      playing.spawn([](stream& proxy, std::string asked) -> task<void> {
        co_await play(proxy, {{std::move(asked), "HTTP/1.1 200 OK\r\n\r\n"}});
      }(its, "CONNECT a:1 HTTP/1.1\r\n" + host + fields + "\r\n"));
      co_await http_connect(own, address::parse("a:1"), {}, {.fields = fields});
    }
  }());
}

TEST_P(proxies, that_never_answer_can_be_cancelled) {
  io::wait([&]() -> task<void> {
    const address good = address::parse("example.com:443");
    for (const function how : {socks5_connect, http_connect}) {
      auto [own, its] = memory_streams();
      EXPECT_EQ(co_await cancelled_before(how(own, good, {})), io::errc::cancelled);
      EXPECT_EQ(co_await cancelled_meanwhile(how(own, good, {})), io::errc::cancelled);
    }
  }());
}

TEST(proxy, is_read_from_a_url) {
  proxy one = proxy::parse("socks5://127.0.0.1");
  EXPECT_EQ(one.speaks, proxy::protocol::socks5);
  EXPECT_EQ(one.at.to_string(), "127.0.0.1:1080");
  EXPECT_FALSE(one.tls);
  EXPECT_EQ(one.as.user, "");
  one = proxy::parse("http://ann:p%40ss%3aword@proxy.example:3128/");
  EXPECT_EQ(one.speaks, proxy::protocol::http);
  EXPECT_EQ(one.as.user, "ann");
  EXPECT_EQ(one.as.password, "p@ss:word");
  EXPECT_EQ(one.to_string(), "http://proxy.example:3128");
  EXPECT_EQ(proxy::parse("http://%61nn%41:%42%43@x").as.user, "annA");
  EXPECT_EQ(proxy::parse("http://%61nn%41:%42%43@x").as.password, "BC");
  EXPECT_EQ(proxy::parse("socks4://ann@x").speaks, proxy::protocol::socks4);
  EXPECT_EQ(proxy::parse("socks4://ann@x").to_string(), "socks4://x:1080");
  one = proxy::parse("https://[::1]");
  EXPECT_TRUE(one.tls);
  EXPECT_EQ(one.to_string(), "https://[::1]:443");
  EXPECT_EQ(proxy::parse("http://x").at.port, 80);
}

TEST(proxy, that_is_none_is_refused_without_its_password) {
  for (const std::string url :
       {"", "127.0.0.1:1080", "socks6://x", "socks5:x", "socks5://", "socks5://:1080", "http://x:0",
        "http://x/path", "http://x?y", "http://secret:secret@/", "http://:secret@x", "http://a:secret%4@x",
        "http://a:secret%zz@x", "http://a:secret@x:99999"}) {
    try {
      proxy::parse(url);
      ADD_FAILURE() << url;
    } catch (const io::error& e) {
      EXPECT_EQ(e.code(), std::errc::invalid_argument) << url;
      EXPECT_EQ(std::string(e.what()).find("secret"), std::string::npos) << e.what();
    }
  }
}

// --- through connect

task<void> echo(stream caller) {
  for (std::string_view text; !(text = co_await caller.recv()).empty();) co_await caller.send(text);
  co_await caller.close();
}

/// A target that echoes, over TLS or not.
struct target {
  explicit target(listener from, bool tls) : at(from.local().to_string()) {
    serve_options options;
    if (tls) options.tls = [] { return shown_on_the_spot(); };
    running.spawn(serve(std::move(from), echo, options));
  }
  std::string at;
  scope running;
};

/// A SOCKS5 and CONNECT proxy in Python: protocol, whether over TLS; for the user "ann" with "p@ss" only.
constexpr std::string_view python_proxy = R"(
import asyncio, base64, struct, sys, socket
async def pump(r, w):
    try:
        while data := await r.read(65536): w.write(data); await w.drain()
        w.write_eof()
    except OSError: pass
async def bridge(r, w, host, port, good, bad):
    try: tr, tw = await asyncio.open_connection(host, port)
    except OSError: w.write(bad); await w.drain(); w.close(); return
    w.write(good)
    await asyncio.gather(pump(r, tw), pump(tr, w))
    w.close(); tw.close()
async def socks(r, w):
    version, n = await r.readexactly(2)
    methods = await r.readexactly(n)
    assert version == 5
    if 2 not in methods: w.write(b"\x05\xff"); await w.drain(); w.close(); return
    w.write(b"\x05\x02")
    assert await r.readexactly(1) == b"\x01"
    user = await r.readexactly((await r.readexactly(1))[0]); password = await r.readexactly((await r.readexactly(1))[0])
    if (user, password) != (b"ann", b"p@ss"): w.write(b"\x01\x01"); await w.drain(); w.close(); return
    w.write(b"\x01\x00")
    assert await r.readexactly(3) == b"\x05\x01\x00"
    kind = (await r.readexactly(1))[0]
    if kind == 1: host = socket.inet_ntop(socket.AF_INET, await r.readexactly(4))
    elif kind == 4: host = socket.inet_ntop(socket.AF_INET6, await r.readexactly(16))
    else: host = (await r.readexactly((await r.readexactly(1))[0])).decode()
    port, = struct.unpack("!H", await r.readexactly(2))
    end = b"\x00\x01\x7f\x00\x00\x01\x00\x01"
    await bridge(r, w, host, port, b"\x05\x00" + end, b"\x05\x05" + end)
async def http(r, w):
    line, *fields = (await r.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, to, version = line.split(" ")
    assert method == "CONNECT" and version == "HTTP/1.1" and f"Host: {to}" in fields
    if "Proxy-Authorization: Basic " + base64.b64encode(b"ann:p@ss").decode() not in fields:
        w.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"); await w.drain(); w.close(); return
    host, port = to.rsplit(":", 1)
    await bridge(r, w, host.strip("[]"), int(port), b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
async def main():
    server = await asyncio.start_server({"socks5": socks, "http": http}[sys.argv[1]], "127.0.0.1", 0)
    print("ACCEPT 127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
)";

class proxied_connects : public testing::TestWithParam<std::string> {
 protected:
  io::test::watchdog patience;
  io::loop here{{.backend = GetParam()}};
};
INSTANTIATE_TEST_SUITE_P(on, proxied_connects, testing::ValuesIn(every_kernel_backend()),
                         io::test::name_of_backend);

task<std::string> exchange(std::string to, connect_options options, std::string text) {
  stream s = co_await connect(to, options);
  co_await s.send(text);
  co_await s.shutdown();
  co_return co_await recv_all(s);
}

TEST_P(proxied_connects, go_through_somebody_elses_proxy) {
  io::wait([]() -> task<void> {
    target plain(co_await listen("127.0.0.1:0"), false), secured(co_await listen("127.0.0.1:0"), true);
    const std::string named = "localhost" + plain.at.substr(plain.at.find(':'));
    for (const std::string kind : {"socks5", "http"}) {
      program running({"python3", "-c", std::string(python_proxy), kind});
      const std::string proxy = co_await address_of(running);
      const std::string url = kind + "://ann:p%40ss@" + proxy;
      EXPECT_EQ(co_await exchange(plain.at, {.proxy = url}, "hello"), "hello");
      EXPECT_EQ(co_await exchange(named, {.proxy = url}, too_much().substr(0, 1'000'000)),
                too_much().substr(0, 1'000'000));
      EXPECT_EQ(co_await exchange(secured.at, {.context = trusting(), .proxy = url}, "hello"), "hello");
      listener nobody = co_await listen("127.0.0.1:0");
      const std::string gone = nobody.local().to_string();
      nobody.close();
      EXPECT_EQ(co_await words(connect(gone, {.proxy = url})),
                "connect " + gone + " through " + kind + "://" + proxy + ": it answered " +
                    (kind == "http" ? "502 Bad Gateway" : "5: connection refused"));
      EXPECT_EQ(co_await failure(connect(plain.at, {.proxy = kind + "://ann:wrong@" + proxy})), errc::proxy);
      EXPECT_EQ(co_await failure(connect(plain.at, {.proxy = kind + "://" + proxy})), errc::proxy);
    }
  }());
}

class connects_by_proxy : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(connects_by_proxy);

/// Takes any CONNECT and is the target itself.
task<void> answer_and_echo(stream caller) {
  std::string head;
  while (!head.ends_with("\r\n\r\n")) head += co_await caller.recv();
  co_await caller.send("HTTP/1.1 200 OK\r\n\r\n");
  co_await echo(std::move(caller));
}

TEST_P(connects_by_proxy, speak_tls_to_the_proxy_and_tls_to_the_target_within) {
  io::wait([]() -> task<void> {
    scope running;
    listener from = co_await listen("127.0.0.1:0");
    const std::string proxy = "https://" + from.local().to_string();
    running.spawn(serve(from,
                        [](stream caller) -> task<void> {
                          std::string head;
                          while (!head.ends_with("\r\n\r\n")) head += co_await caller.recv();
                          EXPECT_TRUE(head.starts_with("CONNECT example.com:443 "));
                          co_await caller.send("HTTP/1.1 200 OK\r\n\r\n");
                          co_await caller.start_tls(shown_on_the_spot());
                          co_await echo(std::move(caller));
                        },
                        {.tls = [] { return shown_on_the_spot(); }}));
    EXPECT_EQ(
        co_await exchange("example.com:443",
                          {.context = trusting(), .proxy = proxy, .proxy_context = trusting()}, "hello"),
        "hello");
    // The proxy's certificate is checked unless one says otherwise.
    EXPECT_EQ(co_await failure(connect("example.com:443", {.context = trusting(), .proxy = proxy})),
              errc::certificate);
  }());
}

TEST_P(connects_by_proxy, send_the_preface_to_the_target) {
  io::wait([]() -> task<void> {
    scope running;
    listener from = co_await listen("127.0.0.1:0");
    running.spawn(serve(from, answer_and_echo));
    EXPECT_EQ(
        co_await exchange("example.com:443",
                          {.proxy = "http://" + from.local().to_string(), .preface = "first, "}, "then"),
        "first, then");
  }());
}

TEST_P(connects_by_proxy, say_that_the_proxy_is_away_or_silent) {
  io::wait([]() -> task<void> {
    listener silent = co_await listen("127.0.0.1:0");
    const std::string at = silent.local().to_string();
    EXPECT_EQ(co_await words(connect("example.com:443", {.proxy = "socks5://" + at, .timeout = 20ms})),
              "connect example.com:443 through socks5://" + at +
                  ": timed out after 0.02 s (connected, and waiting for the proxy)");
    silent.close();
    EXPECT_EQ(co_await words(connect("example.com:443", {.proxy = "socks5://u:secret@" + at})),
              "connect example.com:443 through socks5://" + at + ": cannot reach the proxy: " + at +
                  ": connection refused");
    EXPECT_EQ(co_await failure(connect("example.com:443", {.proxy = "ftp://x"})),
              std::errc::invalid_argument);
  }());
}

}  // namespace
}  // namespace parlance::net::test
