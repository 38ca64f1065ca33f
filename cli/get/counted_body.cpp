#include <memory>
#include <string_view>
#include <utility>

#include <cli/get/counted_body.hpp>

namespace parlance::cli {
namespace {

class counted_source final : public http::body_source {
 public:
  counted_source(std::unique_ptr<http::body_source> of, sent_bytes tell)
      : of_(std::move(of)), tell_(std::move(tell)) {}

  std::optional<std::uint64_t> length() const override { return of_->length(); }
  bool rewind() override { return sent_ = 0, of_->rewind(); }
  io::task<std::string_view> read() override {
    if (sent_ == 0) tell_(0, length());
    const std::string_view piece = co_await of_->read();
    tell_(sent_ += piece.size(), length());
    co_return piece;
  }

 private:
  const std::unique_ptr<http::body_source> of_;
  const sent_bytes tell_;
  std::uint64_t sent_ = 0;
};

}  // namespace

http::request_body counted(const http::request_body& body, sent_bytes tell) {
  return http::request_body(
      [body, tell = std::move(tell)] { return std::make_unique<counted_source>(body.open(), tell); },
      body.media_type());
}

}  // namespace parlance::cli
