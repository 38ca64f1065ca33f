// What has arrived is never lost: whoever waited for it may be destroyed in the moment between its arrival
// and its being told.
#include <fcntl.h>

#include <functional>

#include <parlance/io/mailbox.hpp>
#include <parlance/io/mutex.hpp>

#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

/// In the simulation everything takes equally long, so that two things can arrive in one turn.
class kept : public testing::TestWithParam<std::string> {
 protected:
  watchdog patience;
  loop here{{.backend = GetParam(), .sim = {.min_delay = 1ms, .max_delay = 1ms}}};
};
PARLANCE_ON_EVERY_BACKEND(kept);

/// Sends without a turn of the loop in between.
void put_now(const socket& to, std::string_view bytes) {
  EXPECT_EQ(::send(to.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
}
task<void> put(stream_socket& to, std::string_view bytes) {
  if (to.native_handle() < 0) co_return co_await send_all(to, bytes);
  put_now(to, bytes);
}

ends pair() {
  ends made;
  std::tie(made.a, made.b) = loop::current().kernel().open_pair();
  return made;
}

/// Destroys waits in the turn in which what they wait for arrives.
class cutter {
 public:
  /// Has `bring` bring what `wait` waits for, behind something else; when that is told, `wait` goes.
  task<void> cut(std::function<task<void>()> wait, std::function<task<void>()> bring) {
    bool told = false;
    std::optional<scope> victim(std::in_place, [](std::exception_ptr) {});
    scope cutting;
    cutting.spawn([&]() -> task<void> {
      co_await receive(*command_.b);
      // In one turn, unless the system was slower.
      if (!told) ++cut_;
      victim.reset();
    });
    victim->spawn([&]() -> task<void> {
      co_await wait();
      told = true;
    });
    for (int i = 0; i < 3; ++i) co_await yield();
    co_await put(*command_.a, "!");
    co_await bring();
    co_await cutting.join();
  }
  int cut_before_told() const noexcept { return cut_; }

 private:
  ends command_ = pair();
  int cut_ = 0;
};

constexpr int rounds = 30;

TEST_P(kept, bytes_of_a_recv_that_is_destroyed_when_they_are_there_go_to_the_next) {
  wait([]() -> task<void> {
    cutter knife;
    const ends data = pair();
    std::string sent, got;
    for (int i = 0; i < rounds; ++i) {
      sent += pattern(10, static_cast<unsigned>(i));
      co_await knife.cut([&]() -> task<void> { got += co_await receive(*data.b); },
                         [&] { return put(*data.a, std::string_view(sent).substr(sent.size() - 10)); });
    }
    got += co_await receive_until(*data.b, sent.size() - got.size());
    EXPECT_TRUE(got == sent);
    EXPECT_GT(knife.cut_before_told(), 0);
  }());
}

TEST_P(kept, a_caller_whose_accept_is_destroyed_goes_to_the_next) {
  wait([]() -> task<void> {
    cutter knife;
    const listening_ptr listener = listening();
    std::vector<socket_ptr> callers, accepted;
    scope calling;
    for (int i = 0; i < rounds; ++i) {
      callers.push_back(open_socket());
      stream_socket& caller = *callers.back();
      co_await knife.cut([&]() -> task<void> { accepted.push_back(co_await accept_one(*listener)); },
                         [&]() -> task<void> {
                           const endpoint to = listener->local();
                           if (caller.native_handle() < 0)
                             calling.spawn(connect_to(caller, to));
                           else
                             ::connect(caller.native_handle(), to.data(), to.size());
                           co_return;
                         });
    }
    co_await calling.join();
    while (accepted.size() < callers.size()) accepted.push_back(co_await timeout(30s, accept_one(*listener)));
    for (std::size_t i = 0; i < callers.size(); ++i) EXPECT_EQ(accepted[i]->remote(), callers[i]->local());
    EXPECT_GT(knife.cut_before_told(), 0);
  }());
}

TEST_P(kept, callers_that_were_accepted_ahead_are_taken_from_a_listener_that_ends) {
  wait([&]() -> task<void> {
    const listening_ptr listener = listening();
    const listening_ptr same =
        listener->native_handle() < 0
            ? nullptr
            : loop::current().kernel().adopt_listening(::dup(listener->native_handle()));
    std::vector<socket_ptr> callers, taken;
    scope accepting;
    accepting.spawn([&]() -> task<void> { taken.push_back(co_await accept_one(*listener)); });
    for (int i = 0; i < 3; ++i) {
      callers.push_back(open_socket());
      co_await connect_to(*callers.back(), listener->local());
    }
    co_await accepting.join();
    co_await sleep(5ms);
    for (socket_ptr& one : listener->take_accepted()) taken.push_back(std::move(one));
    EXPECT_EQ(taken.size(), GetParam() == "io_uring" ? 3U : 1U);
    // From here on it takes nobody any more: whoever comes is for others.
    callers.push_back(open_socket());
    co_await connect_to(*callers.back(), listener->local());
    co_await sleep(5ms);
    EXPECT_EQ(listener->take_accepted().size(), 0U);
    while (same && taken.size() < callers.size()) taken.push_back(co_await timeout(30s, accept_one(*same)));
    for (std::size_t i = 0; i < taken.size(); ++i) EXPECT_EQ(taken[i]->remote(), callers[i]->local());
  }());
}

TEST_P(kept, a_caller_whose_accept_is_destroyed_is_taken_from_a_listener_that_ends) {
  wait([]() -> task<void> {
    cutter knife;
    const listening_ptr listener = listening();
    std::vector<socket_ptr> callers, accepted;
    std::size_t taken = 0;
    scope calling;
    for (int i = 0; i < rounds; ++i) {
      callers.push_back(open_socket());
      stream_socket& caller = *callers.back();
      co_await knife.cut([&]() -> task<void> { accepted.push_back(co_await accept_one(*listener)); },
                         [&]() -> task<void> {
                           const endpoint to = listener->local();
                           if (caller.native_handle() < 0)
                             calling.spawn(connect_to(caller, to));
                           else
                             ::connect(caller.native_handle(), to.data(), to.size());
                           co_return;
                         });
      for (socket_ptr& one : listener->take_accepted()) accepted.push_back(std::move(one)), ++taken;
    }
    co_await calling.join();
    while (accepted.size() < callers.size()) accepted.push_back(co_await timeout(30s, accept_one(*listener)));
    for (std::size_t i = 0; i < callers.size(); ++i) EXPECT_EQ(accepted[i]->remote(), callers[i]->local());
    EXPECT_GT(taken, 0U);
  }());
}

task<std::string> receive_datagram(datagram_socket& s, std::size_t room = 100) {
  std::string buffer(room, '\0');
  recv_from_operation op(s, std::span(buffer));
  co_await op;
  if (op.error) throw error(op.error, "receive");
  buffer.resize(op.size);
  co_return buffer + (op.truncated ? "..." : "") + " from " + op.from.to_string();
}

/// The first sends to the second.
std::pair<datagram_ptr, datagram_ptr> connected_datagrams() {
  datagram_ptr a = open_datagram(), b = open_datagram();
  a->bind(loopback());
  b->bind(loopback());
  a->connect(b->local());
  return {std::move(a), std::move(b)};
}

TEST_P(kept, a_datagram_whose_receive_is_destroyed_goes_to_the_next) {
  wait([]() -> task<void> {
    cutter knife;
    const auto [a, b] = connected_datagrams();
    const std::string from = " from " + a->local().to_string();
    std::vector<std::string> got;
    for (int i = 0; i < rounds; ++i)
      co_await knife.cut([&]() -> task<void> { got.push_back(co_await receive_datagram(*b)); },
                         [&, i]() -> task<void> {
                           const std::string text = "number " + std::to_string(i);
                           if (a->native_handle() >= 0) co_return put_now(*a, text);
                           co_await send_to_operation(*a, text, b->local());
                         });
    while (got.size() < rounds) got.push_back(co_await timeout(30s, receive_datagram(*b)));
    for (int i = 0; i < rounds; ++i)
      EXPECT_EQ(got[static_cast<std::size_t>(i)], "number " + std::to_string(i) + from);
    EXPECT_GT(knife.cut_before_told(), 0);
  }());
}

// Whoever takes it may have less room, and when the one before had too little, the rest is lost.
TEST_P(kept, a_datagram_whose_receive_is_destroyed_is_cut_to_the_smaller_room) {
  wait([]() -> task<void> {
    cutter knife;
    const auto [a, b] = connected_datagrams();
    const std::string from = " from " + a->local().to_string();
    const auto put_one = [&]() -> task<void> {
      if (a->native_handle() >= 0) co_return put_now(*a, "the last");
      co_await send_to_operation(*a, "the last", b->local());
    };
    struct rooms {
      std::size_t first, second;
      const char* got;
    };
    for (const rooms& one :
         {rooms{100, 3, "the..."}, {3, 100, "the..."}, {5, 3, "the..."}, {8, 8, "the last"}}) {
      int cut = 0;
      for (int i = 0; i < rounds; ++i) {
        const int before = knife.cut_before_told();
        co_await knife.cut([&]() -> task<void> { co_await receive_datagram(*b, one.first); }, put_one);
        if (knife.cut_before_told() == before) continue;
        ++cut;
        EXPECT_EQ(co_await timeout(30s, receive_datagram(*b, one.second)), one.got + from);
      }
      EXPECT_GT(cut, 0);
    }
  }());
}

TEST_P(kept, a_reset_that_a_destroyed_recv_met_is_no_end_for_the_next) {
  wait([]() -> task<void> {
    cutter knife;
    for (int i = 0; i < rounds; ++i) {
      ends tcp = co_await connected();
      bool met = false;
      co_await knife.cut(
          [&]() -> task<void> {
            met = co_await failure_of(receive(*tcp.b)) == std::errc::connection_reset;
            if (met) throw error(from_errno(ECONNRESET), "receive");
          },
          [&]() -> task<void> {
            tcp.a->abort();
            tcp.a.reset();
            co_return;
          });
      if (!met) EXPECT_EQ(co_await failure_of(receive(*tcp.b)), std::errc::connection_reset);
    }
    EXPECT_GT(knife.cut_before_told(), 0);
  }());
}

TEST_P(kept, what_a_destroyed_recv_has_brought_goes_with_its_socket) {
  const std::size_t before = open_descriptors();
  wait([]() -> task<void> {
    cutter knife;
    const listening_ptr listener = listening();
    for (int i = 0; i < rounds; ++i) {
      ends data = pair();
      co_await knife.cut([&]() -> task<void> { co_await receive(*data.b); },
                         [&] { return put(*data.a, "x"); });
      data.b.reset();
    }
  }());
  EXPECT_EQ(open_descriptors(), before);
}

TEST_P(kept, two_operations_in_one_expression_are_one_after_the_other) {
  wait([]() -> task<void> {
    const ends data = pair();
    scope sending;
    sending.spawn([&]() -> task<void> {
      for (const char* text : {"a", "b"}) {
        co_await sleep(5ms);
        co_await send_all(*data.a, text);
      }
    });
    EXPECT_EQ(std::string(co_await recv_operation(*data.b)) + std::string(co_await recv_operation(*data.b)),
              "ab");
    co_await sending.join();

    const listening_ptr listener = listening();
    std::vector<socket_ptr> callers;
    sending.spawn([&]() -> task<void> {
      for (int i = 0; i < 2; ++i) {
        co_await sleep(5ms);
        callers.push_back(open_socket());
        co_await connect_to(*callers.back(), listener->local());
      }
    });
    const auto both = [](socket_ptr first, socket_ptr second) { return first && second; };
    EXPECT_TRUE(both(co_await accept_operation(*listener), co_await accept_operation(*listener)));
    co_await sending.join();

    const datagram_ptr here = open_datagram(), there = open_datagram();
    here->bind(loopback());
    sending.spawn([&]() -> task<void> {
      for (int i = 0; i < 2; ++i) {
        co_await sleep(5ms);
        co_await send_to_operation(*there, "x", here->local());
      }
    });
    std::string room[2] = {"12345", "12345"};
    recv_from_operation first(*here, std::span(room[0])), second(*here, std::span(room[1]));
    co_await first;
    co_await second;
    EXPECT_FALSE(first.error || second.error);
    EXPECT_EQ(first.size + second.size, 2U);
    co_await sending.join();
  }());
}

TEST_P(kept, a_lock_passes_by_whoever_is_destroyed_before_it_is_told) {
  wait([]() -> task<void> {
    mutex one;
    std::optional<mutex::guard> held = co_await one.lock();
    bool got = false;
    scope second, third;
    const auto lock = [&](bool& told) -> task<void> {
      const mutex::guard turn = co_await one.lock();
      told = true;
    };
    bool told = false;
    {
      scope victim;
      victim.spawn(lock(told));
      third.spawn(lock(got));
      held.reset();
    }
    co_await third.join();
    EXPECT_FALSE(told);
    EXPECT_TRUE(got);
    EXPECT_FALSE(one.locked());
  }());
}

TEST_P(kept, a_letter_stays_for_the_next_when_its_taker_is_destroyed_before_it_is_told) {
  wait([]() -> task<void> {
    mailbox<std::string> letters;
    cutter knife;
    std::vector<std::string> got;
    for (int i = 0; i < rounds; ++i)
      co_await knife.cut([&]() -> task<void> { got.push_back(co_await letters.take()); },
                         [&, i]() -> task<void> {
                           EXPECT_TRUE(letters.try_put(std::to_string(i)));
                           co_return;
                         });
    while (got.size() < rounds) got.push_back(co_await letters.take());
    for (int i = 0; i < rounds; ++i) EXPECT_EQ(got[static_cast<std::size_t>(i)], std::to_string(i));
  }());
}

}  // namespace
}  // namespace parlance::io
