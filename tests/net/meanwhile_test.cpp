// What is asked of a stream, or ends, while something else is under way on it: at each point.
#include <parlance/io/combinators.hpp>
#include <parlance/net/detached_stream.hpp>
#include <parlance/net/handover.hpp>
#include <parlance/net/proxy_header.hpp>
#include <parlance/net/reader.hpp>

#include "net/support.hpp"
#include "net/temporary_folder.hpp"

namespace parlance::net::test {
namespace {

class meanwhile : public on_every_stream {};
INSTANTIATE_TEST_SUITE_P(on, meanwhile,
                         testing::Combine(testing::ValuesIn(every_kernel_backend()),
                                          testing::Values("tcp", "unix", "tls")),
                         name_of_stream);

std::error_code refusal(stream& of) {
  try {
    static_cast<void>(of.detach());
  } catch (const io::error& e) {
    return e.code();
  }
  return {};
}

/// What waits, and what is said of the stream afterwards, once that was destroyed and the stream has been to
/// another place and back.
struct wait_under_way {
  const char* name;
  std::function<task<void>(stream&)> what;
  std::string_view said_before;  // by the peer
  std::string_view kept;         // of that
  bool cuts = false;             // nothing can be sent any more
  bool closes = false;
};

const std::vector<wait_under_way>& all_waits() {
  static const std::vector<wait_under_way> all{
      {"recv", [](stream& s) -> task<void> { co_await s.recv(); }, "", ""},
      {"recv_into",
       [](stream& s) -> task<void> {
         char room[4];
         co_await s.recv_into(room);
       },
       "", ""},
      {"send", [](stream& s) -> task<void> { co_await s.send(too_much()); }, "", "", true},
      {"a queued send",
       [](stream& s) -> task<void> { co_await io::all(s.send(too_much()), s.send("behind")); }, "", "", true},
      {"shutdown behind a send",
       [](stream& s) -> task<void> { co_await io::all(s.send(too_much()), s.shutdown()); }, "", "", true},
      {"a PROXY header", [](stream& s) -> task<void> { co_await accept_proxied(s); }, "PROXY TCP4 192.0.2.1",
       "PROXY TCP4 192.0.2.1"},
      {"a line",
       [](stream& s) -> task<void> {
         reader in(s);
         co_await in.line();
       },
       "half a line", "half a line"},
      {"a handshake", [](stream& s) -> task<void> { co_await s.start_tls(shown_on_the_spot()); }, "", "",
       false, true},
      {"a handshake that has begun",
       [](stream& s) -> task<void> { co_await s.start_tls(trusting(), "localhost"); }, "", "", false, true},
  };
  return all;
}

TEST_P(meanwhile, a_stream_stays_where_it_is_until_what_waits_has_gone) {
  for (const wait_under_way& each : all_waits()) {
    SCOPED_TRACE(each.name);
    io::wait([](task<ends> making, const wait_under_way& tried) -> task<void> {
      ends two = co_await std::move(making);
      if (!tried.said_before.empty()) {
        co_await two.a.send(tried.said_before);
        co_await two.b.peek();
      }
      {
        scope waiting;
        waiting.spawn([&]() -> task<void> { co_await tried.what(two.b); });
        for (int turn = 0; turn < 4; ++turn) {
          EXPECT_EQ(refusal(two.b), io::from_errno(EBUSY)) << "in turn " << turn;
          co_await io::yield();
        }
        EXPECT_EQ(waiting.size(), 1U);
      }
      if (tried.closes) {
        EXPECT_EQ(refusal(two.b), errc::closed);
        co_return;
      }
      stream back = two.b.detach().attach();
      co_await two.a.send("!");
      EXPECT_EQ(co_await recv_until(back, tried.kept.size() + 1), std::string(tried.kept) + "!");
      const std::error_code next = co_await failure(back.send("next"));
      if (tried.cuts) {
        EXPECT_EQ(next, std::errc::broken_pipe);
      } else {
        EXPECT_FALSE(next) << next.message();
        EXPECT_EQ(co_await recv_until(two.a, 4), "next");
      }
    }(both(), each));
  }
}

// Cancelled instead, each says so, and those that the peer has seen nothing of can be asked for again.
TEST_P(meanwhile, what_waits_is_cancelled_at_each_turn) {
  for (const wait_under_way& each : all_waits())
    for (int turns = 0; turns < 4; ++turns) {
      SCOPED_TRACE(each.name);
      io::wait([](task<ends> making, const wait_under_way& tried, int after) -> task<void> {
        ends two = co_await std::move(making);
        if (!tried.said_before.empty()) co_await two.a.send(tried.said_before);
        std::error_code ended;
        scope waiting;
        io::context limits;
        waiting.spawn(
            [&]() -> task<void> { ended = co_await failure(io::run_in(limits, tried.what(two.b))); });
        for (int i = 0; i < after; ++i) co_await io::yield();
        limits.cancel();
        co_await waiting.join();
        EXPECT_EQ(ended, io::errc::cancelled);
        if (tried.closes || tried.cuts) co_return;
        co_await two.a.send("!");
        EXPECT_EQ(co_await recv_until(two.b, tried.kept.size() + 1), std::string(tried.kept) + "!");
        co_await two.b.send("next");
        EXPECT_EQ(co_await recv_until(two.a, 4), "next");
      }(both(), each, turns));
    }
}

class handovers_meanwhile : public on_every_backend {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(handovers_meanwhile);

enum class ending : unsigned char { cancels_giver, cancels_taker, destroys_both };

task<void> hand_over_for(int turns, ending how, std::string door) {
  ends two = co_await connected(std::move(door));
  listener one = co_await listen("127.0.0.1:0");
  std::vector<listener> taken;
  bool is_given = false;
  {
    scope givers, takers;
    givers.spawn([&]() -> task<void> { is_given = !co_await failure(hand_over(two.b, {&one})); });
    takers.spawn([&]() -> task<void> {
      co_await failure([&]() -> task<void> { taken = co_await take_over(two.a); }());
    });
    for (int i = 0; i < turns; ++i) co_await io::yield();
    scope& ends = how == ending::cancels_giver ? givers : takers;
    if (how != ending::destroys_both) {
      ends.cancel();
      co_await ends.join();
    }
  }
  // Whoever has it, and its predecessor as long as he has not closed it.
  if (!taken.empty()) {
    const stream caller = co_await connect(taken.front().local().to_string());
    EXPECT_TRUE((co_await taken.front().accept()).is_open());
    taken.clear();
  } else {
    EXPECT_FALSE(is_given);
  }
  const stream caller = co_await connect(one.local().to_string());
  EXPECT_TRUE((co_await one.accept()).is_open());
}

TEST_P(handovers_meanwhile, end_at_any_turn_and_leave_nothing) {
  const temporary_folder folder;
  int number = 0;
  for (const ending how : {ending::cancels_giver, ending::cancels_taker, ending::destroys_both})
    for (int turns = 0; turns < 7; ++turns) {
      SCOPED_TRACE(std::to_string(static_cast<int>(how)) + ", " + std::to_string(turns));
      const std::size_t before = open_descriptors();
      io::wait(hand_over_for(turns, how, "unix:" + folder.path(std::to_string(++number))), 30s);
      EXPECT_NO_THROW(io::wait(eventually([&] { return open_descriptors() == before; })));
    }
}

}  // namespace
}  // namespace parlance::net::test
