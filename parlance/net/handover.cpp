#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <parlance/io/blocking.hpp>
#include <parlance/io/detail/owned_fd.hpp>
#include <parlance/io/error.hpp>
#include <parlance/net/adopt.hpp>
#include <parlance/net/detail/received.hpp>
#include <parlance/net/detail/sending_alone.hpp>
#include <parlance/net/detail/unix_file.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/handover.hpp>

namespace parlance::net {

/// Who removes a Unix socket's file.
class listener_handover {
 public:
  static bool owns_file(const listener& one) { return !one.unlink_path_.empty(); }
  static void leave_file(listener& one) { one.unlink_path_.clear(); }
  /// Only a file that is the socket's, which the kernel knows: its name alone may mean another file here, or
  /// by now.
  static void own_file(listener& one) {
    const std::string path = one.local().path();
    struct stat file{};
    if (::lstat(path.c_str(), &file) == 0 && is_bound_to(one.native_handles().front(), file))
      one.own_file(path, file);
  }
};

namespace {

constexpr std::size_t most_descriptors = 250;  // the kernel takes 253 in a message (SCM_MAX_FD)
constexpr std::string_view taken = "taken\n";

// What goes with the descriptors: for each listener how many of them are its, and whether its file is, too:
// "listeners 1 2+\n".
constexpr std::string_view beginning = "listeners";
constexpr std::size_t longest_message = 4096;

struct part {
  std::size_t descriptors;
  bool owns_file;
};

[[noreturn]] void refuse(std::string_view why) {
  throw io::error(io::from_errno(EPROTO), "take over listeners", why);
}

/// Throws when it is anything else.
std::vector<part> read_message(std::string_view text) {
  if (!text.starts_with(beginning) || !text.ends_with('\n')) refuse("it sent something else");
  text.remove_prefix(beginning.size());
  text.remove_suffix(1);
  std::vector<part> parts;
  while (!text.empty()) {
    part next{};
    const auto [end, failed] = std::from_chars(text.data() + 1, text.data() + text.size(), next.descriptors);
    if (text[0] != ' ' || failed != std::errc{} || next.descriptors - 1 >= most_descriptors)
      refuse("it sent something else");
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    next.owns_file = text.starts_with('+');
    if (next.owns_file) text.remove_prefix(1);
    parts.push_back(next);
  }
  if (parts.empty()) refuse("it has no listeners");
  return parts;
}

/// Whether more may make one of it.
bool may_be_message(std::string_view text) {
  return text.size() <= longest_message && !text.contains('\n') &&
         beginning.starts_with(text.substr(0, beginning.size()));
}

void close_now(int fd) { ::close(fd); }

/// Descriptors that are nobody else's. The last of a file may take its time to be closed.
class owned_descriptors {
 public:
  explicit owned_descriptors(void (*end)(int) = io::close_on_worker) noexcept : end_(end) {}
  owned_descriptors(owned_descriptors&& other) noexcept
      : end_(other.end_), all_(std::exchange(other.all_, {})) {}
  owned_descriptors& operator=(owned_descriptors&&) = delete;
  ~owned_descriptors() {
    for (const int fd : all_) end_(fd);
  }
  const std::vector<int>& all() const noexcept { return all_; }
  void add(int fd) { all_.push_back(fd); }
  void add_copy(int of) {
    io::owned_fd copy(::fcntl(of, F_DUPFD_CLOEXEC, 0));
    if (!copy) throw io::error(io::from_errno(errno), "hand a listener over");
    add(copy.get());
    static_cast<void>(copy.release());
  }
  /// Then so many more can be added although memory runs out.
  void make_room(std::size_t more) { all_.reserve(all_.size() + more); }
  std::size_t size() const noexcept { return all_.size(); }
  std::vector<int> take(std::size_t count) {
    const auto end = all_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<int> first(all_.begin(), end);
    all_.erase(all_.begin(), end);
    return first;
  }

 private:
  void (*end_)(int);
  std::vector<int> all_;
};

io::task<void> send_message(sending_alone& to, std::string text, std::span<const int> descriptors) {
  alignas(cmsghdr) char control[CMSG_SPACE(most_descriptors * sizeof(int))] = {};
  iovec whole{.iov_base = text.data(), .iov_len = text.size()};
  msghdr message{};
  message.msg_iov = &whole;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  for (;;) {
    const ssize_t sent = ::sendmsg(to.descriptor(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(text.size())) co_return;
    if (sent >= 0) throw io::error(io::from_errno(EMSGSIZE), "send");  // the rest would go without them
    if (errno != EAGAIN && errno != EINTR) to.broke(io::from_errno(errno), "send");
    co_await to.ready(io::side::write);
  }
}

struct message_with_descriptors {
  std::string text;
  owned_descriptors descriptors;
};

/// Adds what a message brought to what is there already.
void gather(msghdr& message, owned_descriptors& into) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    for (std::size_t at = CMSG_LEN(0); at + sizeof(int) <= header->cmsg_len; at += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, reinterpret_cast<const char*>(header) + at, sizeof fd);
      into.add(fd);
    }
  }
}

io::task<message_with_descriptors> receive_message(const follower& from) {
  message_with_descriptors got;
  alignas(cmsghdr) char control[CMSG_SPACE(most_descriptors * sizeof(int))];
  char room[longest_message];
  for (;;) {
    iovec whole{.iov_base = room, .iov_len = sizeof room};
    msghdr message{};
    message.msg_iov = &whole;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    got.descriptors.make_room(most_descriptors);
    const ssize_t size = ::recvmsg(from.descriptor(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0) {
      if (errno != EAGAIN && errno != EINTR) from.broke(io::from_errno(errno), "receive");
      co_await from.ready(io::side::read);
      continue;
    }
    gather(message, got.descriptors);
    // The kernel has closed those that had no room, or no number in this process.
    if (message.msg_flags & MSG_CTRUNC || got.descriptors.size() > most_descriptors)
      refuse("there is no room for all of them");
    got.text.append(room, static_cast<std::size_t>(size));
    if (size == 0) refuse("it ended the connection");
    if (got.text.ends_with('\n')) co_return got;
    if (!may_be_message(got.text)) refuse("it sent something else");
  }
}

void expect_takes_descriptors(stream& over) {
  if (over.below() || over.native_handle() < 0 || over.remote().family() != AF_UNIX)
    throw io::error(io::from_errno(EINVAL), "hand listeners over",
                    "only a Unix socket takes descriptors along");
}

/// While the successor has not said that it has what was sent: who goes then leaves the stream to nobody, for the
/// answer that comes yet would be taken for that to the next.
class unanswered {
 public:
  explicit unanswered(stream& by) : by_(by) {}
  unanswered(const unanswered&) = delete;
  unanswered& operator=(const unanswered&) = delete;
  ~unanswered() {
    if (!is_answered && by_.is_there()) sending_alone::cut(by_.where());
  }
  bool is_answered = false;

 private:
  const follower by_;
};

/// Alone, and behind all that was sent before.
io::task<void> send_alone(stream& to, std::string text, std::span<const int> descriptors) {
  sending_alone alone(to);
  co_await alone.others_sent();
  co_await send_message(alone, std::move(text), descriptors);
}

}  // namespace

io::task<void> hand_over(stream& to, std::vector<listener*> from) {
  owned_descriptors descriptors(close_now);  // of the listeners, whatever becomes of those meanwhile
  std::string text(beginning);
  for (const listener* one : from) {
    const std::vector<int> its = one->native_handles();
    if (std::ranges::count(from, one) != 1)
      throw io::error(io::from_errno(EINVAL), "hand listeners over", "one is named twice");
    if (its.empty()) throw io::error(errc::closed, "hand a listener over");
    for (const int fd : its) descriptors.add_copy(fd);
    text += fmt::format(" {}{}", its.size(), listener_handover::owns_file(*one) ? "+" : "");
  }
  if (descriptors.size() == 0 || descriptors.size() > most_descriptors)
    throw io::error(io::from_errno(EINVAL), fmt::format("hand {} descriptors over", descriptors.size()));
  if (!to.is_open()) throw io::error(errc::closed, "hand listeners over");
  expect_takes_descriptors(to);
  const std::string doing = "hand listeners over to " + to.remote().to_string();
  try {
    received answer(to, io::from_errno(EPROTO));
    co_await send_alone(to, text + "\n", descriptors.all());
    unanswered until_taken(to);
    while (answer.bytes().size() < taken.size() && taken.starts_with(answer.bytes())) co_await answer.more();
    if (!answer.bytes().starts_with(taken))
      throw io::error(io::from_errno(EPROTO), "hand over", "it sent something else");
    answer.take(taken.size());
    until_taken.is_answered = true;
  } catch (const io::error& e) {
    throw io::error(e.code(), doing, why(e));
  }
  for (listener* one : from) listener_handover::leave_file(*one);
}

namespace {

/// Tells the predecessor, unless he has ended: then nobody else has them.
io::task<void> say_taken(stream& to) {
  try {
    co_await to.send(taken);
  } catch (const io::error& e) {
    if (e.code() != io::from_errno(EPIPE) && e.code() != io::from_errno(ECONNRESET)) throw;
  }
}

}  // namespace

io::task<std::vector<listener>> take_over(stream& from, listen_options options) {
  if (!from.is_open()) throw io::error(errc::closed, "take listeners over");
  expect_takes_descriptors(from);
  const std::string doing = "take listeners over from " + from.remote().to_string();
  std::vector<listener> all;
  try {
    const follower here(from);
    message_with_descriptors got = co_await receive_message(here);
    std::vector<part> parts = read_message(got.text);
    std::size_t expected = 0;
    for (const part& one : parts) expected += one.descriptors;
    if (expected != got.descriptors.size())
      refuse(fmt::format("{} descriptors came, and {} were told of", got.descriptors.size(), expected));
    // What is refused may take its time to close, so that is for who has them now.
    for (const int fd : got.descriptors.all()) expect_listening(fd);
    for (const part& one : parts) {
      listen_options its = options;
      all.push_back(adopt_listener(got.descriptors.take(one.descriptors), std::move(its)));
    }
    co_await say_taken(here.where());
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (parts[i].owns_file) listener_handover::own_file(all[i]);
  } catch (const io::error& e) {
    throw io::error(e.code(), doing, why(e));
  }
  co_return all;
}

released_listener release(listener& one) {
  released_listener going{.descriptors = {}, .owns_file = listener_handover::owns_file(one), .callers = {}};
  for (const int of : one.native_handles()) {
    const int copy = ::fcntl(of, F_DUPFD, 0);
    if (copy < 0) {
      const int why = errno;
      for (const int made : going.descriptors) ::close(made);
      throw io::error(io::from_errno(why), "hand a listener to another program");
    }
    going.descriptors.push_back(copy);
  }
  listener_handover::leave_file(one);
  going.callers = one.close_and_take();
  return going;
}

listener adopt_released(std::vector<int> descriptors, bool owns_file, listen_options options) {
  listener here = adopt_listener(std::move(descriptors), std::move(options));
  if (owns_file) listener_handover::own_file(here);
  return here;
}

}  // namespace parlance::net
