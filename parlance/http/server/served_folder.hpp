// The files below a folder, and nothing else, whatever a path says.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>

#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>

namespace parlance::http {

/// An open file, or folder, and what it was when it was opened.
class served_file {
 public:
  /// Takes over the descriptor.
  explicit served_file(int fd) noexcept : fd_(fd) {}
  ~served_file();
  served_file(const served_file&) = delete;
  served_file& operator=(const served_file&) = delete;

  int fd() const noexcept { return fd_; }
  bool is_regular() const noexcept { return S_ISREG(status.st_mode); }
  bool is_folder() const noexcept { return S_ISDIR(status.st_mode); }
  std::uint64_t size() const noexcept { return static_cast<std::uint64_t>(status.st_size); }

  struct stat status{};
  /// As ETag has it, made of size and time of the last change; and that time as Last-Modified has it.
  std::string entity_tag, modified;
  /// All of it, when it is small and was in the kernel's memory.
  std::optional<std::string> content;

 private:
  int fd_;
};

/// May be used on several threads.
class served_folder {
 public:
  using opened = std::expected<std::shared_ptr<const served_file>, std::error_code>;

  /// For so long, small files and what is not there are not looked for again: `fresh`; 0: they always are. Throws
  /// io::error when it is no folder, or the kernel has no openat2(2), which Linux has since 5.6.
  explicit served_folder(const std::string& path, io::duration fresh = io::duration::zero());

  /// Opens what is at `path`, relative to the folder, to be read. Neither ".." nor a symbolic link leads out of the
  /// folder (RESOLVE_BENEATH): such a path fails with EXDEV. Without waiting where the kernel has the names in
  /// memory, else on a worker thread. What is there need not be a regular file; a FIFO is not waited for.
  io::task<opened> open(std::string path) const;

 private:
  /// What was found lately. When it is full, it begins anew: whoever asks for ever other names makes it useless, and
  /// never larger.
  struct found {
    opened what;
    io::time_point until;
  };
  std::optional<opened> remembered(const std::string& path, io::time_point now) const;
  void remember(const std::string& path, const opened& what, io::time_point now) const;

  std::shared_ptr<const served_file> root_;
  io::duration fresh_;
  mutable std::mutex lock_;
  mutable std::unordered_map<std::string, found> lately_;
  mutable std::size_t bytes_ = 0;  // of contents in it
};

/// The path that a target names, as one relative to a folder: segments decoded, and a slash at the end kept.
/// Nothing, for it can be no file's, where a segment is empty, "." or "..", or has a slash or a NUL byte in it; and
/// where one begins with a dot, which hides it, unless it is ".well-known" (RFC 8615).
std::expected<std::string, std::error_code> file_path_of(std::string_view encoded);

}  // namespace parlance::http
