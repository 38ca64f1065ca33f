// Files over every stream: whole and in part, that end early, and to peers that take nothing.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>

#include <parlance/io/blocking.hpp>
#include <parlance/io/detail/backend.hpp>
#include <parlance/net/send_file.hpp>

#include "io/without_standard_input.hpp"
#include "net/support.hpp"
#include "net/temporary_folder.hpp"

namespace parlance::net::test {
namespace {

class sending_files : public on_every_stream {
 protected:
  std::string file(std::string_view bytes) {
    const std::string path = folder_.path("file");
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

 private:
  temporary_folder folder_;
};
PARLANCE_ON_EVERY_STREAM(sending_files);

TEST_P(sending_files, sends_a_whole_one_behind_what_was_sent_before) {
  const std::string bytes = pattern(5'000'000);
  io::wait([](task<ends> making, std::string path, const std::string& all) -> task<void> {
    ends two = co_await std::move(making);
    const std::string first = pattern(3'000'000, 7);
    std::uint64_t told = 0, size = 0;
    scope sending;
    sending.spawn(send_text(two.a, first));
    sending.spawn([&]() -> task<void> {
      size = co_await send_file(two.a, path, {.progress = [&](std::uint64_t sent) {
                                  EXPECT_GT(sent, told);
                                  told = sent;
                                }});
      co_await two.a.send("and after it");
      co_await two.a.shutdown();
    });
    EXPECT_TRUE(co_await recv_all(two.b) == first + all + "and after it");
    co_await sending.join();
    EXPECT_EQ(size, all.size());
    EXPECT_EQ(told, all.size());
  }(both(), file(bytes), bytes));
}

TEST_P(sending_files, has_no_part_behind_the_largest_offset_that_there_is) {
  io::wait([](task<ends> making, std::string path) -> task<void> {
    ends two = co_await std::move(making);
    constexpr std::uint64_t most = std::numeric_limits<off_t>::max();
    for (const file_part& part : {file_part{.offset = most + 1}, {.offset = 1, .length = most}})
      EXPECT_EQ(co_await failure(send_file(two.a, path, part)), std::errc::value_too_large);
    EXPECT_NE(co_await failure(send_file(two.a, path, {.offset = most})), std::errc::value_too_large);
    EXPECT_EQ(co_await send_file(two.a, path, {.offset = 4, .length = 4}), 4U);
    EXPECT_EQ(co_await recv_until(two.b, 4), "file");
  }(both(), file("the file")));
}

// What is opened while the standard input is closed has its number.
TEST_P(sending_files, sends_what_is_opened_as_descriptor_0) {
  io::wait([](task<ends> making, std::string path) -> task<void> {
    ends two = co_await std::move(making);
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const io::test::without_standard_input closed;
    for (const bool by_name : {true, false}) {
      const std::uint64_t sent = co_await (by_name ? send_file(two.a, path) : send_file(two.a, file));
      EXPECT_EQ(sent, 8U);
      EXPECT_EQ(co_await recv_until(two.b, 8), "the file");
    }
    ::close(file);
  }(both(), file("the file")));
}

TEST_P(sending_files, sends_nothing_behind_a_send_that_was_cut) {
  io::wait([](task<ends> making, std::string path) -> task<void> {
    ends two = co_await std::move(making);
    {
      scope cut;
      cut.spawn(send_text(two.a, too_much()));
      co_await sleep(20ms);
    }
    EXPECT_EQ(co_await failure(send_file(two.a, path)), io::from_errno(EPIPE));
    EXPECT_EQ(co_await failure(send_text(two.a, "nor a text")), io::from_errno(EPIPE));
    EXPECT_EQ(co_await failure(two.a.shutdown()), io::from_errno(EPIPE));
    EXPECT_TRUE(too_much().starts_with(co_await recv_until_silence(two.b)));
  }(both(), file("the file")));
}

TEST_P(sending_files, sends_nothing_when_the_send_before_is_cut_while_it_waits) {
  io::wait([](task<ends> making, std::string path) -> task<void> {
    ends two = co_await std::move(making);
    std::optional<scope> before(std::in_place);
    before->spawn(send_text(two.a, too_much()));
    co_await sleep(20ms);
    scope sending;
    sending.spawn(
        [&]() -> task<void> { EXPECT_EQ(co_await failure(send_file(two.a, path)), io::from_errno(EPIPE)); });
    co_await sleep(1ms);
    before.reset();
    EXPECT_TRUE(too_much().starts_with(co_await recv_until_silence(two.b)));
    co_await sending.join();
  }(both(), file("the file")));
}

TEST_P(sending_files, leaves_nothing_to_send_behind_a_part_of_which_nobody_heard) {
  io::wait([](std::string its, std::string path) -> task<void> {
    for (int turns = 0; turns < 12; ++turns) {
      ends two = co_await ends_of(its);
      int pipe[2];
      if (::pipe2(pipe, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
      EXPECT_EQ(::write(pipe[1], "of a pipe", 9), 9);
      std::optional<scope> sending(std::in_place);
      if (turns % 2 == 0 && !simulated())
        sending->spawn([&]() -> task<void> { co_await send_file(two.a, pipe[0]); });
      else
        sending->spawn([&]() -> task<void> { co_await send_file(two.a, path); });
      // In the same turn in which it has gone, before whoever waits for it knows.
      std::string got = co_await recv_some(two.b);
      for (int i = 0; i < turns / 2; ++i) co_await io::yield();
      sending.reset();
      const std::error_code why = co_await failure(send_text(two.a, "tail"));
      EXPECT_TRUE(why == io::from_errno(EPIPE)) << why.message();
      ::close(pipe[0]);
      ::close(pipe[1]);
    }
  }(kind, file(pattern(5'000'000))));
}

TEST_P(sending_files, leaves_nothing_to_send_behind_a_whole_block_of_which_nobody_heard) {
  io::wait([](std::string its, std::string path) -> task<void> {
    constexpr std::size_t block = 128 * 1024;  // in which it is read
    for (std::size_t parts = 1; parts <= 8; ++parts) {
      ends two = co_await ends_of(its);
      std::optional<scope> sending(std::in_place);
      sending->spawn([&]() -> task<void> { co_await send_file(two.a, path); });
      // As soon as that much has gone: the peer is told in the turn in which the block's last bytes go.
      std::string room(block / 8, '\0');
      for (std::size_t heard = 0; heard < parts * (block / 8);) heard += co_await two.b.recv_into(room);
      sending.reset();
      const std::error_code why = co_await failure(send_text(two.a, "tail"));
      EXPECT_TRUE(why == io::from_errno(EPIPE)) << parts << ": " << why.message();
    }
  }(kind, file(pattern(5'000'000))));
}

TEST_P(sending_files, of_which_a_part_has_gone_are_not_taken_for_whole) {
  for (const bool while_it_is_sent : {false, true})
    io::wait([](task<ends> making, std::string path, std::string its, bool early) -> task<void> {
      ends two = co_await std::move(making);
      {
        scope sending{[](std::exception_ptr) {}};
        sending.spawn([&]() -> task<void> { co_await send_file(two.a, path); });
        co_await recv_until(two.b, 1000);
        if (early) co_await two.a.close({.time = 1ms});
      }
      co_await two.a.close({.time = 1ms});
      const std::error_code end = co_await failure(recv_all(two.b));
      if (its == "unix")
        EXPECT_EQ(end, std::error_code());
      else
        EXPECT_TRUE(end == io::from_errno(ECONNRESET) || (its == "tls" && end == errc::truncated))
            << end.message();
    }(both(), file(too_much()), kind, while_it_is_sent));
}

TEST_P(sending_files, wait_for_as_long_as_it_takes_once_their_limit_is_gone) {
  io::wait([](task<ends> making, std::string path) -> task<void> {
    ends two = co_await std::move(making);
    two.a.set_send_timeout(1s);
    scope sending;
    sending.spawn([&]() -> task<void> {
      co_await send_file(two.a, path);
      co_await two.a.shutdown();
    });
    co_await sleep(5ms);
    two.a.set_send_timeout(io::unlimited);
    co_await sleep(1200ms);
    EXPECT_TRUE(co_await recv_all(two.b) == too_much());
    co_await sending.join();
  }(both(), file(too_much())));
}

TEST_P(sending_files, sends_parts_and_leaves_the_position_where_it_is) {
  io::wait([](task<ends> making, std::string path) -> task<void> {
    ends two = co_await std::move(making);
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    EXPECT_EQ(co_await send_file(two.a, fd, {.offset = 2, .length = 3}), 3U);
    EXPECT_EQ(co_await send_file(two.a, fd, {.offset = 7}), 3U);
    EXPECT_EQ(co_await send_file(two.a, fd, {.offset = 10}), 0U);
    EXPECT_EQ(co_await send_file(two.a, fd, {.offset = 11}), 0U);
    EXPECT_EQ(co_await send_file(two.a, fd, {.length = 0}), 0U);
    EXPECT_EQ(::lseek(fd, 0, SEEK_CUR), 0);
    ::close(fd);
    co_await two.a.shutdown();
    EXPECT_EQ(co_await recv_all(two.b), "234789");
  }(both(), file("0123456789")));
}

TEST_P(sending_files, tells_that_one_ended_early_and_how_much_went) {
  io::wait([](task<ends> making, std::string path) -> task<void> {
    ends two = co_await std::move(making);
    const std::string peer = two.a.remote().to_string();
    try {
      co_await send_file(two.a, path, {.offset = 4, .length = 7});
      ADD_FAILURE();
    } catch (const io::error& e) {
      EXPECT_EQ(e.code(), errc::ended_early);
      EXPECT_EQ(std::string(e.what()),
                "send " + path + " to " + peer + ": the file ended after 6 of 7 bytes");
      EXPECT_EQ(e.bytes_sent(), 6U);
    }
    co_await two.a.send("; it is still open");
    EXPECT_EQ(co_await recv_until(two.b, 24), "456789; it is still open");
  }(both(), file("0123456789")));
}

TEST_P(sending_files, that_shrink_or_grow_meanwhile) {
  const std::string bytes = pattern(16'000'000);  // more than a connection holds
  io::wait([](task<ends> making, std::string path, const std::string& all) -> task<void> {
    ends two = co_await std::move(making);
    std::error_code failed;
    std::size_t size = 0;
    scope sending;
    const auto send = [&]() -> task<void> {
      try {
        size = co_await send_file(two.a, path);
      } catch (const io::error& e) {
        failed = e.code(), size = e.bytes_sent();
      }
    };
    sending.spawn(send);
    std::string got = co_await recv_until(two.b, 300'000);
    EXPECT_EQ(::truncate(path.c_str(), 15'000'000), 0);
    got += co_await recv_until(two.b, 15'000'000 - got.size());
    EXPECT_TRUE(got == all.substr(0, 15'000'000));
    co_await sending.join();
    EXPECT_EQ(failed, errc::ended_early);
    EXPECT_EQ(size, 15'000'000U);
    failed = {};
    sending.spawn(send);
    got = co_await recv_until(two.b, 300'000);
    EXPECT_EQ(::truncate(path.c_str(), 16'000'000), 0);
    got += co_await recv_until(two.b, 15'000'000 - got.size());
    EXPECT_TRUE(got == all.substr(0, 15'000'000));
    co_await sending.join();
    EXPECT_EQ(failed, std::error_code());
    EXPECT_EQ(size, 15'000'000U);
    co_await two.a.shutdown();
    EXPECT_EQ(co_await two.b.recv(), "");
  }(both(), file(bytes), bytes));
}

TEST_P(sending_files, lets_nothing_in_between) {
  io::wait([](task<ends> making, std::string path) -> task<void> {
    ends two = co_await std::move(making);
    const std::string peer = two.a.remote().to_string();
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);  // so that it begins at once
    stream::send_awaiter later = two.a.send("x");
    scope sending;
    sending.spawn([&]() -> task<void> { co_await send_file(two.a, fd); });
    ::close(fd);
    EXPECT_EQ(co_await words(send_text(two.a, "x")), "send to " + peer + ": device or resource busy");
    const auto say = [](stream::send_awaiter kept) -> task<void> { co_await std::move(kept); };
    EXPECT_EQ(co_await failure(say(std::move(later))), io::from_errno(EBUSY));
    EXPECT_EQ(co_await failure(two.a.shutdown()), io::from_errno(EBUSY));
    EXPECT_EQ(co_await failure(send_file(two.a, path)), io::from_errno(EBUSY));
    EXPECT_EQ((co_await recv_until(two.b, 16'000'000)).size(), 16'000'000U);
    co_await sending.join();
    co_await two.a.send("y");
    EXPECT_EQ(co_await two.b.recv(), "y");
  }(both(), file(std::string(16'000'000, 'f'))));
}

TEST_P(sending_files, goes_along_when_the_stream_is_moved) {
  io::wait([](task<ends> making, std::string path) -> task<void> {
    auto two = std::make_unique<ends>(co_await std::move(making));
    for (const auto pause : {0ms, 50ms}) {  // while the file is opened, and while the peer takes nothing
      std::uint64_t went = 0;
      scope sending;
      sending.spawn([&]() -> task<void> { went = co_await send_file(two->a, path); });
      co_await sleep(pause);
      auto moved = std::make_unique<ends>(std::move(*two));
      two = std::move(moved);
      EXPECT_EQ((co_await recv_until(two->b, 16'000'000)).size(), 16'000'000U);
      co_await sending.join();
      EXPECT_EQ(went, 16'000'000U);
      co_await two->a.send("behind it");
      EXPECT_EQ(co_await recv_until(two->b, 9), "behind it");
    }
  }(both(), file(std::string(16'000'000, 'f'))));
}

TEST_P(sending_files, tells_how_much_went_when_it_is_cancelled_and_goes_on_from_there) {
  const std::string bytes = pattern(16'000'000);
  io::wait([](task<ends> making, std::string path, const std::string& all) -> task<void> {
    ends two = co_await std::move(making);
    EXPECT_EQ(co_await cancelled_before(send_file(two.a, path)), io::errc::cancelled);
    std::uint64_t went = 0;
    for (const bool by_silence : {false, true}) {
      if (by_silence) two.a.set_send_timeout(20ms);
      try {
        co_await io::timeout(by_silence ? 10s : 50ms, send_file(two.a, path, {.offset = went}));
        ADD_FAILURE() << "it went to nobody";
      } catch (const io::error& e) {
        EXPECT_EQ(e.code(), io::errc::timed_out) << e.what();
        went += e.bytes_sent();
      }
    }
    EXPECT_GT(went, 0U);
    two.a.set_send_timeout(60s);
    scope sending;
    sending.spawn([&]() -> task<void> {
      went += co_await send_file(two.a, path, {.offset = went});
      co_await two.a.shutdown();
    });
    EXPECT_TRUE(co_await recv_all(two.b) == all);
    co_await sending.join();
    EXPECT_EQ(went, all.size());
  }(both(), file(bytes), bytes));
}

TEST_P(sending_files, is_destroyed_while_it_waits_and_ends_when_the_stream_does) {
  io::wait([](task<ends> making, task<ends> anew, std::string path) -> task<void> {
    ends two = co_await std::move(making);
    const std::size_t before = open_descriptors();
    {
      scope sending;
      sending.spawn([&]() -> task<void> { co_await send_file(two.a, path); });
      EXPECT_FALSE((co_await two.b.recv()).empty());  // it has begun
      co_await sleep(20ms);
    }
    co_await eventually([&] { return open_descriptors() == before; });
    // What went before it would be read as the rest of the file.
    EXPECT_EQ(co_await failure(send_file(two.a, path)), std::errc::broken_pipe);
    EXPECT_EQ(co_await failure(send_text(two.a, "x")), std::errc::broken_pipe);
    two.a.close_at_once();
    two = co_await std::move(anew);
    std::error_code failed;
    scope sending;
    sending.spawn([&]() -> task<void> { failed = co_await failure(send_file(two.a, path)); });
    co_await sleep(20ms);
    two.a.close_at_once();
    co_await sending.join();
    EXPECT_EQ(failed, io::errc::cancelled);
    EXPECT_EQ(co_await failure(send_file(two.a, path)), errc::closed);
  }(both(), both(), file(std::string(16'000'000, 'f'))));
}

TEST_P(sending_files, may_be_ended_by_who_is_told_of_its_progress) {
  for (const int how : {0, 1, 2})
    io::wait([](task<ends> making, std::string path, int end) -> task<void> {
      ends two = co_await std::move(making);
      std::optional<net::stream> from(std::move(two.a));
      scope reading;
      reading.spawn([&]() -> task<void> {
        try {
          co_await recv_all(two.b);
        } catch (const io::error&) {  // a reset, or TLS cut off
        }
      });
      const auto told = [&](std::uint64_t) {
        if (!from) return;
        if (end == 0) from->close_at_once();
        if (end == 1) from->abort();
        if (end == 2) from.reset();
      };
      EXPECT_TRUE(co_await io::test::failure_of(send_file(*from, path, {.progress = told})));
      two.b.close_at_once();
      co_await reading.join();
    }(both(), file(pattern(8'000'000)), how));
}

TEST_P(sending_files, fails_when_the_peer_is_gone_without_a_signal) {
  std::signal(SIGPIPE, SIG_DFL);
  io::wait([](task<ends> making, std::string path) -> task<void> {
    ends two = co_await std::move(making);
    two.b.abort();
    co_await two.a.peer_ended();
    const std::error_code first = co_await failure(send_file(two.a, path)),
                          then = co_await failure(send_file(two.a, path));
    EXPECT_TRUE(first == std::errc::connection_reset || first == std::errc::broken_pipe) << first.message();
    EXPECT_TRUE(then == std::errc::connection_reset || then == std::errc::broken_pipe) << then.message();
  }(both(), file(std::string(1'000'000, 'f'))));
}

TEST_P(sending_files, that_are_no_regular_ones) {
  io::wait([](task<ends> making, std::string path) -> task<void> {
    ends two = co_await std::move(making);
    int pipe[2];
    EXPECT_EQ(::pipe2(pipe, O_CLOEXEC | O_NONBLOCK), 0);
    scope sending;
    std::uint64_t size = 0;
    if (!simulated()) {  // where a descriptor is polled once
      sending.spawn([&]() -> task<void> { size = co_await send_file(two.a, pipe[0], {.length = 5}); });
      co_await sleep(5ms);
    }
    EXPECT_EQ(::write(pipe[1], "hello and more", 14), 14);
    if (simulated()) size = co_await send_file(two.a, pipe[0], {.length = 5});
    co_await sending.join();
    EXPECT_EQ(size, 5U);
    ::close(pipe[1]);
    EXPECT_EQ(co_await failure(send_file(two.a, pipe[0], {.offset = 1})), io::from_errno(ESPIPE));
    EXPECT_EQ(co_await send_file(two.a, pipe[0]), 9U);
    EXPECT_EQ(co_await failure(send_file(two.a, pipe[0], {.length = 1})), errc::ended_early);
    ::close(pipe[0]);
    EXPECT_EQ(co_await failure(send_file(two.a, std::filesystem::path(path).parent_path().string())),
              io::from_errno(EISDIR));
    EXPECT_EQ(co_await words(send_file(two.a, path + ".not")),
              "open " + path + ".not: no such file or directory");
    EXPECT_EQ(co_await failure(send_file(two.a, -1)), io::from_errno(EBADF));
    co_await two.a.shutdown();
    EXPECT_EQ(co_await recv_all(two.b), "hello and more");
  }(both(), file("")));
}

class sending_a_fifo : public on_every_backend {
 protected:
  temporary_folder folder_;
};
PARLANCE_ON_EVERY_KERNEL_BACKEND(sending_a_fifo);

/// Takes what there is, like another process that has the same pipe.
task<void> take_from(int fd) {
  co_await io::poll_operation(fd, POLLIN);
  pollfd now{.fd = fd, .events = POLLIN, .revents = 0};
  char room[100];
  if (::poll(&now, 1, 0) == 1) EXPECT_GT(::read(fd, room, sizeof room), 0);
}

TEST_P(sending_a_fifo, ends_with_its_stream) {
  io::wait([]() -> task<void> {
    for (const bool aborted : {true, false}) {
      ends two = co_await tcp_ends();
      int pipe[2];
      EXPECT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
      scope sending;
      std::error_code how;
      sending.spawn([&]() -> task<void> { how = co_await failure(send_file(two.a, pipe[0])); });
      co_await sleep(5ms);
      if (aborted)
        two.a.abort();
      else
        two.a.close_at_once();
      co_await io::timeout(10s, sending.join());
      EXPECT_EQ(how, aborted ? std::error_code(io::from_errno(ECONNABORTED))
                             : make_error_code(io::errc::cancelled));
      ::close(pipe[0]);
      ::close(pipe[1]);
    }
  }());
}

TEST_P(sending_a_fifo, waits_anew_when_somebody_else_takes_the_bytes) {
  io::wait([]() -> task<void> {
    ends two = co_await tcp_ends();
    int pipe[2];
    EXPECT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
    scope others, sending;
    std::uint64_t size = 0;
    // One of them is first, in whichever order they are told.
    others.spawn(take_from(pipe[0]));
    sending.spawn([&]() -> task<void> { size = co_await send_file(two.a, pipe[0], {.length = 4}); });
    co_await sleep(20ms);
    others.spawn(take_from(pipe[0]));
    co_await sleep(5ms);
    EXPECT_EQ(::write(pipe[1], "lost", 4), 4);
    co_await others.join();
    EXPECT_EQ(::write(pipe[1], "sent", 4), 4);
    co_await sending.join();
    EXPECT_EQ(size, 4U);
    EXPECT_EQ(::fcntl(pipe[0], F_GETFL) & O_NONBLOCK, 0);
    ::close(pipe[0]);
    ::close(pipe[1]);
    EXPECT_EQ(co_await recv_until(two.b, 4), "sent");
  }());
}

TEST_P(sending_a_fifo, waits_for_its_writer_and_keeps_nobody_else_waiting) {
  const std::string fifo = folder_.path("fifo"), file = folder_.path("file");
  std::ofstream(file) << "file";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  io::wait([](std::string from, std::string other) -> task<void> {
    ends two = co_await tcp_ends();
    for (unsigned i = 0; i <= io::workers; ++i)
      EXPECT_EQ(co_await failure(io::timeout(2ms, send_file(two.a, from))), io::errc::timed_out);
    EXPECT_EQ(co_await io::timeout(30s, send_file(two.a, other)), 4U);
    std::uint64_t size = 0;
    scope sending;
    sending.spawn([&]() -> task<void> { size = co_await send_file(two.a, from); });
    int writer = -1;
    co_await eventually(
        [&] { return (writer = ::open(from.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)) >= 0; });
    EXPECT_EQ(::write(writer, "fifo", 4), 4);
    ::close(writer);
    co_await sending.join();
    EXPECT_EQ(size, 4U);
    EXPECT_EQ(co_await failure(send_file(two.a, other + std::string("\0x", 2))), io::from_errno(EINVAL));
    co_await two.a.shutdown();
    EXPECT_EQ(co_await recv_all(two.b), "filefifo");
  }(fifo, file));
}

}  // namespace
}  // namespace parlance::net::test
