#include <string>
#include <utility>

#include <parlance/http/authentication/proxy_logins.hpp>
#include <parlance/http/body/bodies.hpp>

#include "http/client_support.hpp"
#include "http/keeping_server.hpp"

namespace parlance::http::test {
namespace {

class client_credentials : public io::test::on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(client_credentials);

constexpr std::string_view arrived = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere";

std::string refusal(std::string_view more = "") {
  return "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"b\"\r\nWWW-Authenticate: Digest "
         "realm=\"d\", nonce=\"n\", qop=\"auth\"" +
         std::string(more) + "\r\nContent-Length: 2\r\n\r\nno";
}

std::string line_of(const std::string& head, const std::string& name) {
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == head.npos) return {};
  const std::size_t begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::shared_ptr<credentials> knowing(const std::string& where, login as) {
  auto known = std::make_shared<credentials>();
  known->add(origin::of(url::parse(where).value()), std::move(as));
  return known;
}

constexpr auto by_digest = login::scheme::digest;

TEST_P(client_credentials, are_sent_at_once_to_their_origin) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    co_await fetch(from->at("/"),
                   {.credentials = knowing(from->origin(), {.user = "me", .password = "secret"})});
    co_await fetch(from->at("/"), {.credentials = knowing(
                                       from->origin(), {.by = login::scheme::bearer, .password = "t.o-k"})});
    EXPECT_EQ(line_of(from->heads.at(0), "Authorization"), "Basic bWU6c2VjcmV0");
    EXPECT_EQ(line_of(from->heads.at(1), "Authorization"), "Bearer t.o-k");
  }());
}

// What would end the name, the password or the host is percent-encoded there, and goes as it is meant.
TEST_P(client_credentials, of_a_url_are_decoded) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    co_await fetch("http://m%40e:p%2Fw%3a%3F%23%25@" + from->origin().substr(7) + "/");
    EXPECT_EQ(line_of(from->heads.at(0), "Authorization"), basic_authorization("m@e", "p/w:?#%"));
    EXPECT_FALSE(from->heads.at(0).contains("p%2Fw")) << from->heads.at(0);
    const outcome got = co_await fetch("http://me:p%2Fsecret@127.0.0.1:1/");
    EXPECT_FALSE(got.text.empty());
    EXPECT_FALSE(got.text.contains("secret")) << got.text;
  }());
}

TEST_P(client_credentials, are_not_sent_to_another_origin_nor_instead_of_a_field) {
  io::wait([]() -> task<void> {
    const auto other = co_await server::start(says(std::string(arrived)));
    const auto from = co_await server::start(says(redirect_to(other->at("/"))));
    const auto known = knowing(from->origin(), {.user = "me", .password = "secret"});
    EXPECT_EQ((co_await fetch(from->at("/"), {.credentials = known})).body, "here");
    EXPECT_EQ(line_of(from->heads.at(0), "Authorization"), "Basic bWU6c2VjcmV0");
    EXPECT_EQ(line_of(other->heads.at(0), "Authorization"), "");
    request what = to(from->at("/"));
    what.fields.append("Authorization", "Mine");
    co_await fetch(what, {.credentials = known});
    EXPECT_EQ(line_of(from->heads.at(1), "Authorization"), "Mine");
  }());
}

TEST_P(client_credentials, of_digest_answer_a_challenge_and_then_go_along_at_once) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start({refusal()});
    http::client client(
        {.credentials = knowing(from->origin(), {.by = by_digest, .user = "me", .password = "secret"})});
    const response got = co_await client.post(from->at("/a?b"), "body");
    EXPECT_EQ(got.status, 200U);
    co_await client.get(from->at("/c"));
    EXPECT_EQ(from->heads.size(), 3U);
    EXPECT_EQ(from->accepted, 1U);
    EXPECT_EQ(from->bodies.at(1), "body");
    EXPECT_EQ(line_of(from->heads.at(0), "Authorization"), "");
    EXPECT_TRUE(
        says_all(line_of(from->heads.at(1), "Authorization"), {"Digest ", "uri=\"/a?b\"", "nc=00000001"}));
    EXPECT_TRUE(
        says_all(line_of(from->heads.at(2), "Authorization"), {"Digest ", "uri=\"/c\"", "nc=00000002"}));
  }());
}

TEST_P(client_credentials, of_a_server_are_no_matter_of_proxies) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start({refusal()});
    client_options options{
        .credentials = knowing(from->origin(), {.by = by_digest, .user = "me", .password = "secret"})};
    options.proxies.logins = std::make_shared<proxy_logins>();
    EXPECT_EQ((co_await fetch(from->at("/"), options)).status, 200U);
  }());
}

// What was sent and cannot be sent again answers no challenge: the refusal is the answer.
TEST_P(client_credentials, leave_a_body_that_goes_once_as_it_was_answered) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start({refusal()});
    bool is_over = false;
    const auto next = [&]() -> task<std::string_view> {
      co_return std::exchange(is_over, true) ? std::string_view() : std::string_view("body");
    };
    request what = to(from->at("/"));
    what.method = "POST";
    what.body = produced(next, 4);
    const outcome got = co_await fetch(
        what,
        {.credentials = knowing(from->origin(), {.by = by_digest, .user = "me", .password = "secret"})});
    EXPECT_EQ(got.status, 401U) << got.text;
    EXPECT_EQ(got.body, "no");
    EXPECT_EQ(from->heads.size(), 1U);
  }());
}

// RFC 7616 3.4.6: what is proved is what is asked for, or servers refuse it.
TEST_P(client_credentials, of_digest_prove_what_stands_on_the_request_line) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start({refusal()});
    http::client client(
        {.credentials = knowing(from->origin(), {.by = by_digest, .user = "me", .password = "secret"})});
    request what = to(from->at("/a"));
    what.method = "OPTIONS";
    what.request_target = "*";
    EXPECT_EQ((co_await client.send(what)).status, 200U);
    EXPECT_TRUE(says_all(line_of(from->heads.at(1), "Authorization"), {"Digest ", "uri=\"*\""}));
  }());
}

TEST_P(client_credentials, of_digest_that_are_wrong_are_tried_once) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start({refusal(), refusal(), refusal()});
    const outcome got = co_await fetch(
        from->at("/"),
        {.credentials = knowing(from->origin(), {.by = by_digest, .user = "me", .password = "x"})});
    EXPECT_EQ(got.status, 401U) << got.text;
    EXPECT_EQ(got.body, "no");
    EXPECT_EQ(from->heads.size(), 2U);
  }());
}

TEST_P(client_credentials, of_digest_turn_to_a_new_nonce_and_not_for_ever) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start({refusal(), refusal(", stale=true")});
    const auto known = knowing(from->origin(), {.by = by_digest, .user = "me", .password = "x"});
    EXPECT_EQ((co_await fetch(from->at("/"), {.credentials = known})).body, "hello");
    for (int i = 0; i < 10; ++i) from->answers.push_back(refusal(", stale=true"));
    from->heads.clear();
    EXPECT_EQ((co_await fetch(from->at("/"), {.credentials = known})).status, 401U);
    EXPECT_EQ(from->heads.size(), 4U);
  }());
}

TEST_P(client_credentials, of_digest_take_the_next_nonce) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start({refusal(),
                                                      "HTTP/1.1 200 OK\r\nAuthentication-Info: qop=auth, "
                                                      "nextnonce=\"later\"\r\nContent-Length: 0\r\n\r\n"});
    http::client client(
        {.credentials = knowing(from->origin(), {.by = by_digest, .user = "me", .password = "x"})});
    co_await client.get(from->at("/"));
    co_await client.get(from->at("/"));
    EXPECT_TRUE(says_all(line_of(from->heads.at(2), "Authorization"), {"nonce=\"later\"", "nc=00000001"}));
  }());
}

TEST_P(client_credentials, of_netrc_are_for_hosts_without_others) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    auto known = std::make_shared<credentials>();
    known->use(netrc::parse("machine 127.0.0.1 login me password secret").value());
    co_await fetch(from->at("/"), {.credentials = known});
    co_await fetch("http://you:other@" + from->origin().substr(7), {.credentials = known});
    EXPECT_EQ(line_of(from->heads.at(0), "Authorization"), "Basic bWU6c2VjcmV0");
    EXPECT_EQ(line_of(from->heads.at(1), "Authorization"), "Basic eW91Om90aGVy");
  }());
}

TEST(credentials, refuses_what_cannot_be_sent_without_telling_it) {
  credentials known;
  for (const login& as :
       {login{.user = "a:b", .password = "secret"}, login{.user = "a", .password = "secret\n"},
        login{.by = login::scheme::bearer, .password = "se cret"}, login{.by = login::scheme::bearer}}) {
    try {
      known.add({}, as);
      ADD_FAILURE();
    } catch (const std::invalid_argument& e) {
      EXPECT_FALSE(std::string(e.what()).contains("cret"));
    }
  }
}

}  // namespace
}  // namespace parlance::http::test
