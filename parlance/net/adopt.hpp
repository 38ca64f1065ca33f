// Listeners that somebody else has opened: the service manager, or whoever started this program.
//
//   std::vector<net::passed_listener> passed = net::systemd_listeners();
//   net::listener here = passed.empty() ? co_await net::listen(":8000") : std::move(passed.front().listener);
//
// For a listener from the process that runs now, so that a new one takes its place, there is handover.hpp.
#pragma once

#include <string>
#include <vector>

#include <parlance/net/listener.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::net {

/// Takes over descriptors that listen, stream sockets all of them: those of one listener, which are accepted
/// from in turn. The listener has them until it is closed, and makes them close-on-exec; a Unix socket's file
/// stays. Whom it accepts has no delay and keepalive, as at net::listen, unless who opened it has chosen: one
/// of the sockets has keepalive, or times of its own for it (KeepAlive= and the like of systemd.socket(5)).
/// Of `options` these count: on_pause; and of `socket`, for each caller and whatever was chosen, keepalive
/// with its times, and no_delay. Throws io::error that says which is no such socket or is named twice (EINVAL,
/// or what the kernel says), or which option cannot be set, and all are closed then. Not in the simulation.
listener adopt_listener(std::vector<int> descriptors, listen_options options = {});

/// Takes over a connection: the descriptor of a stream socket that is connected, which the stream has until it is closed, and
/// makes close-on-exec; `unread` is received first (detached_stream::release). Throws io::error, and closes it, when it is no
/// such socket (EINVAL, or what the kernel says). Not in the simulation.
stream adopt_stream(int descriptor, std::string unread = {});

/// What is asked of each: throws io::error, as adopt_listener does, when it is no such socket. It stays the
/// caller's.
void expect_listening(int descriptor);

struct passed_listener {
  /// FileDescriptorName= of the systemd.socket(5); "unknown" where it is not told.
  std::string name;
  net::listener listener;
};

/// What systemd has opened for this process (socket activation, sd_listen_fds(3)): in LISTEN_PID, LISTEN_FDS
/// and LISTEN_FDNAMES, which are unset then, so that children do not take them for theirs. Empty when it
/// passed nothing, or to somebody else. Changes the environment: while no other thread looks at it. Throws
/// io::error when the variables are not as they should be, or what was passed does not listen for streams,
/// and all that was passed is closed then; EBADF where less came than they say. What is close-on-exec did not
/// come from systemd, but was opened here, or is somebody else's already (sd_listen_fds(3)): it stays.
std::vector<passed_listener> systemd_listeners(const listen_options& options = {});

}  // namespace parlance::net
