// Connecting by name and address: what is told when it fails, its limits, and its cancellation.
#include <atomic>

#include <parlance/io/blocking.hpp>
#include <parlance/net/memory_stream.hpp>

#include "net/support.hpp"

namespace parlance::net::test {
namespace {

class connecting : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(connecting);

task<std::string> nobody() { co_return (co_await listen("127.0.0.1:0")).local().to_string(); }

TEST_P(connecting, tells_in_one_line_that_it_was_refused) {
  io::wait([]() -> task<void> {
    const std::string at = co_await nobody();
    EXPECT_EQ(co_await words(connect(at)), "connect " + at + ": connection refused");
    EXPECT_EQ(co_await failure(connect(at)), std::errc::connection_refused);
  }());
}

TEST_P(connecting, names_each_address_that_was_tried) {
  io::wait([]() -> task<void> {
    const std::string port = std::to_string((co_await listen("127.0.0.1:0")).local().port());
    EXPECT_EQ(co_await words(connect(":" + port)), "connect :" + port + ": 127.0.0.1:" + port +
                                                       ": connection refused, [::1]:" + port +
                                                       ": connection refused");
  }());
}

TEST_P(connecting, reaches_a_name_whichever_family_answers) {
  io::wait([]() -> task<void> {
    for (const char* at : {"127.0.0.1:0", "[::1]:0"}) {
      listener here = co_await listen(at);
      const address by_name{.host = "", .port = here.local().port(), .path = {}};
      const stream caller = co_await connect(by_name);
      EXPECT_EQ(caller.remote().to_string(), here.local().to_string());
    }
  }());
}

TEST_P(connecting, tells_an_observer_what_happens_and_speaks_through_what_it_gives) {
  io::wait([]() -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    const std::string refused = co_await nobody(), at = here.local().to_string();
    std::vector<std::string> seen;
    const auto watching = std::make_shared<connect_observer>();
    watching->looking_up = [&](const std::string& host) { seen.push_back("name " + host); };
    watching->resolved = [&](std::span<const endpoint> found) {
      seen.push_back("found " + std::to_string(found.size()));
    };
    watching->trying = [&](const endpoint& to) { seen.push_back("to " + to.to_string()); };
    watching->failed = [&](const endpoint&, std::string_view why) { seen.emplace_back(why); };
    watching->connected = [&](stream s) {
      seen.push_back("there " + s.remote().to_string());
      auto [mine, theirs] = memory_streams();
      return std::move(mine);
    };
    const stream over = co_await connect(at, {.observer = watching});
    EXPECT_EQ(over.native_handle(), -1);
    EXPECT_EQ(co_await failure(connect(refused, {.observer = watching})), std::errc::connection_refused);
    EXPECT_EQ(seen, (std::vector<std::string>{"found 1", "to " + at, "there " + at, "found 1",
                                              "to " + refused, "connection refused"}));
    seen.clear();
    EXPECT_EQ(co_await failure(connect("nowhere.invalid:1", {.observer = watching})), errc::no_address);
    EXPECT_EQ(seen, std::vector<std::string>{"name nowhere.invalid"});
  }());
}

TEST_P(connecting, tells_when_a_name_is_none) {
  const std::string name = std::string(64, 'x') + ".invalid";  // a label has at most 63 bytes
  io::wait([](std::string host) -> task<void> {
    EXPECT_EQ(co_await words(connect(host + ":80")),
              "connect " + host + ":80: look up " + host + ": no such host");
    EXPECT_EQ(co_await failure(connect(host + ":80")), errc::no_address);
  }(name));
}

TEST_P(connecting, refuses_what_is_no_address_before_it_starts) {
  EXPECT_THROW((void)connect("no port"), io::error);
  EXPECT_THROW((void)connect("host:99999"), io::error);
}

/// A listener whose queue is full, so that it answers nobody.
struct silent {
  listener listening;
  stream filler;
  static task<silent> make() {
    listener l = co_await listen("127.0.0.1:0", {.backlog = 0});
    stream s = co_await connect(l.local().to_string());
    co_return silent{std::move(l), std::move(s)};
  }
  std::string at() const { return listening.local().to_string(); }
};

TEST_P(connecting, tells_how_long_it_tried_and_what_was_not_answered) {
  io::wait([]() -> task<void> {
    const silent there = co_await silent::make();
    EXPECT_EQ(co_await words(connect(there.at(), {.timeout = 30ms})),
              "connect " + there.at() + ": timed out after 0.03 s (" + there.at() + ": no answer yet)");
    EXPECT_EQ(co_await failure(connect(there.at(), {.timeout = 1ms})), io::errc::timed_out);
  }());
}

TEST_P(connecting, ends_at_a_deadline_from_outside_and_does_not_call_it_its_own) {
  io::wait([]() -> task<void> {
    const silent there = co_await silent::make();
    const std::string said = co_await words(io::timeout(20ms, connect(there.at())));
    EXPECT_TRUE(said.starts_with("connect " + there.at() + ": timed out after 0.0")) << said;
    EXPECT_EQ(co_await failure(io::timeout(0s, connect(there.at()))), io::errc::timed_out);
  }());
}

TEST_P(connecting, takes_limits_of_any_length) {
  io::wait([]() -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    const std::string at = here.local().to_string();
    const io::duration longest = io::duration::max();
    const stream caller =
        co_await io::timeout(longest, connect(at, {.timeout = longest, .attempt_delay = longest}));
    EXPECT_TRUE(caller.is_open());
    EXPECT_EQ(co_await failure(connect(at, {.timeout = io::duration::min()})), io::errc::timed_out);
    EXPECT_EQ(co_await failure(connect(at, {.timeout = 0s})), io::errc::timed_out);
  }());
}

TEST_P(connecting, is_cancelled_before_it_starts_and_while_it_waits) {
  io::wait([]() -> task<void> {
    const silent there = co_await silent::make();
    const std::size_t before = open_descriptors();
    EXPECT_EQ(co_await cancelled_before(connect(there.at())), io::errc::cancelled);
    EXPECT_EQ(co_await cancelled_meanwhile(connect(there.at())), io::errc::cancelled);
    io::context limits;
    limits.cancel();
    EXPECT_EQ(co_await words(io::run_in(limits, connect(there.at()))),
              "connect " + there.at() + ": cancelled");
    EXPECT_EQ(open_descriptors(), before);
  }());
}

TEST_P(connecting, is_cancelled_about_when_it_succeeds_and_leaves_no_descriptor) {
  io::wait([]() -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    const std::size_t before = open_descriptors();
    for (int moment = 0; moment < moments; ++moment) {
      std::optional<stream> caller;
      const std::error_code failed = co_await cancelled_about(moment, connect(here.local().to_string()),
                                                              [&](stream s) { caller = std::move(s); });
      EXPECT_EQ(!failed, caller.has_value());
      if (!caller) continue;
      // Those before it may have reached the listener, and are gone.
      stream accepted = co_await here.accept();
      while (accepted.remote() != caller->local()) accepted = co_await here.accept();
      co_await caller->send("x");
      EXPECT_EQ(co_await accepted.recv(), "x");
    }
    while (!co_await failure(io::timeout(5ms, here.accept()))) {
    }
    EXPECT_EQ(open_descriptors(), before);
  }());
}

TEST_P(connecting, tells_when_each_part_was_done) {
  io::wait([]() -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    connect_times plain, encrypted;
    plain.secured = 1h;  // of what was before
    const stream first = co_await connect(here.local().to_string(), {.times = &plain});
    stream called = co_await here.accept();
    EXPECT_GE(plain.connected, plain.resolved);
    EXPECT_GT(plain.connected, 0s);
    EXPECT_EQ(plain.secured, 0s);
    scope serving;
    serving.spawn([&]() -> task<void> { co_await tls_accept(co_await here.accept(), shown_on_the_spot()); });
    const stream second =
        co_await connect(here.local().to_string(), {.context = trusting(), .times = &encrypted});
    co_await serving.join();
    EXPECT_GT(encrypted.secured, encrypted.connected);
  }());
}

TEST_P(connecting, covers_the_tls_handshake_with_its_limit) {
  io::wait([]() -> task<void> {
    listener here = co_await listen("127.0.0.1:0");  // takes the connection and never says a word
    const std::string at = here.local().to_string();
    EXPECT_EQ(co_await words(connect(at, {.context = trusting(), .timeout = 30ms})),
              "connect " + at + ": timed out after 0.03 s (connected, and waiting for the TLS handshake)");
  }());
}

// --- names

class resolving : public on_every_backend {};
PARLANCE_ON_EVERY_BACKEND(resolving);

TEST_P(resolving, needs_no_name_service_for_numbers) {
  io::wait([]() -> task<void> {
    const std::vector<endpoint> v4 = co_await resolve(address::parse("192.0.2.1:80"));
    EXPECT_EQ(v4, std::vector{endpoint::ipv4({192, 0, 2, 1}, 80)});
    const std::vector<endpoint> v6 = co_await resolve(address::parse("[::1]:80"));
    EXPECT_EQ(v6.at(0).to_string(), "[::1]:80");
    EXPECT_EQ((co_await resolve(address::parse(":80"), true)).at(0).to_string(), "[::]:80");
    EXPECT_EQ((co_await resolve(address::parse("unix:/x"))).at(0).to_string(), "unix:/x");
  }());
}

TEST_P(resolving, finds_this_machine_by_name) {
  io::wait([]() -> task<void> {
    for (const endpoint& e : co_await resolve(address::parse("localhost:80"))) {
      EXPECT_TRUE(e.is_loopback()) << e.to_string();
      EXPECT_EQ(e.port(), 80);
    }
  }());
}

TEST_P(resolving, is_cancelled_before_it_starts) {
  io::wait([]() -> task<void> {
    EXPECT_EQ(co_await cancelled_before(resolve(address::parse("localhost:80"))), io::errc::cancelled);
    io::context limits;
    limits.cancel(io::errc::timed_out);
    EXPECT_EQ(co_await words(io::run_in(limits, resolve(address::parse("localhost:80")))),
              "look up localhost: timed out");
  }());
}

TEST_P(resolving, is_cancelled_about_when_it_succeeds) {
  io::wait([]() -> task<void> {
    for (int moment = 0; moment < moments; ++moment)
      co_await cancelled_about(moment, resolve(address::parse("localhost:80")),
                               [](const std::vector<endpoint>& all) { EXPECT_FALSE(all.empty()); });
  }());
}

/// Every worker is busy, until this goes: whoever needs one waits.
class busy_workers {
 public:
  busy_workers() {
    for (unsigned i = 0; i < io::workers; ++i) io::run_on_worker([until = over_] { until->wait(false); });
  }
  ~busy_workers() {
    over_->store(true);
    over_->notify_all();
  }
  busy_workers(const busy_workers&) = delete;
  busy_workers& operator=(const busy_workers&) = delete;

 private:
  std::shared_ptr<std::atomic<bool>> over_ = std::make_shared<std::atomic<bool>>(false);
};

class resolving_threads : public on_every_backend {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(resolving_threads);

TEST_P(resolving_threads, leave_the_loop_running_and_can_be_cancelled) {
  io::wait([]() -> task<void> {
    std::optional<busy_workers> blocked(std::in_place);
    EXPECT_EQ(co_await failure(io::timeout(10ms, resolve(address::parse("localhost:80")))),
              io::errc::timed_out);
    EXPECT_EQ(co_await cancelled_meanwhile(resolve(address::parse("localhost:80"))), io::errc::cancelled);
    EXPECT_EQ(co_await words(connect("localhost:80", {.timeout = 10ms})),
              "connect localhost:80: timed out after 0.01 s");
    blocked.reset();
    EXPECT_FALSE((co_await resolve(address::parse("localhost:80"))).empty());
  }());
}

class connecting_threads : public on_every_backend {};
PARLANCE_ON_EVERY_KERNEL_BACKEND(connecting_threads);

TEST_P(connecting_threads, leave_the_loop_running_while_the_authorities_are_read) {
  io::wait([]() -> task<void> {
    listener here = co_await listen("127.0.0.1:0");
    scope serving;
    serving.spawn([&]() -> task<void> {
      for (;;) co_await failure(tls_accept(co_await here.accept(), shown_on_the_spot()));
    });
    const std::string at = here.local().to_string();
    std::optional<busy_workers> blocked(std::in_place);
    EXPECT_EQ(co_await failure(connect(at, {.tls = true, .timeout = 30ms})), io::errc::timed_out);
    blocked.reset();
    EXPECT_EQ(co_await failure(connect(at, {.tls = true})), errc::certificate);
    serving.cancel();
  }());
}

}  // namespace
}  // namespace parlance::net::test
