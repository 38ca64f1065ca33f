// Posting what is said to programs, where they take it too slowly; what they are posted, tests/cli/hooks_test.py tells.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <parlance/chat/core/hooks.hpp>
#include <parlance/chat/web/hook_sender.hpp>
#include <parlance/http/server.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/listener.hpp>

#include "chat/core/window.hpp"

using namespace parlance;
using namespace parlance::chat;
using namespace std::chrono_literals;

namespace {

class posts_of_hooks : public testing::Test {
 public:
  posts_of_hooks() {
    configured.hooks.networks = {"127.0.0.0/8"};
    for (const char* name : {"#a", "#b"}) {
      room& in = chat.rooms().make(name);
      make_outgoing_hook(chat, in, std::string("http://127.0.0.1:9000/") + name[1], {}, "alice");
      ids.push_back(in.hooks.back().id);
    }
  }

  /// Is the program: answers when it may, and counts what it took, by path.
  io::task<void> listen() {
    net::listener door = co_await net::listen("127.0.0.1:9000");
    co_await http::serve(
        door, [this](http::server_request& asked, http::server_response& answer) -> io::task<void> {
          const std::string body = co_await asked.read_all();
          co_await may_answer;
          taken[std::string(asked.path())].push_back(body);
          co_await answer.send("");
        });
  }
  /// Somebody says so many lines, each so long.
  void say(const char* where, unsigned times, std::size_t size) {
    room& in = *chat.rooms().find(where);
    for (unsigned i = 0; i < times; ++i) {
      const std::string text = std::to_string(i) + " " + std::string(size, 'x');
      event what{event::kind::message, {.prefix = "carol!c@host", .nick = "carol"}, where, text};
      chat.clock().stamp(what, in.key());
      sender.said(what, &in, nullptr);
      sender.said(what, nullptr, nullptr);  // in private, which is nothing to a room's
      sender.turn_is_over(true);
    }
  }
  std::size_t bytes_taken(const char* path) {
    std::size_t all = 0;
    for (const std::string& one : taken[path]) all += one.size();
    return all;
  }
  /// Whether what was taken is what was said first, in its order.
  bool is_unbroken(const char* path) {
    for (std::size_t i = 0; i < taken[path].size(); ++i)
      if (!taken[path][i].contains("\"text\":\"" + std::to_string(i) + " x")) return false;
    return true;
  }

  io::loop here{{.backend = "sim", .long_turn = io::unlimited}};
  settings configured;
  store kept{store_options{}};
  hub chat{configured, kept, every_dialect};
  std::vector<std::string> ids;
  std::vector<std::string> warned;
  hook_sender sender{chat, [this](std::string_view id, std::string_view why) {
                       warned.push_back(std::string(id) + ": " + std::string(why));
                     }};
  io::event may_answer;
  std::map<std::string, std::vector<std::string>> taken;
};

constexpr std::size_t most_that_waits = std::size_t{16} << 20U, one = 120'000;

}  // namespace

TEST_F(posts_of_hooks, wait_within_a_bound_and_who_has_most_waiting_loses_what_is_last) {
  io::wait([](posts_of_hooks& self) -> io::task<void> {
    io::scope running;
    running.spawn(self.listen());
    // More than there is space for, together; and neither of them has so many alone.
    self.say("#a", 100, one);
    self.say("#b", 100, one);
    self.may_answer.set();
    co_await io::sleep(60s);
    running.cancel();
  }(*this));
  const std::size_t all = bytes_taken("/a") + bytes_taken("/b");
  EXPECT_LE(all, most_that_waits);
  EXPECT_GT(all, most_that_waits - 2 * one);
  EXPECT_LE(bytes_taken("/a"), bytes_taken("/b") + 2 * one);
  EXPECT_LE(bytes_taken("/b"), bytes_taken("/a") + 2 * one);
  EXPECT_TRUE(is_unbroken("/a") && is_unbroken("/b"));
  // Each is told of once.
  const std::string why = ": it takes too little, so some of what is said is not posted";
  EXPECT_EQ(warned, (std::vector<std::string>{ids[0] + why, ids[1] + why}));
}

TEST_F(posts_of_hooks, have_space_again_when_they_were_taken) {
  io::wait([](posts_of_hooks& self) -> io::task<void> {
    io::scope running;
    running.spawn(self.listen());
    for (int i = 0; i < 3; ++i) {
      self.may_answer.reset();
      self.say("#a", 90, one);
      self.may_answer.set();
      co_await io::sleep(60s);
      EXPECT_EQ(self.taken["/a"].size(), 90U);
      EXPECT_TRUE(self.is_unbroken("/a"));
      self.taken.clear();
    }
    // Of one alone, a hundred wait.
    self.may_answer.reset();
    self.say("#b", 150, 10);
    self.may_answer.set();
    co_await io::sleep(60s);
    EXPECT_EQ(self.taken["/b"].size(), 100U);
    EXPECT_TRUE(self.is_unbroken("/b"));
    running.cancel();
  }(*this));
  EXPECT_EQ(warned.size(), 1U);
}
