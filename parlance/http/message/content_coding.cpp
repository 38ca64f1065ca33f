#define ZLIB_CONST  // zlib's own switch: its input pointers are then const
#include <brotli/decode.h>
#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <new>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/message/content_coding.hpp>

namespace parlance::http {
namespace {

/// Bytes between two codings from which nothing comes. Of a few bytes, three codings could make as many as keep a
/// machine busy for hours.
constexpr std::uint64_t most_in_vain = std::uint64_t{1} << 20;

}  // namespace

class content_decoder::stage {
 public:
  explicit stage(std::string_view name) : name_(name) {}
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;
  virtual ~stage() = default;

  /// Whether there may be output without further input.
  bool pending() const noexcept { return full_ || !input_.empty(); }
  void feed(std::string_view coded) noexcept { input_ = coded, touched_ = touched_ || !coded.empty(); }
  /// What of the input is not used yet; the stage forgets it.
  std::string_view take_back() noexcept { return std::exchange(input_, {}); }
  bool complete() const noexcept { return ended_ || !touched_; }
  std::string_view name() const noexcept { return name_; }
  std::uint64_t left_out() const noexcept { return left_out_; }

  /// Output, valid until the next call; empty when more input is needed.
  std::expected<std::string_view, std::string> decode() {
    if (!output_) output_ = std::make_unique_for_overwrite<char[]>(output_size);
    while (pending()) {
      if (ended_) {
        const auto again = restart();
        if (!again) return std::unexpected(again.error());
        if (!*again) break;
        continue;
      }
      const auto size = step(input_, output_.get());
      if (!size) return std::unexpected(size.error());
      full_ = *size == output_size;
      if (*size != 0) return std::string_view(output_.get(), *size);
    }
    full_ = false;
    return std::string_view();
  }

 protected:
  static constexpr std::size_t output_size = 65536;

  /// Decodes what it can, removing it from `input`, and says how many of `output_size` bytes it wrote.
  virtual std::expected<std::size_t, std::string> step(std::string_view& input, char* output) = 0;
  /// Where one stream may follow another: by how many bytes it is known, whether they may be its first, and
  /// getting ready for it.
  virtual std::size_t start_size() const noexcept { return 0; }
  virtual bool may_start(std::string_view) const noexcept { return false; }
  virtual void reset() {}

  std::unexpected<std::string> fail(std::string_view why) const {
    return std::unexpected(fmt::format("body is not valid {}: {}", name_, why));
  }
  void ended(bool value) noexcept { ended_ = value; }

 private:
  /// After the end of a stream: whether another one has begun. What is none is left out, with all behind it.
  std::expected<bool, std::string> restart() {
    full_ = false;
    while (!input_.empty()) {
      if (start_.size() < left_out_ || !may_start(start_ + input_.front())) {
        left_out_ += std::exchange(input_, {}).size();
        break;
      }
      start_ += input_.front();
      input_.remove_prefix(1);
      ++left_out_;
      if (start_.size() < start_size()) continue;
      reset();
      std::string_view first = start_;
      const auto begun = step(first, output_.get());
      if (!begun) return std::unexpected(begun.error());
      start_.clear();
      left_out_ = 0;
      return true;
    }
    return false;
  }

  std::string name_;
  std::string_view input_;
  std::string start_;  // what may become another stream's
  std::uint64_t left_out_ = 0;
  std::unique_ptr<char[]> output_;
  bool full_ = false;
  bool touched_ = false;
  bool ended_ = false;
};

namespace {

/// gzip (RFC 1952), of any number of members; and deflate, which is zlib's format (RFC 1950) or, from servers
/// that took the name at its word, the bare one (RFC 1951).
class zlib_stage final : public content_decoder::stage {
 public:
  zlib_stage(std::string_view name, bool gzip) : stage(name), gzip_(gzip) {
    constexpr int gzip_only = 16;
    if (inflateInit2(&stream_, gzip ? MAX_WBITS + gzip_only : MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~zlib_stage() override { inflateEnd(&stream_); }

 protected:
  std::expected<std::size_t, std::string> step(std::string_view& input, char* output) override {
    if (!gzip_ && !std::exchange(sniffed_, true) && !looks_like_zlib(input.front())) {
      inflateReset2(&stream_, -MAX_WBITS);
    }
    stream_.next_in = reinterpret_cast<const Bytef*>(input.data());
    stream_.avail_in = static_cast<uInt>(std::min<std::size_t>(input.size(), max_step));
    const auto given = stream_.avail_in;
    stream_.next_out = reinterpret_cast<Bytef*>(output);
    stream_.avail_out = output_size;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
      return fail(stream_.msg != nullptr ? stream_.msg : "a dictionary is needed");
    }
    input.remove_prefix(given - stream_.avail_in);
    ended(status == Z_STREAM_END);
    return output_size - stream_.avail_out;
  }

  std::size_t start_size() const noexcept override { return start.size(); }
  bool may_start(std::string_view bytes) const noexcept override { return gzip_ && start.starts_with(bytes); }
  void reset() override { inflateReset(&stream_); }

 private:
  static constexpr std::size_t max_step = 1U << 30;
  static constexpr std::string_view start = "\x1f\x8b";

  /// A first byte of this form would start a bare stream only with a stored block whose padding is not zero.
  static bool looks_like_zlib(char first) noexcept { return (first & 0x8f) == Z_DEFLATED; }

  z_stream stream_{};
  bool gzip_;
  bool sniffed_ = false;
};

struct brotli_deleter {
  void operator()(BrotliDecoderState* state) const noexcept { BrotliDecoderDestroyInstance(state); }
};

/// RFC 7932. Its window is at most 16 MiB, for the large-window extension is off.
class brotli_stage final : public content_decoder::stage {
 public:
  explicit brotli_stage(std::string_view name)
      : stage(name), state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (!state_) throw std::bad_alloc();
  }

 protected:
  std::expected<std::size_t, std::string> step(std::string_view& input, char* output) override {
    std::size_t in_left = input.size();
    auto next_in = reinterpret_cast<const std::uint8_t*>(input.data());
    std::size_t out_left = output_size;
    auto next_out = reinterpret_cast<std::uint8_t*>(output);
    const auto result =
        BrotliDecoderDecompressStream(state_.get(), &in_left, &next_in, &out_left, &next_out, nullptr);
    if (result == BROTLI_DECODER_RESULT_ERROR) {
      return fail(BrotliDecoderErrorString(BrotliDecoderGetErrorCode(state_.get())));
    }
    input.remove_prefix(input.size() - in_left);
    ended(result == BROTLI_DECODER_RESULT_SUCCESS);
    return output_size - out_left;
  }

 private:
  std::unique_ptr<BrotliDecoderState, brotli_deleter> state_;
};

struct zstd_deleter {
  void operator()(ZSTD_DStream* stream) const noexcept { ZSTD_freeDStream(stream); }
};

/// RFC 8878, of any number of frames. RFC 9659: no window above 8 MiB.
class zstd_stage final : public content_decoder::stage {
 public:
  explicit zstd_stage(std::string_view name) : stage(name), stream_(ZSTD_createDStream()) {
    constexpr int max_window_log = 23;
    if (!stream_) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, max_window_log);
  }

 protected:
  std::expected<std::size_t, std::string> step(std::string_view& input, char* output) override {
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    ZSTD_outBuffer out{output, output_size, 0};
    const std::size_t result = ZSTD_decompressStream(stream_.get(), &out, &in);
    if (ZSTD_isError(result) != 0) return fail(ZSTD_getErrorName(result));
    input.remove_prefix(in.pos);
    ended(result == 0);
    return out.pos;
  }

  /// Of a frame, or of one that is to be skipped (RFC 8878 3.1), whose first byte has one of 16 values.
  std::size_t start_size() const noexcept override { return 4; }
  bool may_start(std::string_view bytes) const noexcept override {
    constexpr std::string_view frame = "\x28\xb5\x2f\xfd", skipped = "\x2a\x4d\x18";
    return frame.starts_with(bytes) || ((bytes[0] & 0xf0) == 0x50 && skipped.starts_with(bytes.substr(1)));
  }

 private:
  std::unique_ptr<ZSTD_DStream, zstd_deleter> stream_;
};

std::unique_ptr<content_decoder::stage> make_stage(std::string_view coding) {
  if (equals_ignoring_case(coding, "gzip") || equals_ignoring_case(coding, "x-gzip")) {
    return std::make_unique<zlib_stage>("gzip", true);
  }
  if (equals_ignoring_case(coding, "deflate")) return std::make_unique<zlib_stage>("deflate", false);
  if (equals_ignoring_case(coding, "br")) return std::make_unique<brotli_stage>("br");
  if (equals_ignoring_case(coding, "zstd")) return std::make_unique<zstd_stage>("zstd");
  return nullptr;
}

}  // namespace

content_decoder::content_decoder(decode_limits limits) noexcept : limits_(limits) {}
content_decoder::content_decoder(content_decoder&&) noexcept = default;
content_decoder& content_decoder::operator=(content_decoder&&) noexcept = default;
content_decoder::~content_decoder() = default;

std::expected<content_decoder, std::string> content_decoder::make(const field_list& fields,
                                                                  decode_limits limits) {
  content_decoder result(limits);
  const std::string codings = fields.combined("Content-Encoding");
  for (std::string_view rest = codings; auto coding = next_element(rest);) {
    // "none" is in no registry, and sent by some for it.
    if (equals_ignoring_case(*coding, "identity") || equals_ignoring_case(*coding, "none")) continue;
    if (result.stages_.size() == max_codings) {
      return std::unexpected(
          fmt::format("more than {} content codings: {}", max_codings, in_quotes(codings)));
    }
    auto stage = make_stage(*coding);
    if (!stage) return std::unexpected(fmt::format("content coding is not known: {}", in_quotes(*coding)));
    result.stages_.push_back(std::move(stage));
  }
  std::ranges::reverse(result.stages_);
  return result;
}

std::expected<std::string_view, std::string> content_decoder::next(std::string_view& coded) {
  const auto given = coded.size();
  auto piece = stages_.empty() ? std::exchange(coded, {}) : pull(stages_.size() - 1, coded);
  if (!piece) return piece;
  consumed_ += given - coded.size();
  produced_ += piece->size();
  if (!piece->empty()) in_vain_ = 0;
  if (auto checked = check_limits(); !checked) return std::unexpected(std::move(checked.error()));
  return piece;
}

/// Output of the stage at `index`, which asks the one before it for input whenever it has used up what it
/// had. The first stage keeps no view of the caller's bytes between calls.
std::expected<std::string_view, std::string> content_decoder::pull(std::size_t index,
                                                                   std::string_view& coded) {
  stage& here = *stages_[index];
  if (index == 0) {
    here.feed(coded);
    auto piece = here.decode();
    coded = here.take_back();
    return piece;
  }
  for (;;) {
    auto piece = here.decode();
    if (!piece || !piece->empty()) return piece;
    auto input = pull(index - 1, coded);
    if (!input || input->empty()) return input;
    in_vain_ += input->size();
    if (in_vain_ > most_in_vain)
      return std::unexpected(fmt::format(
          "nothing comes of what the body is decoded to by {} of its {} codings", index, stages_.size()));
    here.feed(*input);
  }
}

std::expected<void, std::string> content_decoder::check_limits() const {
  if (produced_ > limits_.bytes) {
    return std::unexpected(
        fmt::format("decoded body is longer than {} bytes (decode_limits::bytes)", limits_.bytes));
  }
  if (produced_ > limits_.ratio_from && produced_ / std::max<std::uint64_t>(limits_.ratio, 1) > consumed_) {
    return std::unexpected(
        fmt::format("body of {} bytes decodes to more than {} times that (decode_limits::ratio)", consumed_,
                    limits_.ratio));
  }
  return {};
}

std::uint64_t content_decoder::left_out() const noexcept {
  std::uint64_t bytes = 0;
  for (const auto& each : stages_) bytes += each->left_out();
  return bytes;
}

std::expected<void, std::string> content_decoder::finish() const {
  for (const auto& each : stages_) {
    if (!each->complete())
      return std::unexpected(fmt::format("{} body ends before its stream does", each->name()));
  }
  return {};
}

}  // namespace parlance::http
