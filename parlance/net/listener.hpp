// Being reached: `auto listener = co_await net::listen(":8000"); auto caller = co_await listener.accept();`
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <parlance/io/task.hpp>
#include <parlance/net/address.hpp>
#include <parlance/net/stream.hpp>
#include <parlance/net/tls.hpp>

namespace parlance::net {

struct listen_options {
  /// How many callers may wait to be accepted; the kernel caps it at net.core.somaxconn.
  int backlog = 4096;
  /// SO_REUSEPORT: several listeners of one user share the port.
  bool reuse_port = false;
  /// Of the socket's file, for unix:/path.
  mode_t unix_mode = 0666;
  /// Told in words that accepting pauses because descriptors or memory have run out, or caller after caller
  /// failed, at most once a minute. Default: stderr.
  std::function<void(std::string_view)> on_pause = {};
};

class listener {
 public:
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

  /// With the port that was given when 0 was asked for.
  endpoint local() const;

 private:
  friend io::task<listener> listen(std::string, listen_options);
  listener(std::unique_ptr<io::socket> listening, listen_options options);

  std::unique_ptr<io::socket> socket_;
  listen_options options_;
  void tell_of_pause(const std::string& doing, const std::error_code& why);

  io::time_point told_ = io::time_point::min();  // when on_pause was last called
  std::string unlink_path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// Listens on ":port" (every interface, IPv4 and IPv6), "host:port", "[v6]:port" or "unix:/path"; port 0: any
/// free one. A Unix socket's file that nobody answers at any more is replaced. Throws io::error.
io::task<listener> listen(std::string at, listen_options options = {});

}  // namespace parlance::net
