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
#include <filesystem>
#include <utility>

#include <parlance/io/combinators.hpp>
#include <parlance/io/detail/fd_socket.hpp>
#include <parlance/io/detail/owned_fd.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/detail/in_use.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/listener.hpp>
#include <parlance/net/socket_options.hpp>

namespace parlance::net {
namespace {

constexpr io::duration first_pause = std::chrono::milliseconds(10);
constexpr io::duration longest_pause = std::chrono::seconds(1);

bool out_of_resources(const std::error_code& code) {
  return code == io::from_errno(EMFILE) || code == io::from_errno(ENFILE) ||
         code == io::from_errno(ENOBUFS) || code == io::from_errno(ENOMEM) ||
         code == io::from_errno(ENOSPC);  // epoll's watches (fs.epoll.max_user_watches)
}

void set_flag(io::socket& socket, int level, int option, int value) noexcept {
  if (socket.native_handle() >= 0) ::setsockopt(socket.native_handle(), level, option, &value, sizeof value);
}

/// Whether it is worth trying again: the listener itself is well.
bool may_pass(const std::error_code& code) {
  return out_of_resources(code) ||
         (code.category() == std::system_category() && io::is_failure_of_one_caller(code.value()));
}

/// Of all callers, before they are accepted. Older kernels do not know it.
void refuse_descriptors(int fd) noexcept {
  constexpr int so_passrights = 83, no = 0;
  if (fd >= 0) ::setsockopt(fd, SOL_SOCKET, so_passrights, &no, sizeof no);
}

/// A socket bound to `at`, or throws.
std::unique_ptr<io::listening_socket> bind_stream(const endpoint& at, const listen_options& options) {
  std::unique_ptr<io::listening_socket> socket = io::loop::current().kernel().open_listening(at.family());
  if (at.family() != AF_UNIX) set_flag(*socket, SOL_SOCKET, SO_REUSEADDR, 1);
  if (at.family() == AF_UNIX && !options.takes_descriptors) refuse_descriptors(socket->native_handle());
  if (at.family() == AF_INET6) set_flag(*socket, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (options.reuse_port) set_flag(*socket, SOL_SOCKET, SO_REUSEPORT, 1);
  prepare_stream_socket(*socket, at.family());
  apply(options.socket, *socket, at.family());
  socket->bind(at);
  return socket;
}

/// Holds PATH.lock while a Unix socket's file is made or replaced: of two that start at the same time,
/// neither then takes the other's, which does not listen yet, for a stale one.
class path_lock {
 public:
  /// Throws EADDRINUSE when somebody else holds it. Where a lock cannot be made, or another file has its
  /// name, there is none.
  explicit path_lock(const endpoint& at) : path_(at.path() + ".lock"), file_(open(path_)) {
    if (!file_) return;
    struct stat ours{}, there{};
    // The one who held it may have unlinked it between the two calls.
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0 && ::fstat(file_.get(), &ours) == 0 &&
        ::stat(path_.c_str(), &there) == 0 && ours.st_ino == there.st_ino && ours.st_dev == there.st_dev)
      return;
    throw io::error(io::from_errno(EADDRINUSE), "bind " + at.to_string(),
                    "somebody else is starting to listen there");
  }
  ~path_lock() {
    if (file_) ::unlink(path_.c_str());
  }
  path_lock(const path_lock&) = delete;
  path_lock& operator=(const path_lock&) = delete;

 private:
  /// The file, made now or left behind by one of ours that was killed: empty, and this user's; or none.
  static io::owned_fd open(const std::string& path) {
    constexpr int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    if (io::owned_fd made(::open(path.c_str(), flags | O_CREAT | O_EXCL, 0600)); made) return made;
    if (errno != EEXIST) return {};
    io::owned_fd left(::open(path.c_str(), flags));
    if (!left && errno == ENOENT) return open(path);  // who held it has just unlinked it
    struct stat file{};
    if (!left || (::fstat(left.get(), &file) == 0 && S_ISREG(file.st_mode) && file.st_size == 0 &&
                  file.st_uid == ::geteuid()))
      return left;
    return {};
  }

  std::string path_;
  io::owned_fd file_;
};

/// Whether the file is that of a socket which is no more. One of another kind is asked for: that a living one
/// does not take such callers is known before it could notice (EPROTOTYPE, unix(7)). A file of another kind
/// is refused in the same way as that of a dead socket, and must stay.
bool is_stale(const endpoint& at) {
  struct stat file{};
  if (::lstat(at.path().c_str(), &file) != 0 || !S_ISSOCK(file.st_mode)) return false;
  const io::owned_fd probe = io::open_socket(AF_UNIX, SOCK_DGRAM);
  return ::connect(probe.get(), at.data(), at.size()) != 0 && errno == ECONNREFUSED;
}

/// Listens on a Unix socket that has a file.
std::unique_ptr<io::listening_socket> listen_at_path(const endpoint& at, const listen_options& options) {
  const path_lock lock(at);
  std::unique_ptr<io::listening_socket> socket;
  try {
    socket = bind_stream(at, options);
  } catch (const io::error& e) {
    if (e.code() != std::errc::address_in_use || !is_stale(at)) throw;
  }
  if (!socket) {
    ::unlink(at.path().c_str());
    socket = bind_stream(at, options);
  }
  if (::chmod(at.path().c_str(), options.unix_mode) != 0)
    throw io::error(io::from_errno(errno), "set the mode of " + at.path());
  socket->listen(options.backlog);
  return socket;
}

/// An address that this machine does not have, which is left out as long as there is another one.
bool may_be_left_out(const io::error& e) {
  return e.code() == std::errc::address_family_not_supported || e.code() == std::errc::address_not_available;
}

/// Every interface, both families; where there is no IPv6, IPv4.
std::unique_ptr<io::listening_socket> bind_any(std::uint16_t port, const listen_options& options) {
  try {
    return bind_stream(endpoint::ipv6({}, port), options);
  } catch (const io::error& e) {
    if (!may_be_left_out(e)) throw;
    return bind_stream(endpoint::ipv4({}, port), options);
  }
}

/// All of them, with the port of the first where 0 was asked for. Empty: somebody else has that port at
/// another of the addresses.
std::vector<std::unique_ptr<io::listening_socket>> bind_with_one_port(std::vector<endpoint> all,
                                                                      const listen_options& options) {
  const bool any_port = all.front().port() == 0;
  std::vector<std::unique_ptr<io::listening_socket>> bound;
  std::exception_ptr failure;
  for (endpoint& at : all) {
    if (!bound.empty()) at.set_port(bound.front()->local().port());
    try {
      bound.push_back(bind_stream(at, options));
    } catch (const io::error& e) {
      if (any_port && !bound.empty() && e.code() == std::errc::address_in_use) return {};
      if (!may_be_left_out(e)) throw;
      failure = std::current_exception();
    }
  }
  if (bound.empty()) std::rethrow_exception(failure);
  return bound;
}

std::vector<std::unique_ptr<io::listening_socket>> bind_all(const std::vector<endpoint>& all,
                                                            const listen_options& options) {
  constexpr int attempts = 32;
  for (int i = 0; i < attempts; ++i)
    if (auto bound = bind_with_one_port(all, options); !bound.empty()) return bound;
  throw io::error(io::from_errno(EADDRINUSE), "bind " + all.front().to_string(),
                  "no port is free at every address");
}

io::task<std::unique_ptr<io::stream_socket>> accept_at(io::listening_socket& at) {
  io::accept_operation accepting(at);
  std::unique_ptr<io::stream_socket> caller = co_await accepting;
  if (accepting.error) throw io::error(accepting.error, "accept");
  co_return caller;
}

}  // namespace

listener::listener(sockets listening, listen_options options)
    : its_(std::make_shared<open_sockets>(std::move(listening), std::move(options))), process_(::getpid()) {
  if (!its_->options.on_pause)
    its_->options.on_pause = [](std::string_view text) { fmt::print(stderr, "{}\n", text); };
}

listener::listener(listener&& other) noexcept
    : its_(std::move(other.its_)),
      unlink_path_(std::exchange(other.unlink_path_, {})),
      device_(other.device_),
      inode_(other.inode_),
      process_(other.process_) {}

listener& listener::operator=(listener&& other) noexcept {
  if (this == &other) return *this;
  close();
  its_ = std::move(other.its_);
  unlink_path_ = std::exchange(other.unlink_path_, {});
  device_ = other.device_;
  inode_ = other.inode_;
  process_ = other.process_;
  return *this;
}

listener::~listener() { close(); }

void listener::close() noexcept {
  // A child that was forked has only copies.
  if (process_ == ::getpid()) {
    // While the socket still listens: nobody replaces its file as long as it does.
    struct stat now{};
    if (!unlink_path_.empty() && ::lstat(unlink_path_.c_str(), &now) == 0 && now.st_dev == device_ &&
        now.st_ino == inode_)
      ::unlink(unlink_path_.c_str());
  }
  unlink_path_.clear();
  if (!its_) return;
  its_->all.clear();
  its_->closed.set();
}

std::vector<stream> listener::close_and_take() {
  std::vector<stream> callers;
  for (const std::unique_ptr<io::listening_socket>& one : all())
    for (std::unique_ptr<io::stream_socket>& caller : one->take_accepted())
      if (caller->remote().family() != AF_UNSPEC) callers.push_back(its_->made_of(std::move(caller)));
  close();
  return callers;
}

void listener::own_file(const std::string& path, const struct stat& file) {
  std::error_code nowhere;
  unlink_path_ = std::filesystem::absolute(path, nowhere);  // wherever this process goes
  device_ = file.st_dev;
  inode_ = file.st_ino;
}

/// Null when `failed` says why there is none.
io::task<std::unique_ptr<io::stream_socket>> listener::open_sockets::next_caller(std::error_code& failed) {
  if (all.size() == 1) {
    io::accept_operation accepting(*all.front());
    std::unique_ptr<io::stream_socket> caller = co_await accepting;
    failed = accepting.error;
    co_return caller;
  }
  // Each is first in its turn, so that many callers of one do not keep those of another waiting.
  const std::size_t first = turn++;
  std::vector<io::task<std::unique_ptr<io::stream_socket>>> waits;
  for (std::size_t i = 0; i < all.size(); ++i) waits.push_back(accept_at(*all[(first + i) % all.size()]));
  try {
    co_return (co_await io::race(std::move(waits))).value;
  } catch (const io::error& e) {
    failed = e.code();
  }
  co_return nullptr;
}

stream listener::open_sockets::made_of(std::unique_ptr<io::stream_socket> caller) const {
  // Not once for the listener, which others may have, too.
  const int family = caller->remote().family();
  if (for_callers && (family == AF_INET || family == AF_INET6)) apply(*for_callers, *caller, family);
  return stream(std::move(caller));
}

io::task<stream> listener::accept() {
  const std::shared_ptr<open_sockets> its = its_;
  io::duration pause = first_pause;
  for (;;) {
    if (!its || its->all.empty()) throw io::error(errc::closed, "accept");
    std::error_code failed;
    std::unique_ptr<io::stream_socket> caller = co_await its->next_caller(failed);
    // Asked for now, so that it is known when the caller has gone. One that reset has no address any more.
    if (caller && caller->remote().family() == AF_UNSPEC) continue;
    if (caller) co_return its->made_of(std::move(caller));
    if (its->all.empty()) throw io::error(failed, "accept at a closed listener");
    const std::string doing = "accept at " + its->all.front()->local().to_string();
    if (!may_pass(failed)) throw io::error(failed, doing);
    its->tell_of_pause(doing, failed);
    co_await io::race(io::sleep(pause), its->closed);
    pause = std::min(pause * 2, longest_pause);
  }
}

// A server at its limit runs into it again with each caller that leaves, so one pause is told for all of a
// minute.
void listener::open_sockets::tell_of_pause(const std::string& doing, const std::error_code& why) {
  const io::time_point now = io::loop::current().now();
  if (now < io::after(told, std::chrono::minutes(1))) return;
  told = now;
  options.on_pause(fmt::format("{}: {}{}", doing, io::reason(why),
                               out_of_resources(why) ? "; new callers wait until some have left"
                                                     : ", caller after caller; it is tried again"));
}

io::task<void> listener::closed() const {
  if (const std::shared_ptr<open_sockets> its = its_) co_await its->closed;
}

const listen_options& listener::options() const noexcept {
  static const listen_options none;
  return its_ ? its_->options : none;
}

const listener::sockets& listener::all() const noexcept {
  static const sockets none;
  return its_ ? its_->all : none;
}

endpoint listener::local() const { return all().empty() ? endpoint() : all().front()->local(); }

std::vector<endpoint> listener::locals() const {
  std::vector<endpoint> each;
  for (const std::unique_ptr<io::listening_socket>& one : all()) each.push_back(one->local());
  return each;
}

std::vector<int> listener::native_handles() const {
  std::vector<int> each;
  for (const std::unique_ptr<io::listening_socket>& one : all()) each.push_back(one->native_handle());
  return each;
}

io::task<listener> listen(std::string at, listen_options options) {
  const address where = address::parse(at);
  const bool has_file =
      where.is_unix() && !where.path.starts_with('@') && !io::loop::current().kernel().simulated();
  listener made({}, options);
  options.on_pause = made.its_->options.on_pause;
  made.its_->all =
      co_await while_in_use(options.patience, options.on_pause, [&]() -> io::task<listener::sockets> {
        listener::sockets sockets;
        if (has_file)
          sockets.push_back(listen_at_path(endpoint::unix_path(where.path), options));
        else if (where.host.empty() && !where.is_unix())
          sockets.push_back(bind_any(where.port, options));
        else
          sockets = bind_all(co_await resolve(where, true), options);
        if (!has_file)
          for (const std::unique_ptr<io::listening_socket>& one : sockets) one->listen(options.backlog);
        co_return sockets;
      });
  struct stat file{};
  if (has_file && ::lstat(where.path.c_str(), &file) == 0) made.own_file(where.path, file);
  co_return made;
}

}  // namespace parlance::net
