// Who asks for much makes nobody wait for long: counted in what is dealt with meanwhile, not in time, which is the
// machine's.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <parlance/chat/door/server.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/connect.hpp>

using namespace parlance;
using io::task;

namespace {

constexpr int callers = 10, lines_each = 5, lines_to_be_known = 100;
constexpr std::string_view end_of_list = " :End of /LIST";

/// A good part of a millisecond of work, and more where nothing is optimised: 60 rooms, each compared with masks that nearly match.
std::string costly_line() {
  std::string line = "LIST ";
  for (int n = 0; n < 16; ++n) line += "*" + std::string(20, 'a') + "b,";
  return line + "x\r\n";
}

void make_rooms(chat::hub& of) {
  for (int n = 0; n < 60; ++n)
    of.rooms().make("#" + std::string(40, 'a') + std::to_string(n)).founder_account = "somebody";
}

class chat_fairness : public testing::Test {
 protected:
  task<net::stream> client(std::string nick) {
    net::stream s = co_await net::connect(door_.to_string());
    co_await s.send("NICK " + nick + "\r\nUSER u 0 * :u\r\nPING ready\r\n");
    co_await hear(s, "ready", 1);
    co_return s;
  }
  /// Until `what` has been heard so often; each time `count` goes up.
  static task<void> hear(net::stream& from, std::string_view what, int times, int* count = nullptr) {
    for (std::string all; times > 0;) {
      all += co_await from.recv();
      for (std::size_t at; (at = all.find(what)) != std::string::npos; all.erase(0, at + what.size())) {
        --times;
        if (count) ++*count;
      }
    }
  }

  task<void> ask_and_talk() {
    chat::settings settings;
    settings.limits.message_rate = 0;
    // However slow the machine is, nobody is asked whether it is there.
    settings.limits.idle_ping = std::chrono::hours(1);
    settings.limits.ping_timeout = std::chrono::hours(2);
    chat::server server(
        {.settings = settings, .log = chat::log({.level = chat::log_level::warn}, [](std::string_view) {})});
    make_rooms(server.chat());
    net::listener listener = co_await net::listen("127.0.0.1:0");
    door_ = listener.local();
    io::scope work;
    work.spawn(server.accept(listener));
    net::stream alice = co_await client("alice"), bob = co_await client("bob");
    std::vector<net::stream> all;
    for (int n = 0; n < callers; ++n) all.push_back(co_await client("h" + std::to_string(n)));
    // From here on it is known what they ask for.
    for (net::stream& s : all) {
      for (int n = 0; n < lines_to_be_known; ++n) co_await s.send(costly_line());
      co_await hear(s, end_of_list, lines_to_be_known);
    }
    std::string lines;
    for (int n = 0; n < lines_each; ++n) lines += costly_line();
    for (net::stream& s : all) co_await s.send(lines);
    for (net::stream& s : all) work.spawn(hear(s, end_of_list, lines_each, &answered_));
    for (int n = 0; answered_ < callers * lines_each; ++n) {
      const int before = answered_;
      const std::string text = "m" + std::to_string(n) + ".";
      co_await alice.send("PRIVMSG bob :" + text + "\r\n");
      co_await hear(bob, text, 1);
      waited_for_.push_back(answered_ - before);
    }
    work.cancel();
    co_await work.join();
  }

  io::loop loop_{{.backend = "epoll", .long_turn = io::unlimited}};
  io::endpoint door_;
  int answered_ = 0;
  std::vector<int> waited_for_;  // answers of others, by each thing that was said
};

}  // namespace

TEST_F(chat_fairness, talk_waits_for_few_of_the_lines_that_cost_much_however_many_ask) {
  io::wait(ask_and_talk());
  std::ranges::sort(waited_for_);
  ASSERT_GE(waited_for_.size(), 10U);
  EXPECT_LE(waited_for_[waited_for_.size() / 2], 3);
  // What a line costs is measured: where others use the processor, too, a few more come between.
  EXPECT_LT(waited_for_[waited_for_.size() * 9 / 10], callers);
}
