#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>

#include <cli/get/paced_body.hpp>

namespace parlance::cli {
namespace {

class paced_source final : public http::body_source {
 public:
  paced_source(std::unique_ptr<http::body_source> of, std::uint64_t rate)
      : of_(std::move(of)),
        rate_(static_cast<double>(rate)),
        step_(std::clamp<std::uint64_t>(rate / 8, 1, http::upload_step)) {}

  std::optional<std::uint64_t> length() const override { return of_->length(); }
  bool rewind() override {
    began_.reset();
    left_ = {};
    return of_->rewind();
  }
  io::task<std::string_view> read() override {
    if (!began_) {
      began_ = io::loop::current().now();
      given_ = 0;
    }
    const std::chrono::duration<double> due(static_cast<double>(given_) / rate_);
    const io::time_point when = io::after(*began_, std::chrono::round<io::duration>(due));
    if (when > io::loop::current().now()) co_await io::sleep_until(when);
    if (left_.empty()) left_ = co_await of_->read();
    const std::string_view piece = left_.substr(0, step_);
    left_.remove_prefix(piece.size());
    given_ += piece.size();
    co_return piece;
  }

 private:
  const std::unique_ptr<http::body_source> of_;
  const double rate_;
  const std::size_t step_;
  std::string_view left_;  // of the piece that was read last
  std::optional<io::time_point> began_;
  std::uint64_t given_ = 0;
};

}  // namespace

http::request_body paced(const http::request_body& body, std::uint64_t bytes_a_second) {
  return http::request_body(
      [body, bytes_a_second] { return std::make_unique<paced_source>(body.open(), bytes_a_second); },
      body.media_type());
}

}  // namespace parlance::cli
