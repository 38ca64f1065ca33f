// The epoll backend. Each socket is registered once, edge triggered for both directions, and keeps the
// readiness that it was told of; an operation tries its system call first where that can succeed, and waits
// for an edge otherwise.
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <new>
#include <utility>

#include <parlance/io/detail/backend.hpp>
#include <parlance/io/detail/fd_socket.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::io {
namespace {

class epoll_backend;

// send(2) and recv(2) as the kernel has them. glibc's are points of cancellation (pthreads(7)), which costs each two
// atomic operations once the process has a second thread: 20 ns of 110. Nothing here cancels threads.
ssize_t send_bytes(int fd, const void* bytes, std::size_t size) noexcept {
  return ::syscall(SYS_sendto, fd, bytes, size, MSG_NOSIGNAL, nullptr, 0);
}
ssize_t recv_bytes(int fd, void* room, std::size_t size) noexcept {
  return ::syscall(SYS_recvfrom, fd, room, size, 0, nullptr, nullptr);
}

/// What an epoll_event points to.
struct epoll_target {
  virtual void ready(std::uint32_t events) noexcept = 0;

 protected:
  ~epoll_target() = default;
};

/// A socket of a kind, registered once for both directions.
template <class Fd> class epoll_socket : public Fd, public epoll_target {
 protected:
  epoll_socket(epoll_backend& owner, owned_fd fd, bool local);

  void interrupt(socket_operation& op, std::error_code why) noexcept override { this->finish(op, why); }
  void forget(socket_operation&) noexcept override {}
  void detach() noexcept override;

  /// Whether an operation may try its call at once. No: an edge will tell when.
  bool may_try(bool ready_now) noexcept;
  /// After a call that failed: true when it failed for good.
  static bool would_block(bool& flag, socket_operation& op) noexcept;
  void stop_watching() noexcept;

  epoll_backend& backend_;
  const bool local_;      // a Unix socket
  bool readable_ = true;  // optimistic: the first attempt finds out
  bool writable_ = true;

 private:
  static constexpr std::uint32_t watched = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET;
};

// In each, what is named after a system call tries it once. True: it is over, with its result in place. False:
// it would block, and the flag is down.

class epoll_stream final : public epoll_socket<fd_stream> {
 public:
  epoll_stream(epoll_backend& owner, owned_fd fd, bool local) : epoll_socket(owner, std::move(fd), local) {}
  ~epoll_stream() override;

  void ready(std::uint32_t events) noexcept override;
  void look_again() noexcept { try_writing(); }

 protected:
  bool begin(recv_operation& op) noexcept override;
  bool begin(send_operation& op) noexcept override;
  bool begin(connect_operation& op) noexcept override { return connect(op); }
  void interrupt(socket_operation& op, std::error_code why) noexcept override;
  void forget(socket_operation& op) noexcept override;
  void detach() noexcept override;
  int give_up(std::string& unread) override;

 private:
  bool recv(recv_operation& op) noexcept;
  bool send(send_operation& op) noexcept;
  bool connect(connect_operation& op) noexcept;
  bool start_connecting(connect_operation& op) noexcept;
  bool has_connected(connect_operation& op) noexcept;
  ssize_t recv_once(char* room, bool& more) noexcept;
  void try_writing() noexcept;

  buffer_pool::block block_;  // what the last recv handed out
  std::unique_ptr<second_look<epoll_stream>> second_look_;
  connect_operation* connecting_ = nullptr;  // what waits on the writing side, when it is one
  bool in_progress_ = false;                 // the kernel connects
  // EPOLLPRI was seen: reads may stop at a byte out of band, before the socket is empty.
  bool urgent_ = false;
  // EPOLLRDHUP or worse was seen: no edge will come, so attempt until the end shows.
  bool peer_ended_ = false;
};

class epoll_listener final : public epoll_socket<fd_listener> {
 public:
  epoll_listener(epoll_backend& owner, owned_fd fd, bool local) : epoll_socket(owner, std::move(fd), local) {}
  ~epoll_listener() override {
    if (attached()) detach();
  }

  void ready(std::uint32_t events) noexcept override;
  /// Others have it too, who may have made it one that blocks, and take callers from under us.
  void look_first() noexcept { looks_first_ = true; }

 protected:
  bool begin(accept_operation& op) noexcept override { return may_try(readable_) && accept(op); }
  void detach() noexcept override;

 private:
  bool accept(accept_operation& op) noexcept;
  owned_fd accept_one() noexcept;

  bool looks_first_ = false;
};

class epoll_datagram final : public epoll_socket<fd_datagram> {
 public:
  epoll_datagram(epoll_backend& owner, owned_fd fd, bool local) : epoll_socket(owner, std::move(fd), local) {}
  ~epoll_datagram() override {
    if (attached()) detach();
  }

  void ready(std::uint32_t events) noexcept override;
  void look_again() noexcept { try_sending(); }

 protected:
  bool begin(recv_from_operation& op) noexcept override { return may_try(readable_) && recv_from(op); }
  bool begin(send_to_operation& op) noexcept override { return may_try(writable_) && send_to(op); }
  void detach() noexcept override;

 private:
  bool recv_from(recv_from_operation& op) noexcept;
  bool send_to(send_to_operation& op) noexcept;
  void try_sending() noexcept;

  std::unique_ptr<second_look<epoll_datagram>> second_look_;
};

class epoll_backend final : public backend {
 public:
  explicit epoll_backend(loop& of) : backend(of), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_) throw error(from_errno(errno), "start epoll");
    epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
    if (epoll_ctl(set(), EPOLL_CTL_ADD, owner().posts()->descriptor(), &event) != 0)
      throw error(from_errno(errno), "start epoll");
  }
  ~epoll_backend() override { leave_everybody(); }

  std::string_view name() const noexcept override { return "epoll"; }
  void wait(time_point until) override;

  std::unique_ptr<stream_socket> open_stream(int family) override {
    return open<epoll_stream>(family, SOCK_STREAM);
  }
  std::unique_ptr<listening_socket> open_listening(int family) override {
    return open<epoll_listener>(family, SOCK_STREAM);
  }
  std::unique_ptr<datagram_socket> open_datagram(int family) override {
    return open<epoll_datagram>(family, SOCK_DGRAM);
  }
  std::pair<std::unique_ptr<stream_socket>, std::unique_ptr<stream_socket>> open_pair() override {
    expect_ours();
    auto [a, b] = open_socket_pair(SOCK_STREAM | SOCK_NONBLOCK);
    return {std::make_unique<epoll_stream>(*this, std::move(a), true),
            std::make_unique<epoll_stream>(*this, std::move(b), true)};
  }
  std::unique_ptr<stream_socket> adopt_stream(int descriptor) override {
    return adopt<epoll_stream>(descriptor);
  }
  std::unique_ptr<listening_socket> adopt_listening(int descriptor) override {
    auto adopted = adopt<epoll_listener>(descriptor);
    adopted->look_first();
    return adopted;
  }

  bool begin(poll_operation& op) noexcept override;
  void interrupt(poll_operation& op, std::error_code why) noexcept override {
    forget(op);
    op.complete(why);
  }
  void forget(poll_operation& op) noexcept override;

  /// `target` goes away: no event that is in hand may reach it.
  void drop_pending(const epoll_target* target) noexcept {
    for (int i = next_; i < count_; ++i)
      if (epoll_event& event = events_[static_cast<std::size_t>(i)]; event.data.ptr == target)
        event.events = 0;
  }

  int descriptor() override {
    expect_ours();
    return set();
  }
  /// The set itself.
  int set() const noexcept { return epoll_.get(); }

 private:
  /// One poll_operation under way, on a duplicate of its descriptor so that two on one descriptor do not
  /// meet.
  struct one_shot final : epoll_target {
    void ready(std::uint32_t) noexcept override {
      if (!op) return;
      poll_operation& done = *op;
      backend->forget(done);
      done.complete();
    }
    epoll_backend* backend = nullptr;
    poll_operation* op = nullptr;
    int fd = -1;
    bool own = false;  // the duplicate, rather than the descriptor itself
    std::unique_ptr<one_shot> next = {};
  };

  // A receive takes its buffer when its event is dealt with and gives it back when its coroutine goes on, so
  // this is also how many buffers a busy loop goes through: few enough to stay in the cache (with 512, 1,000
  // busy connections took twice the CPU time), many enough for the system call to cost nothing.
  static constexpr int events_per_wait = 64;

  template <class Socket> std::unique_ptr<Socket> open(int family, int type) {
    expect_ours();
    return std::make_unique<Socket>(*this, open_socket(family, type | SOCK_NONBLOCK), family == AF_UNIX);
  }
  template <class Socket> std::unique_ptr<Socket> adopt(int descriptor) {
    owned_fd taken(descriptor);
    expect_ours();
    ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    return std::make_unique<Socket>(*this, std::move(taken), family_of(descriptor) == AF_UNIX);
  }
  int wait_for_events(duration limit) noexcept;

  owned_fd epoll_;
  bool counts_nanoseconds_ = true;  // the kernel has epoll_pwait2
  std::array<epoll_event, events_per_wait> events_;
  // Whose descriptor was closed by its owner while it was watched itself: the file may live on elsewhere, and
  // then the set still names these.
  std::unique_ptr<one_shot> closed_early_;
  int next_ = 0, count_ = 0;  // the events in hand that are not yet dealt with
};

// --- what the three have in common

template <class Fd>
epoll_socket<Fd>::epoll_socket(epoll_backend& owner, owned_fd fd, bool local)
    : Fd(owner, std::move(fd)), backend_(owner), local_(local) {
  epoll_event event{.events = watched, .data = {.ptr = static_cast<epoll_target*>(this)}};
  if (epoll_ctl(owner.set(), EPOLL_CTL_ADD, this->fd_, &event) != 0)
    throw error(from_errno(errno), "watch a socket");
}

template <class Fd> void epoll_socket<Fd>::detach() noexcept {
  this->release_waiters();
  stop_watching();
}

// It stays registered as long as any descriptor of the connection is open, wherever that is: in a child that
// was forked, say. Such a child has a share in the set, and must leave alone what it has only copies of.
template <class Fd> void epoll_socket<Fd>::stop_watching() noexcept {
  if (this->fd_ >= 0 && backend_.is_ours()) ::epoll_ctl(backend_.set(), EPOLL_CTL_DEL, this->fd_, nullptr);
  backend_.drop_pending(this);
}

template <class Fd> bool epoll_socket<Fd>::may_try(bool ready_now) noexcept {
  if (!ready_now) return false;
  if (backend_.owner().may_complete_inline()) return true;
  // Its turn comes after the others': an edge that is past will not come again, so look again through the
  // loop.
  epoll_event event{.events = watched, .data = {.ptr = static_cast<epoll_target*>(this)}};
  epoll_ctl(backend_.set(), EPOLL_CTL_MOD, this->fd_, &event);
  return false;
}

template <class Fd> bool epoll_socket<Fd>::would_block(bool& flag, socket_operation& op) noexcept {
  if (errno == EAGAIN) {
    flag = false;
    return false;
  }
  op.error = from_errno(errno);
  return true;
}

constexpr std::uint32_t is_readable = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
constexpr std::uint32_t is_writable = EPOLLOUT | EPOLLHUP | EPOLLERR;

/// The operation that waits on a side is of the only kind that it can be.
template <class Operation> Operation* as(socket_operation* waiting) noexcept {
  return static_cast<Operation*>(waiting);
}

// --- a stream

epoll_stream::~epoll_stream() {
  if (!attached()) return;
  detach();
  backend_.owner().buffers().give(std::move(block_));
}

void epoll_stream::detach() noexcept {
  epoll_socket::detach();
  reset_unless_whole();
  second_look_.reset();
}

int epoll_stream::give_up(std::string& unread) {
  stop_watching();
  return fd_stream::give_up(unread);
}

void epoll_stream::ready(std::uint32_t events) noexcept {
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) peer_ended_ = true;
  if (events & EPOLLPRI) urgent_ = true;
  if (events & is_readable) {
    readable_ = true;
    if (auto* op = as<recv_operation>(active(side::read)); op && recv(*op)) finish(*op);
  }
  if (events & is_writable) {
    writable_ = true;
    try_writing();
  }
}

void epoll_stream::try_writing() noexcept {
  socket_operation* op = active(side::write);
  if (!op) return;
  if (connecting_ ? connect(*connecting_) : send(*as<send_operation>(op))) finish(*op);
}

void epoll_stream::interrupt(socket_operation& op, std::error_code why) noexcept {
  forget(op);
  finish(op, why);
}

void epoll_stream::forget(socket_operation& op) noexcept {
  if (&op == connecting_) connecting_ = nullptr;
}

bool epoll_stream::begin(recv_operation& op) noexcept {
  backend_.owner().buffers().give(std::move(block_));
  return may_try(readable_) && recv(op);
}

bool epoll_stream::begin(send_operation& op) noexcept {
  return op.size() == 0 || (may_try(writable_) && send(op));
}

/// `more`: it stopped before what else there is. So do reads of a Unix socket behind descriptors that the
/// peer sent along, which end here, unasked for (MSG_CTRUNC, unix(7)).
ssize_t epoll_stream::recv_once(char* room, bool& more) noexcept {
  if (!local_) return recv_bytes(fd_, room, buffer_pool::block_size);
  iovec whole{room, buffer_pool::block_size};
  msghdr header{};
  header.msg_iov = &whole;
  header.msg_iovlen = 1;
  const ssize_t got = ::recvmsg(fd_, &header, 0);
  more = header.msg_flags & MSG_CTRUNC;
  return got;
}

bool epoll_stream::recv(recv_operation& op) noexcept {
  buffer_pool& pool = backend_.owner().buffers();
  buffer_pool::block block = pool.try_take();
  if (!block) {
    op.error = from_errno(ENOMEM);
    return true;
  }
  ssize_t got;
  bool more = false;
  do got = recv_once(block.get(), more);
  while (got < 0 && errno == EINTR);
  if (got <= 0) {
    const int number = errno;
    pool.give(std::move(block));
    errno = number;
    if (got == 0 || would_block(readable_, op)) return true;
    urgent_ = false;
    return false;
  }
  // A short read emptied the socket; the next bytes come with an edge of their own, unless the end came with
  // these.
  if (static_cast<std::size_t>(got) < buffer_pool::block_size && !peer_ended_ && !urgent_ && !more)
    readable_ = false;
  block_ = std::move(block);
  op.chunk = {block_.get(), static_cast<std::size_t>(got)};
  return true;
}

bool epoll_stream::send(send_operation& op) noexcept {
  std::array<iovec, 64> room;
  while (const std::size_t pieces = op.gather(room)) {
    msghdr header{};
    header.msg_iov = room.data();
    header.msg_iovlen = pieces;
    const ssize_t sent = pieces == 1 ? send_bytes(fd_, room[0].iov_base, room[0].iov_len)
                                     : ::sendmsg(fd_, &header, MSG_NOSIGNAL);
    if (sent >= 0) {
      op.sent += static_cast<std::size_t>(sent);
      if (active(side::write) != &op || start_limit(op)) continue;
      op.error = from_errno(ENOMEM);
      return true;
    } else if (errno != EINTR) {
      return would_block(writable_, op);
    }
  }
  return true;
}

bool epoll_stream::connect(connect_operation& op) noexcept {
  const bool over = in_progress_ ? has_connected(op) : start_connecting(op);
  connecting_ = over ? nullptr : &op;
  return over;
}

bool epoll_stream::start_connecting(connect_operation& op) noexcept {
  // What epoll said of a socket that was not connected yet. Not later: the peer may end in the same edge that
  // tells of the connection.
  peer_ended_ = false;
  if (::connect(fd_, op.to.data(), op.to.size()) == 0) return true;
  if (local_ && errno == EAGAIN) {
    // No edge will tell of room: it is looked for.
    return !look_again_soon(second_look_, *this, active(side::write) != &op, op);
  }
  in_progress_ = errno == EINPROGRESS || errno == EINTR;
  if (!in_progress_) op.error = from_errno(errno);
  return !in_progress_;
}

bool epoll_stream::has_connected(connect_operation& op) noexcept {
  int number = 0;
  socklen_t size = sizeof number;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &number, &size);
  // Asked again, it says whether this edge told of the end of the handshake, and is in its books what it is.
  if (number == 0 && ::connect(fd_, op.to.data(), op.to.size()) != 0 && errno != EISCONN) {
    if (errno == EALREADY || errno == EINTR) return false;
    number = errno;
  }
  in_progress_ = false;
  if (number != 0) op.error = from_errno(number);
  return true;
}

// --- a listener

void epoll_listener::detach() noexcept {
  epoll_socket::detach();
  refuse_left_behind();
}

void epoll_listener::ready(std::uint32_t events) noexcept {
  if (!(events & is_readable)) return;
  readable_ = true;
  if (auto* op = as<accept_operation>(active(side::read)); op && accept(*op)) finish(*op);
}

owned_fd epoll_listener::accept_one() noexcept {
  pollfd caller{.fd = fd_, .events = POLLIN, .revents = 0};
  if (looks_first_ && ::poll(&caller, 1, 0) == 0) {
    errno = EAGAIN;
    return {};
  }
  return owned_fd(::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

bool epoll_listener::accept(accept_operation& op) noexcept {
  for (int skipped = 0;; ++skipped) {
    owned_fd caller = accept_one();
    if (!caller && is_failure_of_one_caller(errno) && skipped < most_callers_skipped) continue;
    if (!caller) return would_block(readable_, op);
    try {
      op.accepted = std::make_unique<epoll_stream>(backend_, std::move(caller), local_);
    } catch (const error& e) {
      op.error = e.code();
    } catch (const std::bad_alloc&) {
      op.error = from_errno(ENOMEM);
    }
    return true;
  }
}

// --- datagrams

void epoll_datagram::detach() noexcept {
  epoll_socket::detach();
  second_look_.reset();
}

void epoll_datagram::ready(std::uint32_t events) noexcept {
  if (events & is_readable) {
    readable_ = true;
    if (auto* op = as<recv_from_operation>(active(side::read)); op && recv_from(*op)) finish(*op);
  }
  if (events & is_writable) {
    writable_ = true;
    try_sending();
  }
}

void epoll_datagram::try_sending() noexcept {
  if (auto* op = as<send_to_operation>(active(side::write)); op && send_to(*op)) finish(*op);
}

bool epoll_datagram::recv_from(recv_from_operation& op) noexcept {
  op.prepare();
  ssize_t got;
  do got = ::recvmsg(fd_, &op.header, 0);
  while (got < 0 && errno == EINTR);
  if (got < 0) return would_block(readable_, op);
  op.received(static_cast<std::size_t>(got));
  return true;
}

bool epoll_datagram::send_to(send_to_operation& op) noexcept {
  op.prepare();
  ssize_t sent;
  do sent = ::sendmsg(fd_, &op.header, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (local_ && sent < 0 && errno == EAGAIN) {
    // No edge will tell of room with the peer: it is looked for.
    return !look_again_soon(second_look_, *this, active(side::write) != &op, op);
  }
  return sent >= 0 || would_block(writable_, op);
}

// --- the backend

/// `unlimited`: until something happens.
int epoll_backend::wait_for_events(duration limit) noexcept {
  if (counts_nanoseconds_) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(limit);
    const timespec exact{.tv_sec = seconds.count(), .tv_nsec = (limit - seconds).count()};
    const int count =
        epoll_pwait2(set(), events_.data(), events_per_wait, limit == unlimited ? nullptr : &exact, nullptr);
    // Linux has it from 5.11 on; a container may forbid it.
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
    counts_nanoseconds_ = false;
  }
  // Rounded up: waking before a deadline would only mean to wait again.
  const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(limit).count();
  const auto milliseconds = static_cast<int>(std::min<std::int64_t>(rounded, INT_MAX));
  return epoll_wait(set(), events_.data(), events_per_wait, limit == unlimited ? -1 : milliseconds);
}

void epoll_backend::wait(time_point until) {
  const time_point start = now();
  const duration left = until == never ? unlimited : until <= start ? duration::zero() : until - start;
  const int count = wait_for_events(left);
  if (count < 0 && errno != EINTR) throw error(from_errno(errno), "epoll_wait");
  next_ = 0;
  count_ = count < 0 ? 0 : count;
  while (next_ < count_) {
    const epoll_event event = events_[static_cast<std::size_t>(next_++)];
    if (event.events == 0) continue;
    if (event.data.ptr)
      static_cast<epoll_target*>(event.data.ptr)->ready(event.events);
    else if (eventfd_t ignored; eventfd_read(owner().posts()->descriptor(), &ignored) != 0)
      continue;
  }
  count_ = 0;
}

bool epoll_backend::begin(poll_operation& op) noexcept {
  std::unique_ptr<one_shot> shot(new (std::nothrow) one_shot);
  if (!shot) {
    op.error = from_errno(ENOMEM);
    return true;
  }
  shot->backend = this;
  shot->op = &op;
  shot->fd = fcntl(op.fd(), F_DUPFD_CLOEXEC, 0);
  const int number = errno;
  // Where there is none for a duplicate, the descriptor itself does, as long as it is watched only once.
  shot->own = shot->fd >= 0;
  const bool at_the_limit = !shot->own && (number == EMFILE || number == ENFILE);
  if (at_the_limit) shot->fd = op.fd();
  epoll_event event{.events = EPOLLONESHOT | static_cast<std::uint32_t>(op.events()),
                    .data = {.ptr = static_cast<epoll_target*>(shot.get())}};
  if (shot->fd < 0 || epoll_ctl(set(), EPOLL_CTL_ADD, shot->fd, &event) != 0) {
    // A regular file is refused with EPERM: it is always ready.
    if (shot->fd < 0 || (at_the_limit && errno == EEXIST))
      op.error = from_errno(number);
    else if (errno != EPERM)
      op.error = from_errno(errno);
    if (shot->own) ::close(shot->fd);
    return true;
  }
  op.cookie = reinterpret_cast<std::uint64_t>(shot.release());
  return false;
}

void epoll_backend::forget(poll_operation& op) noexcept {
  std::unique_ptr<one_shot> shot(reinterpret_cast<one_shot*>(std::exchange(op.cookie, 0)));
  drop_pending(shot.get());
  shot->op = nullptr;
  // The descriptor that was duplicated stays open, so closing this one would leave it registered.
  const bool heard_of = is_ours() && epoll_ctl(set(), EPOLL_CTL_DEL, shot->fd, nullptr) != 0;
  if (shot->own)
    ::close(shot->fd);
  else if (heard_of) {
    shot->next = std::move(closed_early_);
    closed_early_ = std::move(shot);
  }
}

}  // namespace

std::unique_ptr<backend> make_epoll_backend(loop& owner) { return std::make_unique<epoll_backend>(owner); }

}  // namespace parlance::io
