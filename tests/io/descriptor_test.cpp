// Lines from a descriptor: whole, in order, and no longer than was asked for.
#include <fcntl.h>

#include <parlance/io/descriptor.hpp>

#include "io/support.hpp"

namespace parlance::io::test {
namespace {

class lines_of_a_descriptor : public on_every_backend {
 protected:
  lines_of_a_descriptor() { EXPECT_EQ(pipe2(ends_, O_CLOEXEC | O_NONBLOCK), 0); }
  ~lines_of_a_descriptor() override {
    close(ends_[0]);
    end();
  }
  void write_all(std::string_view text) {
    EXPECT_EQ(write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void end() {
    if (ends_[1] >= 0) close(std::exchange(ends_[1], -1));
  }
  int reading() const { return ends_[0]; }

 private:
  int ends_[2];
};
PARLANCE_ON_EVERY_BACKEND(lines_of_a_descriptor);

TEST_P(lines_of_a_descriptor, come_whole_and_the_last_may_lack_its_end) {
  wait([](auto& test) -> task<void> {
    input from(test.reading());
    std::string line, all;
    test.write_all("one\n\nthr");
    EXPECT_TRUE(co_await from.read_line(line));
    EXPECT_EQ(line, "one");
    EXPECT_TRUE(co_await from.read_line(line));
    EXPECT_EQ(line, "");
    test.write_all("ee\nfour");
    EXPECT_TRUE(co_await from.read_line(line));
    EXPECT_EQ(line, "three");
    test.end();
    EXPECT_TRUE(co_await from.read_line(line));
    EXPECT_EQ(line, "four");
    EXPECT_FALSE(co_await from.read_line(line));
  }(*this));
}

TEST_P(lines_of_a_descriptor, are_no_longer_than_the_limit_whether_their_end_is_there_or_not) {
  wait([](auto& test) -> task<void> {
    input from(test.reading());
    std::string line;
    const auto failure = [&](std::size_t limit) {
      return failure_of([](input& of, std::string& into, std::size_t l) -> task<void> {
        co_await of.read_line(into, l);
      }(from, line, limit));
    };
    test.write_all("12345\n123456\n1234567");
    EXPECT_FALSE(co_await failure(5));
    EXPECT_EQ(line, "12345");
    EXPECT_EQ(co_await failure(5), std::errc::message_size);
    EXPECT_EQ(co_await failure(5), std::errc::message_size);
    EXPECT_FALSE(co_await failure(6));  // it stays for a call that takes more
    EXPECT_EQ(line, "123456");
    EXPECT_EQ(co_await failure(6), std::errc::message_size);
    test.end();
    EXPECT_EQ(co_await failure(6), std::errc::message_size);
    EXPECT_FALSE(co_await failure(7));
    EXPECT_EQ(line, "1234567");
  }(*this));
}

// Taken out of the front one by one, so many would cost some gigabytes of copying.
TEST_P(lines_of_a_descriptor, may_be_many_and_short) {
  wait([](auto& test) -> task<void> {
    EXPECT_GT(fcntl(test.reading(), F_SETPIPE_SZ, 1 << 20), 0);
    std::string text;
    for (int i = 0; i < 200'000; ++i) text += i % 7 ? "\n" : "x\n";
    test.write_all(text);
    test.end();
    input from(test.reading());
    std::string line, all;
    while (co_await from.read_line(line)) all += line + "\n";
    EXPECT_EQ(all, text);
  }(*this));
}

}  // namespace
}  // namespace parlance::io::test
