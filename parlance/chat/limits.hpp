// Every bound of the chat, by name, with its default. Whoever reaches one is told so, and nobody else
// notices.
#pragma once

#include <chrono>
#include <cstddef>

#include <parlance/io/time.hpp>

namespace parlance::chat {

struct limits {
  /// Bytes of one message, without its line end. A longer one is not said, and its sender is told.
  std::size_t line = 4096;
  /// Bytes of a name, and of a room's name with its '#'.
  std::size_t name = 32;
  std::size_t room_name = 32;
  /// People at the same time; one more is told that it is full.
  std::size_t members = 65536;
  std::size_t rooms = 1024;
  std::size_t rooms_per_member = 16;
  /// Names or rooms that one answer lists.
  std::size_t listed = 100;
  /// Who comes and goes is told in rooms of at most this many, or a crowd of n would cost n * n lines.
  std::size_t announced = 100;
  /// Bytes that may wait for one member who reads too slowly. Beyond it is told so and dropped.
  std::size_t sendq = std::size_t{256} * 1024;

  /// A caller that has said nothing for this long is greeted.
  io::duration greeting = std::chrono::milliseconds(300);
  /// From a caller that has not sent a newline yet, text is a message once nothing follows it for this long.
  io::duration pause = std::chrono::milliseconds(150);
  /// The same when the text ends inside a UTF-8 character: for this long the rest may still come.
  io::duration split_character = std::chrono::seconds(3);
  /// For flushing what is due to somebody who leaves; then the connection is reset.
  io::duration linger = std::chrono::seconds(10);

  /// Messages that one caller may send in one burst, and then per second. What is faster waits; nothing is
  /// lost. A rate of 0: no limit.
  unsigned message_burst = 100;
  unsigned message_rate = 20;
};

}  // namespace parlance::chat
