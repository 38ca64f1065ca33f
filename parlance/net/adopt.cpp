#include <fcntl.h>
#include <fmt/core.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <parlance/io/detail/backend.hpp>
#include <parlance/io/detail/owned_fd.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/net/adopt.hpp>
#include <parlance/net/socket_options.hpp>

namespace parlance::net {
namespace {

constexpr int first_passed = 3;  // SD_LISTEN_FDS_START
constexpr int most_passed = 4096;

std::string name_of(int fd) { return fmt::format("take over the listener on descriptor {}", fd); }

int option_of(int fd, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(fd, SOL_SOCKET, option, &value, &size) != 0)
    throw io::error(io::from_errno(errno), name_of(fd));
  return value;
}

std::optional<std::string> taken_from_environment(const char* name) {
  const char* value = ::getenv(name);
  if (!value) return std::nullopt;
  std::string copy(value);
  ::unsetenv(name);
  return copy;
}

int number_in(const std::string& text, std::string_view variable, int most) {
  int number = 0;
  const char* const end = text.data() + text.size();
  const auto [last, failed] = std::from_chars(text.data(), end, number);
  if (failed != std::errc{} || last != end || number < 0 || number > most)
    throw io::error(io::from_errno(EINVAL), "take over what systemd passed",
                    fmt::format("{} is no such number", variable));
  return number;
}

std::vector<std::string> split(std::string_view names) {
  std::vector<std::string> all;
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = names.find(':');
    all.emplace_back(names.substr(0, end));
    names.remove_prefix(end == std::string_view::npos ? 0 : end + 1);
  }
  return all;
}

/// Else the number is free, or that of what this process has opened, whatever LISTEN_FDS says.
bool came_by_exec(int fd) noexcept {
  const int flags = ::fcntl(fd, F_GETFD);
  return flags >= 0 && (flags & FD_CLOEXEC) == 0;
}

/// Descriptors that are closed when nobody comes to adopt them.
struct unadopted {
  int next, end;
  unadopted(int first, int behind) noexcept : next(first), end(behind) {}
  unadopted(const unadopted&) = delete;
  unadopted& operator=(const unadopted&) = delete;
  ~unadopted() {
    for (; next < end; ++next)
      if (came_by_exec(next)) ::close(next);
  }
};

/// Throws when one is named twice, and leaves each once, to be closed.
void expect_different(std::vector<int>& descriptors) {
  std::vector<int> each = descriptors;
  std::ranges::sort(each);
  const auto again = std::ranges::adjacent_find(each);
  if (again == each.end()) return;
  const int twice = *again;
  each.erase(std::ranges::unique(each).begin(), each.end());
  descriptors = std::move(each);
  throw io::error(io::from_errno(EINVAL), name_of(twice), "it is named twice");
}

}  // namespace

void expect_listening(int descriptor) {
  if (option_of(descriptor, SO_TYPE) != SOCK_STREAM)
    throw io::error(io::from_errno(EINVAL), name_of(descriptor), "it is no stream socket");
  if (option_of(descriptor, SO_ACCEPTCONN) == 0)
    throw io::error(io::from_errno(EINVAL), name_of(descriptor), "it does not listen");
}

listener adopt_listener(std::vector<int> descriptors, listen_options options) {
  std::vector<std::unique_ptr<io::listening_socket>> adopted;
  socket_options for_callers;
  io::backend& kernel = io::loop::current().kernel();
  std::size_t taken = 0;
  try {
    expect_different(descriptors);
    for_callers = options_for_callers(descriptors, options.socket);
    for (const int fd : descriptors) {
      if (kernel.simulated()) throw io::error(io::from_errno(ENOTSUP), name_of(fd), "not in the simulation");
      expect_listening(fd);
      if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) throw io::error(io::from_errno(errno), name_of(fd));
      ++taken;  // whatever comes of it now
      adopted.push_back(kernel.adopt_listening(fd));
    }
  } catch (...) {
    for (; taken < descriptors.size(); ++taken) ::close(descriptors[taken]);
    throw;
  }
  listener made{std::move(adopted), std::move(options)};
  made.its_->for_callers = std::move(for_callers);
  return made;
}

stream adopt_stream(int descriptor, std::string unread) {
  const std::string step = fmt::format("take over the connection on descriptor {}", descriptor);
  io::owned_fd taken(descriptor);
  io::backend& kernel = io::loop::current().kernel();
  if (kernel.simulated()) throw io::error(io::from_errno(ENOTSUP), step, "not in the simulation");
  int type = 0, listens = 0;
  socklen_t size = sizeof type, size_of_listens = sizeof listens;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) != 0 ||
      ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size_of_listens) != 0 ||
      ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0)
    throw io::error(io::from_errno(errno), step);
  if (type != SOCK_STREAM || listens != 0)
    throw io::error(io::from_errno(EINVAL), step, "it is no connected stream socket");
  stream here(kernel.adopt_stream(taken.release()));
  if (!unread.empty()) here.unread(std::move(unread));
  return here;
}

std::vector<passed_listener> systemd_listeners(const listen_options& options) {
  const auto process = taken_from_environment("LISTEN_PID"), count = taken_from_environment("LISTEN_FDS"),
             names = taken_from_environment("LISTEN_FDNAMES");
  if (!process || !count || number_in(*process, "LISTEN_PID", INT_MAX) != ::getpid()) return {};
  const int passed = number_in(*count, "LISTEN_FDS", most_passed);
  unadopted rest(first_passed, first_passed + passed);
  std::vector<std::string> each(static_cast<std::size_t>(passed), "unknown");
  if (names && passed > 0) each = split(*names);
  if (each.size() != static_cast<std::size_t>(passed))
    throw io::error(io::from_errno(EINVAL), "take over what systemd passed",
                    fmt::format("there are {} sockets and {} names", passed, each.size()));
  for (int fd = first_passed; fd < first_passed + passed; ++fd)
    if (!came_by_exec(fd)) throw io::error(io::from_errno(EBADF), name_of(fd), "it was not passed");
  std::vector<passed_listener> all;
  for (std::string& name : each) {
    std::vector<int> its{rest.next};
    listen_options its_options = options;
    ++rest.next;
    all.push_back({std::move(name), adopt_listener(std::move(its), std::move(its_options))});
  }
  return all;
}

}  // namespace parlance::net
