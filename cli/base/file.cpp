#include <fcntl.h>
#include <fmt/core.h>

#include <cerrno>
#include <cstdlib>

#include <parlance/io/error.hpp>

#include <cli/base/file.hpp>
#include <cli/base/verb.hpp>

namespace parlance::cli {

int file::write(std::string_view bytes) const noexcept {
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor_, bytes.data(), bytes.size());
    if (put < 0 && errno != EINTR) return errno;
    if (put > 0) bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return 0;
}

int file::close() noexcept { return ::close(std::exchange(descriptor_, -1)) == 0 ? 0 : errno; }

std::string temporary_folder() {
  const char* const asked = std::getenv("TMPDIR");
  return asked && *asked ? asked : "/tmp";
}

file nameless_file(const std::string& folder) {
  std::string name = folder + "/parlance-XXXXXX";
  file made(::mkostemp(name.data(), O_CLOEXEC));
  if (made.is_open()) ::unlink(name.c_str());
  return made;
}

void fail(const std::string& doing, int number, std::string_view next) {
  throw complaint(failure, fmt::format("{}: {}; {}", doing, io::reason(io::from_errno(number)), next));
}

}  // namespace parlance::cli
