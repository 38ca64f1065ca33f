#include <fcntl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/listener.hpp>
#include <parlance/net/socket_options.hpp>

namespace parlance::net {
namespace {

constexpr io::duration first_pause = std::chrono::milliseconds(10);
constexpr io::duration longest_pause = std::chrono::seconds(1);

bool out_of_resources(const std::error_code& code) {
  return code == io::from_errno(EMFILE) || code == io::from_errno(ENFILE) ||
         code == io::from_errno(ENOBUFS) || code == io::from_errno(ENOMEM);
}

void set_flag(io::socket& socket, int level, int option, int value) noexcept {
  if (socket.native_handle() >= 0) ::setsockopt(socket.native_handle(), level, option, &value, sizeof value);
}

/// A socket bound to `at`, or throws.
std::unique_ptr<io::socket> bind_stream(const endpoint& at, const listen_options& options) {
  std::unique_ptr<io::socket> socket = io::loop::current().kernel().open(at.family(), SOCK_STREAM);
  if (at.family() != AF_UNIX) set_flag(*socket, SOL_SOCKET, SO_REUSEADDR, 1);
  if (at.family() == AF_INET6) set_flag(*socket, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (options.reuse_port) set_flag(*socket, SOL_SOCKET, SO_REUSEPORT, 1);
  prepare_stream_socket(*socket, at.family());
  socket->bind(at);
  return socket;
}

/// Binds to a Unix socket's path where a file is in the way: takes it over when nobody answers there any
/// more. A lock beside it keeps two that start at the same time from taking over each other's.
io::task<std::unique_ptr<io::socket>> replace_stale(endpoint at, const listen_options& options) {
  const std::string path = at.path();
  const std::string lock_path = path + ".lock";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) throw io::error(io::from_errno(errno), "lock " + lock_path);
  const auto unlock = [&](int*) {
    ::unlink(lock_path.c_str());
    ::close(lock);
  };
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    throw io::error(io::from_errno(EADDRINUSE), "bind " + at.to_string(),
                    "somebody else is starting to listen there");
  }
  int held = lock;
  const std::unique_ptr<int, decltype(unlock)> guard(&held, unlock);
  std::unique_ptr<io::socket> probe = io::loop::current().kernel().open(AF_UNIX, SOCK_STREAM);
  io::connect_operation connecting(*probe, at);
  co_await connecting;
  if (connecting.error != io::from_errno(ECONNREFUSED))
    throw io::error(io::from_errno(EADDRINUSE), "bind " + at.to_string());
  ::unlink(path.c_str());
  co_return bind_stream(at, options);
}

io::task<std::unique_ptr<io::socket>> bind_unix(endpoint at, const listen_options& options) {
  bool in_use = false;
  std::unique_ptr<io::socket> socket;
  try {
    socket = bind_stream(at, options);
  } catch (const io::error& e) {
    in_use = e.code() == std::errc::address_in_use && !at.path().starts_with('@');
    if (!in_use) throw;
  }
  if (in_use) socket = co_await replace_stale(at, options);
  co_return socket;
}

/// Every interface, both families; where there is no IPv6, IPv4.
std::unique_ptr<io::socket> bind_any(std::uint16_t port, const listen_options& options) {
  try {
    return bind_stream(endpoint::ipv6({}, port), options);
  } catch (const io::error& e) {
    if (e.code() != std::errc::address_family_not_supported && e.code() != std::errc::address_not_available)
      throw;
    return bind_stream(endpoint::ipv4({}, port), options);
  }
}

}  // namespace

listener::listener(std::unique_ptr<io::socket> listening, listen_options options)
    : socket_(std::move(listening)), options_(std::move(options)) {
  if (!options_.on_pause) options_.on_pause = [](std::string_view text) { fmt::print(stderr, "{}\n", text); };
}

listener::listener(listener&& other) noexcept
    : socket_(std::move(other.socket_)),
      options_(std::move(other.options_)),
      unlink_path_(std::exchange(other.unlink_path_, {})),
      device_(other.device_),
      inode_(other.inode_) {}

listener& listener::operator=(listener&& other) noexcept {
  if (this == &other) return *this;
  close();
  socket_ = std::move(other.socket_);
  options_ = std::move(other.options_);
  unlink_path_ = std::exchange(other.unlink_path_, {});
  device_ = other.device_;
  inode_ = other.inode_;
  return *this;
}

listener::~listener() { close(); }

void listener::close() noexcept {
  socket_.reset();
  struct stat now{};
  if (!unlink_path_.empty() && ::stat(unlink_path_.c_str(), &now) == 0 && now.st_dev == device_ &&
      now.st_ino == inode_)
    ::unlink(unlink_path_.c_str());
  unlink_path_.clear();
}

io::task<stream> listener::accept() {
  io::duration pause = first_pause;
  for (;;) {
    if (!socket_) throw io::error(errc::closed, "accept");
    const std::string where = socket_->local().to_string();
    io::accept_operation accepting(*socket_);
    std::unique_ptr<io::socket> caller = co_await accepting;
    if (caller) co_return stream(std::move(caller));
    if (!out_of_resources(accepting.error)) throw io::error(accepting.error, "accept at " + where);
    if (pause == first_pause)
      options_.on_pause(fmt::format("accept at {}: {}; new callers wait until some have left", where,
                                    io::reason(accepting.error)));
    co_await io::sleep(pause);
    pause = std::min(pause * 2, longest_pause);
  }
}

endpoint listener::local() const { return socket_ ? socket_->local() : endpoint(); }

io::task<listener> listen(std::string at, listen_options options) {
  const address where = address::parse(at);
  std::unique_ptr<io::socket> socket;
  if (where.is_unix()) {
    socket = co_await bind_unix(endpoint::unix_path(where.path), options);
  } else if (where.host.empty()) {
    socket = bind_any(where.port, options);
  } else {
    std::exception_ptr failure;
    for (const endpoint& e : co_await resolve(where, true)) {
      try {
        socket = bind_stream(e, options);
        break;
      } catch (...) {
        failure = std::current_exception();
      }
    }
    if (!socket) std::rethrow_exception(failure);
  }
  if (where.is_unix() && !where.path.starts_with('@')) ::chmod(where.path.c_str(), options.unix_mode);
  socket->listen(options.backlog);
  listener made(std::move(socket), std::move(options));
  struct stat file{};
  if (where.is_unix() && !where.path.starts_with('@') && ::stat(where.path.c_str(), &file) == 0) {
    made.unlink_path_ = where.path;
    made.device_ = file.st_dev;
    made.inode_ = file.st_ino;
  }
  co_return made;
}

}  // namespace parlance::net
