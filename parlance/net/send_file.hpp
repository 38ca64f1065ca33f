// A file, or a part of one, to a peer.
//
//   std::uint64_t size = co_await net::send_file(caller, "/srv/song.ogg", {.offset = 1000});
//
// Over a plain socket the kernel copies from its cache to the connection (sendfile(2)), having been told on a
// worker thread to read ahead, so that the loop does not wait for the disk. Over anything else, and of file
// systems that cannot, blocks are read on a worker thread and sent.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <parlance/io/task.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::net {

struct file_part {
  /// Where to begin. Only regular files have one: ESPIPE for others.
  std::uint64_t offset = 0;
  /// How many bytes. By default as many as a regular file has when it begins, and of others all until their
  /// end.
  std::optional<std::uint64_t> length = {};
  /// Told each time that some have gone, and how many have gone by then. Must not throw.
  std::function<void(std::uint64_t)> progress = {};
};

/// Sends it behind all that was sent before, and gives how many bytes went. Until it is over nothing else can
/// be sent there, nor the end: send, shutdown and start_tls throw EBUSY, and `close` closes at once. What is
/// written to the file meanwhile goes as it is then; what is appended does not. When the file ends before
/// `length`, or shrinks meanwhile: throws net::errc::ended_early. Each io::error has bytes_sent(), also when
/// it was cancelled or timed out: the stream's send timeout is for a peer that takes nothing. Destroyed when
/// a part has gone, or is with a transport (TLS, another loop), it leaves a stream on which nothing more can
/// be sent. Closed then, or while it is sent, the stream is reset. What is no regular file (a pipe, a
/// terminal) is read when there is something to read, and what was read and not sent is lost with a failure.
///
/// The descriptor is the caller's, who may close it once the call is over; its position is not moved where it
/// has one. A path is opened on a worker thread; a FIFO waits for its writer.
io::task<std::uint64_t> send_file(stream& to, int file, file_part what = {});
io::task<std::uint64_t> send_file(stream& to, std::string path, file_part what = {});

}  // namespace parlance::net
