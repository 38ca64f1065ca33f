// A stream that goes from one loop to another: nothing that arrived is lost, and what cannot go stays.
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <parlance/io/loop_thread.hpp>
#include <parlance/net/detached_stream.hpp>
#include <parlance/net/remote_stream.hpp>

#include "net/support.hpp"

namespace parlance::net::test {
namespace {

class detaching : public on_every_stream {
 protected:
  io::test::watchdog patience;
};
INSTANTIATE_TEST_SUITE_P(on, detaching,
                         testing::Combine(testing::ValuesIn(every_kernel_backend()),
                                          testing::Values("tcp", "unix", "tls")),
                         name_of_stream);

class detaching_of_any : public on_every_stream {};
PARLANCE_ON_EVERY_STREAM(detaching_of_any);

std::error_code refusal(stream& s) {
  try {
    detached_stream gone = s.detach();
  } catch (const io::error& e) {
    return e.code();
  }
  return {};
}

/// What `use` gives of the stream, on a loop of its own.
template <class F> auto elsewhere(io::loop_thread& where, stream& s, F use) {
  return io::run_on(where, [going = s.detach(), use]() mutable { return use(std::move(going)); });
}

TEST_P(detaching, minds_no_recv_or_send_that_is_over_or_has_not_begun) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    auto say = two.a.send("once");
    auto hear = two.b.recv(), later = two.a.recv();
    co_await say;
    EXPECT_EQ(co_await hear, "once");
    two.a = two.a.detach().attach();
    two.b = two.b.detach().attach();
    co_await two.a.send("after");
    EXPECT_EQ(co_await recv_until(two.b, 5), "after");
    EXPECT_EQ(co_await failure(awaited(later)), errc::closed);
  }(both()));
}

TEST_P(detaching, takes_along_all_that_arrived_there_and_back) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    io::loop_thread there(io::loop::current().kernel().name());
    co_await two.a.send("one,");
    EXPECT_EQ(co_await recv_until(two.b, 4), "one,");
    co_await two.a.send("two,");
    EXPECT_EQ(co_await peek_some(two.b), "two,");
    co_await two.a.send("three,");
    co_await sleep(5ms);  // on io_uring it has been received by then
    two.b.unread("more ");
    detached_stream back =
        co_await elsewhere(there, two.b, [](detached_stream come) -> task<detached_stream> {
          stream s = std::move(come).attach();
          EXPECT_EQ(co_await recv_until(s, 15), "more two,three,");
          s.unread("ee,");
          co_await s.send("from there");
          co_return s.detach();
        });
    EXPECT_FALSE(two.b.is_open());
    two.b = std::move(back).attach();
    EXPECT_EQ(co_await recv_until(two.a, 10), "from there");
    co_await two.a.send("four");
    co_await two.a.shutdown();
    EXPECT_EQ(co_await recv_all(two.b), "ee,four");
    co_await two.b.send("the last");
    EXPECT_EQ(co_await recv_until(two.a, 8), "the last");
  }(both()));
}

TEST_P(detaching, knows_its_peer_also_when_that_is_gone) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    const endpoint peer = two.b.remote();
    detached_stream first = two.b.detach();
    two.a.abort();
    co_await sleep(5ms);
    detached_stream again = std::move(first).attach().detach();
    two.b = std::move(again).attach();
    EXPECT_EQ(two.b.remote().to_string(), peer.to_string());
  }(both()));
}

TEST_P(detaching, loses_nothing_of_much_whenever_it_goes) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    io::loop_thread there(io::loop::current().kernel().name());
    const std::string all = too_much();
    scope sending;
    sending.spawn([&]() -> task<void> {
      co_await two.a.send(all);
      co_await two.a.shutdown();
    });
    std::string got;
    bool over = false;
    while (!over) {
      // Some here, some there.
      for (int i = 0; i < 3 && !over; ++i) {
        const std::string some = co_await recv_some(two.b);
        got += some;
        over = some.empty();
      }
      std::string more;
      detached_stream back =
          co_await elsewhere(there, two.b, [&](detached_stream come) -> task<detached_stream> {
            stream s = std::move(come).attach();
            more = co_await recv_some(s);
            co_return s.detach();
          });
      two.b = std::move(back).attach();
      got += more;
    }
    EXPECT_TRUE(got == all) << got.size();
    co_await sending.join();
  }(both()));
}

TEST_P(detaching_of_any, is_refused_where_it_cannot_be_and_leaves_the_stream_as_it_was) {
  io::wait([](task<ends> making, bool can_go) -> task<void> {
    ends two = co_await std::move(making);
    if (can_go) {
      scope waiting;
      std::string got;
      waiting.spawn([&]() -> task<void> { got = co_await recv_some(two.b); });
      co_await io::yield();
      EXPECT_EQ(refusal(two.b), io::from_errno(EBUSY));
      co_await two.a.send("still there");
      co_await waiting.join();
      EXPECT_EQ(got, "still there");
    } else {
      co_await two.a.send("peeked");
      EXPECT_EQ(co_await peek_some(two.b), "peeked");
      EXPECT_EQ(refusal(two.b), io::from_errno(ENOTSUP));
      EXPECT_EQ(co_await recv_some(two.b), "peeked");
      co_await two.b.send("an answer");
      EXPECT_EQ(co_await recv_until(two.a, 9), "an answer");
    }
    two.b.close_at_once();
    EXPECT_EQ(refusal(two.b), errc::closed);
  }(both(), kind != "memory" && !here.kernel().simulated()));
}

TEST_P(detaching, keeps_its_limits_and_that_sending_has_ended) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    two.b.set_recv_timeout(5ms);
    co_await two.b.shutdown();
    two.b = two.b.detach().attach();
    EXPECT_EQ(co_await failure(send_text(two.b, "more")), io::from_errno(EPIPE));
    EXPECT_EQ(co_await failure(recv_some(two.b)), io::errc::timed_out);
    co_await two.a.send("an answer");
    EXPECT_EQ(co_await recv_until(two.b, 9), "an answer");
  }(both()));
}

TEST_P(detaching, tells_of_a_connection_that_broke_meanwhile) {
  if (kind == "unix") return;  // it is not reset
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    co_await two.a.send("words");
    EXPECT_EQ(co_await recv_until(two.b, 5), "words");
    two.a.abort();
    co_await sleep(5ms);
    two.b = two.b.detach().attach();
    EXPECT_EQ(co_await failure(recv_some(two.b)), io::from_errno(ECONNRESET));
  }(both()));
}

TEST_P(detaching, tells_who_waits_for_the_peers_end) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    std::error_code told;
    scope waiting;
    waiting.spawn([&]() -> task<void> { told = co_await failure(two.b.peer_ended()); });
    co_await io::yield();
    detached_stream going = two.b.detach();
    co_await waiting.join();
    EXPECT_EQ(told, io::errc::cancelled);
  }(both()));
}

TEST_P(detaching, closes_what_nobody_attaches) {
  io::wait([](task<ends> making, bool tls) -> task<void> {
    ends two = co_await std::move(making);
    {
      detached_stream gone = two.b.detach();
    }
    EXPECT_EQ(co_await failure(recv_some(two.a)), tls ? make_error_code(errc::truncated) : std::error_code());
    detached_stream first = two.a.detach();
    detached_stream second = std::move(first);
    two.a = std::move(second).attach();
    EXPECT_TRUE(two.a.is_open());
    EXPECT_THROW(std::move(second).attach(), io::error);
  }(both(), kind == "tls"));
}

TEST_P(detaching, resets_what_nobody_attaches_behind_a_part_of_a_message) {
  io::wait([](task<ends> making, std::string its) -> task<void> {
    ends two = co_await std::move(making);
    {
      scope destroyed;
      destroyed.spawn(send_text(two.a, too_much()));
      co_await sleep(5ms);
    }
    {
      const detached_stream gone = two.a.detach();
    }
    const std::error_code end = co_await failure(recv_all(two.b));
    if (its == "unix")
      EXPECT_EQ(end, std::error_code());
    else
      EXPECT_TRUE(end == io::from_errno(ECONNRESET) || (its == "tls" && end == errc::truncated))
          << end.message();
  }(both(), kind));
}

TEST_P(detaching, resets_what_no_loop_can_have_behind_a_part_of_a_message_or_with_bytes_unread) {
  io::wait([](task<ends> first, task<ends> second, std::string its) -> task<void> {
    ends cut = co_await std::move(first), unread = co_await std::move(second);
    {
      scope destroyed;
      destroyed.spawn(send_text(cut.a, too_much()));
      co_await sleep(5ms);
    }
    co_await unread.b.send("unread");
    EXPECT_EQ(co_await peek_some(unread.a), "unread");
    for (ends* two : {&cut, &unread}) {
      detached_stream going = two->a.detach();
      {
        const io::loop other({.backend = "sim"});  // takes no descriptors
        EXPECT_THROW(std::move(going).attach(), io::error);
      }
      const std::error_code end = co_await failure(recv_all(two->b));
      if (its == "unix")
        EXPECT_EQ(end, std::error_code());
      else
        EXPECT_TRUE(end == io::from_errno(ECONNRESET) || (its == "tls" && end == errc::truncated))
            << end.message();
    }
  }(both(), both(), kind));
}

TEST_P(detaching, closes_what_a_thread_takes_that_can_have_no_loop) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    detached_stream going = two.a.detach();
    std::thread([&] {
      const limit_of_descriptors none;
      EXPECT_THROW(std::move(going).attach(), io::error);
    }).join();
    static_cast<void>(co_await failure(recv_all(two.b)));  // it has an end
  }(both()));
}

TEST_P(detaching, may_become_a_remote_stream) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    io::loop_thread there(io::loop::current().kernel().name());
    co_await two.a.send("early");
    EXPECT_EQ(co_await peek_some(two.b), "early");
    remote_stream far(std::move(two.b), there);
    co_await two.a.send(" late");
    EXPECT_EQ(co_await recv_until(far, 10), "early late");
    co_await far.send("an answer");
    EXPECT_EQ(co_await recv_until(two.a, 9), "an answer");
  }(both()));
}

}  // namespace
}  // namespace parlance::net::test
