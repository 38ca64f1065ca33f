#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <memory>
#include <string_view>
#include <utility>

#include <parlance/io/blocking.hpp>
#include <parlance/io/detail/owned_fd.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/system_call.hpp>
#include <parlance/net/detail/sending_alone.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/send_file.hpp>

namespace parlance::net {

namespace {

constexpr std::size_t block_size = 128 * 1024;
constexpr std::uint64_t step_size = 1024 * 1024;  // read ahead at a time

/// It ends with whoever needs it last, on whichever thread.
using file_ptr = std::shared_ptr<const io::owned_fd>;

/// What is being sent, and how far it is.
struct course {
  file_ptr file;
  std::uint64_t offset, left;
  std::function<void(std::uint64_t)> progress;
  bool ends_early = true;  // that it ends before all of `left` has gone is an error
  std::uint64_t sent = 0;

  void went(std::size_t size) {
    if (size == 0) return;
    offset += size;
    left -= size;
    sent += size;
    if (progress) progress(sent);
  }
  void ended() {
    if (ends_early)
      throw io::error(errc::ended_early, "send",
                      fmt::format("the file ended after {} of {} bytes", sent, sent + left));
    left = 0;
  }
};

/// As sendfile(2), without waiting or a signal. A descriptor of the io_uring backend blocks, and for the
/// length of the call does not: no request is handed to the kernel meanwhile, which looks at this when it is.
ssize_t send_some(int to, const course& what, std::uint64_t most) noexcept {
  const io::without_blocking quick(to);
  const io::without_sigpipe quiet;
  auto offset = static_cast<off_t>(what.offset);
  return ::sendfile(to, what.file->get(), &offset, most);
}

/// Has the kernel read a part of a file, and waits for the last of it.
auto read_ahead(const course& what, std::uint64_t size) {
  return io::blocking([file = what.file, from = static_cast<off_t>(what.offset), size] {
    const auto length = static_cast<off_t>(size);
    ::posix_fadvise(file->get(), from, length, POSIX_FADV_WILLNEED);
    char last;
    static_cast<void>(::pread(file->get(), &last, 1, from + length - 1));
  });
}

/// False: this file, or this connection, is not for sendfile, and the rest is to be read.
io::task<bool> by_sendfile(sending_alone& to, course& what) {
  std::uint64_t ahead = 0;
  while (what.left != 0) {
    if (ahead == 0) {
      ahead = std::min(what.left, step_size);
      co_await read_ahead(what, ahead);
      to.expect_there();
    }
    const ssize_t size = send_some(to.descriptor(), what, ahead);
    if (size > 0) {
      ahead -= static_cast<std::uint64_t>(size);
      what.went(static_cast<std::size_t>(size));
      to.expect_there();  // whoever is told may close it
    } else if (size == 0) {
      what.ended();
    } else if (errno == EAGAIN) {
      co_await to.ready(io::side::write);
    } else if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) {
      co_return false;
    } else if (errno != EINTR) {
      to.broke(io::from_errno(errno), "send");
    }
  }
  co_return true;
}

io::task<void> send_block(sending_alone& to, course& what, const std::shared_ptr<std::string>& block) {
  try {
    co_await to.send(*block, block);
  } catch (const io::error& e) {
    what.went(e.bytes_sent());
    throw;
  }
  what.went(block->size());
}

io::task<void> by_reading(sending_alone& to, course& what) {
  while (what.left != 0) {
    const auto block = std::make_shared<std::string>(std::min<std::uint64_t>(block_size, what.left), '\0');
    co_await io::blocking([file = what.file, block, from = static_cast<off_t>(what.offset)] {
      const ssize_t got = ::pread(file->get(), block->data(), block->size(), from);
      if (got < 0) throw io::error(io::from_errno(errno), "read");
      block->resize(static_cast<std::size_t>(got));
    });
    if (block->empty())
      what.ended();
    else
      co_await send_block(to, what, block);
  }
}

/// What has no position, and perhaps nothing to read yet.
io::task<void> as_it_comes(sending_alone& to, course& what) {
  while (what.left != 0) {
    co_await to.poll(what.file->get(), POLLIN);
    const auto block = std::make_shared<std::string>(std::min<std::uint64_t>(block_size, what.left), '\0');
    const ssize_t got = io::read_without_waiting(what.file->get(), *block);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got < 0) throw io::error(io::from_errno(errno), "read");
    block->resize(static_cast<std::size_t>(got));
    if (got == 0)
      what.ended();
    else
      co_await send_block(to, what, block);
  }
}

io::task<void> send_part(sending_alone& to, course& what, const file_part& wanted) {
  struct stat status{};
  if (::fstat(what.file->get(), &status) != 0) throw io::error(io::from_errno(errno), "read");
  const bool regular = S_ISREG(status.st_mode);
  if (!regular && wanted.offset != 0) throw io::error(io::from_errno(ESPIPE), "read");
  if (!wanted.length && regular) {
    const auto size = static_cast<std::uint64_t>(status.st_size);
    what.left = size - std::min(size, wanted.offset);
  }
  what.ends_early = regular || wanted.length;
  co_await to.others_sent();
  if (!regular)
    co_await as_it_comes(to, what);
  else if (to.descriptor() < 0 || !co_await by_sendfile(to, what))
    co_await by_reading(to, what);
}

io::task<std::uint64_t> send_owned(sending_alone& to, file_ptr file, std::string name, file_part wanted) {
  const std::string peer = to.where().remote().to_string();
  constexpr std::uint64_t most = std::numeric_limits<off_t>::max();
  if (wanted.offset > most || wanted.length.value_or(0) > most - wanted.offset)
    throw io::error(io::from_errno(EOVERFLOW), fmt::format("send {} to {}", name, peer));
  course what{.file = std::move(file),
              .offset = wanted.offset,
              .left = wanted.length.value_or(std::numeric_limits<std::uint64_t>::max()),
              .progress = std::move(wanted.progress)};
  // Whoever destroys it when a part has gone does not know how much.
  struct half {
    ~half() {
      if (!told && of.sent != 0 && to.is_there()) sending_alone::cut(to.where());
    }
    sending_alone& to;
    const course& of;
    bool told = false;
  } sent{to, what};
  try {
    co_await send_part(to, what, wanted);
    sent.told = true;
  } catch (const io::error& e) {
    io::error told(e.code(), fmt::format("send {} to {}", name, peer), why(e));
    sent.told = true;
    throw told.sent(what.sent);
  }
  co_return what.sent;
}

}  // namespace

io::task<std::uint64_t> send_file(stream& to, int file, file_part what) {
  sending_alone alone(to);
  const auto own = std::make_shared<const io::owned_fd>(io::owned_fd(::fcntl(file, F_DUPFD_CLOEXEC, 0)));
  if (!*own) throw io::error(io::from_errno(errno), fmt::format("send descriptor {}", file));
  co_return co_await send_owned(alone, own, fmt::format("descriptor {}", file), std::move(what));
}

io::task<std::uint64_t> send_file(stream& to, std::string path, file_part what) {
  if (path.find('\0') != std::string::npos)
    throw io::error(io::from_errno(EINVAL), "open " + path, "a NUL byte in the path");
  sending_alone alone(to);
  file_ptr file = co_await io::blocking([path] {
    // A FIFO without a writer would keep the worker, whether somebody waits for it or not.
    constexpr int flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
    auto opened = std::make_shared<const io::owned_fd>(io::owned_fd(::open(path.c_str(), flags)));
    if (!*opened) throw io::error(io::from_errno(errno), "open " + path);
    return opened;
  });
  co_return co_await send_owned(alone, std::move(file), path, std::move(what));
}

}  // namespace parlance::net
