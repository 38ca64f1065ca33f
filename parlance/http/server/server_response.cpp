#include <fmt/format.h>

#include <stdexcept>

#include <parlance/http/server/server_response.hpp>

namespace parlance::http {
namespace {

constexpr unsigned see_other = 303;

}  // namespace

void server_response::expect_fresh() const {
  if (begun()) throw std::logic_error("a request is answered twice");
}

void server_response::count(std::uint64_t bytes) {
  if (finished()) throw std::logic_error("an answer is written to after its end");
  written_ += bytes;
  if (length_ && written_ > *length_)
    throw std::logic_error(fmt::format("an answer has more than the {} bytes that it announced", *length_));
}

io::task<void> server_response::send(std::string_view body, std::string_view media_type) {
  expect_fresh();
  if (!media_type.empty() && !head_.fields.contains("Content-Type"))
    head_.fields.append("Content-Type", media_type);
  state_ = state::finished;
  return stream_.send_head(head_, body.size(), body);
}

io::task<void> server_response::send_nothing() {
  if (status() == 200) status(204);
  return send({}, {});
}

io::task<void> server_response::redirect(std::string_view location) {
  if (status() < 300 || status() > 399) status(see_other);
  fields().append("Location", location);
  return send({}, {});
}

io::task<void> server_response::send_file(int file, std::uint64_t offset, std::uint64_t size) {
  expect_fresh();
  length(size);
  co_await write_file(file, offset, size);
  co_await finish();
}

io::task<void> server_response::write(std::string_view piece) {
  count(piece.size());
  if (begun()) return stream_.send(piece);
  state_ = state::written;
  return stream_.send_head(head_, length_, piece);
}

io::task<void> server_response::write_file(int file, std::uint64_t offset, std::uint64_t size) {
  count(size);
  if (!begun()) {
    state_ = state::written;
    co_await stream_.send_head(head_, length_, {});
  }
  co_await stream_.send_file(file, offset, size);
}

io::task<void> server_response::finish(const field_list& trailers) {
  if (finished()) co_return;
  if (!begun()) co_await write({});
  if (length_ && written_ < *length_)
    throw std::logic_error(
        fmt::format("an answer has {} of the {} bytes that it announced", written_, *length_));
  state_ = state::finished;
  co_await stream_.finish(trailers);
}

io::task<net::stream> server_response::upgrade() {
  expect_fresh();
  if (!can_upgrade()) throw std::logic_error("this connection cannot become another protocol's");
  state_ = state::finished;
  head_.status = 101;
  return stream_.upgrade(head_);
}

}  // namespace parlance::http
