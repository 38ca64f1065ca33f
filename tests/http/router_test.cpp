#include <stdexcept>

#include "http/server_support.hpp"

namespace parlance::http::test {
namespace {

/// Says which one it is, and what it was told.
server_handler named(std::string name, std::string parameter = {}) {
  return [=](server_request& asked, server_response& answer) -> task<void> {
    std::string text = name;
    if (!parameter.empty()) text += " " + parameter + "=" + std::string(asked.parameter(parameter));
    co_await answer.send(text + " rest=" + std::string(asked.rest()), {});
  };
}

class routers : public io::test::on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(routers);

/// What a server answers, each on a connection of its own: the status, Allow where there is one, and the body.
task<std::string> ask(const serving& server, std::string line) {
  const std::string answer =
      co_await answer_to(server, line + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  std::string result = status_of(answer).substr(0, 3);
  if (const auto allow = answer.find("Allow: "); allow != answer.npos)
    result += " [" + answer.substr(allow + 7, answer.find("\r\n", allow) - allow - 7) + "]";
  if (result.starts_with("200")) result += " " + answer.substr(answer.find("\r\n\r\n") + 4);
  co_return result;
}

TEST_P(routers, choose_by_path_and_the_narrowest_pattern_first) {
  io::wait([]() -> task<void> {
    router r;
    r.get("/{all...}", named("all", "all"))
        .get("/items/{id}", named("item", "id"))
        .get("/items/new", named("new"))
        .get("/items/{id}/parts", named("parts", "id"))
        .get("/", named("root"));
    const auto server = co_await serving::start(r);
    EXPECT_EQ(co_await ask(*server, "GET /"), "200 root rest=");
    EXPECT_EQ(co_await ask(*server, "GET /items/new"), "200 new rest=items/new");
    EXPECT_EQ(co_await ask(*server, "GET /items/%6Eew"), "200 new rest=items/%6Eew");
    EXPECT_EQ(co_await ask(*server, "GET /items/a%20b%2Fc?q=/x"), "200 item id=a b/c rest=items/a%20b%2Fc");
    EXPECT_EQ(co_await ask(*server, "GET /items/7/parts"), "200 parts id=7 rest=items/7/parts");
    EXPECT_EQ(co_await ask(*server, "GET /items/"), "200 all all=items/ rest=items/");
    EXPECT_EQ(co_await ask(*server, "GET /items/7/"), "200 all all=items/7/ rest=items/7/");
    EXPECT_EQ(co_await ask(*server, "GET /a%2F../b"), "200 all all=a%2F../b rest=a%2F../b");
  }());
}

TEST_P(routers, tell_what_follows) {
  io::wait([]() -> task<void> {
    router r;
    r.get("/files/{path...}", named("files", "path"));
    const auto server = co_await serving::start(r);
    EXPECT_EQ(co_await ask(*server, "GET /files/a/b"), "200 files path=a/b rest=a/b");
    EXPECT_EQ(co_await ask(*server, "GET /files/"), "200 files path= rest=");
    EXPECT_EQ(co_await ask(*server, "GET /files"), "404");
    EXPECT_EQ(co_await ask(*server, "GET /filesystem"), "404");
  }());
}

TEST_P(routers, refuse_what_there_is_not) {
  io::wait([]() -> task<void> {
    router r;
    r.get("/a", named("get")).post("/a", named("post")).on("BREW", "/b", named("brew"));
    r.del("/{x}", named("delete"));
    const auto server = co_await serving::start(r);
    EXPECT_EQ(co_await ask(*server, "GET /none/here"), "404");
    EXPECT_EQ(co_await ask(*server, "PUT /a"), "405 [GET, POST, DELETE, HEAD, OPTIONS]");
    EXPECT_EQ(co_await ask(*server, "DELETE /a"), "200 delete rest=a");
    EXPECT_EQ(co_await ask(*server, "BREW /a"), "405 [GET, POST, DELETE, HEAD, OPTIONS]");
    EXPECT_EQ(co_await ask(*server, "SHAKE /a"), "501");
    EXPECT_EQ(co_await ask(*server, "get /a"), "501");
  }());
}

TEST_P(routers, answer_head_and_options) {
  io::wait([]() -> task<void> {
    router r;
    r.get("/a", named("get")).post("/b", named("post")).on("OPTIONS", "/c", named("options"));
    const auto server = co_await serving::start(r);
    EXPECT_EQ(co_await answer_to(*server, "HEAD /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(co_await ask(*server, "OPTIONS /a"), "204 [GET, HEAD, OPTIONS]");
    EXPECT_EQ(co_await ask(*server, "OPTIONS /b"), "204 [POST, OPTIONS]");
    EXPECT_EQ(co_await ask(*server, "OPTIONS /c"), "200 options rest=c");
    EXPECT_EQ(co_await ask(*server, "OPTIONS *"), "204 [GET, POST, OPTIONS, HEAD]");
    EXPECT_EQ(co_await ask(*server, "OPTIONS /d"), "404");
  }());
}

TEST(router_patterns, that_make_no_sense_are_refused) {
  router r;
  r.get("/a", named("a"));
  for (const char* pattern :
       {"", "a", "/{}", "/{...}", "/{a}/{a}", "/{a...}/b", "/a{b}", "/a?b", "/%20", "/{a b}"})
    EXPECT_THROW(r.get(pattern, named("x")), std::invalid_argument) << pattern;
  EXPECT_THROW(r.get("/a", named("again")), std::invalid_argument);
  EXPECT_THROW(r.on("GE T", "/b", named("x")), std::invalid_argument);
}

TEST_P(routers, read_json_only_where_it_is_said_to_be) {
  io::wait([]() -> task<void> {
    router r;
    r.post("/", [](server_request& asked, server_response& answer) -> task<void> {
      co_await answer.json(co_await asked.read_json());
    });
    const auto server = co_await serving::start(r);
    const auto post = [&](std::string fields) {
      return answer_to(*server, "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + fields +
                                    "Content-Length: 2\r\n\r\n{}");
    };
    EXPECT_EQ(co_await post("Content-Type: application/json\r\n"),
              "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: "
              "close\r\n\r\n{}");
    EXPECT_EQ(status_of(co_await post("Content-Type: application/problem+json; charset=utf-8\r\n")),
              "200 OK");
    EXPECT_EQ(status_of(co_await post("Content-Type: text/plain\r\n")), "415 Unsupported Media Type");
    EXPECT_EQ(status_of(co_await post("")), "415 Unsupported Media Type");
  }());
}

}  // namespace
}  // namespace parlance::http::test
