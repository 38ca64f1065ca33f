// When the index takes in what is said: soon, but not while so much is said that it could not follow.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

#include <parlance/chat/core/message_search.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/chat/watch/metrics.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>

#include "net/temporary_folder.hpp"

using namespace parlance::chat;
using namespace std::chrono_literals;
namespace io = parlance::io;
using parlance::net::test::temporary_folder;

namespace {

/// On a loop whose clock moves only when something waits.
class index_keeping : public testing::Test {
 protected:
  /// `story`, beside what keeps the index.
  template <class Story> void beside_it(Story story) {
    io::wait([](index_keeping& in, Story what) -> io::task<void> {
      io::scope keeper;
      keeper.spawn(in.search_.keep([] { return true; }, [](std::string_view why) { ADD_FAILURE() << why; }));
      co_await io::sleep(500ms);  // it looks each second, from the first on
      co_await what();
      keeper.cancel();
      co_await keeper.join();
    }(*this, std::move(story)));
  }
  void say(int messages) {
    for (int i = 0; i < messages; ++i) {
      const entry_id id = kept_.next_id(std::chrono::system_clock::now());
      kept_.append("#a", {.id = id, .kind = 1, .source = "alice!a@host", .text = "a word"});
      search_.said("#a", id);
    }
    kept_.commit();
    ASSERT_TRUE(kept_.settle());
  }
  std::int64_t indexed() const { return count_.search_messages.value(); }

  const temporary_folder folder_;
  io::loop loop_{{.backend = "sim"}};
  store kept_{store_options{.folder = folder_.path("")}};
  metrics count_;
  message_search search_{kept_, count_};
};

}  // namespace

TEST_F(index_keeping, takes_in_many_with_the_next_look_and_few_with_the_tenth) {
  beside_it([this]() -> io::task<void> {
    say(1000);
    co_await io::sleep(1s);
    EXPECT_EQ(indexed(), 1000);
    say(999);
    co_await io::sleep(5s);
    EXPECT_EQ(indexed(), 1000);
    co_await io::sleep(5s);
    EXPECT_EQ(indexed(), 1999);
  });
}

TEST_F(index_keeping, waits_while_more_is_said_than_it_can_follow) {
  beside_it([this]() -> io::task<void> {
    for (int second = 0; second < 30; ++second) {
      say(1001);
      co_await io::sleep(1s);
      EXPECT_EQ(indexed(), 0);
    }
    // It is quiet now, and what it takes of a processor is bounded still.
    for (int second = 0; second < 120 && indexed() < 30'030; ++second) co_await io::sleep(1s);
    EXPECT_EQ(indexed(), 30'030);
  });
}

TEST_F(index_keeping, hurries_for_somebody_who_searches) {
  beside_it([this]() -> io::task<void> {
    say(3000);
    const message_search::answer found =
        co_await search_.find({.among = {{"#a"}}, .terms = search_terms("word"), .limit = 5}, [] {});
    EXPECT_EQ(found.how, message_search::outcome::done);
    EXPECT_EQ(found.hits.size(), 5U);
    EXPECT_EQ(indexed(), 3000);
  });
}
