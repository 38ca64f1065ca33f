#include <string>

#include "http/client_support.hpp"
#include "http/keeping_server.hpp"

namespace parlance::http::test {
namespace {

class client_cookies : public io::test::on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(client_cookies);

TEST_P(client_cookies, go_back_with_the_next_request_and_over_a_redirect) {
  io::wait([]() -> task<void> {
    const auto from =
        co_await keeping_server::start({"HTTP/1.1 302 Found\r\nSet-Cookie: a=1\r\nSet-Cookie: "
                                        "b=2\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"});
    http::client client({.cookies = std::make_shared<cookie_jar>()});
    co_await client.get(from->at("/"));
    co_await client.get(from->at("/"));
    EXPECT_FALSE(from->heads.at(0).contains("Cookie"));
    EXPECT_TRUE(from->heads.at(1).contains("\r\nCookie: a=1; b=2\r\n"));
    EXPECT_TRUE(from->heads.at(2).contains("\r\nCookie: a=1; b=2\r\n"));
  }());
}

TEST_P(client_cookies, of_a_field_go_instead) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    const auto jar = std::make_shared<cookie_jar>();
    jar->put({.name = "a", .value = "1", .domain = "127.0.0.1"});
    request what = to(from->at("/"));
    what.fields.append("cookie", "mine");
    co_await fetch(what, {.cookies = jar});
    EXPECT_TRUE(from->heads.at(0).contains("cookie: mine"));
    EXPECT_FALSE(from->heads.at(0).contains("a=1"));
  }());
}

TEST_P(client_cookies, are_not_kept_without_a_jar) {
  io::wait([]() -> task<void> {
    const auto from =
        co_await keeping_server::start({"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n"});
    http::client client;
    co_await client.get(from->at("/"));
    co_await client.get(from->at("/"));
    EXPECT_FALSE(from->heads.at(1).contains("Cookie"));
  }());
}

}  // namespace
}  // namespace parlance::http::test
