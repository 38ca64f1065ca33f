// Whole conversations, over sockets in memory and a clock that jumps.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>

#include <parlance/chat/core/room_records.hpp>
#include <parlance/chat/door/server.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/connect.hpp>

using namespace parlance;
using namespace std::chrono_literals;
using io::task;

namespace {

/// Everything that comes within `time`, or until the end.
task<std::string> hear(net::stream& from, io::duration time = 2s) {
  std::string all;
  const io::time_point until = io::loop::current().now() + time;
  try {
    for (std::string_view bytes; !(bytes = co_await io::timeout_at(until, from.recv())).empty();)
      all += bytes;
    all += "<end>";
  } catch (const io::error& e) {
    if (e.code() != io::errc::timed_out) all += "<" + e.code().message() + ">";
  }
  co_return all;
}

constexpr std::string_view first_greeting =
    "-- Welcome to #lobby. You are guest1; nobody else is here yet.\n"
    "-- Type a line to say it. /nick NAME gives you a name, /help tells the rest.\n";

class chat_server : public testing::Test {
 protected:
  using test = std::function<task<void>(chat::server&)>;

  /// Runs `body` beside a server on port 8000 of the simulation.
  void run(chat::limits bounds, test body) { io::wait(serve(bounds, std::move(body))); }
  void run(test body) { run({}, std::move(body)); }

  static task<net::stream> call() { return net::connect(std::string("127.0.0.1:8000")); }
  /// A person who is called `name`, and has heard everything so far.
  static task<net::stream> person(std::string name) {
    net::stream s = co_await call();
    co_await s.send("/nick " + name + "\n");
    co_await hear(s);
    co_return s;
  }

 private:
  static task<void> serve(chat::limits bounds, test body) {
    chat::settings settings;
    settings.limits = std::move(bounds);
    chat::server server({.settings = settings,
                         .log = chat::log({.level = chat::log_level::warn},
                                          [](std::string_view what) { ADD_FAILURE() << what; })});
    net::listener listener = co_await net::listen("127.0.0.1:8000");
    io::scope work;
    work.spawn(server.accept(listener));
    co_await body(server);
    work.cancel();
    co_await work.join();
  }

  io::loop loop_{{.backend = "sim"}};
};

}  // namespace

TEST_F(chat_server, greets_who_waits_to_be_spoken_to) {
  run([](chat::server&) -> task<void> {
    net::stream s = co_await call();
    EXPECT_EQ(co_await hear(s, 900ms), "");
    EXPECT_EQ(co_await hear(s), first_greeting);
  });
}

TEST_F(chat_server, a_program_without_newlines_is_not_greeted_and_hears_itself) {
  run([](chat::server&) -> task<void> {
    net::stream s = co_await call();
    co_await s.send("hello");
    EXPECT_EQ(co_await hear(s), "guest1: hello\n");
    co_await s.send("again");
    EXPECT_EQ(co_await hear(s), "guest1: again\n");
    co_await s.send("Q");
    EXPECT_EQ(co_await hear(s), "-- Goodbye, guest1.\n<end>");
  });
}

TEST_F(chat_server, a_program_is_not_told_who_comes_and_goes_and_hears_what_others_say) {
  run([](chat::server&) -> task<void> {
    net::stream s = co_await call();
    co_await s.send("hello");
    co_await hear(s);
    net::stream other = co_await person("bob");
    co_await other.send("hi\n");
    EXPECT_EQ(co_await hear(s), "bob: hi\n");
  });
}

TEST_F(chat_server, a_person_hears_only_what_others_say) {
  run([](chat::server&) -> task<void> {
    net::stream alice = co_await person("alice"), bob = co_await person("bob");
    EXPECT_EQ(co_await hear(alice), "-- bob has joined #lobby\n");
    co_await alice.send("hello\n");
    EXPECT_EQ(co_await hear(alice), "");
    EXPECT_EQ(co_await hear(bob), "alice: hello\n");
  });
}

TEST_F(chat_server, a_person_who_was_greeted_and_sends_no_newline_is_a_program) {
  run([](chat::server&) -> task<void> {
    net::stream s = co_await call();
    EXPECT_EQ(co_await hear(s), first_greeting);
    co_await s.send("hello");
    EXPECT_EQ(co_await hear(s), "guest1: hello\n");
    co_await s.send("typed\n");
    EXPECT_EQ(co_await hear(s), "");
  });
}

TEST_F(chat_server, a_name_asked_for_first_is_the_one_that_is_announced) {
  run([](chat::server&) -> task<void> {
    net::stream bob = co_await person("bob");
    net::stream s = co_await call();
    co_await s.send("/nick alice\n");
    EXPECT_TRUE((co_await hear(s)).starts_with("-- Welcome to #lobby. You are alice; 1 other is here."));
    EXPECT_EQ(co_await hear(bob), "-- alice has joined #lobby\n");
    net::stream second = co_await call();
    co_await second.send("/nick ALICE\n");
    const std::string answer = co_await hear(second);
    EXPECT_TRUE(answer.ends_with("-- the name ALICE is taken\n")) << answer;
  });
}

TEST_F(chat_server, a_half_closed_caller_still_gets_what_is_due_to_it_and_then_the_end) {
  run([](chat::server&) -> task<void> {
    net::stream s = co_await call();
    co_await s.send("hi\n/who\n");
    co_await s.shutdown();
    const std::string answer = co_await hear(s);
    EXPECT_TRUE(answer.ends_with("-- in #lobby: guest1 (you)\n<end>")) << answer;
  });
}

TEST_F(chat_server, a_half_closed_program_gets_its_answer) {
  run([](chat::server&) -> task<void> {
    net::stream s = co_await call();
    co_await s.send("hello");
    co_await s.shutdown();
    EXPECT_EQ(co_await hear(s), "guest1: hello\n<end>");
  });
}

TEST_F(chat_server, half_a_character_waits_for_the_rest) {
  run([](chat::server&) -> task<void> {
    net::stream s = co_await call();
    co_await s.send("caf\xc3");
    co_await io::sleep(1s);
    co_await s.send("\xa9");
    EXPECT_EQ(co_await hear(s), "guest1: café\n");
    co_await s.send("half\xc3");
    EXPECT_EQ(co_await hear(s, 10s), "guest1: half\xef\xbf\xbd\n");
  });
}

TEST_F(chat_server, control_characters_reach_nobody) {
  run([](chat::server&) -> task<void> {
    net::stream alice = co_await person("alice"), bob = co_await person("bob");
    co_await alice.send("this is \x1b[2J quite plain \xff text\n");
    EXPECT_EQ(co_await hear(bob), "alice: this is  quite plain \xef\xbf\xbd text\n");
  });
}

TEST_F(chat_server, noise_is_answered_and_said_to_nobody) {
  run([](chat::server&) -> task<void> {
    net::stream bob = co_await person("bob");
    net::stream s = co_await call();
    co_await s.send("\x01\x02\xff\xfe\x80\x81\n");
    EXPECT_TRUE((co_await hear(s)).ends_with("-- that is not text (UTF-8) and was not said\n"));
    EXPECT_EQ(co_await hear(bob), "-- guest1 has joined #lobby\n");
  });
}

TEST_F(chat_server, ten_megabytes_without_a_newline_are_refused_once) {
  run([](chat::server&) -> task<void> {
    net::stream bob = co_await person("bob");
    net::stream s = co_await call();
    const std::string flood(1 << 20, 'x');
    for (int i = 0; i < 10; ++i) co_await s.send(flood);
    EXPECT_EQ(co_await hear(s), "-- that was longer than 4096 bytes and was not said\n");
    co_await s.send("hello");
    EXPECT_EQ(co_await hear(s), "guest1: hello\n");
    EXPECT_EQ(co_await hear(bob), "-- guest1 has joined #lobby\nguest1: hello\n");
  });
}

TEST_F(chat_server, answers_who_speaks_another_language_in_that_language) {
  run([](chat::server&) -> task<void> {
    net::stream tls = co_await call();
    co_await tls.send(std::string_view("\x16\x03\x01\x02\x00\x01\x00", 7));
    EXPECT_EQ(co_await hear(tls), std::string("\x15\x03\x03\x00\x02\x02\x28<end>", 12));

    net::stream http = co_await call();
    co_await http.send("GET / HT");
    co_await io::sleep(50ms);
    co_await http.send("TP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const std::string page = co_await hear(http);
    EXPECT_TRUE(page.starts_with("HTTP/1.1 200 OK\r\n")) << page;
    EXPECT_TRUE(page.ends_with("nc 127.0.0.1 8000\n  parlance chat 127.0.0.1:8000\n<end>")) << page;
  });
}

TEST_F(chat_server, answers_request_after_request_and_says_none_of_them) {
  run([](chat::server& server) -> task<void> {
    net::stream plain = co_await call();
    co_await plain.send("/nick bob\n");
    co_await hear(plain);

    net::stream http = co_await call();
    co_await http.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello all\r\n");
    std::string answers = co_await hear(http);
    EXPECT_TRUE(answers.starts_with("HTTP/1.1 405 Method Not Allowed\r\n")) << answers;
    EXPECT_FALSE(answers.ends_with("<end>")) << answers;
    co_await http.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    answers = co_await hear(http);
    EXPECT_TRUE(answers.starts_with("HTTP/1.1 200 OK\r\n")) << answers;
    EXPECT_TRUE(answers.ends_with("\r\n\r\n<end>")) << "who wants one thing has it\n" << answers;

    EXPECT_EQ((co_await hear(plain)).find("hello"), std::string::npos);
    EXPECT_EQ(server.chat().people().all().size(), 1U);
  });
}

TEST_F(chat_server, takes_who_speaks_irc_for_such) {
  run([](chat::server& server) -> task<void> {
    net::stream irc = co_await call();
    co_await irc.send("NICK alice\r\nUSER alice 0 * :Alice\r\n");
    EXPECT_NE((co_await hear(irc)).find(" 001 alice :Welcome"), std::string::npos);
    EXPECT_EQ(server.chat().people().all().size(), 1U);
  });
}

TEST_F(chat_server, words_in_capitals_are_plain_once_nothing_follows) {
  run([](chat::server&) -> task<void> {
    net::stream s = co_await call();
    co_await s.send("HELLO");
    EXPECT_EQ(co_await hear(s), "guest1: HELLO\n");
  });
}

TEST_F(chat_server, a_slow_reader_is_told_and_dropped_and_the_room_goes_on) {
  run({.sendq = 16 * 1024, .message_rate = 0}, [](chat::server& server) -> task<void> {
    net::stream alice = co_await person("alice"), bob = co_await person("bob"),
                slow = co_await person("slow");
    const std::string text = std::string(1000, 'x') + "\n";
    for (int i = 0; i < 300; ++i) {
      co_await alice.send(text);
      co_await io::timeout(1s, bob.recv());
    }
    EXPECT_EQ(server.chat().people().find("slow"), nullptr);
    EXPECT_NE(server.chat().people().find("bob"), nullptr);
    const std::string heard = co_await hear(slow);
    EXPECT_TRUE(heard.ends_with("-- You are put out: reads too slowly (SendQ exceeded)\n<end>"))
        << heard.substr(heard.size() - 100);
  });
}

TEST_F(chat_server, who_never_reads_is_cut_off_in_time) {
  run({.sendq = 16 * 1024, .message_rate = 0}, [](chat::server& server) -> task<void> {
    net::stream alice = co_await person("alice"), slow = co_await person("slow");
    for (int i = 0; i < 300; ++i) co_await alice.send(std::string(1000, 'x') + "\n");
    co_await io::sleep(1s);
    EXPECT_EQ(server.callers().size(), 2U);
    co_await io::sleep(15s);
    EXPECT_EQ(server.callers().size(), 1U);
  });
}

TEST_F(chat_server, a_flood_waits_and_none_of_it_is_lost) {
  run({.message_burst = 5, .message_rate = 10}, [](chat::server&) -> task<void> {
    net::stream alice = co_await person("alice"), bob = co_await person("bob");
    std::string flood;
    for (int i = 0; i < 40; ++i) flood += "x\n";
    const io::time_point start = io::loop::current().now();
    co_await alice.send(flood);
    std::string heard;
    while (heard.size() < 40 * 9) heard += co_await io::timeout(10s, bob.recv());
    EXPECT_GT(io::loop::current().now() - start, 3s);
    EXPECT_LT(io::loop::current().now() - start, 5s);
  });
}

TEST_F(chat_server, a_reset_ends_one_caller_and_nobody_else) {
  run([](chat::server& server) -> task<void> {
    net::stream alice = co_await person("alice"), bob = co_await person("bob");
    co_await hear(alice);
    bob.abort();
    EXPECT_EQ(co_await hear(alice), "-- bob is gone: Connection lost\n");
    net::stream silent = co_await call();
    silent.abort();
    co_await io::sleep(1s);
    EXPECT_EQ(server.callers().size(), 1U);
    EXPECT_EQ(co_await hear(alice), "");
  });
}

TEST_F(chat_server, says_when_it_is_full) {
  run({.members = 1}, [](chat::server&) -> task<void> {
    net::stream alice = co_await person("alice");
    net::stream s = co_await call();
    EXPECT_EQ(co_await hear(s), "-- the server is full; try again later\n<end>");
  });
}

TEST_F(chat_server, knows_its_callers) {
  run([](chat::server& server) -> task<void> {
    net::stream alice = co_await person("alice");
    co_await io::sleep(5s);
    const auto all = server.callers();
    EXPECT_EQ(all.size(), 1U);
    EXPECT_EQ(all.at(0).name, "alice");
    EXPECT_TRUE(all.at(0).from.starts_with("127.0.0.1:")) << all.at(0).from;
    EXPECT_GT(all.at(0).idle, 5s);
    EXPECT_GE(all.at(0).connected, all.at(0).idle);
  });
}

TEST_F(chat_server, drains_with_a_goodbye_to_everybody) {
  run([](chat::server& server) -> task<void> {
    net::stream alice = co_await person("alice"), bob = co_await person("bob"), silent = co_await call();
    co_await hear(alice);
    io::scope readers;
    int ends = 0;
    for (net::stream* s : {&alice, &bob, &silent})
      readers.spawn(
          [&ends](net::stream* from) -> task<void> {
            const std::string last = co_await hear(*from, 30s);
            if (last.ends_with("-- closing\n<end>")) ++ends;
            co_await from->close();
          },
          s);
    const io::time_point start = io::loop::current().now();
    co_await server.drain(5s, "-- closing\n");
    co_await readers.join();
    EXPECT_EQ(ends, 3);
    EXPECT_LT(io::loop::current().now() - start, 1s);
  });
}

TEST_F(chat_server, drains_within_its_grace_although_somebody_stays) {
  run([](chat::server& server) -> task<void> {
    net::stream stays = co_await person("stays");
    const io::time_point start = io::loop::current().now();
    co_await server.drain(2s, "-- closing\n");
    EXPECT_GE(io::loop::current().now() - start, 2s);
    EXPECT_LT(io::loop::current().now() - start, 3s);
  });
}

TEST_F(chat_server, ends_no_room_when_it_ends) {
  run([](chat::server& server) -> task<void> {
    net::stream stays = co_await person("stays");
    co_await stays.send("/join #board\n");
    co_await hear(stays);
    chat::room& board = *server.chat().rooms().find("#board");
    board.modes.set('m');
    server.chat().rooms().keep(board);
    // Housekeeping looks for such as nobody is in every minute, which would be meanwhile.
    co_await io::sleep(56s);
    co_await server.drain(10s, "-- closing\n");
    EXPECT_TRUE(server.chat().kept().get("room", "#board"));
  });
}

TEST_F(chat_server, serves_many_who_leave_while_others_talk) {
  run([](chat::server& server) -> task<void> {
    net::stream talker = co_await person("talker"), reader = co_await person("reader");
    co_await hear(talker);
    io::scope callers;
    for (int i = 0; i < 100; ++i)
      callers.spawn([]() -> task<void> {
        net::stream s = co_await call();
        co_await s.send("q");
        EXPECT_TRUE((co_await hear(s, 5s)).ends_with("<end>"));
      });
    for (int i = 0; i < 20; ++i) {
      co_await talker.send("still here " + std::to_string(i) + "\n");
      co_await io::sleep(20ms);
    }
    co_await callers.join();
    const std::string heard = co_await hear(reader);
    for (int i = 0; i < 20; ++i)
      EXPECT_NE(heard.find("talker: still here " + std::to_string(i) + "\n"), std::string::npos);
    EXPECT_EQ(server.chat().people().all().size(), 2U);
  });
}
