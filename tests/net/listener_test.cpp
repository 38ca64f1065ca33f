// Being reached: addresses of both families, ports, callers that have gone, and running out of descriptors.
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>

#include "net/support.hpp"
#include "net/temporary_folder.hpp"

namespace parlance::net::test {
namespace {

class listeners : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(listeners);

std::string at_port(const listener& l, std::string_view host) {
  return std::string(host) + ":" + std::to_string(l.local().port());
}

TEST_P(listeners, tell_the_port_that_was_given_for_port_0) {
  io::wait([]() -> task<void> {
    const listener first = co_await listen(":0"), second = co_await listen("127.0.0.1:0");
    EXPECT_NE(first.local().port(), 0);
    EXPECT_NE(second.local().port(), 0);
    EXPECT_NE(first.local().port(), second.local().port());
  }());
}

TEST_P(listeners, are_moved_and_destroyed_while_an_accept_waits) {
  io::wait([]() -> task<void> {
    for (const std::string at : {"127.0.0.1:0", "localhost:0"}) {  // of one address, and of several
      auto first = std::make_unique<listener>(co_await listen(at));
      bool found = false;
      std::error_code failed;
      scope accepting;
      accepting.spawn([&]() -> task<void> { co_await first->accept(), found = true; });
      co_await sleep(1ms);
      auto moved = std::make_unique<listener>(std::move(*first));
      first.reset();
      const stream caller = co_await connect(moved->local().to_string());
      co_await accepting.join();
      EXPECT_TRUE(found);
      accepting.spawn([&]() -> task<void> { failed = co_await failure(moved->accept()); });
      co_await sleep(1ms);
      moved.reset();
      co_await accepting.join();
      EXPECT_EQ(failed, io::errc::cancelled);
    }
  }());
}

TEST_P(listeners, on_every_interface_hear_callers_of_both_families) {
  io::wait([]() -> task<void> {
    listener here = co_await listen(":0");
    EXPECT_EQ(here.local().family(), AF_INET6);
    stream v4 = co_await connect(at_port(here, "127.0.0.1"));
    stream from_v4 = co_await here.accept();
    stream v6 = co_await connect(at_port(here, "[::1]"));
    stream from_v6 = co_await here.accept();
    co_await v4.send("four");
    co_await v6.send("six");
    EXPECT_EQ(co_await from_v4.recv(), "four");
    EXPECT_EQ(co_await from_v6.recv(), "six");
    // An IPv4 caller is shown as such, though the socket is one of IPv6.
    EXPECT_EQ(from_v4.remote().to_string(), v4.local().to_string());
    EXPECT_EQ(from_v4.remote().address(), "127.0.0.1");
    EXPECT_EQ(from_v6.remote().to_string(), v6.local().to_string());
  }());
}

TEST_P(listeners, are_reached_by_a_port_alone) {
  io::wait([]() -> task<void> {
    listener here = co_await listen(":0");
    stream caller = co_await connect(at_port(here, ""));
    EXPECT_EQ((co_await here.accept()).remote().port(), caller.local().port());
  }());
}

/// A listener at every address of this machine's name for itself.
task<listener> listen_at_localhost(std::string port = "0") {
  listener here = co_await listen("localhost:" + port);
  EXPECT_EQ(here.local(), here.locals().front());
  for (const endpoint& at : here.locals()) EXPECT_EQ(at.port(), here.local().port());
  co_return here;
}

TEST_P(listeners, at_a_name_hear_callers_at_each_of_its_addresses) {
  io::wait([]() -> task<void> {
    listener here = co_await listen_at_localhost();
    const std::vector<endpoint> all = here.locals();
    std::vector<endpoint> known = co_await resolve(address::parse("localhost:0"), true);
    EXPECT_EQ(known.size(), 2U);  // see kernel_faults.hpp
    EXPECT_EQ(all.size(), known.size());
    for (int i = 0; i < 10; ++i) {
      for (const endpoint& at : all) {
        stream caller = co_await connect(at.to_string());
        stream called = co_await here.accept();
        EXPECT_EQ(called.remote().port(), caller.local().port());
        EXPECT_EQ(called.local(), at);
      }
    }
    // The other way round: somebody waits first.
    for (const endpoint& at : all) {
      std::optional<stream> caller;
      scope calling;
      calling.spawn([&]() -> task<void> {
        co_await sleep(2ms);
        caller = co_await connect(at.to_string());
      });
      stream called = co_await here.accept();
      co_await calling.join();
      EXPECT_EQ(called.remote().port(), caller->local().port());
    }
  }());
}

TEST_P(listeners, at_a_name_hear_callers_who_come_at_the_same_time) {
  io::wait([]() -> task<void> {
    listener here = co_await listen_at_localhost();
    constexpr int each = 20;
    std::vector<stream> callers;
    std::vector<std::uint16_t> expected, heard;
    for (int i = 0; i < each; ++i)
      for (const endpoint& at : here.locals()) callers.push_back(co_await connect(at.to_string()));
    for (const stream& caller : callers) expected.push_back(caller.local().port());
    for (std::size_t i = 0; i < callers.size(); ++i) {
      stream called = co_await io::timeout(30s, here.accept());
      heard.push_back(called.remote().port());
    }
    std::ranges::sort(expected);
    std::ranges::sort(heard);
    EXPECT_EQ(heard, expected);
    EXPECT_EQ(co_await failure(io::timeout(5ms, here.accept())), io::errc::timed_out);
  }());
}

TEST_P(listeners, at_a_name_lose_neither_a_caller_nor_a_descriptor_when_they_are_cancelled) {
  io::wait([]() -> task<void> {
    const std::size_t before = open_descriptors();
    for (int moment = 0; moment < moments; ++moment) {
      listener here = co_await listen_at_localhost();
      EXPECT_EQ(co_await cancelled_before(here.accept()), io::errc::cancelled);
      const std::vector<endpoint> all = here.locals();
      std::vector<std::optional<stream>> callers(all.size());
      std::vector<stream> accepted;
      scope calling;
      for (std::size_t i = 0; i < all.size(); ++i)
        calling.spawn([&, i]() -> task<void> { callers[i] = co_await connect(all[i].to_string()); });
      co_await cancelled_about(moment, here.accept(), [&](stream s) { accepted.push_back(std::move(s)); });
      co_await calling.join();
      while (accepted.size() < all.size()) accepted.push_back(co_await io::timeout(30s, here.accept()));
      EXPECT_EQ(co_await failure(io::timeout(0s, here.accept())), io::errc::timed_out);
    }
    EXPECT_EQ(open_descriptors(), before);
  }());
}

TEST_P(listeners, at_a_name_take_all_of_its_addresses_or_none) {
  io::wait([]() -> task<void> {
    listener here = co_await listen_at_localhost();
    const std::vector<endpoint> all = here.locals();
    const std::string port = std::to_string(here.local().port());
    here.close();
    EXPECT_TRUE(here.locals().empty());
    if (all.size() < 2) co_return;  // then there is nothing to take half of
    const listener taken = co_await listen(all.back().to_string());
    EXPECT_EQ(co_await words(listen("localhost:" + port)),
              "bind " + all.back().to_string() + ": address already in use");
    EXPECT_FALSE(co_await failure(listen(all.front().to_string())));
  }());
}

TEST_P(listeners, at_a_name_end_an_accept_that_waits_when_they_close) {
  io::wait([]() -> task<void> {
    listener here = co_await listen_at_localhost();
    std::error_code ended;
    scope accepting;
    accepting.spawn([&]() -> task<void> { ended = co_await failure(here.accept()); });
    co_await sleep(2ms);
    EXPECT_EQ(co_await failure(here.accept()), std::errc::connection_already_in_progress);
    here.close();
    co_await accepting.join();
    EXPECT_EQ(ended, io::errc::cancelled);
  }());
}

TEST_P(listeners, refuse_a_port_that_is_taken_and_name_it) {
  io::wait([]() -> task<void> {
    const listener here = co_await listen("127.0.0.1:0");
    const std::string at = here.local().to_string();
    EXPECT_EQ(co_await words(listen(at)), "bind " + at + ": address already in use");
  }());
}

TEST_P(listeners, keep_callers_until_they_are_accepted) {
  io::wait([]() -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    std::vector<stream> callers;
    for (int i = 0; i < 20; ++i) callers.push_back(co_await connect(here.local().to_string()));
    for (stream& caller : callers) EXPECT_EQ((co_await here.accept()).remote().port(), caller.local().port());
  }());
}

// The backlog of 0 holds one caller on Linux, and the next one's SYN is dropped.
TEST_P(listeners, keep_no_more_callers_than_the_backlog) {
  io::wait([]() -> task<void> {
    listener here = co_await listen("127.0.0.1:0", {.backlog = 0});
    const stream first = co_await connect(here.local().to_string());
    EXPECT_EQ(co_await failure(connect(here.local().to_string(), {.timeout = 30ms})), io::errc::timed_out);
    EXPECT_EQ((co_await here.accept()).remote().port(), first.local().port());
  }());
}

TEST_P(listeners, refuse_those_whom_nobody_accepted_when_they_close) {
  io::wait([]() -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    const std::string at = here.local().to_string();
    stream waiting = co_await connect(at);
    here.close();
    here.close();
    EXPECT_TRUE(co_await failure(waiting.recv()));
    EXPECT_EQ(co_await failure(connect(at)), std::errc::connection_refused);
    EXPECT_EQ(co_await failure(here.accept()), errc::closed);
    EXPECT_EQ(here.local().to_string(), "nowhere");
  }());
}

TEST_P(listeners, end_an_accept_that_waits_when_they_close) {
  io::wait([]() -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    std::error_code ended;
    scope accepting;
    accepting.spawn([&]() -> task<void> { ended = co_await failure(here.accept()); });
    co_await sleep(2ms);
    EXPECT_EQ(co_await failure(here.accept()), std::errc::connection_already_in_progress);
    here.close();
    co_await accepting.join();
    EXPECT_EQ(ended, io::errc::cancelled);
  }());
}

TEST_P(listeners, can_be_moved) {
  io::wait([]() -> task<void> {
    listener first = co_await listen("127.0.0.1:0");
    listener second = std::move(first);
    EXPECT_EQ(co_await failure(first.accept()), errc::closed);
    first = std::move(second);
    const stream caller = co_await connect(first.local().to_string());
    EXPECT_EQ((co_await first.accept()).remote().port(), caller.local().port());
  }());
}

TEST_P(listeners, skip_a_caller_that_reset_before_it_was_accepted) {
  io::wait([]() -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    stream gone = co_await connect(here.local().to_string());
    gone.abort();
    co_await sleep(5ms);
    stream caller = co_await connect(here.local().to_string());
    stream accepted = co_await here.accept();
    // In the simulation it is accepted, and its reset shows at once.
    if (simulated()) {
      EXPECT_EQ(co_await failure(accepted.recv()), std::errc::connection_reset);
      accepted = co_await here.accept();
    }
    EXPECT_EQ(accepted.remote().port(), caller.local().port());
  }());
}

TEST_P(listeners, accept_a_caller_that_spoke_and_left_before_it_was_accepted) {
  io::wait([]() -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    stream gone = co_await connect(here.local().to_string());
    co_await gone.send("my last words");
    {
      const stream dropped = std::move(gone);
    }
    co_await sleep(5ms);
    stream accepted = co_await here.accept();
    EXPECT_EQ(co_await recv_all(accepted), "my last words");
  }());
}

TEST_P(listeners, that_are_cancelled_lose_no_caller) {
  io::wait([]() -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    EXPECT_EQ(co_await cancelled_meanwhile(here.accept()), io::errc::cancelled);
    EXPECT_EQ(co_await failure(io::timeout(5ms, here.accept())), io::errc::timed_out);
    const stream caller = co_await connect(here.local().to_string());
    EXPECT_EQ(co_await cancelled_before(here.accept()), io::errc::cancelled);
    EXPECT_EQ((co_await here.accept()).remote().port(), caller.local().port());
  }());
}

TEST_P(listeners, that_are_cancelled_about_when_a_caller_comes_lose_neither_it_nor_a_descriptor) {
  io::wait([]() -> task<void> {
    const std::size_t before = open_descriptors();
    for (int moment = 0; moment < moments; ++moment) {
      listener here = co_await listen("127.0.0.1:0");
      std::optional<stream> caller, accepted;
      scope calling;
      calling.spawn([&]() -> task<void> { caller = co_await connect(here.local().to_string()); });
      co_await cancelled_about(moment, here.accept(), [&](stream s) { accepted = std::move(s); });
      co_await calling.join();
      if (!accepted) accepted = co_await here.accept();
      EXPECT_EQ(accepted->remote().port(), caller->local().port());
    }
    EXPECT_EQ(open_descriptors(), before);
  }());
}

// --- what only a kernel has

class kernel_listeners : public on_every_backend {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(kernel_listeners);

TEST_P(kernel_listeners, can_be_started_again_while_old_connections_linger) {
  io::wait([]() -> task<void> {
    std::optional<listener> here = co_await listen("127.0.0.1:0");
    const std::string at = here->local().to_string();
    stream caller = co_await connect(at);
    stream called = co_await here->accept();
    co_await called.shutdown();  // who ends first is left in TIME_WAIT, for a minute
    co_await caller.close();
    co_await called.close();
    here.reset();
    EXPECT_FALSE(co_await failure(listen(at)));
  }());
}

TEST_P(kernel_listeners, share_a_port_only_when_asked_to) {
  io::wait([]() -> task<void> {
    const listener first = co_await listen("127.0.0.1:0", {.reuse_port = true});
    const std::string at = first.local().to_string();
    EXPECT_FALSE(co_await failure(listen(at, {.reuse_port = true})));
    EXPECT_EQ(co_await failure(listen(at)), std::errc::address_in_use);
  }());
}

/// A link-local address of this machine with its zone; empty where it has none.
std::string link_local_address() {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned(all, ::freeifaddrs);
  for (const ifaddrs* at = all; at; at = at->ifa_next) {
    if (!at->ifa_addr || at->ifa_addr->sa_family != AF_INET6) continue;
    const endpoint e(at->ifa_addr, sizeof(sockaddr_in6));
    if (e.address().starts_with("fe80:")) return e.address();
  }
  return {};
}

TEST_P(kernel_listeners, keep_the_zone_of_a_link_local_address) {
  const std::string address = link_local_address();
  if (address.empty()) GTEST_SKIP() << "this machine has no link-local address";
  EXPECT_NE(address.find('%'), std::string::npos);
  io::wait([](std::string host) -> task<void> {
    listener here = co_await listen("[" + host + "]:0");
    EXPECT_EQ(here.local().address(), host);
    const stream caller = co_await connect(here.local().to_string());
    EXPECT_EQ((co_await here.accept()).remote().address(), host);
  }(address));
}

TEST_P(kernel_listeners, pause_when_descriptors_run_out_say_so_once_and_go_on) {
  if (undefined_behavior_is_checked)
    GTEST_SKIP() << "UndefinedBehaviorSanitizer needs descriptors of its own";
  io::wait([]() -> task<void> {
    std::vector<std::string> said;
    listener here =
        co_await listen("127.0.0.1:0", {.on_pause = [&](std::string_view text) { said.emplace_back(text); }});
    const stream caller = co_await connect(here.local().to_string());
    std::optional<stream> accepted;
    scope accepting;
    {
      const limit_of_descriptors limit;
      accepting.spawn([&]() -> task<void> { accepted = co_await here.accept(); });
      co_await eventually([&] { return !said.empty(); });
      co_await sleep(60ms);  // 10, 20 and 40 ms: it tries three more times
      EXPECT_FALSE(accepted);
    }
    co_await io::timeout(30s, accepting.join());
    EXPECT_EQ(accepted->remote().port(), caller.local().port());
    EXPECT_EQ(said.size(), 1U);
    EXPECT_EQ(said.at(0), "accept at " + here.local().to_string() +
                              ": too many open files; new callers wait until some have left");
  }());
}

TEST_P(kernel_listeners, end_an_accept_that_pauses_when_they_close) {
  if (undefined_behavior_is_checked)
    GTEST_SKIP() << "UndefinedBehaviorSanitizer needs descriptors of its own";
  io::wait([]() -> task<void> {
    bool pauses = false;
    listener here = co_await listen("127.0.0.1:0", {.on_pause = [&](std::string_view) { pauses = true; }});
    const stream caller = co_await connect(here.local().to_string());
    std::error_code failed;
    scope accepting;
    const limit_of_descriptors limit;
    accepting.spawn([&]() -> task<void> { failed = co_await failure(here.accept()); });
    co_await eventually([&] { return pauses; });
    co_await sleep(40ms);  // it pauses for 40 ms by now
    here.close();
    for (int i = 0; i < 3; ++i) co_await io::yield();
    EXPECT_EQ(failed, errc::closed);
    co_await accepting.join();
  }());
}

TEST_P(listeners, take_over_an_address_that_its_owner_lets_go_of_in_time) {
  io::wait([]() -> task<void> {
    std::optional<listener> first = co_await listen("127.0.0.1:0");
    const std::string at = first->local().to_string();
    EXPECT_EQ(co_await failure(listen(at)), std::errc::address_in_use);
    EXPECT_EQ(co_await failure(listen(at, {.patience = 30ms})), std::errc::address_in_use);
    std::vector<std::string> told;
    scope ending;
    ending.spawn([&]() -> task<void> {
      co_await eventually([&] { return !told.empty(); });
      first.reset();
    });
    const listener second = co_await listen(
        at, {.patience = 30s, .on_pause = [&](std::string_view text) { told.emplace_back(text); }});
    co_await ending.join();
    EXPECT_EQ(second.local().to_string(), at);
    EXPECT_EQ(told, std::vector{"bind " + at + ": address already in use; trying for 30 s"});
  }());
}

TEST_P(kernel_listeners, reset_whoever_they_did_not_accept) {
  io::wait([]() -> task<void> {
    for (const bool kept : {false, true}) {
      listener here = co_await listen("127.0.0.1:0");
      const endpoint at = here.local();
      const int caller = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      {
        scope accepting;
        accepting.spawn([&]() -> task<void> { co_await here.accept(); });
        co_await sleep(1ms);
        // One that has arrived, of whom its waiter does not know yet.
        if (kept) EXPECT_EQ(::connect(caller, at.data(), at.size()), 0);
        if (kept) io::loop::current().kernel().wait(io::after(io::loop::current().now(), 30s));
      }
      if (!kept) EXPECT_EQ(::connect(caller, at.data(), at.size()), 0);
      co_await sleep(5ms);
      here.close();
      char byte;
      EXPECT_EQ(::recv(caller, &byte, 1, 0), -1);
      EXPECT_EQ(errno, ECONNRESET);
      ::close(caller);
    }
  }());
}

TEST_P(kernel_listeners, stay_when_a_child_that_was_forked_destroys_its_copy) {
  const temporary_folder folder;
  const std::string path = folder.path("socket");
  auto here = std::make_optional(io::wait(listen("unix:" + path)));
  const pid_t child = ::fork();
  if (child == 0) {
    here.reset();
    ::_exit(0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(std::filesystem::is_socket(path));
}

}  // namespace
}  // namespace parlance::net::test
