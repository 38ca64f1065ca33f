#include <fmt/core.h>

#include <cerrno>
#include <chrono>

#include <parlance/http/base/error.hpp>
#include <parlance/http/body/body_upload.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::http {

io::task<std::string_view> body_upload::next() {
  std::string_view piece;
  try {
    piece = co_await from_.read();
  } catch (const io::error& e) {
    if (e.code() == io::errc::cancelled) throw;
    throw failure(e.code(), e.what());
  }
  so_far_ += piece.size();
  if (length_ && (so_far_ > *length_ || (piece.empty() && so_far_ < *length_)))
    throw failure(io::from_errno(EINVAL), fmt::format("the body to send has {} {} bytes, as it announced",
                                                      piece.empty() ? "fewer than" : "more than", *length_));
  ended_ = piece.empty() || so_far_ == length_;
  co_return piece;
}

io::task<void> wait_to_continue(io::event& go_ahead, io::duration longest) {
  try {
    co_await io::timeout(longest, go_ahead);
  } catch (const io::error& e) {
    if (e.code() != io::errc::timed_out) throw;
  }
}

}  // namespace parlance::http
