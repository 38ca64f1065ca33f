#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <utility>

#include <parlance/http/base/open_file.hpp>
#include <parlance/http/body/bodies.hpp>
#include <parlance/io/blocking.hpp>
#include <parlance/io/error.hpp>

namespace parlance::http {
namespace {

// --- a file

class file_source final : public body_source {
 public:
  file_source(const std::string& path) : doing_("read " + path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) throw io::error(io::from_errno(errno), "open " + path);
    open_ = std::make_shared<const open_file>(fd);
    struct stat is{};
    if (::fstat(fd, &is) != 0) throw io::error(io::from_errno(errno), "open " + path);
    if (!S_ISREG(is.st_mode)) throw io::error(io::from_errno(EINVAL), "open " + path, "no regular file");
    length_ = static_cast<std::uint64_t>(is.st_size);
  }

  std::optional<std::uint64_t> length() const override { return length_; }
  bool rewind() override { return at_ = 0, true; }
  io::task<std::string_view> read() override {
    piece_.clear();
    if (at_ == length_) co_return piece_;
    piece_ = co_await io::blocking([from = open_, at = at_, left = length_ - at_, doing = doing_] {
      std::string piece(std::min<std::uint64_t>(upload_step, left), '\0');
      const ssize_t got = ::pread(from->get(), piece.data(), piece.size(), static_cast<off_t>(at));
      if (got < 0) throw io::error(io::from_errno(errno), doing);
      if (got == 0) throw io::error(io::from_errno(EIO), doing, "it has become shorter");
      piece.resize(static_cast<std::size_t>(got));
      return piece;
    });
    at_ += piece_.size();
    co_return piece_;
  }

 private:
  const std::string doing_;
  std::shared_ptr<const open_file> open_;  // the worker's, too
  std::uint64_t length_ = 0, at_ = 0;
  std::string piece_;
};

// --- a producer

using producer = std::function<io::task<std::string_view>()>;

class produced_source final : public body_source {
 public:
  produced_source(producer next, std::optional<std::uint64_t> length)
      : next_(std::move(next)), length_(length) {}
  std::optional<std::uint64_t> length() const override { return length_; }
  bool rewind() override { return !begun_; }
  io::task<std::string_view> read() override {
    begun_ = true;
    return next_();
  }

 private:
  const producer next_;
  const std::optional<std::uint64_t> length_;
  bool begun_ = false;
};

}  // namespace

request_body file(std::string path, std::string media_type) {
  return request_body([path = std::move(path)] { return std::make_unique<file_source>(path); },
                      std::move(media_type));
}

request_body produced(producer next, std::optional<std::uint64_t> length, std::string media_type) {
  auto once = std::make_shared<producer>(std::move(next));
  return request_body(
      [once, length] {
        if (!*once)
          throw io::error(io::from_errno(EINVAL), "send a body", "it was sent before, and is produced once");
        return std::make_unique<produced_source>(std::exchange(*once, nullptr), length);
      },
      std::move(media_type));
}

request_body json(std::string text) { return request_body(std::move(text), "application/json"); }

}  // namespace parlance::http
