#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include <cli/get/replacement.hpp>

namespace parlance::cli {

std::filesystem::path followed(std::filesystem::path path) {
  constexpr int most_links = 40;
  std::error_code none;
  if (std::filesystem::exists(path, none)) {
    auto followed = std::filesystem::canonical(path, none);
    return none ? path : followed;  // no path leads to what /proc alone links to
  }
  for (int links = 0; links < most_links; ++links) {
    const auto to = std::filesystem::read_symlink(path, none);
    if (none) break;
    path = path.parent_path() / to;
  }
  return path;
}

bool can_replace(const file& part, const struct stat& there) {
  if (there.st_nlink != 1) return false;
  struct stat made{};
  ::fstat(part.descriptor(), &made);
  const bool has_owner = made.st_uid == there.st_uid && made.st_gid == there.st_gid;
  if (!has_owner && ::fchown(part.descriptor(), there.st_uid, there.st_gid) != 0) return false;
  ::fchmod(part.descriptor(), there.st_mode & 07777);
  return true;
}

int overwrite(const file& from, file& to) {
  const off_t size = ::lseek(from.descriptor(), 0, SEEK_END);
  const bool full = size > 0 && ::fallocate(to.descriptor(), FALLOC_FL_KEEP_SIZE, 0, size) != 0 &&
                    (errno == ENOSPC || errno == EDQUOT);
  if (full) return errno;
  constexpr std::size_t room = 64 * 1024;
  const auto buffer = std::make_unique_for_overwrite<char[]>(room);
  for (off_t at = 0; at < size;) {
    const ssize_t got = ::pread(from.descriptor(), buffer.get(), room, at);
    if (got <= 0) return got < 0 ? errno : EIO;
    if (const int number = to.write({buffer.get(), static_cast<std::size_t>(got)}); number != 0)
      return number;
    at += got;
  }
  if (::ftruncate(to.descriptor(), size) != 0) return errno;
  return to.close();
}

}  // namespace parlance::cli
