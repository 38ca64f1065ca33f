// What a remote_stream has on the other loop, seen from there: what becomes of the sends behind one that failed.
#include <parlance/net/detail/far_end.hpp>
#include <parlance/net/memory_stream.hpp>

#include "net/support.hpp"

namespace parlance::net::test {
namespace {

class far_ends : public testing::Test {
 protected:
  far_ends() {
    auto [a, b] = memory_streams(8);
    there->there.emplace(std::move(a));
    peer.emplace(std::move(b));
    there->there->set_send_timeout(10ms);
  }

  /// Sends so many bytes, of which the peer has room for 8, and what it said when it failed.
  std::error_code send(const std::shared_ptr<promise>& what, std::size_t size) {
    const std::string text = pattern(size);
    const std::string_view pieces[] = {text};
    const std::exception_ptr why = io::wait(what->keep(there, pieces));
    try {
      if (why) std::rethrow_exception(why);
    } catch (const io::error& e) {
      return e.code();
    }
    return {};
  }
  std::shared_ptr<promise> fresh() { return std::make_shared<promise>(there); }
  std::error_code turn() {
    return io::wait(failure(
        [](far_end& of) -> task<void> { const io::mutex::guard mine = co_await of.turn_to_send(); }(*there)));
  }

  io::loop here{{.backend = "sim"}};
  std::shared_ptr<far_end> there = std::make_shared<far_end>(-1);
  std::optional<stream> peer;
};

TEST_F(far_ends, go_on_behind_a_send_of_which_nothing_has_gone_whoever_hears_of_it) {
  EXPECT_FALSE(send(fresh(), 8));
  const std::shared_ptr<promise> second = fresh();
  EXPECT_EQ(send(second, 1), io::errc::timed_out);
  EXPECT_EQ(there->unheard, 0U);
  second->abandon();
  EXPECT_FALSE(turn());
  EXPECT_FALSE(there->cut);
}

TEST_F(far_ends, wait_behind_a_send_of_which_a_part_has_gone_until_that_is_known) {
  const std::shared_ptr<promise> first = fresh();
  EXPECT_EQ(send(first, 9), io::errc::timed_out);
  EXPECT_EQ(there->unheard, 1U);
  EXPECT_TRUE(there->held_up);
  first->heard();
  EXPECT_EQ(there->unheard, 0U);
  EXPECT_FALSE(turn());
}

TEST_F(far_ends, send_nothing_behind_a_part_of_which_nobody_hears) {
  const std::shared_ptr<promise> first = fresh();
  EXPECT_EQ(send(first, 9), io::errc::timed_out);
  first->abandon();
  EXPECT_EQ(turn(), std::errc::broken_pipe);
}

}  // namespace
}  // namespace parlance::net::test
