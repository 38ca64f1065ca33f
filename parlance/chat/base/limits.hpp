// Every bound of the chat, by name, with its default. Whoever reaches one is told so, and nobody else
// notices.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <parlance/io/time.hpp>

namespace parlance::chat {

struct limits {
  /// Bytes of one message, without its line end. A longer one is not said, and its sender is told.
  std::size_t line = 4096;
  /// Bytes of a name, and of a room's name with its '#'.
  std::size_t name = 32;
  std::size_t room_name = 64;
  /// People at the same time; one more is told that it is full.
  std::size_t members = 65536;
  std::size_t rooms = 1024;
  std::size_t rooms_per_member = 100;
  /// Names or rooms that one answer lists.
  std::size_t listed = 100;
  /// Who comes and goes is told in rooms of at most this many, or a crowd of n would cost n * n lines.
  std::size_t announced = 100;
  /// Bytes that may wait for one member who reads too slowly. Beyond it is told so and dropped.
  std::size_t sendq = std::size_t{256} * 1024;

  /// A caller that has said nothing for this long is greeted.
  io::duration greeting = std::chrono::seconds(1);
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

  /// Connections at the same time, of people and of everybody else, and of one address. An IPv6 /64 counts as
  /// one address. 0: no limit.
  std::size_t connections = 0;
  std::size_t connections_per_address = 64;
  /// People who may come in from one address at once, and then one a second. Files of the page and the like do not
  /// count. 0: no limit.
  std::size_t arrivals = 64;
  /// Addresses and networks ("192.0.2.0/24") for which connections_per_address, arrivals and failed_logins do not hold.
  std::vector<std::string> exempt = {"127.0.0.0/8", "::1/128"};

  /// Failed logins of one address in a burst, and then one each six seconds; one more is refused, right or
  /// wrong. They count together, to whatever account, over whatever connection; an IPv6 /64 is one address,
  /// and those of `exempt` are not bounded. An account, too, can be failed at so often only, from networks
  /// that have not logged in to it before (login_guard.hpp). 0: no limit of either.
  std::size_t failed_logins = 20;

  /// An IRC client that has not registered (RFC 2812, section 3.1) by then is dropped.
  io::duration registration_time = std::chrono::seconds(60);
  /// An IRC client that has been silent for this long is sent PING, and is dropped once it has been silent
  /// for `ping_timeout`; not sooner after the PING than the difference of both. Plain callers are people, who
  /// may be silent for hours.
  io::duration idle_ping = std::chrono::seconds(90);
  io::duration ping_timeout = std::chrono::seconds(150);

  /// Bytes of an IRC line, with its end (RFC 2812, section 2.3), and of the tags that a client may send
  /// before it, with the '@' and the space (IRCv3 message-tags).
  std::size_t irc_line = 512;
  std::size_t irc_tags = 4096;
  /// Bytes and lines of one multi-line message (IRCv3 draft/multiline).
  std::size_t multiline_bytes = 4096;
  std::size_t multiline_lines = 100;
  /// Recipients of one command (TARGMAX).
  std::size_t targets = 4;

  /// Bytes of a room's topic, of why somebody is put out, of why somebody is away, and of a real name.
  std::size_t topic = 390;
  std::size_t kick = 390;
  std::size_t away = 390;
  std::size_t realname = 150;
  /// Entries of each list of a room: bans, exceptions, invitations (MAXLIST).
  std::size_t list_modes = 100;
  /// Names that one client watches (MONITOR).
  std::size_t monitor = 100;
  /// People who have left, and whom WHOWAS remembers.
  std::size_t whowas = 100;
  /// Metadata of one person or room: its keys, and the bytes of one value.
  std::size_t metadata_keys = 50;
  std::size_t metadata_value = 1024;
};

}  // namespace parlance::chat
