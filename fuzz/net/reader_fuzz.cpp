// A reader gives the same, call after call, in whatever pieces the bytes come: large, of one byte, or as
// the input says; and what it gave and what it gives back at the end are the bytes that came.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/reader.hpp>

namespace {

using namespace parlance;

/// Brings bytes in pieces of the sizes that are given, again and again.
class pieces final : public net::transport {
 public:
  pieces(std::string_view bytes, std::string_view sizes) : left_(bytes), sizes_(sizes) {}
  io::task<std::string_view> recv() override {
    const auto size = 1 + static_cast<unsigned char>(sizes_[next_++ % sizes_.size()]);
    // Memory of exactly this piece: an AddressSanitizer sees every use beyond it.
    piece_ = std::make_unique<std::vector<char>>(left_.begin(),
                                                 left_.begin() + std::min<std::size_t>(size, left_.size()));
    left_.remove_prefix(piece_->size());
    co_return std::string_view(piece_->data(), piece_->size());
  }
  io::task<void> send(std::span<const std::string_view>, std::shared_ptr<const void>) override { co_return; }
  io::task<void> shutdown() override { co_return; }
  io::task<void> close(net::close_limits) override { co_return; }
  void close_at_once() noexcept override {}
  void abort() noexcept override {}
  void set_timeout(io::side, io::duration) override {}

 private:
  std::string_view left_, sizes_;
  std::size_t next_ = 0;
  std::unique_ptr<std::vector<char>> piece_;
};

/// What a call gave, or how it failed.
template <class T> io::task<std::string> outcome(io::task<T> call) {
  try {
    const std::optional<std::string_view> got = co_await std::move(call);
    co_return got ? "got " + std::string(*got) : "nothing";
  } catch (const io::error& e) {
    co_return e.what();
  }
}

io::task<std::vector<std::string>> read(std::string_view orders, std::string_view bytes,
                                        std::string_view sizes) {
  net::stream from(std::make_shared<pieces>(bytes, sizes));
  std::vector<std::string> all;
  {
    net::reader in(from);
    for (std::size_t i = 0; i + 1 < orders.size(); i += 2) {
      const std::size_t number = static_cast<unsigned char>(orders[i + 1]);
      switch (orders[i] % 4) {
        case 0:
          all.push_back(co_await outcome(in.line(number)));
          break;
        case 1:
          all.push_back(co_await outcome(in.until(orders.substr(i / 2, 1 + number % 5), number)));
          break;
        case 2:
          all.push_back(co_await outcome(in.exactly(number)));
          break;
        default:
          all.push_back(co_await outcome(in.rest(number)));
      }
    }
  }
  std::string left;
  for (std::string_view text; !(text = co_await from.recv()).empty();) left += text;
  if (!bytes.ends_with(left)) std::abort();
  all.push_back(left);
  co_return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t count = std::min<std::size_t>(1 + data[0] % 64, size - 3), sizes = 1 + data[1] % 8;
  const std::string_view orders = all.substr(2, count);
  const std::string_view bytes = all.substr(2 + count);
  io::loop here({.backend = "sim"});
  const auto whole = io::wait(read(orders, bytes, "\xff"));
  if (io::wait(read(orders, bytes, std::string_view("\0", 1))) != whole) std::abort();
  if (io::wait(read(orders, bytes, all.substr(0, sizes))) != whole) std::abort();
  return 0;
}
