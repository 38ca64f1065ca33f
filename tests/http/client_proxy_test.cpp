// Through proxies that are written here, so that a test sees what they are asked; tests/cli/get_proxies_test.py
// has those of others.
#include <string>

#include <parlance/net/pump.hpp>

#include "http/client_support.hpp"
#include "http/keeping_server.hpp"

namespace parlance::http::test {
namespace {

class client_proxy : public io::test::on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(client_proxy);

constexpr std::string_view arrived = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere";

/// Makes a tunnel to whoever is asked for.
task<void> make_tunnel(net::stream& caller, asked what) {
  const std::size_t end = what.head.find(" HTTP/1.1");
  net::stream there = co_await net::connect(what.head.substr(8, end - 8));
  co_await caller.send("HTTP/1.1 200 Yes\r\n\r\n");
  co_await net::relay(caller, there);
}

TEST_P(client_proxy, is_asked_for_the_whole_url_of_http) {
  io::wait([]() -> task<void> {
    const auto proxy = co_await keeping_server::start();
    http::client client({.proxies = proxy_rules::all("http://me:secret@" + proxy->origin().substr(7))});
    EXPECT_EQ((co_await client.get("http://a.example/x?y#z")).body, "hello");
    EXPECT_EQ((co_await client.get("http://u:p@b.example:81/")).body, "hello");
    EXPECT_EQ(proxy->accepted, 1U);
    EXPECT_TRUE(says_all(proxy->heads.at(0), {"GET http://a.example/x?y HTTP/1.1\r\nHost: a.example\r\n",
                                              "Proxy-Authorization: Basic bWU6c2VjcmV0\r\n"}));
    EXPECT_TRUE(says_all(proxy->heads.at(1), {"GET http://b.example:81/ HTTP/1.1\r\nHost: b.example:81\r\n",
                                              "\r\nAuthorization: Basic dTpw\r\n"}));
  }());
}

TEST_P(client_proxy, makes_a_tunnel_for_https_and_sees_nothing_of_it) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(says(std::string(arrived)), net::tls_context::server());
    const auto proxy = co_await server::start(make_tunnel);
    const outcome got = co_await fetch(
        from->at("/x"), {.tls = {.insecure_accept_any_certificate = true},
                         .proxies = proxy_rules::all("http://me:secret@" + proxy->origin().substr(7))});
    EXPECT_EQ(got.body, "here") << got.text;
    EXPECT_TRUE(says_all(proxy->heads.at(0),
                         {"CONNECT " + from->origin().substr(8), "Proxy-Authorization: Basic bWU6c2VjcmV0"}));
    EXPECT_TRUE(from->heads.at(0).starts_with("GET /x HTTP/1.1"));
    EXPECT_FALSE(from->heads.at(0).contains("Proxy-"));
  }());
}

TEST_P(client_proxy, is_spoken_to_over_tls_when_it_is_called_so) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(says(std::string(arrived)), net::tls_context::server());
    const auto proxy = co_await server::start(make_tunnel, net::tls_context::server());
    client_options options{.tls = {.insecure_accept_any_certificate = true},
                           .proxies = proxy_rules::all(proxy->origin()),
                           .proxy_tls = {.insecure_accept_any_certificate = true}};
    EXPECT_EQ((co_await fetch(from->at("/x"), options)).body, "here");
    options.proxy_tls = {};
    const outcome refused = co_await fetch(from->at("/x"), options);
    EXPECT_EQ(refused.status, 0U);
    EXPECT_EQ(from->heads.size(), 1U) << "the trust in a server is none in a proxy";
    const auto forwards = co_await server::start(says(std::string(arrived)), net::tls_context::server());
    EXPECT_EQ((co_await fetch("http://a.example/", {.proxies = proxy_rules::all(forwards->origin()),
                                                    .proxy_tls = {.insecure_accept_any_certificate = true}}))
                  .body,
              "here");
  }());
}

TEST_P(client_proxy, that_refuses_is_told_of_without_its_password) {
  io::wait([]() -> task<void> {
    const auto proxy = co_await server::start(says("HTTP/1.1 407 Who are you?\r\nContent-Length: 0\r\n\r\n"));
    const outcome got = co_await fetch(
        "https://a.example/", {.proxies = proxy_rules::all("http://me:secret@" + proxy->origin().substr(7))});
    EXPECT_EQ(got.code, net::errc::proxy);
    EXPECT_TRUE(says_all(got.text, {"a.example", "407", proxy->origin()})) << got.text;
    EXPECT_FALSE(got.text.contains("secret")) << got.text;
    const outcome away =
        co_await fetch("http://a.example/", {.proxies = proxy_rules::all("http://me:secret@127.0.0.1:1")});
    EXPECT_TRUE(says_all(away.text, {"cannot reach the proxy", "127.0.0.1:1"})) << away.text;
    EXPECT_FALSE(away.text.contains("secret")) << away.text;
  }());
}

TEST_P(client_proxy, is_passed_by_for_who_is_excepted) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(says(std::string(arrived)));
    EXPECT_EQ(
        (co_await fetch(from->at("/"), {.proxies = proxy_rules::all("http://127.0.0.1:1", "127.0.0.0/8")}))
            .body,
        "here");
  }());
}

// --- other ways

TEST_P(client_proxy, connect_to_and_resolve_stand_in_for_looking_up) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(says(std::string(arrived)));
    const net::address at = net::address::parse(from->origin().substr(7));
    const auto first = net::endpoint::parse_ip("127.0.0.1", 1).value();
    const std::string port = std::to_string(at.port);
    EXPECT_EQ((co_await fetch("http://a.invalid:" + port + "/",
                              {.dial = {.resolve = {{.host = "A.invalid", .addresses = {first}}}}}))
                  .body,
              "here");
    EXPECT_EQ((co_await fetch("http://a.invalid/", {.dial = {.connect_to = {{.host = "a.invalid",
                                                                             .port = 80,
                                                                             .to_host = "127.0.0.1",
                                                                             .to_port = at.port}}}}))
                  .body,
              "here");
    EXPECT_TRUE(from->heads.at(1).contains("Host: a.invalid\r\n"));
  }());
}

TEST_P(client_proxy, is_proved_who_asks_for_a_tunnel) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(says(std::string(arrived)));
    std::size_t refused = 0, refuses = 1;
    const auto proxy = co_await server::start([&](net::stream& caller, asked what) -> task<void> {
      const bool proves = what.head.contains("Proxy-Authorization: Digest username=\"me\"");
      if (proves && refused >= refuses) co_return co_await make_tunnel(caller, std::move(what));
      ++refused;
      co_await caller.send("HTTP/1.1 407 Who?\r\nProxy-Authenticate: Digest realm=\"r\", nonce=\"n" +
                           std::to_string(refused) + "\", qop=\"auth\"\r\nContent-Length: 0\r\n\r\n");
    });
    auto rules = proxy_rules::all("http://me:secret@" + proxy->origin().substr(7));
    rules.tunnels_all = true;
    rules.logins = std::make_shared<proxy_logins>();
    EXPECT_EQ((co_await fetch(from->at("/x"), {.proxies = rules})).body, "here");
    EXPECT_EQ(proxy->heads.size(), 2U);
    // Who has proved it, and is refused once more, does not know the password.
    refused = 0;
    refuses = 5;
    rules.logins = std::make_shared<proxy_logins>();
    const outcome got = co_await fetch(from->at("/x"), {.proxies = rules});
    EXPECT_TRUE(got.text.contains("407")) << got.text;
    EXPECT_EQ(refused, 2U);
  }());
}

TEST_P(client_proxy, that_wants_a_login_does_not_answer_for_the_server_behind_it) {
  io::wait([]() -> task<void> {
    const auto proxy = co_await server::start([](net::stream& caller, asked what) -> task<void> {
      const bool proves = what.head.contains("\r\nAuthorization: Digest username=\"me\"");
      co_await caller.send(proves ? std::string(arrived)
                                  : "HTTP/1.1 401 Who?\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", "
                                    "qop=\"auth\"\r\nContent-Length: 0\r\n\r\n");
    });
    auto rules = proxy_rules::all("http://us:secret@" + proxy->origin().substr(7));
    rules.logins = std::make_shared<proxy_logins>();
    auto known = std::make_shared<credentials>();
    known->add(origin::of(url::parse("http://a.example").value()),
               {.by = login::scheme::digest, .user = "me", .password = "secret"});
    EXPECT_EQ((co_await fetch("http://a.example/", {.credentials = known, .proxies = rules})).body, "here");
    EXPECT_EQ(proxy->heads.size(), 2U);
  }());
}

}  // namespace
}  // namespace parlance::http::test
