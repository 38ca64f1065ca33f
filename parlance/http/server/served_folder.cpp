#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>

#include <parlance/http/base/date.hpp>
#include <parlance/http/base/percent.hpp>
#include <parlance/http/server/served_folder.hpp>
#include <parlance/io/blocking.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::http {
namespace {

using opened = served_folder::opened;

/// Of a file whose content is read with it, of all that are remembered, and how many those are at most.
constexpr std::uint64_t most_content = std::uint64_t{64} << 10U;
constexpr std::size_t most_bytes = std::size_t{4} << 20U, most_names = 1024;

std::unexpected<std::error_code> failed(int number) { return std::unexpected(io::from_errno(number)); }

/// Unless it would wait for a disk, or somebody writes to the file at this moment.
void read_content(served_file& file) {
  std::string content;
  bool whole = false;
  content.resize_and_overwrite(file.size(), [&](char* room, std::size_t) {  // of libstdc++ 12 it may be more
    const std::size_t size = file.size();
    const iovec where{room, size};
    whole = ::preadv2(file.fd(), &where, 1, 0, RWF_NOWAIT) == static_cast<ssize_t>(size);
    return whole ? size : 0;
  });
  struct stat after{};
  if (!whole || ::fstat(file.fd(), &after) != 0) return;
  const struct stat& before = file.status;
  if (after.st_size == before.st_size && after.st_mtim.tv_sec == before.st_mtim.tv_sec &&
      after.st_mtim.tv_nsec == before.st_mtim.tv_nsec)
    file.content = std::move(content);
}

/// O_NONBLOCK: a FIFO without a writer is not waited for.
opened open_beneath(int root, const std::string& path, std::uint64_t resolve) {
  const open_how how{.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                     .mode = 0,
                     .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve};
  const long fd = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
  if (fd < 0) return failed(errno);
  auto file = std::make_shared<served_file>(static_cast<int>(fd));
  if (::fstat(file->fd(), &file->status) != 0) return failed(errno);
  constexpr std::int64_t per_second = 1'000'000'000;
  const timespec& changed = file->status.st_mtim;
  file->entity_tag =
      fmt::format("\"{:x}-{:x}\"", changed.tv_sec * per_second + changed.tv_nsec, file->size());
  file->modified = format_date(changed.tv_sec);
  if (file->is_regular() && file->size() <= most_content) read_content(*file);
  return file;
}

}  // namespace

served_file::~served_file() {
  if (fd_ >= 0) ::close(fd_);
}

served_folder::served_folder(const std::string& path, io::duration fresh)
    : root_(std::make_shared<const served_file>(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC))),
      fresh_(fresh) {
  const std::string doing = "serve files of " + path;
  if (root_->fd() < 0) throw io::error(io::from_errno(errno), doing);
  const opened probe = open_beneath(root_->fd(), ".", 0);
  if (!probe && probe.error() == std::errc::function_not_supported)
    throw io::error(probe.error(), doing, "the kernel has no openat2, which Linux has since 5.6");
  if (!probe) throw io::error(probe.error(), doing);
}

std::optional<opened> served_folder::remembered(const std::string& path, io::time_point now) const {
  const std::scoped_lock alone(lock_);
  const auto at = lately_.find(path);
  if (at == lately_.end() || at->second.until <= now) return std::nullopt;
  return at->second.what;
}

/// What has its content needs no descriptor any more, which would keep a file that is deleted on the disk.
void served_folder::remember(const std::string& path, const opened& what, io::time_point now) const {
  if (fresh_ == io::duration::zero()) return;
  if (what ? !(*what)->content : what.error() != std::errc::no_such_file_or_directory) return;
  found fresh{.what = what, .until = io::after(now, fresh_)};
  std::size_t size = path.size();
  if (what) {
    const auto copy = std::make_shared<served_file>(-1);
    copy->status = (*what)->status;
    copy->entity_tag = (*what)->entity_tag;
    copy->modified = (*what)->modified;
    copy->content = (*what)->content;
    size += copy->content->size();
    fresh.what = copy;
  }
  const std::scoped_lock alone(lock_);
  if (lately_.size() >= most_names || bytes_ + size > most_bytes) {
    lately_.clear();
    bytes_ = 0;
  }
  bytes_ += size;  // also of one that it takes the place of: it only begins anew the sooner
  lately_.insert_or_assign(path, std::move(fresh));
}

io::task<opened> served_folder::open(std::string path) const {
  const io::time_point now = io::loop::current().now();
  if (fresh_ != io::duration::zero())
    if (auto known = remembered(path, now)) co_return *std::move(known);
  opened file = open_beneath(root_->fd(), path, RESOLVE_CACHED);
  // EINVAL: the kernel, before Linux 5.12, does not know of what is cached.
  const bool is_told = file || (file.error().value() != EAGAIN && file.error().value() != EINVAL);
  if (!is_told)
    file = co_await io::blocking([root = root_, path] { return open_beneath(root->fd(), path, 0); });
  remember(path, file, now);
  co_return file;
}

std::expected<std::string, std::error_code> file_path_of(std::string_view encoded) {
  std::string path;
  while (!encoded.empty()) {
    const std::size_t slash = encoded.find('/');
    const std::string segment = percent_decode(encoded.substr(0, slash));
    if (segment.empty() || segment.find_first_of(std::string_view("/\0", 2)) != segment.npos)
      return failed(ENOENT);
    if (segment.starts_with('.') && segment != ".well-known") return failed(ENOENT);
    path += segment;
    if (slash == encoded.npos) break;
    path += '/';
    encoded.remove_prefix(slash + 1);
  }
  return path;
}

}  // namespace parlance::http
