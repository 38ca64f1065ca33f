#include <algorithm>
#include <utility>

#include <parlance/http/body/body_source.hpp>

namespace parlance::http {
namespace {

class bytes_in_memory final : public body_source {
 public:
  explicit bytes_in_memory(std::shared_ptr<const std::string> bytes) : bytes_(std::move(bytes)) {}
  std::optional<std::uint64_t> length() const override { return bytes_->size(); }
  io::task<std::string_view> read() override {
    const std::string_view piece = std::string_view(*bytes_).substr(at_, upload_step);
    at_ += piece.size();
    co_return piece;
  }
  bool rewind() override { return at_ = 0, true; }

 private:
  std::shared_ptr<const std::string> bytes_;
  std::size_t at_ = 0;
};

}  // namespace

request_body::request_body(std::string bytes, std::string media_type) : media_type_(std::move(media_type)) {
  if (bytes.empty()) return;
  open_ = [kept = std::make_shared<const std::string>(std::move(bytes))] {
    return std::make_unique<bytes_in_memory>(kept);
  };
}

request_body::request_body(opener open, std::string media_type)
    : open_(std::move(open)), media_type_(std::move(media_type)) {}

}  // namespace parlance::http
