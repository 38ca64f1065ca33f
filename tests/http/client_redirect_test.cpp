#include <string>

#include "http/client_support.hpp"

namespace parlance::http::test {
namespace {

class client_redirect : public io::test::on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(client_redirect);

constexpr std::string_view arrived = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere";

/// `/` goes to `to`; everything else has arrived.
handler points(std::string to, unsigned status = 302) {
  return [to = std::move(to), status](net::stream& caller, asked what) -> task<void> {
    const bool root = what.head.find(" / HTTP") != what.head.npos;
    co_await caller.send(root ? redirect_to(to, status) : std::string(arrived));
    co_await caller.shutdown();
  };
}

/// `/N` goes to `/N-1`, until `/0`.
task<void> count_down(net::stream& caller, asked what) {
  const unsigned left = static_cast<unsigned>(std::stoul(what.head.substr(what.head.find('/') + 1)));
  co_await caller.send(left == 0 ? std::string(arrived) : redirect_to("/" + std::to_string(left - 1)));
  co_await caller.shutdown();
}

TEST_P(client_redirect, is_followed_and_tells_where_it_arrived) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(points("sub/page?x#part"));
    const response got = co_await get(from->at("/"));
    EXPECT_EQ(got.body, "here");
    EXPECT_EQ(got.target.str(), from->at("/sub/page?x#part"));
  }());
}

TEST_P(client_redirect, is_followed_twenty_times_and_not_once_more) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(count_down);
    outcome got = co_await fetch(from->at("/20"));
    EXPECT_EQ(got.body, "here") << got.text;
    from->heads.clear();
    got = co_await fetch(from->at("/21"));
    EXPECT_EQ(got.code, errc::redirect);
    EXPECT_TRUE(says_all(got.text, {from->at("/1"), "redirected from " + from->at("/21"), "20 times"}))
        << got.text;
    EXPECT_EQ(from->heads.size(), 21U);
  }());
}

TEST_P(client_redirect, loops_are_left) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(points("/"));
    const outcome got = co_await fetch(from->at("/"), {.max_redirects = 5});
    EXPECT_EQ(got.code, errc::redirect);
    EXPECT_EQ(from->heads.size(), 6U);
  }());
}

TEST_P(client_redirect, is_an_answer_like_any_other_when_none_is_to_be_followed) {
  io::wait([]() -> task<void> {
    const outcome got = co_await fetch_from(points("/elsewhere"), {.max_redirects = 0});
    EXPECT_EQ(got.status, 200U) << got.text;
    const auto from = co_await server::start(points("/elsewhere"));
    EXPECT_EQ((co_await fetch(from->at("/"), {.max_redirects = 0})).status, 302U);
  }());
}

TEST_P(client_redirect, without_a_location_is_an_answer_too) {
  io::wait([]() -> task<void> {
    const outcome got = co_await fetch_from(says("HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nhm"));
    EXPECT_EQ(got.status, 302U) << got.text;
    EXPECT_EQ(got.body, "hm");
  }());
}

TEST_P(client_redirect, to_what_is_no_url_is_an_error) {
  io::wait([]() -> task<void> {
    for (const char* where : {"http://[", "ftp://example.com/", "file:///etc/passwd"}) {
      const outcome got = co_await fetch_from([where](net::stream& caller, asked) -> task<void> {
        co_await caller.send(redirect_to(where));
        co_await caller.shutdown();
      });
      EXPECT_EQ(got.code, errc::redirect) << where;
    }
  }());
}

TEST_P(client_redirect, never_goes_from_https_to_http) {
  io::wait([]() -> task<void> {
    const auto plain = co_await server::start(says(std::string(arrived)));
    const auto secure = co_await server::start(points(plain->at("/page")), net::tls_context::server());
    const outcome got = co_await fetch(secure->at("/"), {.tls = {.insecure_accept_any_certificate = true}});
    EXPECT_EQ(got.code, errc::redirect);
    EXPECT_TRUE(says_all(got.text, {"https to http"})) << got.text;
    EXPECT_TRUE(plain->heads.empty());
  }());
}

TEST_P(client_redirect, goes_from_http_to_https) {
  io::wait([]() -> task<void> {
    const auto secure = co_await server::start(says(std::string(arrived)), net::tls_context::server());
    const auto plain = co_await server::start(points(secure->at("/page")));
    const outcome got = co_await fetch(plain->at("/"), {.tls = {.insecure_accept_any_certificate = true}});
    EXPECT_EQ(got.body, "here") << got.text;
  }());
}

TEST_P(client_redirect, leaves_what_proves_who_we_are_behind_at_another_origin) {
  io::wait([]() -> task<void> {
    const auto other = co_await server::start(says(std::string(arrived)));
    const auto from = co_await server::start(points(other->at("/page")));
    request what = to("http://me:secret@" + from->origin().substr(7) + "/");
    for (const char* name : {"Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "PRIVATE-TOKEN"})
      what.fields.append(name, "secret");
    what.fields.append("Host", "virtual");
    what.fields.append("X-Mine", "stays");
    const outcome got = co_await fetch(what);
    EXPECT_EQ(got.body, "here") << got.text;
    EXPECT_TRUE(says_all(from->heads.at(0), {"Host: virtual", "Authorization: secret", "Cookie: secret",
                                             "X-Api-Key: secret", "PRIVATE-TOKEN: secret"}));
    const std::string& head = other->heads.at(0);
    EXPECT_EQ(head.find("secret"), head.npos) << head;
    EXPECT_EQ(head.find("Authorization"), head.npos) << head;
    EXPECT_TRUE(says_all(head, {"Host: " + other->origin().substr(7), "X-Mine: stays"})) << head;
  }());
}

TEST_P(client_redirect, keeps_what_proves_who_we_are_at_the_same_origin) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(points("/page"));
    request what = to("http://me:secret@" + from->origin().substr(7) + "/");
    what.fields.append("Cookie", "mine");
    what.fields.append("X-Api-Key", "mine");
    co_await fetch(what);
    EXPECT_TRUE(says_all(from->heads.at(1),
                         {"Authorization: Basic bWU6c2VjcmV0", "Cookie: mine", "X-Api-Key: mine"}));
  }());
}

TEST_P(client_redirect, keeps_the_password_of_the_url_over_an_absolute_address_of_the_same_origin) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start([](net::stream& caller, asked what) -> task<void> {
      const std::size_t host = what.head.find("Host: ") + 6;
      const std::string here = "http://" + what.head.substr(host, what.head.find("\r\n", host) - host);
      co_await caller.send(what.head.starts_with("GET / ") ? redirect_to(here + "/page")
                                                           : std::string(arrived));
      co_await caller.shutdown();
    });
    const outcome got = co_await fetch("http://me:secret@" + from->origin().substr(7) + "/");
    EXPECT_EQ(got.body, "here") << got.text;
    EXPECT_TRUE(says_all(from->heads.at(1), {"GET /page ", "Authorization: Basic bWU6c2VjcmV0"}));
  }());
}

TEST_P(client_redirect, is_followed_whatever_its_own_body_is_coded_in) {
  io::wait([]() -> task<void> {
    const outcome got = co_await fetch_from([](net::stream& caller, asked what) -> task<void> {
      co_await caller.send(what.head.starts_with("GET /page ")
                               ? "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Encoding: UTF-8\r\n"
                                 "Content-Length: 2\r\n\r\nxx"
                               : std::string(arrived));
      co_await caller.shutdown();
    });
    EXPECT_EQ(got.body, "here") << got.text;
  }());
}

TEST_P(client_redirect, with_303_asks_by_get_and_without_the_body) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start(points("/page", 303));
    request what = to(from->at("/"));
    what.method = "POST";
    what.body = "data";
    what.fields.append("Content-Type", "text/plain");
    co_await fetch(what);
    EXPECT_TRUE(from->heads.at(1).starts_with("GET /page ")) << from->heads.at(1);
    EXPECT_EQ(from->heads.at(1).find("Content-"), std::string::npos) << from->heads.at(1);
  }());
}

TEST_P(client_redirect, with_307_sends_the_same_again) {
  io::wait([]() -> task<void> {
    std::string bodies;
    const auto from = co_await server::start([&](net::stream& caller, asked what) -> task<void> {
      while (what.more.size() < 4) what.more += co_await caller.recv();
      bodies += what.more + ";";
      co_await caller.send(what.head.starts_with("POST / ") ? redirect_to("/page", 307)
                                                            : std::string(arrived));
      co_await caller.shutdown();
    });
    request what = to(from->at("/"));
    what.method = "POST";
    what.body = "data";
    const outcome got = co_await fetch(what);
    EXPECT_EQ(got.body, "here") << got.text;
    EXPECT_EQ(bodies, "data;data;");
  }());
}

}  // namespace
}  // namespace parlance::http::test
