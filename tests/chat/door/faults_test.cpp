// The server when anything may go wrong: each operation in turn, and a bad network by many seeds. Whoever it
// does not happen to notices nothing, and everything ends.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <parlance/chat/door/server.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/connect.hpp>

using namespace parlance;
using namespace std::chrono_literals;
using io::task;

namespace {

/// Who calls, says hello and listens; `heard` is what came, however it ended.
struct person {
  std::string name;
  std::string heard = {};
  bool met_a_fault = false;
};

task<void> visit(person& who) {
  try {
    net::stream s = co_await net::connect(std::string("127.0.0.1:8000"), {.timeout = 5s});
    co_await s.send("/nick " + who.name + "\n");
    co_await io::sleep(1s);
    for (int i = 0; i < 3; ++i) co_await s.send(who.name + " says " + std::to_string(i) + "\n");
    const io::time_point until = io::loop::current().now() + 10s;
    for (std::string_view bytes; !(bytes = co_await io::timeout_at(until, s.recv())).empty();) {
      who.heard += bytes;
    }
    co_await s.close();
  } catch (const io::error&) {
    who.met_a_fault = true;
  }
}

/// Three people talk, then the server drains. Gives them back, and how many callers were left.
task<std::vector<person>> converse(std::size_t& left) {
  std::vector<person> people = {{"ann"}, {"ben"}, {"cat"}};
  chat::server server({.log = chat::log({.level = chat::log_level::warn},
                                        [](std::string_view what) { ADD_FAILURE() << what; })});
  net::listener listener = co_await net::listen("127.0.0.1:8000", {.on_pause = [](std::string_view) {}});
  io::scope work, callers;
  work.spawn(server.accept(listener));
  for (person& p : people) callers.spawn(visit(p));
  co_await io::sleep(3s);
  work.cancel();
  co_await work.join();
  listener.close();
  co_await server.drain(5s, "closing");
  left = server.callers().size();
  co_await callers.join();
  co_return people;
}

/// How many of the three lines of each other person somebody heard.
std::size_t lines_heard(const person& by, const std::string& from) {
  std::size_t count = 0;
  for (int i = 0; i < 3; ++i)
    count += by.heard.find(from + ": " + from + " says " + std::to_string(i) + "\n") != std::string::npos;
  return count;
}

}  // namespace

TEST(chat_server_faults, each_operation_may_fail_and_nobody_else_notices) {
  std::uint64_t n = 1;
  for (bool failed = true; failed; ++n) {
    SCOPED_TRACE("operation " + std::to_string(n));
    io::loop loop{{.backend = "sim", .sim = {.fail_nth = n}}};
    std::size_t left = 0;
    std::vector<person> people;
    try {
      people = io::wait(converse(left));
    } catch (const io::error&) {
      continue;  // the listener itself could not be opened
    }
    EXPECT_EQ(left, 0U);
    std::size_t whole = 0;
    for (const person& p : people) whole += p.heard.ends_with("closing") && !p.met_a_fault;
    EXPECT_GE(whole, 2U);
    for (const person& p : people)
      for (const person& q : people)
        if (&p != &q && !p.met_a_fault && !q.met_a_fault && p.heard.ends_with("closing") &&
            q.heard.ends_with("closing")) {
          EXPECT_EQ(lines_heard(p, q.name), 3U) << p.name << " heard " << p.heard;
        }
    failed = n <= io::sim_operations();
  }
  EXPECT_GT(n, 30U);
}

TEST(chat_server_faults, short_reads_and_writes_and_small_buffers_change_nothing) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    io::loop loop{
        {.backend = "sim",
         .sim = {.seed = seed, .max_delay = 50ms, .short_reads = 0.5, .short_writes = 0.5, .buffer = 64}}};
    std::size_t left = 0;
    const std::vector<person> people = io::wait(converse(left));
    EXPECT_EQ(left, 0U);
    for (const person& p : people) {
      EXPECT_TRUE(p.heard.ends_with("closing")) << p.heard;
      for (const person& q : people) {
        if (&p != &q) EXPECT_EQ(lines_heard(p, q.name), 3U) << p.name << " heard " << p.heard;
      }
    }
  }
}

TEST(chat_server_faults, resets_end_only_whom_they_meet) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    io::loop loop{{.backend = "sim", .sim = {.seed = seed, .short_reads = 0.3, .resets = 0.05}}};
    std::size_t left = 0;
    io::wait(converse(left));
    EXPECT_EQ(left, 0U);
  }
}
