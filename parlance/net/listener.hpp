// Being reached: `auto listener = co_await net::listen(":8000"); auto caller = co_await listener.accept();`
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/io/event.hpp>
#include <parlance/io/listening_socket.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/net/address.hpp>
#include <parlance/net/socket_options.hpp>
#include <parlance/net/stream.hpp>
#include <parlance/net/tls.hpp>

namespace parlance::net {

struct listen_options {
  /// How many callers may wait to be accepted; the kernel caps it at net.core.somaxconn.
  int backlog = 4096;
  /// SO_REUSEPORT: several listeners of one user share the port.
  bool reuse_port = false;
  /// Of the socket, and so of those that it accepts.
  socket_options socket = {};
  /// Of the socket's file, for unix:/path.
  mode_t unix_mode = 0666;
  /// Whether its callers may send descriptors along (SCM_RIGHTS, unix(7)), as `take_over` needs it of an
  /// accepted stream. Else the kernel refuses those, where it can (Linux 6.16): what a stranger sends is
  /// closed where it is received, which he can make last (SO_LINGER, socket(7)).
  bool takes_descriptors = false;
  /// How long to try again while somebody else has the address. That of a process that was killed may stay
  /// taken for some milliseconds after its death, or longer on a busy machine.
  io::duration patience = io::duration::zero();
  /// Told in words that accepting pauses because descriptors or memory have run out, or caller after caller
  /// failed, at most once a minute; and once that the address is in use and tried again. Default: stderr.
  std::function<void(std::string_view)> on_pause = {};
};

class listener {
 public:
  /// An accept that waits goes along.
  listener(listener&&) noexcept;
  listener& operator=(listener&&) noexcept;
  /// Closes it; the file of a Unix socket goes, if it is still ours.
  ~listener();

  /// The next caller. A caller that went away while it waited is skipped; when descriptors run out, or nobody
  /// can be accepted, it pauses (10 ms at first, then longer, at most a second) and goes on. One accept at a
  /// time. Throws io::error when cancelled or closed.
  io::task<stream> accept();

  /// Stops listening: callers that nobody accepted are refused.
  void close() noexcept;
  /// Waits until it is closed, or gone; it may be moved meanwhile.
  io::task<void> closed() const;
  /// The same, but gives the callers who were taken from the kernel's queue ahead of `accept`, as io_uring
  /// does: those who are still in the queue may be another process's to accept, and these are not. Not while
  /// an accept waits.
  std::vector<stream> close_and_take();

  /// Where it listens, with the port that was given when 0 was asked for. Of a name that has several
  /// addresses: the first of them.
  endpoint local() const;
  /// Each address that it listens at.
  std::vector<endpoint> locals() const;
  /// What it was made with.
  const listen_options& options() const noexcept;
  /// The descriptors of its sockets, for options that are not here; they stay the listener's. -1 in the
  /// simulation.
  std::vector<int> native_handles() const;

 private:
  friend io::task<listener> listen(std::string, listen_options);
  friend listener adopt_listener(std::vector<int>, listen_options);
  friend class listener_copy;
  friend class listener_handover;
  using sockets = std::vector<std::unique_ptr<io::listening_socket>>;
  listener(sockets listening, listen_options options);
  const sockets& all() const noexcept;
  /// The file at `path`, as lstat(2) has it, goes when this is closed.
  void own_file(const std::string& path, const struct stat& file);

  /// Of an accept that waits, too, so that it finds it wherever this is moved to, and closed once this is
  /// gone.
  struct open_sockets {
    io::task<std::unique_ptr<io::stream_socket>> next_caller(std::error_code& failed);
    stream made_of(std::unique_ptr<io::stream_socket> caller) const;
    void tell_of_pause(const std::string& doing, const std::error_code& why);

    sockets all;  // of all addresses of a name; after close, none
    listen_options options;
    std::optional<socket_options> for_callers;    // where somebody else has opened it
    std::size_t turn = 0;                         // whose callers are asked for first
    io::time_point told = io::time_point::min();  // when on_pause was last called
    io::event closed;
  };
  std::shared_ptr<open_sockets> its_;  // null once it was moved from

  std::string unlink_path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  pid_t process_;  // whose it is
};

/// Listens on ":port" (every interface, IPv4 and IPv6), "host:port", "[v6]:port" or "unix:/path"; port 0: any
/// free one. Of a host: on every address of its that this machine has, with one port. A Unix socket's file
/// that no living socket is bound to any more is replaced; whoever listens there notices nothing of the
/// question. While that is done /path.lock is there, and locked (flock(2)). Throws io::error.
io::task<listener> listen(std::string at, listen_options options = {});

}  // namespace parlance::net
