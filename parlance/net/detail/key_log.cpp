#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <parlance/io/error.hpp>
#include <parlance/net/detail/key_log.hpp>

namespace parlance::net {

key_log::key_log(const std::string& file)
    : fd_(::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) {
  if (!fd_) throw io::error(io::from_errno(errno), fmt::format("open the key log {}", file));
  struct stat its{};
  constexpr mode_t of_others = S_IRWXG | S_IRWXO;
  if (::fstat(fd_.get(), &its) != 0 || !S_ISREG(its.st_mode) || (its.st_mode & of_others) == 0) return;
  if (::fchmod(fd_.get(), its.st_mode & S_IRWXU) == 0) return;
  throw io::error(io::from_errno(errno), fmt::format("open the key log {}", file),
                  "others may read it, and it is not yours to change; choose another file");
}

void key_log::write(std::string line) const {
  line += '\n';
  while (::write(fd_.get(), line.data(), line.size()) < 0 && errno == EINTR) continue;
}

}  // namespace parlance::net
