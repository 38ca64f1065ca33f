#include <stdexcept>
#include <vector>

#include <parlance/http/body/server_sent_events.hpp>
#include <parlance/io/combinators.hpp>

#include "http/server_support.hpp"

namespace parlance::http::test {
namespace {

/// "TYPE|ID|DATA" of each, fed in steps of so many bytes.
std::vector<std::string> events_in(std::string_view text, std::size_t step = 1000, std::size_t most = 1000) {
  event_parser parser(most);
  std::vector<std::string> all;
  while (!text.empty()) {
    std::string_view piece = text.substr(0, step);
    text.remove_prefix(piece.size());
    for (;;) {
      const auto event = parser.next(piece);
      if (!event) {
        all.push_back("error " + std::to_string(event.error().status));
        return all;
      }
      if (!*event) break;
      all.push_back(std::string((*event)->type) + "|" + std::string((*event)->id) + "|" +
                    std::string((*event)->data));
    }
    EXPECT_TRUE(piece.empty());
  }
  return all;
}

using strings = std::vector<std::string>;

TEST(server_sent_events, are_read_as_the_standard_has_it) {
  // Its own examples.
  EXPECT_EQ(events_in("data: YHOO\ndata: +2\ndata: 10\n\n"), (strings{"||YHOO\n+2\n10"}));
  EXPECT_EQ(
      events_in(
          ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"),
      (strings{"|1|first event", "||second event", "|| third event"}));
  EXPECT_EQ(events_in("data\n\ndata\ndata\n\ndata:"), (strings{"||", "||\n"}));
  EXPECT_EQ(events_in("data:test\n\ndata: test\n\n"), (strings{"||test", "||test"}));
  EXPECT_EQ(events_in("event: add\ndata: 1\n\ndata: 2\n\n"), (strings{"add||1", "||2"}));
  EXPECT_EQ(events_in("event: none\n\ndata: 1\n\n"), (strings{"||1"}));
  EXPECT_EQ(events_in("\xef\xbb\xbf"
                      "data: 1\n\n"),
            (strings{"||1"}));
  EXPECT_EQ(events_in(std::string_view("id: a\0b\ndata: 1\n\n", 17)), (strings{"||1"}));
}

TEST(server_sent_events, are_as_long_as_they_may_be) {
  for (const std::size_t step : {1, 7, 1000}) {
    EXPECT_EQ(events_in("data:0123456789\n\n", step, 15), (strings{"||0123456789"})) << step;
    EXPECT_EQ(events_in("data:0123456789\n\n", step, 14), (strings{"error 413"})) << step;
  }
}

TEST(server_sent_events, end_their_lines_in_each_way_and_come_in_any_pieces) {
  for (std::size_t step = 1; step < 12; ++step) {
    EXPECT_EQ(events_in("data: a\r\ndata: b\r\n\r\ndata: c\r\rdata: d\n\n", step),
              (strings{"||a\nb", "||c", "||d"}))
        << step;
    EXPECT_EQ(events_in("data: a\r\n\r\n", step), (strings{"||a"})) << step;
  }
}

TEST(server_sent_events, are_bounded) {
  EXPECT_EQ(events_in("data: " + std::string(2000, 'x')), (strings{"error 413"}));
  std::string lines;
  for (int i = 0; i < 400; ++i) lines += "data: xx\n";
  EXPECT_EQ(events_in(lines), (strings{"error 413"}));
}

TEST(server_sent_events, tell_when_to_come_back_and_from_where) {
  event_parser parser;
  std::string_view text = "retry: 1500\nid: 7\ndata: x\n\nretry: soon\nretry: -1\n\n";
  EXPECT_TRUE(parser.next(text)->has_value());
  EXPECT_FALSE(parser.next(text)->has_value());
  EXPECT_EQ(parser.retry(), 1500ms);
  EXPECT_EQ(parser.last_id(), "7");
}

TEST(server_sent_events, that_are_written_are_read_as_they_were) {
  std::string text;
  append_event(text, {.data = "one\ntwo\r\nthree\r", .type = "news", .id = "5"});
  append_event(text, {.data = ""});
  append_retry(text, 2s);
  EXPECT_EQ(text,
            "event: news\nid: 5\ndata: one\ndata: two\ndata: three\ndata: \n\ndata: \n\nretry: 2000\n\n");
  EXPECT_EQ(events_in(text), (strings{"news|5|one\ntwo\nthree\n", "|5|"}));
  EXPECT_THROW(append_event(text, {.data = "", .type = "a\nb"}), std::invalid_argument);
  EXPECT_THROW(append_event(text, {.data = "", .id = "a\rb"}), std::invalid_argument);
}

class event_writers : public io::test::on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(event_writers);

TEST_P(event_writers, send_as_it_happens_and_learn_that_the_client_is_gone) {
  io::wait([]() -> task<void> {
    io::event second;
    bool gone = false;
    const auto server =
        co_await serving::start([&](server_request& asked, server_response& answer) -> task<void> {
          event_writer events(answer);
          co_await events.retry(1s);
          co_await events.send({.data = "first"});
          co_await second;
          co_await events.keep_alive();
          co_await events.send({.data = "second", .type = "news"});
          co_await asked.gone();
          gone = true;
        });
    {
      exchange e = co_await http::open({.target = url::parse(server->at("/")).value()});
      EXPECT_EQ(e.head().fields.get("Content-Type"), "text/event-stream");
      event_parser parser;
      strings all;
      while (all.size() < 2) {
        std::string_view text = co_await e.read();
        while (const auto event = *parser.next(text)) {
          all.push_back(std::string(event->type) + ":" + std::string(event->data));
          second.set();
        }
      }
      EXPECT_EQ(all, (strings{":first", "news:second"}));
      EXPECT_EQ(parser.retry(), 1s);
    }
    co_await io::test::eventually([&] { return gone; });
  }());
}

TEST_P(event_writers, end_when_the_server_stops) {
  io::wait([]() -> task<void> {
    const auto server =
        co_await serving::start([&](server_request& asked, server_response& answer) -> task<void> {
          event_writer events(answer);
          co_await events.send({.data = "x"});
          co_await io::race(asked.gone(), asked.stopping());
        });
    net::stream s = co_await server->connect();
    co_await s.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    co_await s.recv();
    server->stop.set();
    EXPECT_TRUE((co_await rest_of(s)).ends_with("0\r\n\r\n"));
    co_await server->end();
  }());
}

}  // namespace
}  // namespace parlance::http::test
