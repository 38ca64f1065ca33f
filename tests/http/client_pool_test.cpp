#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <parlance/io/combinators.hpp>
#include <parlance/io/context.hpp>

#include "http/client_support.hpp"
#include "http/keeping_server.hpp"

namespace parlance::http::test {
namespace {

class client_pool : public io::test::on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(client_pool);

// --- used again

TEST_P(client_pool, uses_a_connection_again) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    client one;
    for (int i = 0; i < 5; ++i) EXPECT_EQ((co_await one.get(from->at("/"))).body, "hello");
    EXPECT_EQ(from->accepted, 1U);
    EXPECT_EQ(from->heads.size(), 5U);
    EXPECT_EQ(one.idle_connections(), 1U);
    EXPECT_EQ(from->heads.at(0).find("Connection:"), std::string::npos) << from->heads.at(0);
  }());
}

TEST_P(client_pool, has_a_verb_for_each_method) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    client one;
    field_list mine;
    mine.append("X-Mine", "yes");
    const std::string at = from->at("/");
    co_await one.get(at, mine);
    co_await one.post(at, "1", mine);
    co_await one.put(at, "2", mine);
    co_await one.patch(at, "3", mine);
    co_await one.del(at, mine);
    constexpr const char* methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    for (std::size_t i = 0; i < std::size(methods); ++i) {
      EXPECT_TRUE(from->heads.at(i).starts_with(std::string(methods[i]) + " / ")) << from->heads.at(i);
      EXPECT_TRUE(from->heads.at(i).contains("X-Mine: yes")) << from->heads.at(i);
    }
    EXPECT_EQ(from->bodies, (std::vector<std::string>{"", "1", "2", "3", ""}));
    from->answers = {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"};
    EXPECT_EQ((co_await one.head(at)).body, "");
    EXPECT_EQ((co_await one.get(at)).body, "hello");
    EXPECT_EQ(from->accepted, 1U);
    std::string why;
    try {
      co_await one.del("http://[");
    } catch (const io::error& e) {
      EXPECT_EQ(e.code(), errc::url);
      why = e.what();
    }
    EXPECT_TRUE(why.starts_with("delete ")) << why;
  }());
}

TEST_P(client_pool, dials_a_unix_socket_whatever_the_host) {
  if (io::loop::current().kernel().simulated()) GTEST_SKIP() << "it has no files";
  io::wait([]() -> task<void> {
    const std::string path = testing::TempDir() + "http-" + std::to_string(::getpid());
    net::listener listening = co_await net::listen("unix:" + path);
    io::scope serving([](std::exception_ptr) {});
    std::string head;
    serving.spawn([&]() -> task<void> {
      net::stream caller = co_await listening.accept();
      head = (co_await read_head(caller)).head;
      co_await caller.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      co_await sleep(1h);
    });
    client one({.unix_path = path});
    EXPECT_EQ((co_await one.get("http://nowhere.invalid/")).body, "ok");
    EXPECT_TRUE(head.contains("Host: nowhere.invalid\r\n")) << head;
  }());
}

TEST_P(client_pool, uses_a_tls_connection_again) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start({}, net::tls_context::server());
    client one({.tls = {.insecure_accept_any_certificate = true}});
    for (int i = 0; i < 3; ++i) EXPECT_EQ((co_await one.get(from->at("/"))).body, "hello");
    EXPECT_EQ(from->accepted, 1U);
  }());
}

TEST_P(client_pool, uses_one_again_after_each_kind_of_answer) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start({
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: u\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast",
    });
    client one;
    exchange e = co_await one.open(to(from->at("/")));
    EXPECT_EQ(co_await e.read_all(), "hello");
    EXPECT_EQ(e.trailers().get("T"), "u");
    // Nobody reads what has no body.
    EXPECT_EQ((co_await one.open(to(from->at("/")))).head().status, 204U);
    EXPECT_EQ((co_await one.open(to(from->at("/")))).head().status, 304U);
    EXPECT_EQ((co_await one.get(from->at("/"))).body, "ok");
    EXPECT_EQ((co_await one.open(to(from->at("/")))).head().status, 200U);
    EXPECT_EQ((co_await one.get(from->at("/"))).body, "ok");
    EXPECT_EQ((co_await one.get(from->at("/"))).body, "last");
    EXPECT_EQ(from->accepted, 1U);
  }());
}

TEST_P(client_pool, does_not_use_one_again_that_must_not_be) {
  io::wait([]() -> task<void> {
    for (const char* answer : {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
                               "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
                               "5\r\nhello\r\n0\r\n\r\n"}) {
      const auto from = co_await keeping_server::start({answer, answer});
      client one;
      for (int i = 0; i < 2; ++i) EXPECT_EQ((co_await one.get(from->at("/"))).body, "hello") << answer;
      EXPECT_EQ(from->accepted, 2U) << answer;
    }
  }());
}

TEST_P(client_pool, keeps_origins_apart) {
  io::wait([]() -> task<void> {
    const auto a = co_await keeping_server::start(), b = co_await keeping_server::start();
    client one;
    for (int i = 0; i < 2; ++i) {
      co_await one.get(a->at("/"));
      co_await one.get(b->at("/"));
    }
    EXPECT_EQ(a->accepted, 1U);
    EXPECT_EQ(b->accepted, 1U);
    EXPECT_EQ(one.idle_connections(), 2U);
  }());
}

TEST_P(client_pool, goes_to_another_origin_by_redirect_and_back) {
  io::wait([]() -> task<void> {
    const auto a = co_await keeping_server::start(), b = co_await keeping_server::start();
    a->answers = {redirect_to(b->at("/b"))};
    b->answers = {redirect_to(a->at("/c"))};
    client one;
    exchange e = co_await one.open(to(a->at("/a")));
    EXPECT_EQ(co_await e.read_all(), "hello");
    EXPECT_EQ(e.target().path(), "/c");
    EXPECT_EQ(e.hops().size(), 2U);
    EXPECT_EQ(e.hops().at(0).from.path(), "/a");
    EXPECT_EQ(e.hops().at(1).from.path(), "/b");
    EXPECT_EQ(e.hops().at(1).status, 302U);
    EXPECT_EQ(a->accepted, 1U);
    EXPECT_EQ(b->accepted, 1U);
  }());
}

// --- what is not the answer

TEST_P(client_pool, never_takes_what_lies_behind_an_answer_for_the_next) {
  io::wait([]() -> task<void> {
    const std::string split = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    const auto from =
        co_await keeping_server::start({split + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"});
    client one;
    EXPECT_EQ((co_await one.get(from->at("/"))).body, "hello");
    EXPECT_EQ(one.idle_connections(), 0U);
    EXPECT_EQ((co_await one.get(from->at("/"))).body, "hello");
    EXPECT_EQ(from->accepted, 2U);
  }());
}

TEST_P(client_pool, never_takes_an_answer_that_came_before_its_question) {
  io::wait([]() -> task<void> {
    for (const io::duration pause : {0ms, 30ms}) {
      const auto from = co_await keeping_server::start();
      from->afterwards = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
      client one;
      EXPECT_EQ((co_await one.get(from->at("/"))).body, "hello");
      co_await io::test::eventually([&] { return from->said_afterwards; });
      if (pause != 0ms) co_await sleep(pause);
      from->afterwards.clear();
      EXPECT_EQ((co_await one.get(from->at("/"))).body, "hello");
      EXPECT_EQ(from->accepted, 2U);
    }
  }());
}

/// Answers on a thread of its own, and gives an answer that nobody asked for when the first has been taken.
class hasty_server {
 public:
  hasty_server() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    url = "http://127.0.0.1:" + std::to_string(ntohs(at.sin_port)) + "/";
    thread_ = std::thread([this] { serve(); });
  }
  ~hasty_server() {
    thread_.join();
    ::close(listener_);
  }
  /// What nobody asked for; returns when it is there.
  void say_evil() {
    taken_.set_value();
    said_.get_future().wait();
  }
  std::string url;

 private:
  void serve() {
    const int first = ::accept(listener_, nullptr, nullptr);
    answer(first, "hello");
    taken_.get_future().wait();
    constexpr std::string_view evil = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nevil!";
    EXPECT_EQ(::send(first, evil.data(), evil.size(), MSG_NOSIGNAL), static_cast<ssize_t>(evil.size()));
    said_.set_value();
    const int second = ::accept(listener_, nullptr, nullptr);
    answer(second, "again");
    ::close(second);
    ::close(first);
  }
  static void answer(int caller, std::string_view body) {
    char asked[4096];
    EXPECT_GT(::recv(caller, asked, sizeof asked, 0), 0);
    const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + std::string(body);
    EXPECT_EQ(::send(caller, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }

  const int listener_;
  std::promise<void> taken_, said_;
  std::thread thread_;  // goes first
};

TEST_P(client_pool, looks_at_what_came_while_the_loop_was_busy) {
  if (io::loop::current().kernel().simulated()) GTEST_SKIP() << "it has no other threads";
  io::wait([]() -> task<void> {
    hasty_server from;
    client one;
    EXPECT_EQ((co_await one.get(from.url)).body, "hello");
    from.say_evil();
    EXPECT_EQ((co_await one.get(from.url)).body, "again");
  }());
}

// --- one that has died

TEST_P(client_pool, notices_that_a_server_has_closed_one) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    from->most_per_connection = 1;
    client one;
    co_await one.get(from->at("/"));
    co_await io::test::eventually([&] { return one.idle_connections() == 0; });
    request what = to(from->at("/"));
    what.method = "POST";
    what.body = "x";
    EXPECT_EQ((co_await one.send(what)).body, "hello");
    EXPECT_EQ(from->accepted, 2U);
  }());
}

TEST_P(client_pool, sends_again_what_does_no_harm_when_a_server_closes_in_between) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    from->dies_after_head_of = 2;
    client one;
    co_await one.get(from->at("/"));
    EXPECT_EQ((co_await one.get(from->at("/again"))).body, "hello");
    EXPECT_EQ(from->accepted, 2U);
    EXPECT_EQ(from->heads.size(), 3U);
  }());
}

TEST_P(client_pool, sends_again_also_what_goes_without_an_expectation_now) {
  io::wait([]() -> task<void> {
    const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    const auto from = co_await keeping_server::start(
        {hello, "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n"});
    from->dies_after_head_of = 3;
    client one({.expect_continue_from = 1});
    co_await one.get(from->at("/"));
    EXPECT_EQ((co_await one.put(from->at("/"), "body")).body, "hello");
    EXPECT_EQ(from->accepted, 2U);
    EXPECT_EQ(from->bodies, (std::vector<std::string>{"", "body", "body", "body"}));
  }());
}

TEST_P(client_pool, does_not_send_again_what_may_do_harm) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    from->dies_after_head_of = 2;
    client one;
    co_await one.get(from->at("/"));
    request what = to(from->at("/pay"));
    what.method = "POST";
    what.body = "1000";
    std::error_code code;
    try {
      co_await one.send(what);
    } catch (const io::error& e) {
      code = e.code();
    }
    EXPECT_TRUE(code == errc::incomplete || code == std::errc::connection_reset) << code.message();
    EXPECT_EQ(from->accepted, 1U);
  }());
}

TEST_P(client_pool, sends_a_body_again_only_where_it_does_no_harm) {
  io::wait([]() -> task<void> {
    for (const char* method : {"PUT", "POST"}) {
      const auto from = co_await keeping_server::start();
      from->dies_within_body_of = 2;
      client one;
      co_await one.get(from->at("/"));
      request what = to(from->at("/half"));
      what.method = method;
      what.body = io::test::pattern(500'000);
      std::string body;
      try {
        body = (co_await one.send(what)).body;
      } catch (const io::error&) {
      }
      const bool harmless = what.method == "PUT";
      EXPECT_EQ(body, harmless ? "hello" : "") << method;
      EXPECT_EQ(from->accepted, harmless ? 2U : 1U) << method;
      if (harmless) EXPECT_TRUE(from->bodies.back() == io::test::pattern(500'000));
    }
  }());
}

TEST_P(client_pool, sends_nothing_again_on_a_new_connection) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    from->dies_after_head_of = 1;
    client one;
    std::error_code code;
    try {
      co_await one.get(from->at("/"));
    } catch (const io::error& e) {
      code = e.code();
    }
    EXPECT_TRUE(code == errc::incomplete || code == std::errc::connection_reset) << code.message();
    EXPECT_EQ(from->accepted, 1U);
  }());
}

// --- given up

TEST_P(client_pool, does_not_keep_what_was_given_up) {
  io::wait([]() -> task<void> {
    for (const char* answer : {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"}) {
      const auto from = co_await keeping_server::start({answer});
      client one;
      try {
        co_await io::timeout(50ms, one.get(from->at("/")));
        ADD_FAILURE() << answer;
      } catch (const io::error&) {
      }
      EXPECT_EQ(one.connections(), 0U) << answer;
      EXPECT_EQ((co_await one.get(from->at("/"))).body, "hello");
      EXPECT_EQ(from->accepted, 2U);
    }
  }());
}

TEST_P(client_pool, closes_one_whose_exchange_is_destroyed_anywhere) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    client one({.connections = {.per_route = 1}});
    // Each time it gets some turns further, until it gets to its end.
    bool ended = false;
    for (int turns = 0; !ended && turns < 1000; ++turns) {
      {
        io::scope fetching;
        fetching.spawn([&]() -> task<void> {
          exchange e = co_await one.open(to(from->at("/")));
          EXPECT_EQ(co_await e.read_all(), "hello");
          ended = true;
        });
        for (int i = 0; i < turns && !ended; ++i) co_await io::yield();
        if (turns > 50) co_await sleep(1ms);
      }
      if (!ended) EXPECT_EQ(one.connections(), 0U) << turns;
    }
    EXPECT_TRUE(ended);
    EXPECT_EQ((co_await one.get(from->at("/"))).body, "hello");
    EXPECT_EQ(one.connections(), 1U);
  }());
}

TEST_P(client_pool, lets_exchanges_outlive_the_client) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    std::optional<exchange> e;
    {
      client one;
      e.emplace(co_await one.open(to(from->at("/"))));
    }
    EXPECT_EQ(co_await e->read_all(), "hello");
  }());
}

// --- limits

TEST_P(client_pool, has_no_more_connections_than_it_may_and_the_others_wait) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    from->pause = 10ms;
    client one({.connections = {.per_route = 2}});
    io::scope all;
    int done = 0;
    for (int i = 0; i < 10; ++i)
      all.spawn([&]() -> task<void> {
        EXPECT_EQ((co_await one.get(from->at("/"))).body, "hello");
        ++done;
      });
    co_await all.join();
    EXPECT_EQ(done, 10);
    EXPECT_EQ(from->accepted, 2U);
    EXPECT_EQ(one.connections(), 2U);
  }());
}

TEST_P(client_pool, closes_one_that_is_kept_where_another_origin_needs_its_place) {
  io::wait([]() -> task<void> {
    const auto a = co_await keeping_server::start(), b = co_await keeping_server::start();
    client one({.connections = {.in_all = 1}});
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ((co_await one.get(a->at("/"))).body, "hello");
      EXPECT_EQ((co_await one.get(b->at("/"))).body, "hello");
      EXPECT_EQ(one.connections(), 1U);
    }
    EXPECT_EQ(a->accepted, 2U);
  }());
}

TEST_P(client_pool, lets_another_origin_wait_for_a_place) {
  io::wait([]() -> task<void> {
    const auto a = co_await keeping_server::start(), b = co_await keeping_server::start();
    a->pause = 20ms;
    client one({.connections = {.in_all = 1}});
    const auto [first, second] = co_await io::all(one.get(a->at("/")), one.get(b->at("/")));
    EXPECT_EQ(first.body + second.body, "hellohello");
    EXPECT_EQ(one.connections(), 1U);
  }());
}

TEST_P(client_pool, refuses_more_than_may_wait_and_forgets_who_gave_up) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    client one({.connections = {.per_route = 1, .waiting = 1}});
    exchange holds = co_await one.open(to(from->at("/")));
    for (int i = 0; i < 3; ++i) {
      try {
        co_await io::timeout(10ms, one.get(from->at("/")));
        ADD_FAILURE();
      } catch (const io::error& e) {
        EXPECT_EQ(e.code(), io::errc::timed_out) << e.what();
      }
    }
    io::scope waits([](std::exception_ptr) {});
    waits.spawn([&]() -> task<void> { co_await one.get(from->at("/")); });
    std::string why;
    try {
      co_await one.get(from->at("/"));
    } catch (const io::error& e) {
      why = e.what();
    }
    EXPECT_TRUE(says_all(why, {"get http://", "1 requests wait for a connection already"})) << why;
    EXPECT_EQ(co_await holds.read_all(), "hello");
    co_await waits.join();
    EXPECT_EQ(from->accepted, 1U);
  }());
}

TEST_P(client_pool, closes_what_was_idle_for_long_and_what_is_too_many) {
  io::wait([]() -> task<void> {
    const auto from = co_await keeping_server::start();
    client one({.connections = {.idle = 2, .idle_time = 100ms}});
    co_await io::all(one.get(from->at("/")), one.get(from->at("/")), one.get(from->at("/")));
    EXPECT_EQ(one.idle_connections(), 2U);
    co_await io::test::eventually([&] { return one.connections() == 0; });
    EXPECT_EQ((co_await one.get(from->at("/"))).body, "hello");
  }());
}

TEST_P(client_pool, reads_the_rest_of_a_redirect_if_it_is_short) {
  io::wait([]() -> task<void> {
    const auto with_body = [](std::size_t size) {
      return "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
    };
    auto from = co_await keeping_server::start({with_body(1000) + std::string(1000, 'x')});
    client one;
    EXPECT_EQ((co_await one.get(from->at("/a"))).body, "hello");
    EXPECT_LE(from->accepted, 2U);
    from = co_await keeping_server::start({with_body(10'000'000)});  // and no more comes
    EXPECT_EQ((co_await one.get(from->at("/a"))).body, "hello");
    EXPECT_EQ(from->accepted, 2U);
  }());
}

TEST_P(client_pool, reads_a_rest_of_as_much_as_it_may) {
  io::wait([]() -> task<void> {
    constexpr std::size_t most = 64 * 1024;
    for (const std::size_t size : {most, most + 1}) {
      const auto from = co_await keeping_server::start(
          {"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
           std::string(size, 'x')});
      client one({.connections = {.per_route = 1}});  // so it is waited for
      EXPECT_EQ((co_await one.get(from->at("/a"))).body, "hello");
      EXPECT_EQ(from->accepted, size == most ? 1U : 2U);
    }
  }());
}

TEST(client_pool_on_two_loops, has_a_client_on_each) {
  const io::test::watchdog patience;
  const auto fetch_twice = [] {
    io::loop here;
    return io::wait([]() -> task<std::size_t> {
      const auto from = co_await keeping_server::start();
      client one;
      for (int i = 0; i < 20; ++i) co_await one.get(from->at("/"));
      co_return from->accepted;
    }());
  };
  std::size_t a = 0, b = 0;
  std::thread other([&] { a = fetch_twice(); });
  b = fetch_twice();
  other.join();
  EXPECT_EQ(a, 1U);
  EXPECT_EQ(b, 1U);
}

}  // namespace
}  // namespace parlance::http::test
