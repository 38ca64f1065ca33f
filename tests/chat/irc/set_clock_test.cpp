// What is shown of the history, and how it is paged, when the wall clock was set forward and back.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/core/clock.hpp>
#include <parlance/chat/core/housekeeping.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/door/dialects.hpp>
#include <parlance/chat/plain/history.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>

#include "chat/irc/irc_person.hpp"
#include "net/temporary_folder.hpp"

using namespace parlance;
using namespace parlance::chat;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

/// The values of a tag in what was told, of lines that have it.
strings tags(std::string_view told, std::string_view name) {
  strings all;
  for (const auto part : std::views::split(told, '\n')) {
    const std::string_view line(part);
    const std::string_view tags =
        line.starts_with('@') ? line.substr(1, line.find(' ') - 1) : std::string_view();
    for (const auto one : std::views::split(tags, ';'))
      if (const std::string_view tag(one); tag.starts_with(name) && tag.substr(name.size()).starts_with('='))
        all.emplace_back(tag.substr(name.size() + 1));
  }
  return all;
}

/// What was said, of what was told in a batch.
strings texts(std::string_view told) {
  strings all;
  for (const auto part : std::views::split(told, '\n')) {
    const std::string_view line(part);
    if (const std::size_t at = line.find(" PRIVMSG "); at != std::string_view::npos)
      all.emplace_back(line.substr(line.find(" :", at) + 2, line.size() - line.find(" :", at) - 3));
  }
  return all;
}

class set_clocks : public testing::Test {
 protected:
  set_clocks() {
    began_ = io::loop::current().now();
    ahead_ = {};
    parlance::chat::clock::wall = wall;
    configured.accounts.nick_reservation = false;
    start();
  }
  ~set_clocks() override {
    stop();
    parlance::chat::clock::wall = &std::chrono::system_clock::now;
  }

  void start() {
    kept = std::make_unique<store>(store_options{.folder = folder.path("history")});
    chat = std::make_unique<hub>(configured, *kept, every_dialect);
    if (!chat->accounts().exists("alice")) chat->accounts().create("alice", {}, 0);
    alice = std::make_unique<irc_person>(*chat, "alice");
    alice->log_in("alice");
    alice->say("CAP REQ :batch message-tags server-time echo-message draft/chathistory draft/read-marker");
    alice->say("JOIN #a");
    alice->say("JOIN #b");
  }
  void stop() {
    chat->end_turn();
    alice.reset();
    chat.reset();
    kept.reset();
  }
  void restart() {
    stop();
    pass(5s);
    start();
  }

  void pass(io::duration time) {
    io::wait([](io::duration t) -> io::task<void> { co_await io::sleep(t); }(time));
  }
  /// The wall clock is set, and what runs follows it.
  void set(std::chrono::seconds by) {
    ahead_ += by;
    if (chat) chat->clock().follow();
  }

  /// Several numbered lines, with time between, in both rooms.
  void say(int lines = 4) {
    for (int n = 0; n < lines; ++n) {
      pass(n % 2 == 0 ? 0s : 3s);
      for (const char* room : {"#a", "#b"}) {
        const std::string text = room + std::to_string(said_.size());
        const std::string told = alice->say(std::string("PRIVMSG ") + room + " :" + text);
        if (room == std::string_view("#a")) {
          ASSERT_EQ(tags(told, "time").size(), 1U) << told;
          said_.push_back(text);
          told_.push_back(tags(told, "time").front());
          EXPECT_EQ(time_of_wall().substr(0, 16), told_.back().substr(0, 16));
        }
      }
    }
    pass(1s);
  }

  static std::string time_of_wall() {
    std::string text;
    append_time(
        text, static_cast<std::uint64_t>(
                  std::chrono::duration_cast<std::chrono::milliseconds>(wall().time_since_epoch()).count()));
    return text;
  }

  std::string ask(const std::string& what) {
    pass(1s);
    const std::string told = alice->say("CHATHISTORY " + what);
    EXPECT_FALSE(told.contains("FAIL")) << told;
    return told;
  }

  /// Whether history is all that was said, in order, at times that rise and end now, by whatever way it is read.
  void expect_all() {
    const std::string whole = ask("LATEST #a * 1000");
    ASSERT_EQ(texts(whole), said_);
    const strings times = tags(whole, "time");
    ASSERT_EQ(times.size(), said_.size());
    for (std::size_t i = 1; i < times.size(); ++i) EXPECT_LT(times[i - 1], times[i]) << said_[i];
    EXPECT_LT(times.back(), time_of_wall());

    for (const std::size_t limit : {1U, 2U, 3U}) {
      strings forwards, backwards;
      for (std::string at = "1970-01-01T00:00:00.000Z";;) {
        const std::string page = ask("AFTER #a timestamp=" + at + ' ' + std::to_string(limit));
        if (texts(page).empty()) break;
        for (const std::string& one : texts(page)) forwards.push_back(one);
        ASSERT_LE(forwards.size(), said_.size());
        at = tags(page, "time").back();
      }
      EXPECT_EQ(forwards, said_);
      for (std::string at = time_of_wall();;) {
        const std::string page = ask("BEFORE #a timestamp=" + at + ' ' + std::to_string(limit));
        if (texts(page).empty()) break;
        const strings more = texts(page);
        backwards.insert(backwards.begin(), more.begin(), more.end());
        ASSERT_LE(backwards.size(), said_.size());
        at = tags(page, "time").front();
      }
      EXPECT_EQ(backwards, said_);
    }
    for (std::size_t i = 0; i + 2 < said_.size(); ++i) {
      EXPECT_EQ(texts(ask("BETWEEN #a timestamp=" + times[i] + " timestamp=" + times[i + 2] + " 10")),
                strings{said_[i + 1]});
      EXPECT_EQ(texts(ask("BETWEEN #a timestamp=" + times[i + 2] + " timestamp=" + times[i] + " 10")),
                strings{said_[i + 1]});
      EXPECT_EQ(texts(ask("AROUND #a timestamp=" + times[i + 1] + " 3")),
                (strings{said_[i], said_[i + 1], said_[i + 2]}));
    }
    const std::string latest =
        ask("TARGETS timestamp=" + times[times.size() - 2] + " timestamp=2100-01-01T00:00:00.000Z 10");
    EXPECT_TRUE(latest.contains("TARGETS #a " + times.back())) << latest << times.back();
    EXPECT_FALSE(ask("TARGETS timestamp=" + times.back() + " timestamp=2100-01-01T00:00:00.000Z 10")
                     .contains("TARGETS #a "));
    std::string plain = plain_history(*chat, *chat->people().find("alice"), *chat->rooms().find("#a"), 1);
    EXPECT_TRUE(plain.starts_with('[') && plain[3] == ':') << plain;  // of today
  }

  static inline io::time_point began_;
  static inline std::chrono::seconds ahead_;
  static std::chrono::system_clock::time_point wall() {
    return std::chrono::system_clock::time_point(1'800'000'000s + 7h + ahead_) +
           std::chrono::duration_cast<std::chrono::system_clock::duration>(io::loop::current().now() -
                                                                           began_);
  }

  io::loop loop_{{.backend = "sim"}};
  net::test::temporary_folder folder;
  settings configured;
  std::unique_ptr<store> kept;
  std::unique_ptr<hub> chat;
  std::unique_ptr<irc_person> alice;
  strings said_, told_;  // in #a, and the times that were told then
};

}  // namespace

TEST_F(set_clocks, a_day_ahead_and_back_while_it_runs) {
  say();
  set(24h);
  say();
  set(-24h);
  say();
  expect_all();
  restart();
  say();
  expect_all();
}

TEST_F(set_clocks, a_day_ahead_and_back_with_restarts_between) {
  say();
  stop();
  ahead_ = 24h;
  pass(60s);
  start();
  say();
  stop();
  ahead_ = 0h;
  pass(60s);
  start();
  say();
  expect_all();
}

TEST_F(set_clocks, a_day_ahead_from_the_first_day_on) {
  stop();
  std::filesystem::remove_all(folder.path("history"));
  ahead_ = 24h;
  start();
  say();
  restart();
  say();
  set(-24h);
  say();
  expect_all();
}

TEST_F(set_clocks, by_more_than_it_was_ahead) {
  say(20);
  set(24h);
  say();
  set(-24h - 20s);
  say();
  expect_all();
}

TEST_F(set_clocks, back_and_forward_again) {
  say();
  set(-24h);
  say();
  expect_all();
  set(24h);
  say();
  expect_all();
  restart();
  say();
  expect_all();
}

TEST_F(set_clocks, years_back_at_a_start_and_right_again_in_two_steps_end_nothing_that_was_said) {
  say(20);
  stop();
  constexpr std::chrono::seconds behind = 24h * 365 * 7;
  ahead_ -= behind;
  pass(60s);
  start();
  set(behind - 1h);
  say();
  set(1h);
  say();
  io::wait([](hub& of, irc_person& there) -> io::task<void> {
    io::scope house;
    house.spawn(keep_house(of, [](std::string_view why) { ADD_FAILURE() << why; }));
    for (int minute = 0; minute < 20; ++minute) {
      co_await io::sleep(60s);
      there.say("PONG :there");
    }
  }(*chat, *alice));
  EXPECT_EQ(texts(ask("LATEST #a * 1000")), said_);
}

TEST_F(set_clocks, again_and_again) {
  for (const auto by : {3600s, -3600s, 7200s, -7100s, -200s, 86'400s, -86'300s, 5s, -3s, -2s, 100s, -99s}) {
    set(by);
    say();
    if (by < -3000s) restart();
  }
  expect_all();
}

TEST_F(set_clocks, leave_who_read_on_from_a_time_that_was_told_nothing_out) {
  say();
  set(24h);
  say();
  const std::string told = told_.back();
  set(-24h);
  say(2);
  EXPECT_EQ(texts(ask("AFTER #a timestamp=" + told + " 100")), strings(said_.end() - 2, said_.end()));
  EXPECT_EQ(texts(ask("LATEST #a timestamp=" + told + " 100")), strings(said_.end() - 2, said_.end()));
  EXPECT_EQ(texts(ask("BEFORE #a timestamp=" + told + " 2")), strings(said_.end() - 5, said_.end() - 3));
}

TEST_F(set_clocks, leave_a_read_marker_where_it_was_set) {
  say();
  set(24h);
  say();
  pass(1s);
  const auto marked = [&](const std::string& told) { return told.substr(told.find("timestamp=") + 10, 24); };
  EXPECT_EQ(marked(alice->say("MARKREAD #a timestamp=" + told_.back())), told_.back());
  set(-24h);
  say();
  const strings times = tags(ask("LATEST #a * 1000"), "time");
  EXPECT_EQ(marked(alice->say("MARKREAD #a")), times[7]);
  EXPECT_EQ(marked(alice->say("MARKREAD #a timestamp=" + times[9])), times[9]);
  restart();
  EXPECT_EQ(marked(alice->say("MARKREAD #a")), times[9]);
  EXPECT_EQ(marked(alice->say("MARKREAD #a timestamp=" + times[8])), times[9]);
}
