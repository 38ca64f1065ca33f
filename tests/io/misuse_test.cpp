// What is used where or when it must not be: each ends in a clear error, and never in silence, a hang or a
// crash.
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include <fstream>
#include <functional>
#include <thread>

#include <parlance/io/channel.hpp>
#include <parlance/io/detail/backend.hpp>
#include <parlance/io/detail/poison.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/mailbox.hpp>

#include "io/support.hpp"

namespace parlance::io {
namespace {
using namespace test;

// --- what knows only at run time which kind a socket is

class of_any_kind : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(of_any_kind);

TEST_P(of_any_kind, a_socket_is_asked_for_what_its_kind_can_do) {
  wait([]() -> task<void> {
    const listening_ptr listener = listening();
    const std::unique_ptr<socket> caller = loop::current().kernel().open(AF_INET, SOCK_STREAM);
    connect_operation connecting(*caller, listener->local());
    co_await connecting;
    EXPECT_FALSE(connecting.error);
    socket& any = *listener;
    accept_operation accepting(any);
    const socket_ptr accepted = co_await accepting;
    co_await send_operation(*caller, "x");
    EXPECT_EQ(co_await recv_operation(static_cast<socket&>(*accepted)), "x");

    const std::unique_ptr<socket> a = loop::current().kernel().open(AF_INET, SOCK_DGRAM),
                                  b = loop::current().kernel().open(AF_INET, SOCK_DGRAM);
    b->bind(loopback());
    co_await send_to_operation(*a, "y", b->local());
    char room[2];
    recv_from_operation receiving(*b, room);
    co_await receiving;
    EXPECT_EQ(std::string_view(room, receiving.size), "y");
  }());
}

TEST_P(of_any_kind, a_socket_of_another_is_refused) {
  const std::unique_ptr<socket> stream = open_socket(), listener = listening(), datagrams = open_datagram();
  char room[1];
  EXPECT_THROW(recv_operation{*listener}, std::logic_error);
  EXPECT_THROW(recv_operation{*datagrams}, std::logic_error);
  EXPECT_THROW((send_operation{*listener, "x"}), std::logic_error);
  EXPECT_THROW((connect_operation{*datagrams, loopback(1)}), std::logic_error);
  EXPECT_THROW(accept_operation{*stream}, std::logic_error);
  EXPECT_THROW((recv_from_operation{*stream, room}), std::logic_error);
  EXPECT_THROW((send_to_operation{*stream, "x", loopback(1)}), std::logic_error);
  EXPECT_THROW(here.kernel().open(AF_INET, SOCK_SEQPACKET), error);
}

// --- what outlives its loop

class outliving : public testing::TestWithParam<std::string> {
 protected:
  watchdog patience;
  std::optional<loop> here{loop_options{.backend = GetParam()}};
};
PARLANCE_ON_EVERY_BACKEND(outliving);

TEST_P(outliving, sockets_can_only_be_destroyed) {
  ends tcp = wait(connected());
  listening_ptr listener = listening();
  datagram_ptr datagrams = open_datagram();
  datagrams->bind(loopback());
  wait(send_all(*tcp.a, "unread"));
  here.reset();

  const loop another({.backend = GetParam()});
  EXPECT_THROW(wait(receive(*tcp.b)), std::logic_error);
  EXPECT_THROW(wait(send_all(*tcp.a, "x")), std::logic_error);
  EXPECT_THROW(wait(accept_one(*listener)), std::logic_error);
  EXPECT_THROW(wait(connect_to(*tcp.a, loopback(1))), std::logic_error);
  char room[1];
  EXPECT_THROW(wait(recv_from_operation(*datagrams, room)), std::logic_error);
  EXPECT_THROW(wait(send_to_operation(*datagrams, "x", loopback(1))), std::logic_error);
  tcp.a->set_timeout(side::read, 1s);
  tcp.a->abort();
}

TEST_P(outliving, what_a_recv_handed_out_lasts_as_long_as_its_socket) {
  ends tcp = wait(connected());
  const std::string bytes = pattern(1000);
  wait(send_all(*tcp.a, bytes));
  recv_operation last(*tcp.b);
  const std::string_view loan = wait(last);
  EXPECT_EQ(loan, bytes);
  here.reset();
  EXPECT_EQ(loan, bytes);
  EXPECT_THROW(wait(receive(*tcp.b)), std::logic_error);
  EXPECT_EQ(loan, bytes);
}

TEST_P(outliving, sockets_close_when_they_are_destroyed) {
  const std::size_t before = open_descriptors();
  ends tcp = wait(connected());
  listening_ptr listener = listening();
  wait(send_all(*tcp.a, "unread"));
  here.reset();
  tcp = {};
  listener.reset();
  EXPECT_LE(open_descriptors(), before);
}

TEST_P(outliving, sockets_do_nothing_any_more) {
  const ends tcp = wait(connected());
  const listening_ptr listener = listening();
  const datagram_ptr datagrams = open_datagram();
  here.reset();
  EXPECT_THROW(tcp.a->shutdown(SHUT_WR), std::logic_error);
  EXPECT_THROW(tcp.a->bind(loopback()), std::logic_error);
  EXPECT_THROW(listener->listen(1), std::logic_error);
  EXPECT_THROW(listener->bind(loopback()), std::logic_error);
  EXPECT_THROW(listener->take_accepted(), std::logic_error);
  EXPECT_THROW(datagrams->bind(loopback()), std::logic_error);
  EXPECT_THROW(datagrams->connect(loopback()), std::logic_error);
}

TEST_P(outliving, waits_for_no_kernel_are_over_too) {
  event never_set;
  channel<int> empty(1);
  std::error_code of_event, of_channel;
  event::awaiter waiting_for_event = never_set.operator co_await();
  channel<int>::receive_operation receiving = empty.receive();
  {
    scope waits([](std::exception_ptr) {});
    waits.spawn([&]() -> task<void> { co_await waiting_for_event; });
    waits.spawn([&]() -> task<void> { co_await receiving; });
    wait(yield());
    here.reset();
    EXPECT_EQ(waiting_for_event.error, errc::cancelled);
    EXPECT_EQ(receiving.error, errc::cancelled);
    never_set.set();
    EXPECT_TRUE(empty.try_send(1));
    EXPECT_EQ(empty.try_receive(), 1);
  }
}

// It goes on in the next loop, which the thread makes when it is asked for one.
TEST(outliving_the_only_loop, a_wait_in_a_context_of_its_own_goes_on_in_the_next) {
  std::thread([] {
    std::optional<loop> only{loop_options{.backend = "epoll"}};
    event set;
    context own(nullptr);
    bool went_on = false;
    const auto wait_for_it = [&]() -> task<void> {
      co_await set;
      went_on = true;
    };
    scope waiting;
    waiting.spawn(run_in(own, wait_for_it()));
    wait(yield());
    only.reset();
    set.set();
    for (int turn = 0; turn < 3; ++turn) wait(yield());
    EXPECT_TRUE(went_on);
  }).join();
}

TEST_P(outliving, waits_are_over) {
  std::size_t over = 0;
  std::error_code told;
  {
    ends tcp = wait(connected());
    const listening_ptr listener = listening();
    const datagram_ptr datagrams = open_datagram();
    datagrams->bind(loopback());
    const std::string much = pattern(20'000'000);
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    recv_operation received(*tcp.a);
    scope waits([&](std::exception_ptr) { ++over; });
    waits.spawn([&]() -> task<void> { co_await received; });
    waits.spawn(send_all(*tcp.a, much));
    waits.spawn(send_all(*tcp.a, "queued"));
    waits.spawn([&]() -> task<void> { co_await accept_one(*listener); });
    waits.spawn([&]() -> task<void> {
      char room[1];
      co_await recv_from_operation(*datagrams, room);
    });
    if (GetParam() != "sim") waits.spawn([&]() -> task<void> { co_await poll_operation(pipe[0], POLLIN); });
    waits.spawn([]() -> task<void> { co_await sleep(1h); });
    waits.spawn([]() -> task<void> { co_await timeout(1h, sleep(2h)); });
    wait(sleep(2ms));
    here.reset();
    EXPECT_FALSE(received.waiting());
    told = received.error;
    ::close(pipe[0]), ::close(pipe[1]);
  }
  EXPECT_EQ(told, errc::cancelled);
  EXPECT_EQ(over, 0U);
}

TEST_P(outliving, callers_whom_nobody_has_taken_are_destroyed_with_their_listener) {
  listening_ptr listener = listening();
  socket_ptr a = open_socket(), b = open_socket();
  std::optional<scope> calling(std::in_place, [](std::exception_ptr) {});
  calling->spawn(connect_to(*a, listener->local()));
  wait(accept_one(*listener));
  calling->spawn(connect_to(*b, listener->local()));
  wait(sleep(5ms));
  calling.reset();
  here.reset();
}

// --- the wrong loop

class another_loop : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(another_loop);

TEST_P(another_loop, that_nests_does_not_use_a_socket_of_the_outer_one) {
  ends tcp = wait(connected());
  {
    const loop inner({.backend = GetParam()});
    EXPECT_THROW(wait(receive(*tcp.a)), std::logic_error);
    EXPECT_THROW(wait(send_all(*tcp.a, "x")), std::logic_error);
  }
  wait(send_all(*tcp.a, "x"));
  EXPECT_EQ(wait(receive(*tcp.b)), "x");
}

// What is put in comes with a turn of the outer one, for which the inner one would wait.
TEST_P(another_loop, that_nests_does_not_take_from_a_mailbox_of_the_outer_one) {
  const watchdog patience;
  mailbox<int> letters;
  EXPECT_TRUE(letters.try_put(1));
  {
    const loop inner({.backend = GetParam()});
    EXPECT_THROW(wait(letters.take()), std::logic_error);
  }
  EXPECT_EQ(wait(letters.take()), 1);
}

// Who destroys it is not who made it, whose context has gone with its limit.
TEST_P(another_loop, may_be_destroyed_by_somebody_else_than_its_maker) {
  wait([](const std::string& backend) -> task<void> {
    std::unique_ptr<loop> inner;
    const auto make = [&]() -> task<void> {
      inner = std::make_unique<loop>(loop_options{.backend = backend});
      wait(sleep(1ms));
      co_return;
    };
    event made;
    scope both;
    both.spawn([&]() -> task<void> {
      co_await made;
      context& mine = context::current();
      inner.reset();
      EXPECT_EQ(&context::current(), &mine);
      co_await sleep(1ms);
    });
    both.spawn([&]() -> task<void> {
      context limits;
      co_await run_in(limits, make());
      made.set();
      limits.cancel();
    });
    co_await both.join();
  }(GetParam()));
}

// The outer one goes while somebody waits in the inner one.
TEST_P(another_loop, may_outlive_the_one_it_was_made_in) {
  auto outer = std::make_unique<loop>(loop_options{.backend = GetParam()});
  std::unique_ptr<loop> inner;
  wait([](const std::string& backend, std::unique_ptr<loop>& made) -> task<void> {
    made = std::make_unique<loop>(loop_options{.backend = backend});
    co_return;
  }(GetParam(), inner));
  EXPECT_EQ(&loop::current(), inner.get());
  wait([](std::unique_ptr<loop>& other) -> task<void> {
    co_await sleep(1ms);
    other.reset();
    co_await sleep(1ms);
  }(outer));
  wait(sleep(1ms));
  EXPECT_EQ(&context::current(), &inner->root());
}

class another_loops_threads : public another_loop {};
PARLANCE_ON_EVERY_BACKEND(another_loops_threads);

TEST_P(another_loops_threads, do_not_use_its_sockets) {
  ends tcp = wait(connected());
  mailbox<int> letters;
  std::thread([&] {
    const loop there({.backend = GetParam()});
    EXPECT_THROW(wait(receive(*tcp.a)), std::logic_error);
    EXPECT_THROW(wait(send_all(*tcp.a, "x")), std::logic_error);
    EXPECT_THROW(wait(letters.take()), std::logic_error);
  }).join();
  wait(send_all(*tcp.a, "x"));
  EXPECT_EQ(wait(receive(*tcp.b)), "x");
}

// --- a child that was forked

class child : public testing::TestWithParam<std::string> {
 protected:
  watchdog patience;
  std::optional<loop> here{loop_options{.backend = GetParam()}};

  /// What a child answers to `ask`: 0 for yes.
  static int in_a_child(const std::function<bool()>& ask) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(30);
      ::_exit(ask() ? 0 : 1);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return status;
  }

  template <class F> static bool is_refused(F what) {
    try {
      what();
    } catch (const std::logic_error&) {
      return true;
    } catch (...) {
    }
    return false;
  }
};
INSTANTIATE_TEST_SUITE_P(on, child, testing::ValuesIn(real_backends()), name_of_backend);

TEST_P(child, may_not_use_its_parents_loop) {
  ends tcp = wait(connected());
  listening_ptr listener = listening();
  EXPECT_EQ(in_a_child([] { return is_refused([] { wait(sleep(1ms)); }); }), 0);
  EXPECT_EQ(in_a_child([] { return is_refused([] { open_socket(); }); }), 0);
  EXPECT_EQ(in_a_child([] { return is_refused([] { loop::current().kernel().open_pair(); }); }), 0);
  EXPECT_EQ(in_a_child([] {
              // It has closed what it was given.
              return is_refused([] { loop::current().kernel().adopt_stream(0); }) && ::close(0) != 0 &&
                     is_refused([] { loop::current().kernel().adopt_listening(1); }) && ::close(1) != 0;
            }),
            0);
  EXPECT_EQ(in_a_child([] { return is_refused([] { poll_operation(0, POLLIN).await_ready(); }); }), 0);
  EXPECT_EQ(in_a_child([&] { return is_refused([&] { recv_operation(*tcp.a).await_ready(); }); }), 0);
  EXPECT_EQ(in_a_child([&] { return is_refused([&] { send_operation(*tcp.a, "x").await_ready(); }); }), 0);
  EXPECT_EQ(in_a_child([&] { return is_refused([&] { tcp.a->shutdown(SHUT_RDWR); }); }), 0);
  EXPECT_EQ(in_a_child([&] { return is_refused([&] { tcp.a->bind(loopback()); }); }), 0);
  EXPECT_EQ(in_a_child([&] { return is_refused([&] { listener->listen(1); }); }), 0);
  wait(send_all(*tcp.a, "still here"));
  EXPECT_EQ(wait(receive(*tcp.b)), "still here");
}

TEST_P(child, may_not_go_on_in_its_parents_turn) {
  ends tcp = wait(connected());
  wait([](ends& both) -> task<void> {
    const pid_t forked = ::fork();
    if (forked == 0) {
      ::alarm(30);
      int refused = 0;
      try {
        co_await receive(*both.a);
      } catch (const std::logic_error&) {
        ++refused;
      }
      try {
        co_await send_all(*both.a, "x");
      } catch (const std::logic_error&) {
        ++refused;
      }
      ::_exit(refused == 2 ? 0 : 1);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(forked, &status, 0), forked);
    EXPECT_EQ(status, 0);
    co_await send_all(*both.a, "first");
    EXPECT_EQ(co_await receive(*both.b), "first");
  }(tcp));
}

TEST_P(child, may_not_use_its_parents_sockets_in_a_loop_of_its_own) {
  ends tcp = wait(connected());
  EXPECT_EQ(in_a_child([&] {
              const loop own({.backend = GetParam()});
              return is_refused([&] { wait(receive(*tcp.a)); }) &&
                     is_refused([&] { wait(send_all(*tcp.a, "x")); });
            }),
            0);
  wait(send_all(*tcp.a, "first"));
  EXPECT_EQ(wait(receive(*tcp.b)), "first");
}

TEST_P(child, makes_a_loop_of_its_own) {
  EXPECT_EQ(in_a_child([&] {
              const loop own({.backend = GetParam()});
              ends tcp = wait(connected());
              wait(send_all(*tcp.a, "x"));
              return wait(receive(*tcp.b)) == "x";
            }),
            0);
}

TEST_P(child, resets_nothing_of_its_parents) {
  ends tcp = wait(connected());
  EXPECT_EQ(in_a_child([&] {
              tcp.a->abort();
              tcp = {};
              return true;
            }),
            0);
  wait(send_all(*tcp.a, "x"));
  tcp.a.reset();
  EXPECT_EQ(wait(receive(*tcp.b)), "x");
  EXPECT_EQ(wait(receive(*tcp.b)), "");
}

TEST_P(child, may_destroy_whatever_waits_in_any_order) {
  for (const bool loop_first : {false, true}) {
    ends tcp = wait(connected());
    listening_ptr listener = listening();
    auto waits = std::make_optional<scope>([](std::exception_ptr) {});
    waits->spawn([](stream_socket& s) -> task<void> { co_await receive(s); }(*tcp.a));
    waits->spawn([](listening_socket& s) -> task<void> { co_await accept_one(s); }(*listener));
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    waits->spawn([](int fd) -> task<void> { co_await poll_operation(fd, POLLIN); }(pipe[0]));
    waits->spawn([]() -> task<void> { co_await sleep(1h); });
    wait(sleep(1ms));
    EXPECT_EQ(in_a_child([&] {
                if (loop_first) here.reset();
                waits.reset();
                tcp = {};
                listener.reset();
                here.reset();
                return true;
              }),
              0);
    waits.reset();
    wait(send_all(*tcp.b, "x"));
    EXPECT_EQ(wait(receive(*tcp.a)), "x");
    ::close(pipe[0]), ::close(pipe[1]);
  }
}

TEST_P(child, that_ends_its_copies_leaves_the_foreign_loop_of_its_parent_awake) {
  const auto watched = [this] {
    std::ifstream set("/proc/self/fdinfo/" + std::to_string(here->descriptor()));
    int count = 0;
    for (std::string line; std::getline(set, line);) count += line.starts_with("tfd:");
    return count;
  };
  const int bell = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  auto waits = std::make_optional<scope>([](std::exception_ptr) {});
  waits->spawn([](int fd) -> task<void> { co_await poll_operation(fd, POLLIN); }(bell));
  for (int i = 0; i < 5; ++i) here->run_ready();
  const int before = watched();
  EXPECT_GT(before, 1);
  EXPECT_EQ(in_a_child([&] {
              waits.reset();
              here.reset();
              return true;
            }),
            0);
  EXPECT_EQ(watched(), before);
  EXPECT_EQ(::eventfd_write(bell, 1), 0);
  while (waits->size() != 0) here->run_ready();
  ::close(bell);
}

// --- a view that is kept too long

TEST(view_kept_over_the_next_recv, is_overwritten_where_time_is_simulated) {
  const loop here({.backend = "sim"});
  const auto [a, b] = loop::current().kernel().open_pair();
  wait(send_all(*a, "first"));
  recv_operation first(*b);
  wait(first);
  const std::string_view kept = first.chunk;
  wait(send_all(*a, "second"));
  EXPECT_EQ(wait(receive(*b)), "second");
  unpoison(kept.data(), kept.size());
  EXPECT_EQ(kept, "?????");
}

#ifdef PARLANCE_POISONS

class poisoned : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(poisoned);

TEST_P(poisoned, is_what_the_recv_before_has_handed_out) {
  const auto [a, b] = loop::current().kernel().open_pair();
  std::string_view views[2];
  for (std::string_view& view : views) {
    wait(send_all(*a, "bytes"));
    recv_operation op(*b);
    view = wait(op);
    EXPECT_EQ(view, "bytes");
    EXPECT_EQ(__asan_region_is_poisoned(const_cast<char*>(view.data()), view.size()), nullptr);
  }
  if (views[0].data() != views[1].data())
    EXPECT_NE(__asan_region_is_poisoned(const_cast<char*>(views[0].data()), views[0].size()), nullptr);
  // Asked for more, and there is none: the last view is over all the same.
  EXPECT_THROW(wait(timeout(1ms, receive(*b))), error);
  EXPECT_NE(__asan_region_is_poisoned(const_cast<char*>(views[1].data()), views[1].size()), nullptr);
}

#endif

}  // namespace
}  // namespace parlance::io
