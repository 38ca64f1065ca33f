// Memory that runs out: each allocation of a call fails once, and no descriptor is left open behind it.
#include <parlance/io/process.hpp>
#include <parlance/io/signals.hpp>

#include "memory/failing.hpp"
#include "net/support.hpp"
#include "net/temporary_folder.hpp"

namespace parlance::net::test {
namespace {

class out_of_memory : public on_every_backend {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(out_of_memory);

TEST_P(out_of_memory, sockets_are_closed_that_were_opened) {
  io::backend& kernel = here.kernel();
  fail_each_allocation([&] {
    const auto stream = kernel.open_stream(AF_INET);
    const auto listener = kernel.open_listening(AF_INET);
    const auto datagrams = kernel.open_datagram(AF_INET);
    const auto two = kernel.open_pair();
  });
}

TEST_P(out_of_memory, loops_leave_nothing) {
  fail_each_allocation([] {
    io::loop another({.backend = GetParam()});
    EXPECT_GE(another.descriptor(), 0);
  });
}

TEST_P(out_of_memory, listeners_are_closed_that_were_to_be_taken_over) {
  const listener listening = io::wait(listen("127.0.0.1:0"));
  const int its = listening.native_handles().front();
  fail_each_allocation([&] {
    std::vector<int> copies(2);
    for (int& each : copies) each = ::dup(its);
    const listener taken = adopt_listener(std::move(copies));
  });
}

TEST_P(out_of_memory, files_of_sockets_are_locked_and_replaced) {
  const temporary_folder folder;
  const std::string path = folder.path("s");
  {
    const io::test::socket_ptr left_behind = io::test::open_socket(AF_UNIX);
    left_behind->bind(endpoint::unix_path(path));
  }
  fail_each_allocation([&] { const listener there = io::wait(listen("unix:" + path)); });
}

TEST_P(out_of_memory, streams_are_closed_that_go_to_another_loop) {
  fail_each_allocation([&] {
    std::optional<ends> two;
    {
      const spared beforehand;
      two = io::wait(tcp_ends());
    }
    const stream here_again = two->a.detach().attach();
  });
}

task<std::error_code> accepted(listener& from) {
  try {
    const stream caller = co_await from.accept();
  } catch (const io::error& e) {
    co_return e.code();
  }
  co_return std::error_code();
}

// Whom there is no memory for has gone, and the next is accepted.
TEST_P(out_of_memory, callers_are_closed_who_were_accepted) {
  listen_options options;
  options.on_pause = [](std::string_view) {};
  for (const std::string at : {"127.0.0.1:0", "unix:@parlance-memory-test"})
    fail_each_allocation([&] {
      std::optional<listener> listening;
      std::vector<io::test::socket_ptr> callers(2);
      {
        const spared beforehand;
        listening = io::wait(listen(at, options));
        for (io::test::socket_ptr& each : callers) {
          each = io::test::open_socket(listening->local().family());
          io::wait(io::test::connect_to(*each, listening->local()));
        }
      }
      const std::error_code failed = io::wait(accepted(*listening), 30s);
      const spared afterwards;
      EXPECT_FALSE(failed) << failed.message();
      callers.clear();
      listening.reset();
    });
}

TEST_P(out_of_memory, copies_are_closed_that_were_to_be_handed_over) {
  listener listening = io::wait(listen("127.0.0.1:0"));
  fail_each_allocation([&] {
    std::optional<ends> two;
    {
      const spared beforehand;
      two = io::wait(ends_of("unix"));
      two->b.close_at_once();  // so that it ends before an answer
    }
    const std::error_code failed = io::wait(failure(hand_over(two->a, {&listening})));
    EXPECT_EQ(failed, std::errc::broken_pipe);
  });
}

TEST_P(out_of_memory, descriptors_are_closed_that_came_from_somebody) {
  const listener listening = io::wait(listen("127.0.0.1:0"));
  const std::vector<int> three(3, listening.native_handles().front());
  fail_each_allocation([&] {
    std::optional<stream> by, from;
    {
      const spared beforehand;
      auto two = here.kernel().open_pair();
      by.emplace(std::move(two.first));
      from.emplace(std::move(two.second));
      from->set_send_timeout(io::unlimited);  // a timer for that must be had
      io::test::send_with_descriptors(by->native_handle(), "listeners 2 1\n", three);
    }
    const std::vector<listener> taken = io::wait(take_over(*from));
    EXPECT_EQ(taken.size(), 2U);
  });
}

TEST_P(out_of_memory, files_are_closed_that_were_to_be_sent) {
  const auto two = io::wait(ends_of("memory"));
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  fail_each_allocation([&] {
    std::optional<ends> both;
    {
      const spared beforehand;
      both = io::wait(ends_of("memory"));
    }
    // Which is refused before anything is read.
    EXPECT_EQ(io::wait(failure(send_file(both->a, pipe[0], {.offset = 1}))), std::errc::invalid_seek);
  });
  for (const int end : pipe) ::close(end);
}

TEST_P(out_of_memory, programs_leave_no_pipe) {
  fail_each_allocation([] {
    const io::process child({"true"},
                            {.in = io::stdio::pipe(), .out = io::stdio::pipe(), .err = io::stdio::pipe()});
    const io::signals told{SIGUSR1};
  });
}

}  // namespace
}  // namespace parlance::net::test
