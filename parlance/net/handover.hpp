// Listeners that go from a running process to its successor, so that no caller is refused meanwhile.
//
//   // the old one, at a Unix socket that only we may use
//   net::stream successor = co_await door.accept();
//   co_await net::hand_over(successor, {&listener});
//   stop.set();                                     // of net::serve: drains, while the new one accepts
//
//   // the new one
//   net::stream predecessor = co_await net::connect("unix:/run/chat.handover");
//   std::vector<net::listener> taken = co_await net::take_over(predecessor);
//   co_await net::serve(taken.front(), greet);
//
// Both accept from one queue in the kernel until the old one closes its copy, so callers who wait there lose
// nothing. What the kernel's queue is set to (listen_options::backlog) goes with it, and so does the file of
// a Unix socket: the successor removes it in the end, if the kernel says that it is this socket's
// (sock_diag(7)); else it stays, and the next who listens there replaces it.
#pragma once

#include <vector>

#include <parlance/io/task.hpp>
#include <parlance/net/listener.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::net {

/// Sends copies of the listeners' descriptors (SCM_RIGHTS, unix(7)) over a Unix stream without TLS, and waits
/// until the successor has them: then they may be closed here. They may be accepted from meanwhile, and stay
/// where they are until it is done. Before the first recv on `to`; what the successor says beyond that is for
/// the next. At most 250 descriptors, and each listener once (EINVAL). Throws io::error naming the peer; then they
/// are this process's as before, though the successor may have them, too. When it is given up before the successor
/// has answered, nothing more can be sent on `to` (EPIPE).
io::task<void> hand_over(stream& to, std::vector<listener*> from);

/// Takes them over, in the same order: one at least. Before the first recv or peek on `from`. One who has ended
/// before he could hear that they are here was their last owner. Throws io::error: EPROTO when the peer says
/// anything else, or sends more than 250 descriptors; those that it sent are closed then.
io::task<std::vector<listener>> take_over(stream& from, listen_options options = {});

// --- to the program that takes this one's place in the same process (execve(2))

/// A listener on its way there.
struct released_listener {
  std::vector<int> descriptors;  ///< not close-on-exec; they are their holder's to close
  bool owns_file = false;        ///< that of its Unix socket goes with it
  std::vector<stream> callers;   ///< whom it had taken from the kernel's queue already
};

/// Closes the listener, which must not be accepted from just now; who calls meanwhile waits in the kernel's queue, and a Unix
/// socket's file stays. Throws io::error when there are no descriptors left: then it is as it was. Not in the simulation.
released_listener release(listener& one);

/// There: takes it over, as adopt_listener does. `callers` are not its own any more (detached_stream::release).
listener adopt_released(std::vector<int> descriptors, bool owns_file, listen_options options = {});

}  // namespace parlance::net
