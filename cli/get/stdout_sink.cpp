#include <fmt/core.h>
#include <unistd.h>

#include <expected>
#include <optional>
#include <utility>

#include <parlance/http/base/charset.hpp>
#include <parlance/http/base/media_type.hpp>
#include <parlance/text/sanitizer.hpp>

#include <cli/base/standard_streams.hpp>
#include <cli/base/verb.hpp>
#include <cli/get/sink.hpp>

namespace parlance::cli {
namespace {

class printed_sink final : public sink {
 public:
  explicit printed_sink(stdout_style style) : style_(style) {}

  io::task<void> begin(const http::response_head& head, const preface& before) override {
    std::string charset;
    bool is_json = false;
    type_ = head.fields.get("Content-Type").value_or("of no type");
    const bool as_text = style_.decoded || !head.fields.contains("Content-Encoding");
    if (const auto type = http::media_type::parse(type_)) {
      type_ = type->essence();
      said_text_ = type->is_text() && as_text;
      is_json = type->is_json() && as_text;
      charset = type->parameter("charset").value_or("");
    }
    decoder_ = http::text_decoder::make(charset);
    // What is in a charset that nobody knows may still be ASCII for the most part.
    if (!decoder_) decoder_ = http::text_decoder::make("");
    for (const preface_part& part : before) co_await show_before(part);
    if (is_json && (style_.pretty.indents || style_.pretty.colours)) json_.emplace(style_.pretty);
  }

  io::task<void> write(std::string_view piece) override {
    if (is_raw()) co_return co_await out_.print(piece);
    const std::string_view text = decoder_->next(piece);
    if (!looked_at_ && !text.empty()) {
      looked_at_ = true;
      if (is_binary(text))
        throw complaint(failure,
                        fmt::format("the body is binary ({}), not for a terminal; give it a file with "
                                    "-o FILE, or pipe it",
                                    text::sanitize(type_)));
    }
    co_await show(text);
  }

  bool is_gone() const override { return true; }

  io::task<void> finish() override {
    if (is_raw()) co_return;
    co_await show(decoder_->finish());
    std::string last;
    clean_.finish(last);
    if (json_) json_->feed(std::exchange(last, {}), shown_), json_->finish(shown_);
    shown_ += last;
    if (!ended_line_) shown_ += '\n';
    if (!shown_.empty()) co_await out_.print(std::exchange(shown_, {}));
  }

 private:
  /// Every byte as it is.
  bool is_raw() const { return !is_terminal_ && !json_; }

  /// What says that it is text may still have a character or two that are none.
  bool is_binary(std::string_view text) const {
    if (text.find('\0') != text.npos) return true;
    if (said_text_) return false;
    text::sanitizer look(text::sanitizer::newlines::keep);
    std::string unused;
    look.feed(text, unused);
    return look.replaced() != 0 || text.find("\xef\xbf\xbd") != text.npos;
  }

  io::task<void> show_before(const preface_part& part) {
    if (!is_terminal_ && !style_.pretty.colours) co_return co_await out_.print(part.text);
    std::string text;
    clean_.feed(part.text, text);
    co_await out_.print(part.is_head && style_.pretty.colours ? coloured_head(text) : text);
  }

  io::task<void> show(std::string_view text) {
    std::string clean;
    clean_.feed(text, clean);
    if (clean.empty()) co_return;
    ended_line_ = clean.ends_with('\n') && !json_;
    if (json_)
      json_->feed(clean, shown_);
    else
      shown_ = std::move(clean);
    co_await out_.print(std::exchange(shown_, {}));
  }

  const stdout_style style_;
  const bool is_terminal_ = ::isatty(STDOUT_FILENO) != 0;
  bool said_text_ = false;
  bool looked_at_ = false;
  bool ended_line_ = true;
  std::string type_;
  std::expected<http::text_decoder, std::string> decoder_ = http::text_decoder::make("");
  text::sanitizer clean_{text::sanitizer::newlines::keep};
  std::optional<json_printer> json_;
  std::string shown_;
  printer out_;
};

}  // namespace

std::unique_ptr<sink> stdout_sink(stdout_style style) { return std::make_unique<printed_sink>(style); }

}  // namespace parlance::cli
