// What the tests of this rung share: pairs of connected streams of every kind on every backend, and
// operations that are cancelled before they start, while they wait, and about when they succeed.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <parlance/net.hpp>

#include "io/limit_of_descriptors.hpp"
#include "io/support.hpp"

namespace parlance::net::test {

using namespace std::chrono_literals;
using io::scope;
using io::sleep;
using io::task;
using io::test::eventually;
using io::test::every_backend;
using io::test::limit_of_descriptors;
using io::test::on_every_backend;
using io::test::open_descriptors;
using io::test::patience;
using io::test::pattern;

#if __has_feature(undefined_behavior_sanitizer)
inline constexpr bool undefined_behavior_is_checked = true;
#else
inline constexpr bool undefined_behavior_is_checked = false;
#endif

inline std::vector<std::string> every_kernel_backend() {
  std::vector<std::string> names = every_backend();
  std::erase(names, "sim");
  return names;
}

/// For what the simulation does not have: files, descriptors, socket options.
#define PARLANCE_ON_EVERY_KERNEL_BACKEND(suite)                                                       \
  INSTANTIATE_TEST_SUITE_P(on, suite, testing::ValuesIn(parlance::net::test::every_kernel_backend()), \
                           parlance::io::test::name_of_backend)

/// More than a connection holds while nobody reads.
inline const std::string& too_much() {
  static const std::string bytes = pattern(12'000'000);
  return bytes;
}

inline bool simulated() { return io::loop::current().kernel().simulated(); }

/// Two ends of a connection; `a` is who called.
struct ends {
  stream a, b;
};

/// The caller's end and the listener's, over what `at` names.
inline task<ends> connected(std::string at) {
  listener listening = co_await listen(std::move(at));
  std::optional<stream> caller;
  scope calling;
  calling.spawn([&]() -> task<void> {
    const endpoint to = listening.local();
    caller = co_await connect(to.path().empty() ? to.to_string() : "unix:" + to.path());
  });
  stream called = co_await listening.accept();
  co_await calling.join();
  co_return ends{*std::move(caller), std::move(called)};
}

inline task<ends> tcp_ends() { return connected("127.0.0.1:0"); }

inline const std::shared_ptr<tls_context>& shown_on_the_spot() {
  static const std::shared_ptr<tls_context> context = tls_context::server();
  return context;
}
inline const std::shared_ptr<tls_context>& trusting() {
  static const std::shared_ptr<tls_context> context =
      tls_context::client({.insecure_accept_any_certificate = true});
  return context;
}

/// TLS over two connected ends.
inline task<ends> secured(ends plain, std::shared_ptr<tls_context> client,
                          std::shared_ptr<tls_context> server, std::string host = "localhost") {
  std::optional<stream> a;
  scope calling;
  calling.spawn([&]() -> task<void> { a = co_await tls_connect(std::move(plain.a), client, host); });
  stream b = co_await tls_accept(std::move(plain.b), server);
  co_await calling.join();
  co_return ends{*std::move(a), std::move(b)};
}

inline task<ends> ends_of(std::string kind) {
  if (kind == "memory") {
    auto [a, b] = memory_streams();
    co_return ends{std::move(a), std::move(b)};
  }
  if (kind == "unix") co_return co_await connected("unix:@parlance-net-test-" + std::to_string(::getpid()));
  ends plain = co_await tcp_ends();
  if (kind == "tcp") co_return plain;
  co_return co_await secured(std::move(plain), trusting(), shown_on_the_spot());
}

/// A test that runs on each backend, with each kind of stream.
class on_every_stream : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  task<ends> both() { return ends_of(kind); }
  const std::string kind = std::get<1>(GetParam());
  io::loop here{{.backend = std::get<0>(GetParam())}};
};

inline std::string name_of_stream(
    const testing::TestParamInfo<std::tuple<std::string, std::string>>& tested) {
  return std::get<0>(tested.param) + "_" + std::get<1>(tested.param);
}

#define PARLANCE_ON_EVERY_STREAM(suite)                                                             \
  INSTANTIATE_TEST_SUITE_P(on, suite,                                                               \
                           testing::Combine(testing::ValuesIn(parlance::io::test::every_backend()), \
                                            testing::Values("tcp", "unix", "tls", "memory")),       \
                           parlance::net::test::name_of_stream)

// As tasks, which begin when they are awaited.
inline task<void> send_text(stream& s, std::string_view text) { co_await s.send(text); }
inline task<std::string> peek_some(stream& s) { co_return std::string(co_await s.peek()); }
inline task<std::string> recv_some(stream& s) { co_return std::string(co_await s.recv()); }

inline task<std::string> recv_until(stream& s, std::size_t size) {
  std::string all;
  while (all.size() < size) {
    const std::string_view more = co_await s.recv();
    if (more.empty()) break;
    all += more;
  }
  co_return all;
}

/// All that comes before nothing more does for a while, or it ends in whatever way.
inline task<std::string> recv_until_silence(stream& s) {
  std::string all;
  s.set_recv_timeout(100ms);
  try {
    for (std::string some; !(some = co_await recv_some(s)).empty();) all += some;
  } catch (const io::error&) {
  }
  co_return all;
}

inline task<std::string> recv_all(stream& s) { return recv_until(s, static_cast<std::size_t>(-1)); }

/// For one that is kept, and awaited again.
template <class A> task<void> awaited(A& kept) { co_await kept; }

/// The code that `what` throws; empty when it does not.
template <io::awaitable A> task<std::error_code> failure(A what) {
  try {
    co_await std::move(what);
  } catch (const io::error& e) {
    co_return e.code();
  }
  co_return std::error_code();
}

/// What the exception says that `what` throws; empty when it does not.
template <io::awaitable A> task<std::string> words(A what) {
  try {
    co_await std::move(what);
  } catch (const io::error& e) {
    co_return e.what();
  }
  co_return std::string();
}

/// How `what` fails when it is cancelled before it starts.
template <io::awaitable A> task<std::error_code> cancelled_before(A what) {
  io::context limits;
  limits.cancel();
  co_return co_await failure(io::run_in(limits, std::move(what)));
}

/// How it fails when it is cancelled while it waits.
template <io::awaitable A> task<std::error_code> cancelled_meanwhile(A what) {
  io::context limits;
  std::optional<std::error_code> failed;
  scope waiting;
  waiting.spawn([&]() -> task<void> { failed = co_await failure(io::run_in(limits, std::move(what))); });
  co_await sleep(5ms);
  EXPECT_FALSE(failed) << "it did not wait";
  limits.cancel();
  co_await waiting.join();
  co_return *failed;
}

/// Whether something has happened by the time that `what` is cancelled is a matter of luck: this cancels at a
/// moment between its start and some time after its end, later for each `moment` from 0 to `moments`. The
/// error, or empty when it was done.
inline constexpr int moments = 12;
template <io::awaitable A, class Done> task<std::error_code> cancelled_about(int moment, A what, Done done) {
  io::context limits;
  std::error_code failed;
  scope waiting;
  waiting.spawn([&]() -> task<void> {
    try {
      done(co_await io::run_in(limits, std::move(what)));
    } catch (const io::error& e) {
      failed = e.code();
    }
  });
  for (int i = 0; i < moment % 4; ++i) co_await io::yield();
  if (moment >= 4) co_await sleep((moment - 3) * 150us);
  limits.cancel();
  co_await waiting.join();
  EXPECT_TRUE(!failed || failed == io::errc::cancelled) << failed.message();
  co_return failed;
}

}  // namespace parlance::net::test
