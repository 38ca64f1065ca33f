#include <string>

#include "http/client_support.hpp"

namespace parlance::http::test {
namespace {

class client_hsts : public io::test::on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(client_hsts);

constexpr std::string_view arrived = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere";

TEST_P(client_hsts, asks_over_https_before_it_connects) {
  io::wait([]() -> task<void> {
    const auto secure = co_await server::start(says(std::string(arrived)), net::tls_context::server());
    const std::string port = secure->origin().substr(secure->origin().rfind(':'));
    const auto strict = std::make_shared<hsts>();
    strict->put("localhost", {});
    const outcome got = co_await fetch("http://localhost" + port + "/",
                                       {.tls = {.insecure_accept_any_certificate = true}, .hsts = strict});
    EXPECT_EQ(got.body, "here") << got.text;
  }());
}

TEST_P(client_hsts, asks_over_https_where_a_redirect_would_leave_it) {
  io::wait([]() -> task<void> {
    std::string port;
    const auto secure = co_await server::start(
        [&](net::stream& caller, asked what) -> task<void> {
          co_await caller.send(what.head.starts_with("GET / ") ? redirect_to("http://localhost" + port + "/x")
                                                               : std::string(arrived));
          co_await caller.shutdown();
        },
        net::tls_context::server());
    port = secure->origin().substr(secure->origin().rfind(':'));
    const auto strict = std::make_shared<hsts>();
    strict->put("localhost", {});
    const outcome got =
        co_await fetch(secure->at("/"), {.tls = {.insecure_accept_any_certificate = true}, .hsts = strict});
    EXPECT_EQ(got.body, "here") << got.text;
  }());
}

TEST_P(client_hsts, learns_nothing_of_a_server_that_nobody_checked) {
  io::wait([]() -> task<void> {
    const auto secure = co_await server::start(
        says("HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=100\r\nContent-Length: 0\r\n\r\n"),
        net::tls_context::server());
    const std::string port = secure->origin().substr(secure->origin().rfind(':'));
    const auto strict = std::make_shared<hsts>();
    co_await fetch("https://localhost" + port + "/",
                   {.tls = {.insecure_accept_any_certificate = true}, .hsts = strict});
    EXPECT_EQ(secure->heads.size(), 1U);
    EXPECT_TRUE(strict->all().empty());
  }());
}

}  // namespace
}  // namespace parlance::http::test
