#include <fmt/core.h>

#include <cerrno>
#include <cstddef>
#include <fstream>
#include <string>
#include <system_error>

#include <parlance/text/sanitizer.hpp>

#include <cli/base/verb.hpp>
#include <cli/serve/motd_file.hpp>

namespace parlance::cli {

void read_motd_file(chat::settings& of) {
  constexpr std::size_t longest = std::size_t{64} * 1024;
  const std::string& path = of.server.motd_file;
  if (path.empty()) return;
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(longest + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad() || (file.fail() && !file.eof()))
    throw complaint(failure, fmt::format("cannot read {}: {}", path,
                                         std::system_category().message(errno == 0 ? EIO : errno)));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > longest)
    throw complaint(failure, fmt::format("{} is longer than {} bytes; shorten it", path, longest));
  of.server.motd.clear();
  text::sanitizer clean(text::sanitizer::newlines::keep);
  clean.feed(text, of.server.motd);
  clean.finish(of.server.motd);
}

}  // namespace parlance::cli
