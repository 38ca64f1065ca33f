#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <utility>

#include <parlance/chat/accounts/password.hpp>
#include <parlance/http/base/open_file.hpp>
#include <parlance/io/error.hpp>

#include <cli/chat/model/log.hpp>
#include <cli/chat/model/network.hpp>

namespace parlance::cli {
namespace {

constexpr std::size_t longest_name = 200;                  // of a file; most file systems take 255
constexpr std::size_t looked_at = std::size_t{64} * 1024;  // of its end
constexpr std::size_t stamp_size = std::string_view("2026-11-30T08:00:00.000Z").size();

[[noreturn]] void fail(const std::string& doing) { throw io::error(io::from_errno(errno), doing); }

}  // namespace

std::string file_name_of(std::string_view name) {
  std::string safe;
  for (const char c : name) {
    const bool kept = std::isalnum(static_cast<unsigned char>(c)) || std::string_view("-_#&").contains(c) ||
                      (c == '.' && !safe.empty());
    safe += kept ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  if (safe.size() <= longest_name) return safe;
  const chat::sha256_digest digest = chat::sha256(name);
  safe.resize(longest_name - 2 * digest.size());
  for (const unsigned char byte : digest) safe += fmt::format("{:02x}", byte);
  return safe;
}

std::string chat_log::file_of(const conversation& where) const {
  return fmt::format("{}/{}.log", folder_, file_name_of(where.key));
}

void chat_log::write(const conversation& where) {
  if (where.what == conversation::kind::server || where.entries().empty()) return;
  if (!where.is_current && !where.held_to) return;
  written& there = files_[where.key];
  if (where.entries().back()->time < there.to.until || text_for(where, there).text.empty()) return;
  const std::string file = file_of(where);
  std::error_code failed;
  if (std::filesystem::create_directories(folder_, failed))
    std::filesystem::permissions(folder_, std::filesystem::perms::owner_all, failed);
  const http::open_file to(::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600));
  if (to.get() < 0) fail("write " + file);
  // Another client may write here: what it has written is looked at first, and not written again.
  if (::flock(to.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return;  // until the next time
  struct stat of{};
  if (::fstat(to.get(), &of) != 0) fail("write " + file);
  if (!S_ISREG(of.st_mode)) throw io::error(io::from_errno(EINVAL), "write " + file, "it is no file");
  if (there.size != of.st_size) there = read_end(to.get(), file);
  addition more = text_for(where, there);
  for (std::string_view rest = more.text; !rest.empty();) {
    const ssize_t went = ::write(to.get(), rest.data(), rest.size());
    if (went < 0 && errno == EINTR) continue;
    if (went < 0) fail("write " + file);
    rest.remove_prefix(static_cast<std::size_t>(went));
  }
  there = std::move(more.then);
}

/// What of it is not there.
chat_log::addition chat_log::text_for(const conversation& where, const written& there) {
  addition more{.text = {}, .then = there};
  take_new(where, more.then.to, [&](const chat_entry&, const std::string& line) { more.text += line; });
  more.then.size += static_cast<off_t>(more.text.size());
  return more;
}

/// What was written last.
chat_log::written chat_log::read_end(int fd, const std::string& file) {
  written end;
  const off_t size = ::lseek(fd, 0, SEEK_END);
  std::string text(std::min(looked_at, static_cast<std::size_t>(std::max<off_t>(size, 0))), '\0');
  const ssize_t got = ::pread(fd, text.data(), text.size(), size - static_cast<off_t>(text.size()));
  if (size < 0 || got < 0) fail("read " + file);
  text.resize(static_cast<std::size_t>(got));
  end.size = size;
  std::string line;  // with those that belong to it
  const auto take = [&] {
    const std::optional<wall_time> time = time_in(line.substr(0, stamp_size));
    if (time && *time != end.to.until) end.to = {.until = *time};
    if (time) end.to.last.insert(std::exchange(line, {}));
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = std::min(text.find('\n', at), text.size() - 1) + 1;
    if (text[at] != ' ') take(), line.clear();
    line += text.substr(at, next - at);
    at = next;
  }
  take();
  return end;
}

}  // namespace parlance::cli
