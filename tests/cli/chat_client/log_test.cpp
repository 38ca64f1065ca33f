#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include <parlance/io/error.hpp>

#include <cli/chat/model/log.hpp>

namespace parlance::cli {
namespace {

constexpr wall_time begin = 1'796'025'600'000;  // 2026-11-30T08:00:00Z

struct log_of_a_client : testing::Test {
  log_of_a_client() {
    std::string name = (std::filesystem::temp_directory_path() / "parlance-XXXXXX").string();
    folder = ::mkdtemp(name.data());
    room.is_current = true;
  }
  ~log_of_a_client() override { std::filesystem::remove_all(folder); }
  std::string text() const {
    std::ifstream in(folder / "net" / "#a.log");
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void say(wall_time after, const std::string& words, chat_entry::kind what = chat_entry::kind::text) {
    room.insert({.nick = "ann", .text = words, .time = begin + after, .what = what});
  }
  chat_log log() const { return chat_log(folder / "net"); }

  std::filesystem::path folder;
  conversation room{"#A", "#a", conversation::kind::room};
};

TEST_F(log_of_a_client, has_each_line_once_over_several_runs) {
  {
    chat_log first = log();
    say(0, "one");
    first.write(room);
    first.write(room);
    say(1500, "waves", chat_entry::kind::action);
    first.write(room);
  }
  chat_log second = log();
  say(-5000, "older, which came late");
  say(1500, "in the same millisecond");
  say(2000, "in\n2026-11-30T09:00:00.000Z <bob> several lines");
  second.write(room);
  chat_log third = log();
  third.write(room);
  const std::string all =
      "2026-11-30T08:00:00.000Z <ann> one\n"
      "2026-11-30T08:00:01.500Z * ann waves\n"
      "2026-11-30T08:00:01.500Z <ann> in the same millisecond\n"
      "2026-11-30T08:00:02.000Z <ann> in\n  2026-11-30T09:00:00.000Z <bob> several lines\n";
  EXPECT_EQ(text(), all);
  struct stat of{};
  ASSERT_EQ(::stat((folder / "net" / "#a.log").c_str(), &of), 0);
  EXPECT_EQ(of.st_mode & 0777, 0600U);
  ASSERT_EQ(::stat((folder / "net").c_str(), &of), 0);
  EXPECT_EQ(of.st_mode & 0777, 0700U);  // with whom one talks is in the names of the files
}

TEST_F(log_of_a_client, waits_for_what_was_missed_and_has_nothing_of_those_who_are_ignored) {
  chat_log to = log();
  room.is_current = false;
  say(10, "live");
  to.write(room);
  EXPECT_EQ(text(), "");
  say(5, "missed");
  room.insert({.nick = "bob", .text = "spam", .time = begin + 7, .is_ignored = true});
  room.is_current = true;
  to.write(room);
  EXPECT_EQ(text(), "2026-11-30T08:00:00.005Z <ann> missed\n2026-11-30T08:00:00.010Z <ann> live\n");
}

TEST_F(log_of_a_client, has_what_was_said_before_a_connection_was_lost) {
  chat_log to = log();
  say(0, "one");
  say(1, "two");
  room.is_current = false;
  room.held_to = {"id", begin + 1};
  say(3, "live again");
  to.write(room);
  EXPECT_EQ(text(), "2026-11-30T08:00:00.000Z <ann> one\n2026-11-30T08:00:00.001Z <ann> two\n");
  say(2, "missed");
  room.is_current = true;
  room.held_to.reset();
  to.write(room);
  EXPECT_TRUE(text().ends_with("002Z <ann> missed\n2026-11-30T08:00:00.003Z <ann> live again\n")) << text();
}

TEST_F(log_of_a_client, has_once_what_two_clients_heard) {
  chat_log one = log(), other = log();
  say(0, "one");
  one.write(room);
  other.write(room);
  say(1, "two");
  other.write(room);
  one.write(room);
  say(1, "three");
  one.write(room);
  other.write(room);
  EXPECT_EQ(text(),
            "2026-11-30T08:00:00.000Z <ann> one\n2026-11-30T08:00:00.001Z <ann> two\n"
            "2026-11-30T08:00:00.001Z <ann> three\n");
}

TEST_F(log_of_a_client, steers_no_terminal) {
  chat_log to = log();
  room.insert({.nick = "b\x1b[2J", .text = "hi", .time = begin});
  room.insert({.nick = "b", .text = "\x1b[2Jb", .time = begin, .what = chat_entry::kind::renamed});
  to.write(room);
  EXPECT_EQ(text(),
            "2026-11-30T08:00:00.000Z <b\ufffd[2J> hi\n2026-11-30T08:00:00.000Z * b is \ufffd[2Jb now\n");
}

TEST_F(log_of_a_client, what_is_no_file_is_not_written_to) {
  std::filesystem::create_directory(folder / "net");
  ASSERT_EQ(::mkfifo((folder / "net" / "#a.log").c_str(), 0600), 0);
  chat_log to = log();
  say(0, "one");
  EXPECT_THROW(to.write(room), io::error);
}

TEST_F(log_of_a_client, a_folder_that_cannot_be_written_is_told) {
  std::ofstream(folder / "net") << "a file";
  chat_log to = log();
  say(0, "one");
  EXPECT_THROW(to.write(room), io::error);
}

TEST(name_of_a_log, is_a_file_in_the_folder_and_no_other_name_has_it) {
  EXPECT_EQ(file_name_of("#dev-1.x"), "#dev-1.x");
  EXPECT_EQ(file_name_of("../../etc/passwd"), "%2E.%2F..%2Fetc%2Fpasswd");
  EXPECT_EQ(file_name_of("."), "%2E");
  EXPECT_EQ(file_name_of(std::string("a\0%b", 4)), "a%00%25b");
  const std::string long_name(500, '/'), other_name = long_name + "x";
  EXPECT_LE(file_name_of(long_name).size(), 200U);
  EXPECT_NE(file_name_of(long_name), file_name_of(other_name));
}

}  // namespace
}  // namespace parlance::cli
