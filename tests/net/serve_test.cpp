// Servers: handlers and their failures, handshakes beside the accepting, limits, proxies, draining, threads.
#include <set>
#include <thread>

#include <parlance/io/combinators.hpp>
#include <parlance/net/proxy_header.hpp>
#include <parlance/net/serve.hpp>

#include "net/support.hpp"

namespace parlance::net::test {
namespace {

task<void> echo(stream caller) {
  for (std::string_view text; !(text = co_await caller.recv()).empty();) co_await caller.send(text);
  co_await caller.close();
}

task<std::string> ask(const endpoint& at, std::string text, connect_options options = {}) {
  stream s = co_await connect(at.to_string(), options);
  co_await s.send(text);
  co_await s.shutdown();
  std::string answer = co_await recv_all(s);
  co_return answer;
}

/// A server beside the test.
struct beside {
  explicit beside(listener from, serve_handler handler, serve_options options = {}) : at(from.local()) {
    options.stop = &stop;
    options.counts = &counts;
    running.spawn([](listener l, serve_handler h, serve_options o, bool& over) -> task<void> {
      co_await serve(std::move(l), std::move(h), std::move(o));
      over = true;
    }(std::move(from), std::move(handler), std::move(options), ended));
  }
  task<void> end() {
    stop.set();
    co_await running.join();
  }

  const endpoint at;
  io::event stop;
  serve_counts counts;
  bool ended = false;
  scope running;
};

class servers : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(servers);

TEST_P(servers, call_the_handler_for_each_caller) {
  io::wait([]() -> task<void> {
    beside server(co_await listen("127.0.0.1:0"), echo);
    std::vector<task<std::string>> all;
    for (int i = 0; i < 20; ++i) all.push_back(ask(server.at, "hello " + std::to_string(i)));
    const std::vector<std::string> answers = co_await io::all(std::move(all));
    for (int i = 0; i < 20; ++i) EXPECT_EQ(answers[std::size_t(i)], "hello " + std::to_string(i));
    EXPECT_EQ(server.counts.accepted, 20U);
    co_await eventually([&] { return server.counts.open == 0; });
    co_await server.end();
    EXPECT_EQ(server.counts.failed, 0U);
  }());
}

TEST_P(servers, tell_a_handler_who_calls) {
  io::wait([]() -> task<void> {
    std::string remote, local;
    beside server(co_await listen("127.0.0.1:0"), [&](caller one) -> task<void> {
      remote = one.remote.to_string();
      local = one.local.to_string();
      EXPECT_FALSE(one.stopping.is_set());
      co_await one.stream.close();
    });
    stream s = co_await connect(server.at.to_string());
    const std::string own = s.local().to_string();
    EXPECT_EQ(co_await recv_all(s), "");
    EXPECT_EQ(remote, own);
    EXPECT_EQ(local, server.at.to_string());
    co_await server.end();
  }());
}

TEST_P(servers, give_it_to_the_handler_by_value_and_by_any_reference) {
  io::wait([]() -> task<void> {
    const auto answer = [](stream& to) -> task<void> {
      const std::string said(co_await to.recv());
      co_await sleep(1ms);
      co_await to.send(said);
    };
    const serve_handler all[] = {
        [&](caller one) -> task<void> { co_await answer(one.stream); },
        [&](caller& one) -> task<void> { co_await answer(one.stream); },
        [&](caller&& one) -> task<void> { co_await answer(one.stream); },
        [&](stream one) -> task<void> { co_await answer(one); },
        answer,
        [&](stream&& one) -> task<void> { co_await answer(one); },
    };
    for (const serve_handler& each : all) {
      beside server(co_await listen("127.0.0.1:0"), each);
      EXPECT_EQ(co_await ask(server.at, "hello"), "hello");
      co_await server.end();
    }
  }());
}

TEST_P(servers, outlive_a_handler_that_throws_and_tell_of_it) {
  io::wait([]() -> task<void> {
    std::vector<std::string> told;
    beside server(co_await listen("127.0.0.1:0"),
                  [](stream caller) -> task<void> {
                    const std::string text(co_await caller.recv());
                    if (text == "bad") throw std::runtime_error("it said bad");
                    co_await caller.send(text);
                  },
                  {.on_failure = [&](std::exception_ptr why, const endpoint&) {
                    try {
                      std::rethrow_exception(why);
                    } catch (const std::exception& e) {
                      told.emplace_back(e.what());
                    }
                  }});
    EXPECT_EQ(co_await ask(server.at, "bad"), "");
    EXPECT_EQ(co_await ask(server.at, "good"), "good");
    EXPECT_EQ(told, std::vector<std::string>{"it said bad"});
    EXPECT_EQ(server.counts.failed, 1U);
    co_await server.end();
  }());
}

TEST_P(servers, tell_whose_failure_it_is) {
  io::wait([]() -> task<void> {
    std::vector<endpoint> told;
    beside server(
        co_await listen("127.0.0.1:0"),
        [](stream) -> task<void> {
          throw std::runtime_error("it does not matter who");
          co_return;
        },
        {.proxies = {network::parse("127.0.0.0/8")},
         .on_failure = [&](std::exception_ptr, const endpoint& remote) { told.push_back(remote); }});
    const endpoint behind = *endpoint::parse_ip("203.0.113.9", 4242);
    stream one = co_await connect(server.at.to_string(),
                                  {.preface = write_proxy_header({.source = behind, .destination = behind})});
    EXPECT_EQ(co_await recv_all(one), "");
    stream other = co_await connect(server.at.to_string(), {.preface = "this is no header"});
    const endpoint itself = other.local();
    co_await failure(recv_all(other));
    EXPECT_EQ(told, (std::vector{behind, itself}));
    co_await server.end();
  }());
}

TEST_P(servers, outlive_one_who_is_told_of_failures_and_throws_and_need_nobody) {
  io::wait([]() -> task<void> {
    for (const bool anybody : {false, true}) {
      serve_options options;
      options.on_failure = {};
      if (anybody)
        options.on_failure = [](std::exception_ptr, const endpoint&) {
          throw std::runtime_error("it is full");
        };
      beside server(
          co_await listen("127.0.0.1:0"),
          [](stream caller) -> task<void> {
            if (co_await caller.recv() == "bad") throw std::runtime_error("it said bad");
            co_await caller.send("good");
          },
          options);
      EXPECT_EQ(co_await ask(server.at, "bad"), "");
      EXPECT_EQ(co_await ask(server.at, "hello"), "good");
      EXPECT_EQ(server.counts.failed, 1U);
      co_await server.end();
    }
  }());
}

TEST_P(servers, turn_a_caller_away_for_whom_there_is_no_context) {
  io::wait([]() -> task<void> {
    bool any = false;
    std::error_code told;
    beside server(co_await listen("127.0.0.1:0"), echo,
                  {.tls = [&] { return any ? shown_on_the_spot() : nullptr; },
                   .on_failure =
                       [&](std::exception_ptr why, const endpoint&) {
                         try {
                           std::rethrow_exception(why);
                         } catch (const io::error& e) {
                           told = e.code();
                         }
                       }});
    EXPECT_NE(co_await failure(ask(server.at, "hello", {.context = trusting()})), std::error_code());
    EXPECT_EQ(told, std::errc::invalid_argument);
    any = true;
    EXPECT_EQ(co_await ask(server.at, "hello", {.context = trusting()}), "hello");
    co_await server.end();
  }());
}

TEST_P(servers, refuse_limits_that_would_let_nobody_in) {
  io::wait([]() -> task<void> {
    for (const serve_options& options :
         {serve_options{.connections = 0}, serve_options{.connections_per_address = 0},
          serve_options{.handshakes = 0}}) {
      listener here = co_await listen("127.0.0.1:0");
      bool refused = false;
      try {
        co_await serve(here, echo, options);
      } catch (const std::invalid_argument&) {
        refused = true;
      }
      EXPECT_TRUE(refused);
    }
  }());
}

TEST_P(servers, do_not_count_a_proxy_that_speaks_for_nobody) {
  io::wait([]() -> task<void> {
    beside server(co_await listen("127.0.0.1:0"), echo,
                  {.connections_per_address = 1, .proxies = {network::parse("127.0.0.0/8")}});
    std::vector<stream> all;
    for (const proxy_header& header :
         {proxy_header{.local = true}, proxy_header{}, proxy_header{.local = true}}) {
      all.push_back(co_await connect(server.at.to_string(), {.preface = write_proxy_header(header)}));
      co_await all.back().send("x");
      EXPECT_EQ(co_await all.back().recv(), "x");
    }
    EXPECT_EQ(server.counts.refused, 0U);
    all.clear();
    co_await server.end();
  }());
}

TEST_P(servers, at_their_limit_let_callers_wait_until_one_has_gone) {
  io::wait([]() -> task<void> {
    std::size_t most = 0;
    serve_counts* counts = nullptr;
    beside server(co_await listen("127.0.0.1:0"),
                  [&](stream caller) -> task<void> {
                    most = std::max<std::size_t>(most, counts->open);
                    return echo(std::move(caller));
                  },
                  {.connections = 2});
    counts = &server.counts;
    std::vector<stream> all;
    for (int i = 0; i < 3; ++i) all.push_back(co_await connect(server.at.to_string()));
    for (stream& s : all) co_await s.send("x");
    EXPECT_EQ(co_await all[0].recv(), "x");
    EXPECT_EQ(co_await all[1].recv(), "x");
    EXPECT_EQ(co_await failure(io::timeout(20ms, recv_some(all[2]))), io::errc::timed_out);
    EXPECT_EQ(server.counts.accepted, 2U);
    co_await all[0].close();
    EXPECT_EQ(co_await all[2].recv(), "x");
    EXPECT_EQ(most, 2U);
    all.clear();
    co_await server.end();
  }());
}

TEST_P(servers, refuse_an_address_that_has_too_many_until_one_has_gone) {
  io::wait([]() -> task<void> {
    beside server(co_await listen("127.0.0.1:0"), echo, {.connections_per_address = 2});
    stream a = co_await connect(server.at.to_string()), b = co_await connect(server.at.to_string());
    co_await a.send("a");
    co_await b.send("b");
    EXPECT_EQ(co_await a.recv(), "a");
    EXPECT_EQ(co_await b.recv(), "b");
    stream c = co_await connect(server.at.to_string());
    EXPECT_EQ(co_await recv_all(c), "");
    EXPECT_EQ(server.counts.refused, 1U);
    co_await a.close();
    co_await eventually([&] { return server.counts.open == 1; });
    EXPECT_EQ(co_await ask(server.at, "again"), "again");
    EXPECT_EQ(server.counts.refused, 1U);
    // Who stayed still counts.
    stream d = co_await connect(server.at.to_string());
    co_await d.send("d");
    EXPECT_EQ(co_await d.recv(), "d");
    stream e = co_await connect(server.at.to_string());
    EXPECT_EQ(co_await recv_all(e), "");
    EXPECT_EQ(server.counts.refused, 2U);
    co_await b.close();
    co_await d.close();
    co_await server.end();
  }());
}

TEST_P(servers, do_handshakes_beside_the_accepting) {
  io::wait([]() -> task<void> {
    beside server(co_await listen("127.0.0.1:0"), echo, {.tls = [] { return shown_on_the_spot(); }});
    stream silent = co_await connect(server.at.to_string());
    co_await eventually([&] { return server.counts.shaking_hands == 1; });
    EXPECT_EQ(co_await ask(server.at, "hello", {.context = trusting()}), "hello");
    EXPECT_EQ(server.counts.shaking_hands, 1U);
    silent.close_at_once();
    co_await eventually([&] { return server.counts.shaking_hands == 0; });
    co_await server.end();
  }());
}

TEST_P(servers, call_handlers_that_take_references) {
  io::wait([]() -> task<void> {
    struct handlers {
      static task<void> of_a_caller(caller&& one) {
        const std::string said(co_await one.stream.recv());
        co_await one.stream.send(said);
        co_await one.stream.close();
      }
      static task<void> of_a_stream(stream&& one) {
        co_await io::sleep(1ms);
        const std::string said(co_await one.recv());
        co_await one.send(said);
        co_await one.close();
      }
    };
    for (const serve_handler& handle :
         {serve_handler(handlers::of_a_caller), serve_handler(handlers::of_a_stream)}) {
      beside server(co_await listen("127.0.0.1:0"), handle, {});
      EXPECT_EQ(co_await ask(server.at, "hello"), "hello");
      co_await server.end();
    }
  }());
}

TEST_P(servers, let_who_says_nothing_take_nobodys_place_in_a_handshake) {
  io::wait([]() -> task<void> {
    beside server(co_await listen("127.0.0.1:0"), echo,
                  {.tls = [] { return shown_on_the_spot(); },
                   .handshakes = 1,
                   .handshake_time = 30s,
                   .on_failure = {}});
    std::vector<stream> silent;
    for (int i = 0; i < 5; ++i) silent.push_back(co_await connect(server.at.to_string()));
    co_await eventually([&] { return server.counts.shaking_hands == 5; });
    EXPECT_EQ(co_await io::timeout(10s, ask(server.at, "hello", {.context = trusting()})), "hello");
    silent.clear();
    co_await server.end();
  }());
}

TEST_P(servers, let_who_says_little_and_stalls_keep_nobody_waiting) {
  io::wait([]() -> task<void> {
    beside server(co_await listen("127.0.0.1:0"), echo,
                  {.tls = [] { return shown_on_the_spot(); },
                   .handshakes = 1,
                   .handshake_time = 60s,
                   .on_failure = {}});
    std::vector<stream> stalled;
    for (int i = 0; i < 5; ++i) {
      stalled.push_back(co_await connect(server.at.to_string()));
      co_await stalled.back().send("\x16");
    }
    co_await eventually([&] { return server.counts.shaking_hands == 5; });
    EXPECT_EQ(co_await io::timeout(20s, ask(server.at, "hello", {.context = trusting()})), "hello");
    EXPECT_EQ(server.counts.shaking_hands, 5U);
    stalled.clear();
    co_await server.end();
  }());
}

TEST_P(servers, begin_no_more_handshakes_in_a_turn_than_they_may) {
  io::wait([]() -> task<void> {
    int turn = 0;
    std::vector<int> begun;
    beside server(co_await listen("127.0.0.1:0"), echo,
                  {.tls =
                       [&] {
                         begun.push_back(turn);
                         return shown_on_the_spot();
                       },
                   .handshakes = 1,
                   .on_failure = {}});
    scope counting;
    counting.spawn([&]() -> task<void> {
      for (;; ++turn) co_await io::yield();
    });
    std::vector<stream> all;
    for (int i = 0; i < 5; ++i) {
      all.push_back(co_await connect(server.at.to_string()));
      co_await all.back().send("\x16");
    }
    co_await eventually([&] { return begun.size() == 5; });
    EXPECT_EQ(std::set<int>(begun.begin(), begun.end()).size(), 5U);
    counting.cancel();
    all.clear();
    co_await server.end();
  }());
}

TEST_P(servers, bound_handshakes_in_number_and_time) {
  io::wait([]() -> task<void> {
    std::vector<std::string> told;
    beside server(co_await listen("127.0.0.1:0"), echo,
                  {.tls = [] { return shown_on_the_spot(); },
                   .handshakes = 1,
                   .handshake_time = 300ms,
                   .on_failure =
                       [&](std::exception_ptr why, const endpoint&) {
                         try {
                           std::rethrow_exception(why);
                         } catch (const io::error& e) {
                           EXPECT_EQ(e.code(), io::errc::timed_out);
                           told.emplace_back(e.what());
                         }
                       }});
    stream silent = co_await connect(server.at.to_string());
    co_await eventually([&] { return server.counts.shaking_hands == 1; });
    // It waits for its turn, and then for too long.
    stream behind = co_await connect(server.at.to_string());
    EXPECT_EQ(co_await recv_all(silent), "");
    EXPECT_EQ(co_await recv_all(behind), "");
    EXPECT_EQ(told.size(), 2U);
    for (const std::string& line : told) EXPECT_NE(line.find("127.0.0.1:"), std::string::npos) << line;
    EXPECT_EQ(co_await ask(server.at, "hello", {.context = trusting()}), "hello");
    co_await server.end();
  }());
}

TEST_P(servers, ask_for_the_context_of_each_caller) {
  io::wait([]() -> task<void> {
    int asked = 0;
    beside server(co_await listen("127.0.0.1:0"), echo,
                  {.tls = [&] { return ++asked, shown_on_the_spot(); }});
    for (int i = 0; i < 3; ++i) EXPECT_EQ(co_await ask(server.at, "x", {.context = trusting()}), "x");
    EXPECT_EQ(asked, 3);
    co_await server.end();
  }());
}

TEST_P(servers, believe_the_proxies_that_they_trust) {
  io::wait([]() -> task<void> {
    const endpoint true_caller = *endpoint::parse_ip("203.0.113.9", 4242),
                   true_local = *endpoint::parse_ip("203.0.113.1", 443);
    const std::string header = write_proxy_header({.source = true_caller, .destination = true_local});
    std::vector<std::string> seen;
    beside server(co_await listen("127.0.0.1:0"),
                  [&](caller one) -> task<void> {
                    seen.push_back(one.remote.to_string() + " " + one.local.to_string());
                    co_await echo(std::move(one.stream));
                  },
                  {.tls = [] { return shown_on_the_spot(); },
                   .connections_per_address = 1,
                   .proxies = {network::parse("10.0.0.0/8"), network::parse("127.0.0.0/8")},
                   .on_failure = {}});
    EXPECT_EQ(co_await ask(server.at, "hello", {.context = trusting(), .preface = header}), "hello");
    EXPECT_EQ(seen, std::vector<std::string>{"203.0.113.9:4242 203.0.113.1:443"});
    // The limit is for the true callers, not for the proxy, and without a header nobody gets in.
    stream one = co_await connect(server.at.to_string(), {.context = trusting(), .preface = header});
    co_await one.send("x");
    EXPECT_EQ(co_await one.recv(), "x");
    EXPECT_EQ(co_await ask(server.at, "other",
                           {.context = trusting(),
                            .preface = write_proxy_header({.source = *endpoint::parse_ip("2001:db8::1", 1),
                                                           .destination = true_local})}),
              "other");
    EXPECT_NE(co_await failure(ask(server.at, "x", {.context = trusting()})), std::error_code());
    co_await eventually([&] { return server.counts.failed == 1; });
    stream third = co_await connect(server.at.to_string(), {.context = trusting(), .preface = header});
    EXPECT_NE(co_await failure(recv_all(third)), std::error_code());
    EXPECT_EQ(server.counts.refused, 1U);
    // A check of the proxy's own.
    co_await one.close();
    EXPECT_EQ(co_await ask(server.at, "check",
                           {.context = trusting(), .preface = write_proxy_header({.local = true})}),
              "check");
    EXPECT_EQ(seen.back().substr(0, 10), "127.0.0.1:");
    co_await server.end();
  }());
}

TEST_P(servers, count_the_addresses_of_an_ipv6_network_as_one) {
  io::wait([]() -> task<void> {
    const auto from = [](std::string_view address) {
      return write_proxy_header(
          {.source = *endpoint::parse_ip(address, 1), .destination = *endpoint::parse_ip("::1", 1)});
    };
    beside server(co_await listen("127.0.0.1:0"), echo,
                  {.connections_per_address = 1, .proxies = {network::parse("127.0.0.1")}});
    stream one = co_await connect(server.at.to_string(), {.preface = from("2001:db8:1:2::1")});
    co_await one.send("x");
    EXPECT_EQ(co_await one.recv(), "x");
    stream same = co_await connect(server.at.to_string(), {.preface = from("2001:db8:1:2:ffff::2")});
    EXPECT_EQ(co_await recv_all(same), "");
    EXPECT_EQ(co_await ask(server.at, "y", {.preface = from("2001:db8:1:3::1")}), "y");
    EXPECT_EQ(server.counts.refused, 1U);
    co_await one.close();
    co_await server.end();
  }());
}

TEST_P(servers, do_not_listen_to_headers_of_anybody_else) {
  io::wait([]() -> task<void> {
    beside server(co_await listen("127.0.0.1:0"), echo, {.proxies = {network::parse("10.0.0.0/8")}});
    EXPECT_EQ(co_await ask(server.at, "PROXY UNKNOWN\r\n"), "PROXY UNKNOWN\r\n");
    co_await server.end();
  }());
}

TEST_P(servers, that_stop_take_nobody_new_and_let_handlers_end) {
  io::wait([]() -> task<void> {
    beside server(co_await listen("127.0.0.1:0"), [](caller one) -> task<void> {
      co_await one.stream.send("hello");
      co_await one.stopping;
      co_await one.stream.send(", goodbye");
      co_await one.stream.close();
    });
    stream s = co_await connect(server.at.to_string());
    EXPECT_EQ(co_await recv_until(s, 5), "hello");
    EXPECT_FALSE(server.ended);
    server.stop.set();
    EXPECT_EQ(co_await recv_all(s), ", goodbye");
    co_await s.close();
    co_await server.running.join();
    EXPECT_TRUE(server.ended);
    EXPECT_EQ(co_await failure(connect(server.at.to_string())), std::errc::connection_refused);
  }());
}

TEST_P(servers, that_drained_for_long_enough_cancel_then_destroy) {
  io::wait([]() -> task<void> {
    bool cancelled = false, destroyed = false;
    struct at_its_end {
      bool& what;
      ~at_its_end() { what = true; }
    };
    beside server(co_await listen("127.0.0.1:0"),
                  [&](stream caller) -> task<void> {
                    const bool polite = co_await caller.recv() == "polite";
                    try {
                      co_await io::sleep(1h);
                    } catch (const io::error&) {
                      cancelled = true;
                    }
                    if (polite) {
                      co_await io::shield(send_text(caller, "goodbye"));
                      co_return;
                    }
                    const at_its_end here(destroyed);
                    co_await io::shield(io::sleep(1h));
                  },
                  {.drain = 20ms});
    stream polite = co_await connect(server.at.to_string()),
           stubborn = co_await connect(server.at.to_string());
    co_await polite.send("polite");
    co_await stubborn.send("stubborn");
    co_await eventually([&] { return server.counts.open == 2; });
    co_await sleep(5ms);
    const io::time_point start = io::loop::current().now();
    server.stop.set();
    EXPECT_EQ(co_await recv_all(polite), "goodbye");
    EXPECT_TRUE(cancelled);
    EXPECT_FALSE(destroyed);
    co_await server.running.join();
    EXPECT_TRUE(destroyed);
    EXPECT_GE(io::loop::current().now() - start, 1s);
    EXPECT_LT(io::loop::current().now() - start, io::test::patience(1500ms));
    EXPECT_EQ(server.counts.open, 0U);
  }());
}

TEST_P(servers, that_are_cancelled_end_everything_at_once) {
  io::wait([]() -> task<void> {
    const std::size_t before = open_descriptors();
    {
      serve_counts counts;
      io::context limits;
      scope running;
      listener from = co_await listen("127.0.0.1:0");
      const endpoint at = from.local();
      std::error_code failed;
      running.spawn([&]() -> task<void> {
        failed = co_await failure(
            io::run_in(limits, serve(from, [](stream) -> task<void> { co_await io::shield(io::sleep(1h)); },
                                     {.counts = &counts})));
      });
      stream s = co_await connect(at.to_string());
      co_await eventually([&] { return counts.open == 1; });
      limits.cancel();
      co_await running.join();
      EXPECT_EQ(failed, io::errc::cancelled);
      EXPECT_EQ(co_await recv_all(s), "");
      EXPECT_EQ(counts.open, 0U);
    }
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_EQ(co_await cancelled_before(serve(co_await listen("127.0.0.1:0"), echo)), io::errc::cancelled);
  }());
}

TEST_P(servers, drain_and_say_why_when_accepting_fails_for_good) {
  io::wait([]() -> task<void> {
    listener from = co_await listen("127.0.0.1:0");
    scope running;
    std::string failed;
    serve_counts counts;
    running.spawn([&]() -> task<void> { failed = co_await words(serve(from, echo, {.counts = &counts})); });
    stream s = co_await connect(from.local().to_string());
    co_await eventually([&] { return counts.open == 1; });
    from.close();
    co_await s.send("still here");
    EXPECT_EQ(co_await recv_until(s, 10), "still here");
    co_await s.close();
    co_await running.join();
    EXPECT_NE(failed, "");
  }());
}

TEST_P(servers, at_their_limit_hear_that_their_listener_has_closed) {
  io::wait([]() -> task<void> {
    listener from = co_await listen("127.0.0.1:0");
    serve_counts counts;
    std::error_code failed;
    const auto stay = [](caller one) -> task<void> { co_await one.stopping; };
    scope running;
    running.spawn([&]() -> task<void> {
      failed = co_await failure(serve(from, stay, {.connections = 1, .counts = &counts}));
    });
    const stream s = co_await connect(from.local().to_string());
    co_await eventually([&] { return counts.open == 1; });
    from.close();
    co_await io::timeout(20s, running.join());
    EXPECT_EQ(failed, errc::closed);
  }());
}

TEST_P(servers, lose_nobody_whom_they_took_from_the_queue) {
  io::wait([]() -> task<void> {
    listener from = co_await listen("127.0.0.1:0");
    io::event stop, go;
    int begun = 0, served = 0, now = 0, most = 0;
    scope running;
    running.spawn([&]() -> task<void> {
      co_await serve(from,
                     [&](stream caller) -> task<void> {
                       ++begun;
                       most = std::max(most, ++now);
                       co_await go;
                       co_await caller.send("x");
                       --now;
                       ++served;
                     },
                     {.connections = 1, .stop = &stop});
    });
    // All of them wait; some may have been accepted ahead.
    std::vector<stream> all;
    for (int i = 0; i < 10; ++i) all.push_back(co_await connect(from.local().to_string()));
    co_await eventually([&] { return begun >= 1; });
    co_await sleep(20ms);
    EXPECT_EQ(begun, 1);
    stop.set();
    co_await sleep(5ms);
    go.set();
    int answered = 0, reset = 0;
    for (stream& s : all) {
      try {
        answered += co_await s.recv() == "x";
      } catch (const io::error&) {
        ++reset;
      }
      s.close_at_once();
    }
    co_await running.join();
    EXPECT_EQ(most, 1);
    EXPECT_EQ(answered, served);
    EXPECT_EQ(answered + reset, 10);
    if (GetParam() == "io_uring") {
      EXPECT_EQ(answered, 10);
    }
  }());
}

std::vector<std::string> kernel_backends() { return every_kernel_backend(); }

class server_threads : public testing::TestWithParam<std::string> {
 protected:
  io::test::watchdog patience;
  io::loop here{{.backend = GetParam()}};
};
INSTANTIATE_TEST_SUITE_P(on, server_threads, testing::ValuesIn(kernel_backends()), io::test::name_of_backend);

TEST(serving_on_threads, is_not_for_the_simulation) {
  io::loop here({.backend = "sim"});
  EXPECT_EQ(io::wait(failure(serve_on_threads({}, echo))), std::errc::not_supported);
}

TEST_P(server_threads, share_the_callers_of_one_address) {
  io::wait([]() -> task<void> {
    std::vector<listener> all = co_await listen_shared("127.0.0.1:0", 3);
    const endpoint at = all.front().local();
    for (const listener& one : all) EXPECT_EQ(one.local(), at);
    std::mutex guard;
    std::set<std::thread::id> threads;
    io::event stop;
    serve_counts counts;
    scope running;
    running.spawn(serve_on_threads(std::move(all),
                                   [&](caller one) -> task<void> {
                                     {
                                       const std::scoped_lock lock(guard);
                                       threads.insert(std::this_thread::get_id());
                                     }
                                     co_await one.stream.send("hello");
                                     co_await one.stopping;
                                     co_await one.stream.send(", goodbye");
                                     co_await one.stream.close();
                                   },
                                   {.stop = &stop, .counts = &counts}));
    std::vector<stream> callers;
    for (int i = 0; i < 40; ++i) callers.push_back(co_await connect(at.to_string()));
    for (stream& s : callers) EXPECT_EQ(co_await recv_until(s, 5), "hello");
    {
      const std::scoped_lock lock(guard);
      EXPECT_EQ(threads.size(), 3U);
      EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
    }
    EXPECT_EQ(counts.open, 40U);
    stop.set();
    for (stream& s : callers) {
      EXPECT_EQ(co_await recv_all(s), ", goodbye");
      co_await s.close();
    }
    co_await running.join();
    EXPECT_EQ(counts.open, 0U);
    EXPECT_EQ(co_await failure(connect(at.to_string())), std::errc::connection_refused);
  }());
}

// With one descriptor too few for the next caller. Under io_uring an accept has the limit of when it began.
TEST(server_threads_under_epoll, tell_whom_the_listener_tells_of_pauses) {
  if (undefined_behavior_is_checked)
    GTEST_SKIP() << "UndefinedBehaviorSanitizer needs descriptors of its own";
  const io::loop here({.backend = "epoll"});
  io::wait([]() -> task<void> {
    std::atomic<int> told = 0;
    std::vector<listener> all =
        co_await listen_shared("127.0.0.1:0", 1, {.on_pause = [&](std::string_view) { ++told; }});
    const std::string at = all.front().local().to_string();
    io::event stop;
    scope running;
    running.spawn(serve_on_threads(std::move(all), echo, {.stop = &stop}));
    stream first = co_await connect(at);
    co_await first.send("x");
    EXPECT_EQ(co_await first.recv(), "x");  // all is there that it needs
    {
      const limit_of_descriptors limit(1);
      const stream late = co_await connect(at);
      co_await eventually([&] { return told != 0; });
    }
    first.close_at_once();
    stop.set();
    co_await running.join();
    EXPECT_EQ(told, 1);
  }());
}

TEST_P(server_threads, end_with_the_task_that_serves_on_them) {
  io::wait([]() -> task<void> {
    const std::size_t before = open_descriptors();
    {
      serve_counts counts;
      std::vector<listener> all = co_await listen_shared("127.0.0.1:0", 2);
      const endpoint at = all.front().local();
      std::optional<scope> running(std::in_place);
      running->spawn(serve_on_threads(std::move(all), echo, {.counts = &counts}));
      stream s = co_await connect(at.to_string());
      co_await s.send("x");
      EXPECT_EQ(co_await s.recv(), "x");
      running.reset();
      EXPECT_EQ(co_await recv_all(s), "");
    }
    EXPECT_EQ(open_descriptors(), before);
  }());
}

}  // namespace
}  // namespace parlance::net::test
