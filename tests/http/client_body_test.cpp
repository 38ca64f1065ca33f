#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "http/client_support.hpp"
#include "http/keeping_server.hpp"

namespace parlance::http::test {
namespace {

class client_body : public io::test::on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(client_body);

request post(const std::string& target, request_body body) {
  request what = to(target);
  what.method = "POST";
  what.body = std::move(body);
  return what;
}

/// Pieces that are known to nobody before.
request_body pieces(std::vector<std::string> all, std::optional<std::uint64_t> length = {}) {
  auto left = std::make_shared<std::deque<std::string>>(all.begin(), all.end());
  auto now = std::make_shared<std::string>();
  return produced(
      [left, now]() -> task<std::string_view> {
        co_await io::yield();
        now->clear();
        if (left->empty()) co_return std::string_view();
        *now = left->front();
        left->pop_front();
        co_return *now;
      },
      length);
}

/// A file with a pattern in it, until it goes.
class file_with {
 public:
  explicit file_with(const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }
  ~file_with() { std::remove(path.c_str()); }
  const std::string path = testing::TempDir() + "body-" + std::to_string(::getpid());
};

TEST_P(client_body, of_a_form_is_encoded) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    client one;
    co_await one.send(post(from->at("/"), form({{"a b", "c&d=\xc3\xa9"}, {"e", ""}, {"*-._", "+"}})));
    EXPECT_EQ(from->bodies.at(0), "a+b=c%26d%3D%C3%A9&e=&*-._=%2B");
    EXPECT_TRUE(from->heads.at(0).contains("Content-Type: application/x-www-form-urlencoded\r\n"));
  }());
}

TEST_P(client_body, has_a_type_that_a_field_overrules) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    client one;
    request what = post(from->at("/"), json("{}"));
    co_await one.send(what);
    EXPECT_TRUE(from->heads.at(0).contains("Content-Type: application/json\r\n")) << from->heads.at(0);
    what.fields.append("Content-Type", "application/x+json");
    co_await one.send(what);
    EXPECT_TRUE(from->heads.at(1).contains("Content-Type: application/x+json\r\n"));
    EXPECT_FALSE(from->heads.at(1).contains("application/json")) << from->heads.at(1);
  }());
}

TEST_P(client_body, of_a_file_is_sent_and_sent_again_after_a_redirect) {
  io::wait([]() -> task<void> {
    const std::string bytes = io::test::pattern(200'000);
    const file_with it(bytes);
    for (const unsigned status : {307U, 308U}) {
      const auto from = co_await keeping_server::start({redirect_to("/b", status)});
      client one;
      EXPECT_EQ((co_await one.send(post(from->at("/a"), file(it.path)))).body, "hello");
      EXPECT_TRUE(from->bodies.at(0) == bytes);
      EXPECT_TRUE(from->bodies.at(1) == bytes);
      EXPECT_EQ(from->accepted, 1U);
    }
  }());
}

task<std::string> failure_of(client& one, request what) {
  try {
    co_await one.send(std::move(what));
  } catch (const io::error& e) {
    co_return e.what();
  }
  co_return "";
}

TEST_P(client_body, of_a_file_that_grows_is_what_there_was_and_one_that_shrinks_fails) {
  io::wait([]() -> task<void> {
    const std::string bytes = io::test::pattern(200'000);
    const file_with it(bytes);
    const auto from = co_await keeping_server::start();
    const auto send_changed = [&](std::uintmax_t size) -> task<std::string> {
      client one;
      request what = post(from->at("/"), file(it.path));
      what.observer.sent = [&, size](std::string_view) { std::filesystem::resize_file(it.path, size); };
      co_return co_await failure_of(one, std::move(what));
    };
    EXPECT_EQ(co_await send_changed(300'000), "");
    EXPECT_TRUE(from->bodies.at(0) == bytes);
    const std::string why = co_await send_changed(10);
    EXPECT_TRUE(says_all(why, {"read ", "it has become shorter", "sending the request"})) << why;
  }());
}

TEST_P(client_body, is_left_out_after_303) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start({redirect_to("/b", 303)});
    client one;
    EXPECT_EQ((co_await one.send(post(from->at("/a"), json("{}")))).body, "hello");
    EXPECT_TRUE(from->heads.at(1).starts_with("GET /b ")) << from->heads.at(1);
    EXPECT_FALSE(from->heads.at(1).contains("Content-")) << from->heads.at(1);
  }());
}

TEST_P(client_body, of_unknown_length_goes_in_chunks) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    client one;
    EXPECT_EQ((co_await one.send(post(from->at("/"), pieces({"hello", ", world"})))).body, "hello");
    EXPECT_EQ(from->bodies.at(0), "5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n");
    EXPECT_FALSE(from->heads.at(0).contains("Content-Length")) << from->heads.at(0);
    EXPECT_EQ((co_await one.send(post(from->at("/"), pieces({"hello"}, 5)))).body, "hello");
    EXPECT_EQ(from->bodies.at(1), "hello");
    EXPECT_EQ(from->accepted, 1U);
  }());
}

TEST_P(client_body, that_cannot_be_sent_again_ends_a_redirect) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start({redirect_to("/b", 307)});
    client one;
    const std::string why = co_await failure_of(one, post(from->at("/a"), pieces({"x"})));
    EXPECT_TRUE(says_all(why, {"/b, and the body cannot be sent again"})) << why;
  }());
}

TEST_P(client_body, that_is_not_as_long_as_announced_ends_the_exchange) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    client one;
    std::string why = co_await failure_of(one, post(from->at("/a"), pieces({"hello"}, 10)));
    EXPECT_TRUE(says_all(why, {"fewer than 10 bytes", "sending the request"})) << why;
    why = co_await failure_of(one, post(from->at("/a"), pieces({"hello", "hello"}, 6)));
    EXPECT_TRUE(says_all(why, {"more than 6 bytes"})) << why;
    EXPECT_EQ(one.connections(), 0U);
  }());
}

TEST_P(client_body, that_fails_tells_its_own_reason) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    client one;
    std::string why = co_await failure_of(one, post(from->at("/"), file("/nonexistent")));
    EXPECT_TRUE(says_all(why, {"open /nonexistent: no such file"})) << why;
    why = co_await failure_of(one, post(from->at("/"), file("/")));
    EXPECT_TRUE(says_all(why, {"open /: no regular file"})) << why;
    why = co_await failure_of(one, post(from->at("/"), produced([]() -> task<std::string_view> {
                                          throw std::runtime_error("the oven is cold");
                                          co_return "";
                                        })));
    EXPECT_TRUE(says_all(why, {"post http://", "the oven is cold"})) << why;
    EXPECT_EQ(one.connections(), 0U);
  }());
}

TEST_P(client_body, of_several_parts_is_one_form) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    const file_with it("the file");
    client one;
    const request_body body =
        multipart({{.name = "na\"me", .content = "Ann"},
                   {.name = "f", .content = file(it.path, "text/plain"), .file_name = "a\r\nb"}});
    EXPECT_EQ((co_await one.send(post(from->at("/"), body))).body, "hello");
    const std::string boundary = body.media_type().substr(body.media_type().find('=') + 1);
    EXPECT_EQ(from->bodies.at(0),
              "--" + boundary + "\r\nContent-Disposition: form-data; name=\"na%22me\"\r\n\r\nAnn\r\n--" +
                  boundary +
                  "\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a%0D%0Ab\"\r\n"
                  "Content-Type: text/plain\r\n\r\nthe file\r\n--" +
                  boundary + "--\r\n");
    EXPECT_TRUE(from->heads.at(0).contains("Content-Type: multipart/form-data; boundary=" + boundary));
  }());
}

// --- 100 (Continue)

TEST_P(client_body, that_is_large_waits_until_it_is_asked_for) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    client one({.expect_continue_from = 1000});
    EXPECT_EQ((co_await one.send(post(from->at("/"), std::string(1000, 'x')))).body, "hello");
    EXPECT_EQ((co_await one.send(post(from->at("/"), std::string(999, 'x')))).body, "hello");
    EXPECT_TRUE(from->heads.at(0).contains("\r\nExpect: 100-continue\r\n")) << from->heads.at(0);
    EXPECT_FALSE(from->heads.at(1).contains("Expect")) << from->heads.at(1);
    EXPECT_EQ(from->accepted, 1U);
  }());
}

TEST_P(client_body, that_is_refused_is_not_sent) {
  io::wait([]() -> task<void> {
    std::string more;
    const auto from = co_await server::start([&](net::stream& caller, asked what) -> task<void> {
      more = what.more;
      co_await caller.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");
      for (std::string_view came; !(came = co_await caller.recv()).empty();) more += came;
    });
    client one;
    const response got = co_await one.send(post(from->at("/"), std::string(2'000'000, 'x')));
    EXPECT_EQ(got.status, 413U);
    EXPECT_EQ(got.body, "no");
    EXPECT_EQ(more, "");
    EXPECT_EQ(one.connections(), 0U) << "the server may wait for the body";
  }());
}

TEST_P(client_body, is_sent_after_a_while_where_nobody_says_so) {
  io::wait([]() -> task<void> {
    std::size_t came = 0;
    const auto from = co_await server::start([&](net::stream& caller, asked) -> task<void> {
      while (came < 2'000'000) came += (co_await caller.recv()).size();
      co_await caller.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    client one;
    EXPECT_EQ((co_await one.send(post(from->at("/"), std::string(2'000'000, 'x')))).body, "ok");
    EXPECT_EQ(came, 2'000'000U);
  }());
}

TEST_P(client_body, is_sent_without_an_expectation_to_who_knows_none) {
  io::wait([]() -> task<void> {
    const auto from = co_await server::start([](net::stream& caller, asked what) -> task<void> {
      if (what.head.contains("Expect:")) {
        co_await caller.send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
        co_return;
      }
      std::size_t came = what.more.size();
      while (came < 2'000'000) came += (co_await caller.recv()).size();
      co_await caller.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    client one;
    EXPECT_EQ((co_await one.send(post(from->at("/"), std::string(2'000'000, 'x')))).body, "ok");
    EXPECT_EQ(from->heads.size(), 2U);
  }());
}

}  // namespace
}  // namespace parlance::http::test
