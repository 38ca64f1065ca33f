// Reading in pieces, the same over every stream and in whatever pieces the peer sends: against a model, at
// the edges of each limit, and cancelled at any moment.
#include <algorithm>
#include <array>
#include <cerrno>
#include <random>

#include <parlance/net/reader.hpp>

#include "net/support.hpp"

namespace parlance::net::test {
namespace {

using text = std::optional<std::string>;

/// What a call gave, as a string of its own.
task<text> taken(task<std::optional<std::string_view>> call) {
  const std::optional<std::string_view> got = co_await std::move(call);
  co_return got ? text(*got) : std::nullopt;
}
task<text> taken(task<std::string_view> call) { co_return std::string(co_await std::move(call)); }

/// Sends it in pieces of random sizes, with pauses, and ends.
task<void> send_in_pieces(stream& to, std::string_view bytes, std::mt19937& random) {
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(bytes.size(), random() % 8 ? 1 + random() % 12 : 400);
    co_await to.send(bytes.substr(0, size));
    bytes.remove_prefix(size);
    if (random() % 4 == 0) co_await io::yield();
    if (random() % 32 == 0) co_await sleep(100us);
  }
  co_await to.shutdown();
}

/// What a reader should do with all of it.
struct model {
  std::string_view left;
  std::error_code failed = {};

  text fail(std::error_code why) { return failed = why, std::nullopt; }
  text take(std::size_t size, std::size_t of_mark = 0) {
    const text piece(left.substr(0, size));
    left.remove_prefix(size + of_mark);
    return piece;
  }
  text line(std::size_t limit) {
    const std::size_t end = left.find('\n');
    if (end == std::string_view::npos) {
      if (left.empty()) return std::nullopt;
      return left.size() > limit ? fail(io::from_errno(EMSGSIZE)) : take(left.size());
    }
    const std::size_t cr = end != 0 && left[end - 1] == '\r';
    return end - cr > limit ? fail(io::from_errno(EMSGSIZE)) : take(end - cr, cr + 1);
  }
  text until(std::string_view mark, std::size_t limit) {
    const std::size_t end = left.find(mark);
    if (end != std::string_view::npos)
      return end > limit ? fail(io::from_errno(EMSGSIZE)) : take(end, mark.size());
    if (left.empty()) return std::nullopt;
    std::size_t may_be_mark = std::min(mark.size() - 1, left.size());
    while (!left.ends_with(mark.substr(0, may_be_mark))) --may_be_mark;
    return fail(left.size() - may_be_mark > limit ? io::from_errno(EMSGSIZE) : errc::ended_early);
  }
  text exactly(std::size_t size) {
    if (left.size() >= size) return take(size);
    return left.empty() ? std::nullopt : fail(errc::ended_early);
  }
  text rest(std::size_t limit) {
    return left.size() > limit ? fail(io::from_errno(EMSGSIZE)) : take(left.size());
  }
};

std::string random_text(std::mt19937& random, std::size_t size) {
  constexpr std::array<std::string_view, 10> parts{
      "a", "bcd", "\r", "\n", "\r\n", std::string_view("\0", 1), "-", "--", "-=-", "a longer piece of text"};
  std::string all;
  while (all.size() < size) all += parts[random() % parts.size()];
  return all;
}

class reading : public on_every_stream {};
PARLANCE_ON_EVERY_STREAM(reading);

task<void> compare_with_model(ends& two, unsigned seed) {
  std::mt19937 random(seed);
  std::mt19937 of_sender(seed + 1);
  const std::string all = random_text(random, 3000);
  scope sending;
  sending.spawn(send_in_pieces(two.a, all, of_sender));
  model expected{all};
  std::optional<reader> in(two.b);
  constexpr std::array<std::string_view, 5> marks{"\r\n", "\n", "--", "-=-=-", "-=--"};
  const std::size_t limits[] = {0, 1, 2, 3, 10, 40, 10'000};
  while (!expected.left.empty()) {
    const std::size_t limit = limits[random() % 7];
    const std::string_view mark = marks[random() % 5];
    const auto which = random() % 12;
    if (which == 0) {
      const text piece = co_await taken(in->some());
      EXPECT_FALSE(piece->empty());
      EXPECT_TRUE(expected.left.starts_with(*piece));
      expected.left.remove_prefix(piece->size());
      continue;
    }
    if (which == 1) {
      in.reset();
      const std::string piece = co_await recv_some(two.b);
      EXPECT_FALSE(piece.empty());
      EXPECT_TRUE(expected.left.starts_with(piece));
      expected.left.remove_prefix(piece.size());
      in.emplace(two.b);
      continue;
    }
    const model before = expected;
    task<text> call = which < 5    ? taken(in->line(limit))
                      : which < 8  ? taken(in->until(mark, limit))
                      : which < 11 ? taken(in->exactly(limit % 400))
                                   : taken(in->rest(limit));
    const text wanted = which < 5    ? expected.line(limit)
                        : which < 8  ? expected.until(mark, limit)
                        : which < 11 ? expected.exactly(limit % 400)
                                     : expected.rest(limit);
    try {
      const io::duration patience = random() % 4 ? io::duration(10s) : io::duration(random() % 300 * 1us);
      EXPECT_EQ(co_await io::timeout(patience, std::move(call)), wanted);
      EXPECT_FALSE(expected.failed) << expected.failed.message();
    } catch (const io::error& e) {
      if (e.code() == io::errc::timed_out)
        expected = before;
      else
        EXPECT_EQ(e.code(), expected.failed) << e.what();
    }
    const bool hopeless = expected.failed && expected.left.size() < 400;
    expected.failed = {};
    if (hopeless) break;
    if (testing::Test::HasFailure()) break;
  }
  EXPECT_EQ(co_await taken(in->rest(all.size())), text(expected.left));
  EXPECT_EQ(co_await taken(in->line(0)), std::nullopt);
  EXPECT_EQ(co_await taken(in->until("x", 0)), std::nullopt);
  EXPECT_EQ(co_await taken(in->exactly(1)), std::nullopt);
  EXPECT_EQ(co_await taken(in->rest(0)), "");
  EXPECT_EQ(co_await taken(in->some()), "");
  co_await sending.join();
}

TEST_P(reading, does_what_a_model_does_in_whatever_pieces_it_comes) {
  for (unsigned seed = 1; seed <= 4 && !HasFailure(); ++seed)
    io::wait([](task<ends> making, unsigned its) -> task<void> {
      ends two = co_await std::move(making);
      co_await compare_with_model(two, its);
    }(both(), seed));
}

TEST_P(reading, gives_lines_with_either_end_and_the_last_without_one) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    co_await two.a.send(std::string_view("one\r\n\n\r\ntwo\rthree\nfo\0ur\r\r\n\r", 27));
    co_await two.a.shutdown();
    reader in(two.b);
    EXPECT_EQ(co_await taken(in.line()), "one");
    EXPECT_EQ(co_await taken(in.line()), "");
    EXPECT_EQ(co_await taken(in.line()), "");
    EXPECT_EQ(co_await taken(in.line()), "two\rthree");
    EXPECT_EQ(co_await taken(in.line()), std::string("fo\0ur\r", 6));
    EXPECT_EQ(co_await taken(in.line()), "\r");
    EXPECT_EQ(co_await taken(in.line()), std::nullopt);
    EXPECT_EQ(co_await taken(in.line()), std::nullopt);
  }(both()));
}

TEST_P(reading, refuses_a_line_that_is_too_long_at_once_and_keeps_it_for_who_takes_more) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    reader in(two.b);
    const std::string peer = two.b.remote().to_string();
    co_await two.a.send("123456");
    EXPECT_EQ(co_await words(in.line(5)), "receive from " + peer + ": a line of more than 5 bytes");
    co_await two.a.send("\r");
    EXPECT_EQ(co_await failure(io::timeout(20ms, in.line(6))), io::errc::timed_out);  // it may be an end
    co_await two.a.send("\n");
    EXPECT_EQ(co_await failure(in.line(5)), std::errc::message_size);
    EXPECT_EQ(co_await taken(in.line(6)), "123456");
    co_await two.a.send("1234567;");
    EXPECT_EQ(co_await words(in.until(";", 6)),
              "receive from " + peer + ": more than 6 bytes before what should end them");
    EXPECT_EQ(co_await taken(in.until(";", 7)), "1234567");
    co_await two.a.send("12345678");
    EXPECT_EQ(co_await words(in.rest(7)), "receive from " + peer + ": more than 7 bytes");
    co_await two.a.shutdown();
    EXPECT_EQ(co_await taken(in.rest(8)), "12345678");
  }(both()));
}

TEST_P(reading, tells_an_end_in_the_middle_from_one_between) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    reader in(two.b);
    const std::string peer = two.b.remote().to_string();
    co_await two.a.send("abc");
    co_await two.a.shutdown();
    EXPECT_EQ(co_await words(in.exactly(4)), "receive from " + peer + ": the peer ended after 3 of 4 bytes");
    EXPECT_EQ(co_await failure(in.until("\n")), errc::ended_early);
    EXPECT_EQ(co_await taken(in.exactly(0)), "");
    EXPECT_EQ(co_await taken(in.exactly(3)), "abc");
    EXPECT_EQ(co_await taken(in.exactly(1)), std::nullopt);
    EXPECT_EQ(co_await taken(in.exactly(0)), "");
  }(both()));
}

TEST_P(reading, loses_nothing_when_it_is_cancelled_or_destroyed_about_when_bytes_arrive) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    std::string sent, got;
    std::optional<reader> in(two.b);
    for (int moment = 0; moment < 2 * moments; ++moment) {
      const std::string text = "message " + std::to_string(moment) + "\nand";
      sent += text;
      scope sending;
      sending.spawn(send_text(two.a, text));
      const auto keep = [&](const auto& line) { got += *line + "\n"; };
      co_await cancelled_about(moment % moments, taken(in->line()), keep);
      if (moment % 3 == 0) {
        scope reading_beside;
        reading_beside.spawn([&]() -> task<void> { got += *(co_await taken(in->line())) + "\n"; });
        for (int i = 0; i < moment % 4; ++i) co_await io::yield();
      }
      if (moment % 4 == 3) in.emplace(two.b);
      co_await sending.join();
    }
    co_await two.a.shutdown();
    got += *(co_await taken(in->rest(10'000)));
    EXPECT_EQ(got, sent);
  }(both()));
}

TEST_P(reading, gives_back_what_is_left_to_whoever_goes_on) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    co_await two.a.send("STARTTLS\r\n\x16\x03");
    {
      reader in(two.b);
      EXPECT_EQ(co_await taken(in.line()), "STARTTLS");
    }
    EXPECT_EQ(co_await recv_until(two.b, 2), "\x16\x03");
    reader in(two.b);
    co_await two.a.send("one\ntwo\nthr");
    EXPECT_EQ(co_await taken(in.line()), "one");
    in.release();
    EXPECT_EQ(co_await recv_until(two.b, 7), "two\nthr");
    co_await two.a.send("ee\n");
    EXPECT_EQ(co_await taken(in.line()), "ee");
  }(both()));
}

TEST_P(reading, refuses_a_second_call_beside_one_that_waits_and_a_stream_that_is_closed) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    reader in(two.b);
    scope waiting;
    std::optional<std::string> line;
    waiting.spawn([&]() -> task<void> { line = co_await taken(in.line()); });
    EXPECT_EQ(co_await failure(in.some()), io::from_errno(EALREADY));
    co_await two.a.send("a line\nand more");
    co_await waiting.join();
    EXPECT_EQ(line, "a line");
    EXPECT_EQ(co_await failure(in.until("")), io::from_errno(EINVAL));
    two.b.close_at_once();
    EXPECT_EQ(co_await failure(in.some()), errc::closed);
  }(both()));
}

TEST_P(reading, fills_room_of_the_callers_own) {
  io::wait([](task<ends> making) -> task<void> {
    ends two = co_await std::move(making);
    co_await two.a.send("hello");
    co_await two.a.shutdown();
    char room[2];
    EXPECT_EQ(co_await two.b.recv_into(std::span(room, 0)), 0U);
    std::string got;
    for (std::size_t size; (size = co_await two.b.recv_into(room)) != 0;) {
      got.append(room, size);
      if (got.size() == 4) EXPECT_EQ(co_await peek_some(two.b), "o");
    }
    EXPECT_EQ(got, "hello");
    EXPECT_EQ(co_await two.b.recv(), "");
  }(both()));
}

/// Brings bytes in pieces of one size, for ever when they are `endless`.
class pieces final : public transport {
 public:
  pieces(std::string_view bytes, std::size_t size, bool endless = false)
      : bytes_(bytes), size_(size), endless_(endless) {}
  io::task<std::string_view> recv() override {
    if (endless_ && at_ == bytes_.size()) at_ = 0;
    const std::string_view piece = bytes_.substr(at_, size_);
    at_ += piece.size();
    brought += piece.size();
    co_return piece;
  }
  io::task<void> send(std::span<const std::string_view>, std::shared_ptr<const void>) override { co_return; }
  io::task<void> shutdown() override { co_return; }
  io::task<void> close(close_limits) override { co_return; }
  void close_at_once() noexcept override {}
  void abort() noexcept override {}
  void set_timeout(io::side, io::duration) override {}

  std::size_t brought = 0;

 private:
  std::string_view bytes_;
  std::size_t size_, at_ = 0;
  bool endless_;
};

TEST(readers, copy_nothing_that_lies_whole_in_what_one_recv_brought) {
  const std::string all = "one\ntwo\nthree--four";
  io::loop here{{.backend = "sim"}};
  io::wait([](std::string_view bytes) -> task<void> {
    stream s(std::make_shared<pieces>(bytes, 100));
    reader in(s);
    EXPECT_EQ((co_await in.line()).value().data(), bytes.data());
    EXPECT_EQ((co_await in.exactly(4)).value().data(), bytes.data() + 4);
    EXPECT_EQ((co_await in.until("--")).value().data(), bytes.data() + 8);
    EXPECT_EQ((co_await in.some()).data(), bytes.data() + 15);
  }(all));
}

// In a time that grows with the square, each would take minutes.
TEST(readers, take_a_time_that_grows_with_the_size_only) {
  std::string all(4'000'000, 'a');
  io::loop here{{.backend = "sim"}};
  io::wait([](std::string& bytes) -> task<void> {
    const std::size_t size = bytes.size();
    bytes.back() = '\n';
    stream lines(std::make_shared<pieces>(bytes, 7));
    reader first(lines);
    EXPECT_EQ((co_await first.line(size)).value().size(), size - 1);
    const std::string mark = std::string(20'000, 'a') + "\n";
    stream marked(std::make_shared<pieces>(bytes, 7));
    reader second(marked);
    EXPECT_EQ((co_await second.until(mark, size)).value().size(), size - mark.size());
    stream counted(std::make_shared<pieces>(bytes, 7));
    reader third(counted);
    EXPECT_EQ((co_await third.exactly(size)).value().size(), size);
    std::string short_lines;
    while (short_lines.size() < size) short_lines += "x\n";
    stream many(std::make_shared<pieces>(short_lines, size));
    reader fourth(many);
    EXPECT_EQ(co_await failure(fourth.rest(size - 1)), std::errc::message_size);
    std::size_t count = 0;
    while (co_await fourth.line()) ++count;
    EXPECT_EQ(count, size / 2);
  }(all));
}

TEST(readers, are_cancelled_before_they_start_also_where_all_has_come) {
  io::loop here{{.backend = "sim"}};
  io::wait([]() -> task<void> {
    stream s(std::make_shared<pieces>("one\ntwo\nthree", 100));
    reader in(s);
    EXPECT_EQ(co_await in.line(), "one");
    EXPECT_EQ(co_await cancelled_before(in.line()), io::errc::cancelled);
    EXPECT_EQ(co_await cancelled_before(in.until("\n")), io::errc::cancelled);
    EXPECT_EQ(co_await cancelled_before(in.exactly(1)), io::errc::cancelled);
    EXPECT_EQ(co_await cancelled_before(in.some()), io::errc::cancelled);
    EXPECT_EQ(co_await words(io::timeout(0s, in.line())), "wait: timed out");
    EXPECT_EQ(co_await in.line(), "two");
  }());
}

TEST(readers, take_no_more_from_a_peer_that_never_ends_a_line_than_the_limit) {
  const std::string all(100, 'a');
  io::loop here{{.backend = "sim"}};
  io::wait([](std::string_view bytes) -> task<void> {
    const auto below = std::make_shared<pieces>(bytes, 10, true);
    stream s(below);
    reader in(s);
    EXPECT_EQ(co_await failure(in.line(1000)), std::errc::message_size);
    EXPECT_EQ(below->brought, 1010U);
    EXPECT_EQ(co_await failure(in.until("\r\n", 1000)), std::errc::message_size);
    EXPECT_EQ(co_await failure(in.rest(1000)), std::errc::message_size);
    EXPECT_EQ(below->brought, 1010U);
  }(all));
}

}  // namespace
}  // namespace parlance::net::test
