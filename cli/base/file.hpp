// A file of this program's, written as a body comes.
#pragma once

#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>

namespace parlance::cli {

/// An open file, closed with it.
class file {
 public:
  file() = default;
  explicit file(int descriptor) noexcept : descriptor_(descriptor) {}
  file(file&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  file& operator=(file&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~file() {
    if (is_open()) ::close(descriptor_);
  }

  int descriptor() const noexcept { return descriptor_; }
  bool is_open() const noexcept { return descriptor_ >= 0; }

  // Each gives 0, or an errno value.
  int write(std::string_view bytes) const noexcept;
  int close() noexcept;

 private:
  int descriptor_ = -1;
};

/// $TMPDIR, or /tmp.
std::string temporary_folder();

/// Nothing is left of it when it is closed. Not open: errno tells why.
file nameless_file(const std::string& folder);

/// Throws complaint: what failed with this errno value, and what to do next.
[[noreturn]] void fail(const std::string& doing, int number, std::string_view next);

}  // namespace parlance::cli
