#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include <parlance/http/base/grammar.hpp>

#include <cli/base/verb.hpp>
#include <cli/get/kept_file.hpp>
#include <cli/get/replacement.hpp>

namespace parlance::cli {
namespace {

constexpr const char* other_file = "give another FILE to -o, or make room";

/// [[first, end], ...] in order, within `size`; what lies behind the `written` bytes of the file is missing, and
/// has to be among them.
std::optional<std::vector<byte_range>> ranges_in(const nlohmann::json& note, std::uint64_t size,
                                                 std::uint64_t written) {
  if (!note.is_array()) return std::nullopt;
  std::vector<byte_range> made;
  for (const auto& one : note) {
    if (!one.is_array() || one.size() != 2 || !one[0].is_number_unsigned() || !one[1].is_number_unsigned())
      return std::nullopt;
    const byte_range range{one[0].get<std::uint64_t>(), one[1].get<std::uint64_t>()};
    if (range.first >= range.end || (!made.empty() && range.first <= made.back().end)) return std::nullopt;
    made.push_back(range);
  }
  if (made.empty() || made.back().end > size) return std::nullopt;
  const std::uint64_t reaches = made.back().end == size ? made.back().first : size;
  if (written < reaches) return std::nullopt;
  return made;
}

}  // namespace

kept_file::kept_file(const std::filesystem::path& path, std::string url, file part)
    : path_(path), url_(std::move(url)), part_(std::move(part)) {
  struct stat status{};
  check(::fstat(part_.descriptor(), &status) == 0 ? 0 : errno);
  if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid() || status.st_nlink != 1)
    throw complaint(failure,
                    fmt::format("go on with {}: it is no plain file of yours; move it away", part_path()));
  if (::flock(part_.descriptor(), LOCK_EX | LOCK_NB) != 0)
    throw complaint(
        failure, fmt::format("go on with {}: another process is writing it; wait for its end", part_path()));
  // Who wrote it may have finished it between our opening it and its unlocking.
  struct stat named{};
  if (::lstat(part_path().c_str(), &named) != 0 || named.st_ino != status.st_ino ||
      named.st_dev != status.st_dev)
    throw complaint(failure, fmt::format("go on with {}: another process has just finished it", part_path()));
  size_ = static_cast<std::uint64_t>(status.st_size);
  read_note();
  if (version_.validator.empty()) size_ = 0;
  if (!missing_.empty()) size_ = missing_.front().first;
  check(::lseek(part_.descriptor(), static_cast<off_t>(size_), SEEK_SET) >= 0 ? 0 : errno);
}

std::unique_ptr<kept_file> kept_file::open(const std::string& path, const std::string& url, unsigned mode) {
  const std::filesystem::path meant = followed(path);
  const std::string part = meant.native() + ".part", longest = meant.filename().native() + ".part.json.new";
  if (longest.size() > NAME_MAX) return nullptr;
  file to(::open(part.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode));
  // What is to be written over needs no folder that can be written.
  if (!to.is_open() && (errno == EACCES || errno == EROFS) && ::access(meant.c_str(), W_OK) == 0)
    return nullptr;
  if (!to.is_open()) fail("write " + part, errno, other_file);
  return std::unique_ptr<kept_file>(new kept_file(meant, url, std::move(to)));
}

kept_file::~kept_file() {
  // Without a validator it is of no use to anybody.
  if (!part_.is_open() || !version_.validator.empty()) return;
  ::unlink(part_path().c_str());
  ::unlink(note_path().c_str());
}

/// What is no note of ours, or of another URL, says nothing.
void kept_file::read_note() {
  constexpr std::size_t most = 64 * 1024;
  const file from(::open(note_path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status{};
  if (!from.is_open() || ::fstat(from.descriptor(), &status) != 0) return;
  if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid()) return;
  std::string text(most, '\0');
  const ssize_t got = ::read(from.descriptor(), text.data(), most);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  const auto note = nlohmann::json::parse(text, nullptr, false);
  if (!note.is_object() || note.value("url", nlohmann::json()) != nlohmann::json(url_)) return;
  const auto validator = note.find("validator"), size = note.find("size");
  if (validator == note.end() || !validator->is_string()) return;
  version_.validator = validator->get<std::string>();
  if (size != note.end() && size->is_number_unsigned()) version_.size = size->get<std::uint64_t>();
  if (version_.size && size_ > *version_.size) version_ = {};
  const auto missing = note.find("missing");
  if (missing == note.end() || version_.validator.empty()) return;
  const auto ranges = ranges_in(*missing, version_.size.value_or(0), size_);
  if (ranges)
    missing_ = *ranges;
  else
    version_ = {};
}

void kept_file::set_missing(std::vector<byte_range> ranges) {
  missing_ = std::move(ranges);
  write_note();
}

void kept_file::write_note() const {
  nlohmann::json note = {{"url", url_}, {"validator", version_.validator}};
  if (version_.size) note["size"] = *version_.size;
  for (const byte_range& one : missing_) note["missing"].push_back({one.first, one.end});
  if (version_.validator.empty()) {
    ::unlink(note_path().c_str());
    return;
  }
  // At every moment there is one that is whole.
  const std::string fresh = note_path() + ".new";
  ::unlink(fresh.c_str());
  const file to(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  check(to.is_open() ? 0 : errno);
  const int number = to.write(note.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
  if (number != 0) ::unlink(fresh.c_str());
  check(number);
  check(::rename(fresh.c_str(), note_path().c_str()) == 0 ? 0 : errno);
}

io::task<void> kept_file::begin(const http::response_head& head, const preface&) {
  check(::ftruncate(part_.descriptor(), 0) == 0 ? 0 : errno);
  check(::lseek(part_.descriptor(), 0, SEEK_SET) == 0 ? 0 : errno);
  size_ = 0;
  missing_.clear();
  const auto length = head.fields.get("Content-Length");
  version_ = version_of(head, length ? http::parse_decimal(*length) : std::nullopt);
  write_note();
  co_return;
}

io::task<void> kept_file::write(std::string_view piece) {
  check(part_.write(piece));
  size_ += piece.size();
  co_return;
}

io::task<void> kept_file::finish() {
  const std::optional<timespec> changed =
      modified_ ? std::optional(timespec{.tv_sec = *modified_, .tv_nsec = 0}) : std::nullopt;
  const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, changed.value_or(timespec{})};
  if (changed) ::futimens(part_.descriptor(), times);
  struct stat there{};
  const bool exists = ::stat(path_.c_str(), &there) == 0;
  const bool replaces =
      (!exists || can_replace(part_, there)) && std::rename(part_path().c_str(), path_.c_str()) == 0;
  if (!replaces) {
    if (!exists) check(errno);
    file to(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
    if (!to.is_open()) fail("write " + path_.native(), errno, other_file);
    if (const int number = overwrite(part_, to); number != 0)
      fail("write " + path_.native(), number, other_file);
    if (changed) ::utimensat(AT_FDCWD, path_.c_str(), times, 0);
    ::unlink(part_path().c_str());
  }
  ::unlink(note_path().c_str());
  check(part_.close());
  co_return;
}

void kept_file::check(int number) const {
  if (number != 0) fail("write " + part_path(), number, other_file);
}

}  // namespace parlance::cli
